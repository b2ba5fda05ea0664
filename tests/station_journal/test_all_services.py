"""Every kind of fact of every service in one life: order of sync, conservation, who may move the drawer."""

from __future__ import annotations

import random
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from station_journal.accounts import Account, NormalSide, normal_side
from station_journal.balances import Books, merge_order
from station_journal.codec import decode, encode
from station_journal.records import Record, Side
from station_journal.subject import Subject, SubjectKey, from_row_bytes, to_row_bytes
from tests.factories.lives import KINDS, TARIFFS, Life, random_fact
from tests.station_journal.test_parcel_rules import NamedBooks

OF_THE_STATIONS_CASH = {Account.DRAWER, Account.PAYOUT_DUE}
"""Only what the station records itself moves these: what the drawer should hold never depends on the line."""


class Watched(NamedBooks):
    """Books that hold every record to what no record may do."""

    def apply(self, side, seq, record):
        effects = super().apply(side, seq, record)
        for posting in effects.postings:
            assert posting.amount_fen > 0
            touched = {posting.debit.account, posting.credit.account}
            assert side is Side.STATION or not touched & OF_THE_STATIONS_CASH, record.fact
        return effects


def fold(entries: Iterable[tuple[Side, int, Record]]) -> Books:
    books = Watched(TARIFFS)
    for side, seq, record in entries:
        books.apply(side, seq, record)
    return books


def lasting(books: Books) -> dict[SubjectKey, Subject]:
    """Subjects without totals of nothing: they are there or not by which order the items came in."""
    return {place: one for place, one in books.subjects.items() if not one.is_nothing}


def figures(books: Books):
    return {k: v for k, v in books.balances.items() if v}, books.payments, lasting(books), books.standing()


@settings(max_examples=min(150, 2 * settings().max_examples))
@given(st.integers(0, 2**32))
def test_no_figure_and_no_subject_depends_on_when_either_side_learned_of_the_other(number: int):
    life = Life.lived(random.Random(number), 60)
    merged = fold(merge_order(life.numbered(Side.STATION), life.numbered(Side.HQ)))
    early = fold(life.early(random.Random(number)))
    assert figures(merged) == figures(early)
    signed = sum(fen if normal_side(k.account) is NormalSide.DEBIT else -fen for k, fen in merged.balances.items())
    assert signed == 0
    assert merged.balance_fen(Account.CREDIT_FREE) >= 0
    assert merged.balance_fen(Account.CREDIT_HELD) >= 0
    for subject in merged.subjects.values():
        assert from_row_bytes(type(subject), to_row_bytes(subject)) == subject


@settings(max_examples=min(150, 2 * settings().max_examples))
@given(st.integers(0, 2**32))
def test_the_station_before_its_next_record_stands_where_hq_says_that_it_stood(number: int):
    life = Life.lived(random.Random(number), 60)
    seen = life.books.seqs[Side.HQ]
    early = fold(life.early(random.Random(number)))
    mine = {k: v for k, v in life.books.balances.items() if v}
    assert {k: v for k, v in early.balances_at(seen).items() if v} == mine
    for account in Account:
        assert early.account_fen(account, seen) == life.books.account_fen(account, seen)
    assert early.credit_free_fen(seen) == life.books.credit_free_fen(seen)


@given(st.integers(0, 2**32))
def test_every_kind_survives_its_bytes(number: int):
    rng = random.Random(number)
    for side, kinds in KINDS.items():
        life = Life(rng)
        for kind in kinds:
            record = life._append(side, random_fact(rng, kind, []), 0)  # noqa: SLF001
            assert decode(encode(record), side) == record
