"""Breaks as cases of people: proposed by one, decided by another, many at once, and what is moved in HQ's books."""

from __future__ import annotations

from threading import Thread

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from hq_server.db.break_tables import break_cases, break_events, break_resolutions, suspense_entries
from hq_server.four_eyes import waiting
from hq_server.reconciliation import resolving
from hq_server.reconciliation.causes import ACTION_WORDS, CAUSE_WORDS, Action, Cause
from hq_server.reconciliation.resolving import Proposal, approve, preview, propose, propose_many, refuse, withdraw
from hq_server.reference.staff import Role, StaffMember
from hq_server.wording import RefusedError
from tests.hq_server.people import MAKER, NOON, SECOND
from tests.hq_server.reconciliation.test_day_passes import Books, books, one_engine

__all__ = ["books", "one_engine"]

FINANCE = StaffMember(31, "王五", Role.FINANCE)
AUDITOR = StaffMember(41, "赵六", Role.AUDITOR)
CLAIM = Proposal(Action.CLAIM_FROM_COUNTERPARTY, Cause.COUNTERPARTY_BOOKING, "they called back, letter 12")


@pytest.fixture
def cases(books: Books) -> list[int]:
    """Three sales that the file lacks (2.00, 3.00, 4.00 short), one line that no sale explains (5.00 over)."""
    for seq, fen in ((1, 200), (2, 300), (3, 400)):
        books.sale(seq, fen)
    books.line("", 500, "elsewhere")
    books.file()
    books.run()
    query = select(break_cases.c.case_no).order_by(break_cases.c.difference_fen.desc())
    with books.engine.begin() as connection:
        connection.execute(text("TRUNCATE break_resolutions, suspense_entries"))
        return list(connection.scalars(query))


def code_of(books: Books, deed) -> str:
    try:
        with books.engine.begin() as connection:
            deed(connection)
    except RefusedError as refused:
        return refused.code
    return ""


def test_cases_are_numbered_as_the_sales_were_made(books: Books) -> None:
    for seq in (10, 4, 9):
        books.sale(seq, 100)
    books.line("", 500, "elsewhere")
    books.file()
    books.run()
    query = select(break_cases.c.payment_seq).order_by(break_cases.c.case_no)
    assert [seq for (seq,) in books.rows(query)] == [None, 4, 9, 10], "what no station made comes first"


def test_a_break_ends_by_two_people_and_moves_its_amount_once(books: Books, cases: list[int]) -> None:
    over, short, *_ = cases
    with books.engine.begin() as connection:
        propose(connection, MAKER, short, CLAIM, NOON)
        assert [(one.item, one.amount_fen) for one in waiting(connection, [resolving.FOUR_EYES])[0]] == [
            (f"{short} CLAIM_FROM_COUNTERPARTY", -200)
        ]
    assert code_of(books, lambda c: approve(c, MAKER, short, NOON)) == "four_eyes"
    assert code_of(books, lambda c: approve(c, AUDITOR, short, NOON)) == "right"
    assert code_of(books, lambda c: propose(c, SECOND, short, CLAIM, NOON)) == "proposed"
    assert code_of(books, lambda c: approve(c, FINANCE, short, NOON)) == ""
    assert code_of(books, lambda c: approve(c, SECOND, short, NOON)) == "decided"
    (entry,) = books.rows(select(suspense_entries))
    assert (entry.debit, entry.credit, entry.amount_fen) == ("COUNTERPARTY_CLAIM", "SUSPENSE", 200)
    assert {entry.maker_no, entry.approver_no} == {MAKER.staff_no, FINANCE.staff_no}
    (case,) = books.rows(select(break_cases).where(break_cases.c.case_no == short))
    assert (case.state, case.cause) == ("RESOLVED", "COUNTERPARTY_BOOKING")
    kinds = books.rows(select(break_events.c.kind).where(break_events.c.case_no == short).order_by("event_no"))
    assert [kind for (kind,) in kinds] == ["PROPOSED", "RESOLVED"]
    books.run()
    states = dict(books.rows(select(break_cases.c.case_no, break_cases.c.state)))
    assert (states[short], states[over]) == ("RESOLVED", "OPEN"), "a run does not open again what people ended"


def test_the_database_itself_refuses_one_person_for_both(books: Books, cases: list[int]) -> None:
    with books.engine.begin() as connection:
        propose(connection, MAKER, cases[1], CLAIM, NOON)
    with pytest.raises(IntegrityError), books.engine.begin() as connection:
        connection.execute(
            break_resolutions.update().values(state="APPROVED", approver_no=MAKER.staff_no, decided_at=NOON)
        )


def test_of_two_who_decide_at_once_one_wins(books: Books, cases: list[int]) -> None:
    with books.engine.begin() as connection:
        propose(connection, MAKER, cases[1], CLAIM, NOON)
    codes: list[str] = []
    people = [
        Thread(target=lambda who=who: codes.append(code_of(books, lambda c: approve(c, who, cases[1], NOON))))
        for who in (SECOND, FINANCE)
    ]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert sorted(codes) == ["", "decided"]
    assert len(books.rows(select(suspense_entries))) == 1


def test_what_is_taken_back_or_refused_moves_nothing_and_can_be_proposed_again(books: Books, cases: list[int]) -> None:
    with books.engine.begin() as connection:
        propose(connection, MAKER, cases[1], CLAIM, NOON)
        withdraw(connection, MAKER, cases[1], NOON)
        propose(connection, MAKER, cases[1], CLAIM, NOON)
        refuse(connection, SECOND, cases[1], "no letter 12", NOON)
        assert propose(connection, MAKER, cases[1], CLAIM, NOON) == 3
    assert books.rows(select(suspense_entries)) == []


def test_a_late_file_takes_back_the_proposal_that_waited(books: Books, cases: list[int]) -> None:
    with books.engine.begin() as connection:
        propose(connection, MAKER, cases[1], CLAIM, NOON)
    books.line("ST-1-000001-00000001", 200, "5107800001", file_seq=2)
    books.file(file_seq=2)
    books.run()
    assert code_of(books, lambda c: approve(c, SECOND, cases[1], NOON)) in {"decided", "changed"}
    assert [row.state for row in books.rows(select(break_resolutions))] == ["WITHDRAWN"]


def test_many_are_previewed_proposed_and_then_decided(books: Books, cases: list[int]) -> None:
    with books.engine.begin() as connection:
        seen = preview(connection, cases, CLAIM)
        assert (set(seen.taken), seen.over_fen, seen.short_fen) == (set(cases[1:]), 0, -900)
        assert [(no, why.code) for no, why in seen.refused] == [(cases[0], "sign")]
        assert connection.scalar(text("SELECT count(*) FROM break_resolutions")) == 0
        batch, _ = propose_many(connection, MAKER, cases, CLAIM, NOON)
        assert resolving.cases_of_batch(connection, batch) == sorted(cases[1:])
        for case_no in cases[1:]:
            approve(connection, FINANCE, case_no, NOON)
    assert sum(row.amount_fen for row in books.rows(select(suspense_entries))) == 900


def test_two_that_cancel_each_other_are_matched_by_hand(books: Books, cases: list[int]) -> None:
    over = cases[0]
    books.sale(9, 500)
    books.run()
    (short,) = books.rows(select(break_cases.c.case_no).where(break_cases.c.payment_seq == 9))
    by_hand = Proposal(Action.MATCH, Cause.ACCOUNT_DIFFERS, "same receipt, seen on paper", over)
    assert code_of(books, lambda c: propose(c, MAKER, cases[1], by_hand, NOON)) == "other"
    with books.engine.begin() as connection:
        propose(connection, MAKER, short[0], by_hand, NOON)
        approve(connection, SECOND, short[0], NOON)
    states = dict(books.rows(select(break_cases.c.case_no, break_cases.c.state)))
    assert (states[over], states[short[0]]) == ("RESOLVED", "RESOLVED")
    assert books.rows(select(suspense_entries)) == []


def test_no_cause_and_no_action_speaks_of_fault() -> None:
    assert set(CAUSE_WORDS) == set(Cause)
    assert set(ACTION_WORDS) == set(Action)
    blaming = ("fault of", "error by", "shopkeeper", "operator", "店主", "责任", "操作员")
    words = [*CAUSE_WORDS.values(), *ACTION_WORDS.values()]
    assert not [word for word in words for bad in blaming if bad in word.zh or bad in word.en]
    assert CAUSE_WORDS[Cause.UNEXPLAINED].en == "unexplained"
