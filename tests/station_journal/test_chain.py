"""The chain's messages: proved, bounded, and read back as they were; postings named from where a payment stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from station_journal.account_words import ACCOUNT_WORDS
from station_journal.accounts import Account, Posting
from station_journal.balances import Books
from station_journal.chain import (
    ANSWER_BYTES_MAX,
    CREDIT_ORDER,
    LINKS_MAX,
    SALE_ORDER,
    STAGE_WORDS,
    ChainAnswer,
    ChainLink,
    ChainRefusedError,
    ChainStage,
    read_answer,
    read_question,
    write_answer,
    write_question,
)
from station_journal.own_postings import postings_of
from station_journal.records import Outcome, Record, ReversalAnswered, ReversalReason, ReversalRequested, Side
from tests.factories import journal

STATION = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)
HQ_PUBLIC = HQ.public_key().public_bytes_raw()
LINKS = st.builds(
    ChainLink,
    st.sampled_from(ChainStage),
    st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1)),
    st.text("ABC/0123-. ", max_size=40),
    st.none() | st.integers(-(10**12), 10**12),
    st.text("借贷额度付款单 ", max_size=60),
    st.text("debit credit", max_size=60),
)


@given(st.lists(LINKS, max_size=LINKS_MAX + 5))
def test_an_answer_is_read_back_as_it_was_written_and_never_grows_past_its_bounds(links):
    stated = ChainAnswer("ST-0417", 12, 1_763_000_000, tuple(links), cut=False)
    data = write_answer(HQ, stated)
    assert len(data) <= ANSWER_BYTES_MAX
    read = read_answer(data, HQ_PUBLIC, ("ST-0417", 12))
    assert read.links == tuple(links[:LINKS_MAX])
    assert read.cut == (len(links) > LINKS_MAX)


def test_the_longest_texts_of_the_most_links_still_fit():
    link = ChainLink(ChainStage.TRAIL, date(2026, 11, 26), "付" * 500, 10**15, "款" * 500, "x" * 500)
    data = write_answer(HQ, ChainAnswer("ST-0417", 12, 1, (link,) * 100, cut=False))
    assert len(data) <= ANSWER_BYTES_MAX


def test_what_hq_did_not_sign_or_says_of_another_record_is_refused():
    data = write_answer(HQ, ChainAnswer("ST-0417", 12, 1, (), cut=False))
    with pytest.raises(ChainRefusedError, match="another record"):
        read_answer(data, HQ_PUBLIC, ("ST-0417", 13))
    with pytest.raises(ChainRefusedError):
        read_answer(data, STATION.public_key().public_bytes_raw(), ("ST-0417", 12))
    for spoilt in (data[:-1], data + b"x", b"", bytes(ANSWER_BYTES_MAX + 1), data[:20] + b"\x00" + data[21:]):
        with pytest.raises(ChainRefusedError):
            read_answer(spoilt, HQ_PUBLIC, ("ST-0417", 12))


@given(st.recursive(st.none() | st.integers() | st.text() | st.binary(), st.lists))
def test_a_question_of_any_other_form_is_refused_in_one_sentence(form):
    for data in (cbor2.dumps(form), cbor2.dumps([cbor2.dumps(form), b"x"])):
        with pytest.raises(ChainRefusedError):
            read_question(data)


def test_a_question_is_proved_by_the_stations_key():
    question = read_question(write_question(STATION, "ST-0417", 12, 1_763_000_000))
    assert (question.station_code, question.seq) == ("ST-0417", 12)
    question.check(STATION.public_key().public_bytes_raw())
    with pytest.raises(ChainRefusedError):
        question.check(HQ_PUBLIC)


def test_a_record_of_hqs_is_asked_for_and_answered_as_such_and_never_taken_for_the_stations():
    question = read_question(write_question(STATION, "ST-0417", 12, 1, Side.HQ))
    assert (question.seq, question.side) == (12, Side.HQ)
    assert read_question(write_question(STATION, "ST-0417", 12, 1)).side is Side.STATION
    answer = ChainAnswer("ST-0417", 12, 1, (), cut=False, side=Side.HQ)
    data = write_answer(HQ, answer)
    assert read_answer(data, HQ_PUBLIC, ("ST-0417", 12), Side.HQ) == answer
    with pytest.raises(ChainRefusedError, match="another record"):
        read_answer(data, HQ_PUBLIC, ("ST-0417", 12))
    with pytest.raises(ChainRefusedError, match="another record"):
        read_answer(write_answer(HQ, replace(answer, side=Side.STATION)), HQ_PUBLIC, ("ST-0417", 12), Side.HQ)


def test_each_stage_stands_in_the_order_of_some_chain_once():
    assert set(SALE_ORDER) | set(CREDIT_ORDER) == set(ChainStage)
    for order in (SALE_ORDER, CREDIT_ORDER):
        assert len(set(order)) == len(order)


def test_every_stage_and_account_has_its_words():
    assert set(STAGE_WORDS) == set(ChainStage)
    assert set(ACCOUNT_WORDS) == set(Account)


@pytest.mark.parametrize("life", ["held", "confirmed", "declined", "reversed", "suspended"])
def test_postings_named_from_where_a_payment_stands_are_those_that_the_rules_made(life):
    tariff = journal.tariff(journal.product(fee_fen=50))
    books = Books({tariff.hash: tariff})
    made: list[Posting] = []
    records: dict[tuple[Side, int], Record] = {}

    def post(side, fact, *, mine=True):
        seen = books.seqs[Side.HQ if side is Side.STATION else Side.STATION]
        record = journal.record(fact, seen_seq=seen)
        effects = books.apply(side, books.seqs[side] + 1, record)
        made.extend(effects.postings if mine else ())
        records[side, books.seqs[side]] = record
        return books.seqs[side]

    if life != "suspended":
        post(Side.HQ, journal.granted(), mine=False)
    post(Side.STATION, journal.adopted(tariff), mine=False)
    seq = post(Side.STATION, journal.taken())
    if life in {"confirmed", "reversed"}:
        post(Side.HQ, journal.answered(seq))
    if life == "declined":
        post(Side.HQ, journal.answered(seq, outcome=Outcome.DECLINED))
    if life == "reversed":
        post(Side.STATION, ReversalRequested(seq, ReversalReason.WRONG_AMOUNT), mine=False)
        post(Side.HQ, ReversalAnswered(seq, accepted=True, reason=""))
    found = postings_of(books.payments[seq], lambda side, number: records.get((side, number)))
    assert [one.posting for one in found] == made
    assert made
