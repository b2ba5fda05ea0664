"""Goods and leads: where an order stands, leads only under a registration, the same whatever the order of sync."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.balances import Books, merge_order
from station_journal.facts.distribution import (
    GoodsDispatched,
    GoodsLine,
    GoodsListPublished,
    GoodsOrdered,
    GoodsReceived,
    GoodsSigned,
    LeadAnswered,
    LeadKind,
    LeadNoted,
    LeadOutcome,
    LeadTaken,
    OrderAnswer,
    OrderAnswered,
    OrderCancelled,
    OrderPlaced,
    RegistrationFiled,
)
from station_journal.goods_list import GoodsItem, GoodsRefusedError, are_goods, read_goods, write_goods
from station_journal.payment import Suspense
from station_journal.records import Fact, Record, Side
from station_journal.rules.distribution import GoodsOrder, Lead, OrderState, number_key
from tests.factories import journal

UNTIL = journal.TODAY + timedelta(days=30)
SALT, OIL = GoodsLine(11, 24), GoodsLine(12, 6)
ITEMS = (
    GoodsItem(11, "加碘盐", "Iodised salt", "袋", 180, 24),
    GoodsItem(12, "菜籽油", "Rapeseed oil", "桶", 6_500, 1),
)


def accepted(order_seq: int = 1) -> OrderAnswered:
    return OrderAnswered(order_seq, OrderAnswer.ACCEPTED, UNTIL, "")


class Pair:
    def __init__(self) -> None:
        self.books = Books({})
        self.journals: dict[Side, list[Record]] = {Side.STATION: [], Side.HQ: []}

    def station(self, fact: Fact, seen_seq: int | None = None):
        return self._append(Side.STATION, fact, len(self.journals[Side.HQ]) if seen_seq is None else seen_seq)

    def hq(self, fact: Fact, seen_seq: int | None = None):
        return self._append(Side.HQ, fact, len(self.journals[Side.STATION]) if seen_seq is None else seen_seq)

    def _append(self, side: Side, fact: Fact, seen_seq: int):
        self.journals[side].append(journal.record(fact, seen_seq=seen_seq))
        return self.books.apply(side, len(self.journals[side]), self.journals[side][-1])

    def order(self, seq: int = 1) -> GoodsOrder:
        found = self.books.subject(GoodsOrder, number_key(seq))
        assert found is not None
        return found


def test_an_order_goes_its_way_and_names_what_is_missing():
    pair = Pair()
    pair.station(GoodsOrdered(b"h" * 32, (SALT, OIL)))
    assert pair.order().state is OrderState.ORDERED
    pair.hq(accepted())
    pair.hq(GoodsDispatched(1, (SALT, OIL), "邮车"))
    assert (pair.order().state, pair.order().due_on) == (OrderState.ON_THE_WAY, UNTIL)
    pair.station(GoodsReceived(1, (GoodsLine(11, 20), OIL), "少 4 袋"))
    assert pair.order().state is OrderState.PARTLY_HERE
    assert pair.order().missing == (GoodsLine(11, 4),)
    pair.station(GoodsReceived(1, (GoodsLine(11, 4),), ""))
    assert pair.order().state is OrderState.COMPLETE
    assert not any(pair.books.balances.values()), "goods are settled outside: nothing is posted"


def noted(operation_no: int, registration_no: str = "R1") -> LeadNoted:
    return LeadNoted(operation_no, LeadKind.LIFE, "*四", "1386621", b"c" * 32, registration_no)


class TestAnOrderTakenBack:
    def test_before_hq_answers_is_off_and_hqs_later_answer_does_nothing(self):
        pair = Pair()
        pair.station(OrderPlaced(1, b"h" * 32, (SALT,)))
        assert pair.station(OrderCancelled(1)).broken is None
        assert pair.order().state is OrderState.CANCELLED
        pair.hq(accepted())
        assert (pair.order().state, pair.order().answered_seq) == (OrderState.CANCELLED, 0)

    def test_is_off_although_hqs_answer_crossed_it_on_the_way(self):
        pair = Pair()
        pair.station(OrderPlaced(1, b"h" * 32, (SALT,)))
        pair.hq(accepted())
        assert pair.station(OrderCancelled(1), seen_seq=0).broken is None
        assert pair.order().state is OrderState.CANCELLED
        pair.hq(GoodsDispatched(1, (SALT,), "邮车"), seen_seq=1)
        assert pair.order().state is OrderState.ON_THE_WAY, "what left all the same is said to be on its way"

    @pytest.mark.parametrize("first", [accepted(), OrderAnswered(1, OrderAnswer.REFUSED, UNTIL, "缺货")])
    def test_after_the_answer_was_heard_stands(self, first):
        pair = Pair()
        pair.station(OrderPlaced(1, b"h" * 32, (SALT,)))
        pair.hq(first)
        before = pair.order()
        assert pair.station(OrderCancelled(1)).broken is Suspense.ORDER_UNDER_WAY
        assert pair.order() == before


def test_a_counter_job_makes_one_order_or_one_lead_whatever_is_recorded():
    pair = Pair()
    pair.hq(RegistrationFiled("R1", "*三", UNTIL))
    assert pair.station(OrderPlaced(7, b"h" * 32, (SALT,))).broken is None
    for again in (OrderPlaced(7, b"h" * 32, (SALT,)), noted(7)):
        assert pair.station(again).broken is Suspense.OPERATION_TWICE
    assert pair.station(noted(8)).broken is None
    assert pair.books.standing().operation_no == 8
    assert [type(one).__name__ for one in pair.books.subjects.values() if isinstance(one, GoodsOrder | Lead)] == [
        "GoodsOrder",
        "Lead",
    ]


def test_goods_that_arrive_before_hq_is_heard_are_received_all_the_same():
    pair = Pair()
    pair.station(GoodsOrdered(b"h" * 32, (OIL,)))
    pair.hq(accepted())
    pair.station(GoodsReceived(1, (OIL,), ""), seen_seq=0)
    assert pair.order().state is OrderState.COMPLETE


def test_goods_of_an_order_that_nobody_made_are_said_to_be_so():
    assert Pair().station(GoodsReceived(9, (OIL,), "")).broken is Suspense.ORDER_UNKNOWN
    assert Pair().station(GoodsSigned(1, 9, (OIL,))).broken is Suspense.ORDER_UNKNOWN


def test_goods_are_signed_for_once_a_counter_job_and_the_rest_by_the_next():
    pair = Pair()
    pair.station(OrderPlaced(1, b"h" * 32, (GoodsLine(11, 24),)))
    assert pair.station(GoodsSigned(2, 1, (GoodsLine(11, 20),))).broken is None
    assert pair.station(GoodsSigned(2, 1, (GoodsLine(11, 4),))).broken is Suspense.OPERATION_TWICE
    assert pair.order(1).received == (GoodsLine(11, 20),)
    assert pair.station(GoodsSigned(3, 1, (GoodsLine(11, 4),))).broken is None
    assert pair.order(1).received == (GoodsLine(11, 24),)


@pytest.mark.parametrize(
    ("filed", "seen_seq", "number", "broken"),
    [
        ((), 0, "R1", Suspense.NOT_REGISTERED),
        ((RegistrationFiled("R1", "*三", UNTIL),), 1, "R1", None),
        ((RegistrationFiled("R1", "*三", UNTIL),), 0, "R1", Suspense.NOT_REGISTERED),
        ((RegistrationFiled("R1", "*三", UNTIL),), 1, "R2", Suspense.NOT_REGISTERED),
        ((RegistrationFiled("R1", "*三", journal.TODAY - timedelta(1)),), 1, "R1", Suspense.NOT_REGISTERED),
        (
            (RegistrationFiled("R1", "*三", UNTIL), RegistrationFiled("R1", "*三", journal.TODAY - timedelta(1))),
            1,
            "R1",
            None,
        ),
    ],
)
def test_a_lead_counts_only_under_a_registration_that_the_station_had_seen(filed, seen_seq, number, broken):
    pair = Pair()
    for fact in filed:
        pair.hq(fact)
    assert pair.station(LeadTaken(LeadKind.LIFE, "*四", "13812346621", number), seen_seq).broken is broken
    lead = pair.books.subject(Lead, number_key(1))
    assert lead is not None
    assert lead.broken is (broken is not None)


class TestTheList:
    def test_survives_being_written_and_read(self):
        data = write_goods("2026-12", ITEMS)
        assert are_goods(data)
        assert read_goods(data) == ("2026-12", ITEMS)

    @pytest.mark.parametrize(
        "items",
        [
            (),
            (ITEMS[0], ITEMS[0]),
            (ITEMS[0]._replace(price_fen=0),),
            (ITEMS[0]._replace(price_fen=-5),),
            (ITEMS[0]._replace(pack=0),),
            (ITEMS[0]._replace(name=""),),
            (ITEMS[0]._replace(name="a\nb"),),
        ],
    )
    def test_that_makes_no_sense_is_refused_whole(self, items):
        with pytest.raises(GoodsRefusedError):
            write_goods("v", items)

    @given(st.binary(max_size=80))
    def test_other_bytes_are_refused_with_a_sentence(self, data):
        with pytest.raises(GoodsRefusedError):
            read_goods(data)


def _random_life(rng: random.Random) -> Pair:
    pair, seen, hq_seen = Pair(), 0, 0
    for _ in range(rng.randint(1, 30)):
        number = rng.randint(1, 6)
        if rng.random() < 0.5:
            seen = rng.randint(seen, len(pair.journals[Side.HQ]))
            choices: tuple[Fact, ...] = (
                GoodsOrdered(b"h" * 32, (SALT, OIL)),
                GoodsReceived(number, (GoodsLine(11, rng.randint(1, 24)),), ""),
                LeadTaken(LeadKind.MOTOR, "*四", "13812346621", rng.choice(("R1", "R2"))),
                OrderPlaced(rng.randint(1, 4), b"h" * 32, (SALT, OIL)),
                OrderCancelled(number),
                OrderCancelled(number),
                noted(rng.randint(1, 4), rng.choice(("R1", "R2"))),
            )
            pair.station(rng.choice(choices), seen)
        else:
            hq_seen = rng.randint(hq_seen, len(pair.journals[Side.STATION]))
            facts: tuple[Fact, ...] = (
                GoodsListPublished(bytes([number]) * 32),
                accepted(number),
                OrderAnswered(number, OrderAnswer.REFUSED, UNTIL, "缺货"),
                GoodsDispatched(number, (SALT,), ""),
                RegistrationFiled(rng.choice(("R1", "R2")), "*三", UNTIL - timedelta(days=rng.choice((0, 60)))),
                LeadAnswered(number, LeadOutcome.CALLED),
            )
            pair.hq(rng.choice(facts), hq_seen)
    return pair


def _hq_early(rng: random.Random, pair: Pair) -> Iterable[tuple[Side, int]]:
    """Each HQ record somewhere between what it had seen and the first station record that had seen it."""
    at = {Side.STATION: 0, Side.HQ: 0}
    while at[Side.STATION] < len(pair.journals[Side.STATION]) or at[Side.HQ] < len(pair.journals[Side.HQ]):
        station = pair.journals[Side.STATION][at[Side.STATION] :][:1]
        hq = pair.journals[Side.HQ][at[Side.HQ] :][:1]
        must_hq = bool(hq) and bool(station) and station[0].seen_seq > at[Side.HQ]
        may_hq = bool(hq) and hq[0].seen_seq <= at[Side.STATION]
        side = Side.HQ if must_hq or (may_hq and (not station or rng.random() < 0.5)) else Side.STATION
        at[side] += 1
        yield side, at[side]


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_the_sides_learn_of_each_other_changes_nothing(rng: random.Random):
    pair = _random_life(rng)
    numbered = {side: list(enumerate(records, 1)) for side, records in pair.journals.items()}
    merged = Books({})
    for side, seq, record in merge_order(numbered[Side.STATION], numbered[Side.HQ]):
        merged.apply(side, seq, record)
    early = Books({})
    for side, seq in _hq_early(rng, pair):
        early.apply(side, seq, pair.journals[side][seq - 1])
    assert merged.subjects == early.subjects == pair.books.subjects
