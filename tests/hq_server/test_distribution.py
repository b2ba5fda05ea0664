"""Goods and leads at HQ: who may do what, three working days, what is payable, and leads that count."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine, insert

from hq_server import distribution
from hq_server.cli.distribution import _items
from hq_server.db.reference_tables import staff
from hq_server.ingest.lead_contact_desk import LeadContactDesk
from hq_server.reference.goods import goods_document
from hq_server.reference.lead_contacts import lead_contact
from hq_server.reference.staff import Role, StaffMember
from hq_server.wording import RefusedError
from station_journal.facts.distribution import (
    GoodsDispatched,
    GoodsLine,
    GoodsListPublished,
    GoodsOrdered,
    GoodsReceived,
    LeadAnswered,
    LeadKind,
    LeadNoted,
    LeadOutcome,
    LeadTaken,
    OrderAnswered,
    OrderCancelled,
    OrderPlaced,
    RegistrationFiled,
)
from station_journal.lead_contact import (
    LeadContact,
    NamedContact,
    lead_contact_hash,
    write_contacts_message,
    write_lead_contact,
)
from station_journal.rules.distribution import OrderState
from tests.hq_server.counter_side import CLERK, CODE, Counter
from tests.hq_server.people import _QUICK_HASH, NOON, SteppingClock

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "goods.json"
GOODS_DESK = StaffMember(41, "张三", Role.DISTRIBUTION)
INSURANCE = StaffMember(42, "李四", Role.INS_AGENCY)
SALT, OIL = GoodsLine(11, 24), GoodsLine(12, 6)


@pytest.fixture
def counter(engine: Engine) -> Counter:
    counter = Counter(engine, SteppingClock(), credit_fen=0)
    with engine.begin() as connection:
        for member in (GOODS_DESK, INSURANCE):
            row = {"staff_no": member.staff_no, "name": member.name, "role": member.role.value}
            connection.execute(insert(staff).values(**row, password_hash=_QUICK_HASH, created_at=NOON))
    return counter


def publish(counter: Counter) -> bytes:
    named, told = distribution.publish_goods(counter.engine, counter.journal, GOODS_DESK, *_items(EXAMPLE), NOON)
    assert told == 1
    counter.post()
    return named


def answer(counter: Counter, seq: int, refusal: str = "", by: StaffMember = GOODS_DESK) -> date:
    with counter.engine.begin() as connection:
        due = distribution.answer_order(connection, counter.journal, by, CODE, seq, counter.clock(), refusal=refusal)
    counter.post()
    return due


def send_off(counter: Counter, seq: int, *lines: GoodsLine) -> None:
    with counter.engine.begin() as connection:
        sent = GoodsDispatched(seq, lines, "邮车")
        distribution.dispatch(connection, counter.journal, GOODS_DESK, CODE, sent, counter.clock())
    counter.post()


def the_order(counter: Counter):
    with counter.engine.connect() as connection:
        (order,) = distribution.orders(connection, CODE)
        sums = [distribution.payable_fen(connection, order, received_only=only) for only in (False, True)]
    return order, sums


def test_an_order_from_the_published_list_to_the_last_missing_bag(counter: Counter) -> None:
    named = publish(counter)
    assert counter.told(GoodsListPublished) == [GoodsListPublished(named)]
    with counter.engine.connect() as connection:
        assert goods_document(connection, named) is not None
    (seq,) = counter.send(GoodsOrdered(named, (SALT, OIL)))
    # 2026-11-23 is a Monday: three working days after it is Thursday.
    assert answer(counter, seq) == date(2026, 11, 26)
    assert [fact.due_on for fact in counter.told(OrderAnswered)] == [date(2026, 11, 26)]
    send_off(counter, seq, GoodsLine(11, 20))
    send_off(counter, seq)
    assert [fact.lines for fact in counter.told(GoodsDispatched)] == [(GoodsLine(11, 20),), (GoodsLine(11, 4), OIL)]
    counter.send(GoodsReceived(seq, (GoodsLine(11, 20), OIL), "少 4 袋"))
    order, sums = the_order(counter)
    assert (order.state, order.missing) == (OrderState.PARTLY_HERE, (GoodsLine(11, 4),))
    assert sums == [24 * 180 + 6 * 6_500, 20 * 180 + 6 * 6_500]


def test_what_cannot_be_is_refused(counter: Counter) -> None:
    named = publish(counter)
    (seq,) = counter.send(GoodsOrdered(named, (SALT,)))
    with pytest.raises(RefusedError, match="not accepted"):
        send_off(counter, seq)
    with pytest.raises(RefusedError, match="may not do this"):
        answer(counter, seq, by=CLERK)
    with pytest.raises(RefusedError, match="no such number"):
        answer(counter, 999)
    answer(counter, seq)
    with pytest.raises(RefusedError, match="answered before"):
        answer(counter, seq, refusal="缺货")
    with pytest.raises(RefusedError, match="more would be sent"):
        send_off(counter, seq, GoodsLine(11, 25))
    (foreign,) = counter.send(GoodsOrdered(b"x" * 32, (SALT,)))
    with counter.engine.connect() as connection, pytest.raises(RefusedError, match="never published"):
        distribution.payable_fen(connection, distribution.orders(connection, CODE)[-1], received_only=False)
    assert foreign > seq


@pytest.mark.parametrize("broken", ["{", "[]", '{"version": "1"}', '{"version": "1", "items": [{"code": 1}]}'])
def test_a_file_that_is_no_list_is_one_sentence(tmp_path: Path, broken: str) -> None:
    (tmp_path / "goods.json").write_text(broken, "utf-8")
    with pytest.raises(RefusedError, match="is no list of goods"):
        _items(tmp_path / "goods.json")


def test_a_list_with_a_price_of_nothing_is_refused_whole(counter: Counter, tmp_path: Path) -> None:
    written = json.loads(EXAMPLE.read_text("utf-8"))
    written["items"][1]["price"] = "0"
    (tmp_path / "goods.json").write_text(json.dumps(written), "utf-8")
    with pytest.raises(RefusedError):
        distribution.publish_goods(counter.engine, counter.journal, GOODS_DESK, *_items(tmp_path / "goods.json"), NOON)
    assert counter.told(GoodsListPublished) == []


def test_leads_count_only_with_a_registration_on_file(counter: Counter) -> None:
    (early,) = counter.send(LeadTaken(LeadKind.LIFE, "*四", "13812346621", "R1"))
    with counter.engine.begin() as connection:
        until = NOON.date() + timedelta(days=30)
        distribution.file_registration(connection, counter.journal, INSURANCE, CODE, ("R1", "张三"), until, NOON)
    counter.post()
    assert counter.told(RegistrationFiled) == [RegistrationFiled("R1", "*三", until)]
    (good,) = counter.send(LeadTaken(LeadKind.MOTOR, "*五", "13812346622", "R1"))
    with counter.engine.connect() as connection:
        found = distribution.leads(connection, None)
    assert [(code, lead.seq, lead.broken) for code, lead in found] == [(CODE, early, True), (CODE, good, False)]
    with counter.engine.begin() as connection, pytest.raises(RefusedError, match="does not count"):
        distribution.answer_lead(connection, counter.journal, INSURANCE, CODE, early, LeadOutcome.CALLED, NOON)
    with counter.engine.begin() as connection:
        distribution.answer_lead(connection, counter.journal, INSURANCE, CODE, good, LeadOutcome.CONTRACT, NOON)
    assert counter.told(LeadAnswered) == [LeadAnswered(good, LeadOutcome.CONTRACT)]


def test_an_order_that_the_station_took_back_is_neither_accepted_nor_sent(counter: Counter) -> None:
    named = publish(counter)
    (seq,) = counter.send(OrderPlaced(31, named, (SALT,)))
    counter.send(OrderCancelled(seq))
    order, _ = the_order(counter)
    assert order.state is OrderState.CANCELLED
    with pytest.raises(RefusedError, match="cancelled this order"):
        answer(counter, seq)
    with pytest.raises(RefusedError, match="not accepted"):
        send_off(counter, seq)


class TestWhomALeadIsAbout:
    """Name and number come beside the journal, for the record that names them, until nobody is called any more."""

    DOCUMENT = write_lead_contact(LeadContact("李四", "13812346621"), b"s" * 16)

    def noted(self, counter: Counter, operation_no: int = 41) -> int:
        with counter.engine.begin() as connection:
            until = NOON.date() + timedelta(days=30)
            distribution.file_registration(connection, counter.journal, INSURANCE, CODE, ("R1", "张三"), until, NOON)
        counter.post()
        named = lead_contact_hash(self.DOCUMENT)
        (seq,) = counter.send(LeadNoted(operation_no, LeadKind.LIFE, "*四", "1386621", named, "R1"))
        return seq

    def bring(self, counter: Counter, *contacts: NamedContact, key: Ed25519PrivateKey | None = None) -> list[int]:
        message = write_contacts_message(key or counter.station.key, CODE, contacts)
        return LeadContactDesk(counter.engine, counter.clock).take(message)

    def known(self, counter: Counter, seq: int) -> LeadContact | None:
        with counter.engine.connect() as connection:
            return lead_contact(connection, CODE, seq)

    def test_is_taken_for_the_record_that_names_it_and_no_other(self, counter: Counter) -> None:
        seq = self.noted(counter)
        other = write_lead_contact(LeadContact("王五", "13900000000"), b"s" * 16)
        wrong = (NamedContact(seq, other), NamedContact(seq - 1, self.DOCUMENT), NamedContact(seq + 9, self.DOCUMENT))
        assert self.bring(counter, *wrong) == []
        assert self.known(counter, seq) is None
        assert self.bring(counter, NamedContact(seq, self.DOCUMENT)) == [seq]
        assert self.known(counter, seq) == LeadContact("李四", "13812346621")

    def test_of_a_message_that_is_cut_or_not_the_stations_takes_nothing(self, counter: Counter) -> None:
        seq = self.noted(counter)
        stranger = Ed25519PrivateKey.from_private_bytes(b"x" * 32)
        with pytest.raises(RefusedError):
            self.bring(counter, NamedContact(seq, self.DOCUMENT), key=stranger)
        message = write_contacts_message(counter.station.key, CODE, (NamedContact(seq, self.DOCUMENT),))
        for damaged in (message[:-1], message[:40], b"", b"\xff" * 80):
            with pytest.raises(RefusedError):
                LeadContactDesk(counter.engine, counter.clock).take(damaged)
        assert self.known(counter, seq) is None

    @pytest.mark.parametrize(
        ("outcome", "kept"),
        [(LeadOutcome.NOT_REACHED, True), (LeadOutcome.CALLED, True), (LeadOutcome.DECLINED, False)],
    )
    def test_is_erased_once_nobody_calls_any_more_and_stays_erased(
        self, counter: Counter, outcome: LeadOutcome, kept: bool
    ) -> None:
        seq = self.noted(counter)
        self.bring(counter, NamedContact(seq, self.DOCUMENT))
        with counter.engine.begin() as connection:
            distribution.answer_lead(connection, counter.journal, INSURANCE, CODE, seq, outcome, NOON)
        assert (self.known(counter, seq) is not None) is kept
        assert self.bring(counter, NamedContact(seq, self.DOCUMENT)) == [seq], "the station may let go of its copy"
        assert (self.known(counter, seq) is not None) is kept
        with counter.engine.begin() as connection:
            assert distribution.erase_contact(connection, INSURANCE, CODE, seq, NOON) is kept
        assert self.known(counter, seq) is None
