"""Corrections and cases: what moves, what rests, what nobody owes, and the same whatever the order of sync."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station_journal.accounts import Account
from station_journal.balances import Books, merge_order
from station_journal.evidence_paper import (
    EvidencePaper,
    EvidenceRefusedError,
    is_evidence,
    read_evidence,
    write_evidence,
)
from station_journal.facts.cash import CloseVerdict, DayClosed, DayCounted
from station_journal.facts.disputes import (
    CaseAnswered,
    CaseNote,
    CaseNoted,
    CaseRuled,
    CaseTaken,
    CitedSide,
    CorrectedBook,
    CorrectionAnswer,
    CorrectionAnswered,
    CorrectionProposed,
    CorrectionReason,
    DisputeAbout,
    DisputeGround,
    DisputeRaised,
    FindingCause,
)
from station_journal.facts.known_faults import KnownFaultEnded, KnownFaultTold, TouchedRecord
from station_journal.payment import Suspense
from station_journal.records import AlarmCode, AlarmRaised, BusinessDayEnded, CreditGranted, Fact, Record, Side
from station_journal.rules.case import CaseState, DisputeCase, case_key
from station_journal.rules.disputes import Correction, CorrectionState
from station_journal.rules.known_faults import KnownFault, StationAlarm, fault_key
from tests.factories import journal
from tests.factories.lives import Life

PROPOSED = Suspense.CORRECTION_PROPOSED.value
DUE = journal.TODAY + timedelta(days=7)


def proposal(change_fen: int = -40_000, **changes: object) -> CorrectionProposed:
    proposed = CorrectionProposed(
        correction_no=1,
        book=CorrectedBook.CREDIT,
        cited_side=CitedSide.STATION,
        cited_seq=1,
        reason=CorrectionReason.AMOUNT_DIFFERS,
        explanation="账单为 72.60, 记为 472.60",
        old_fen=50_000,
        new_fen=50_000 + change_fen,
        evidence_hash=b"e" * 32,
        evidence_title="供电公司对账单",
        maker_no=3,
        approver_no=4,
        signer_no=0,
    )
    return replace(proposed, **changes)  # type: ignore[arg-type]


def ruling(stands_fen: int, cause: FindingCause, **changes: object) -> CaseRuled:
    ruled = CaseRuled(1, cause, "查明原因如下", b"f" * 32, "调查记录", stands_fen, 0, 3, 4)
    return replace(ruled, **changes)  # type: ignore[arg-type]


def answer(given: CorrectionAnswer, correction_no: int = 1) -> CorrectionAnswered:
    return CorrectionAnswered(correction_no, given, DisputeGround.FIGURE_WRONG, "")


class Pair:
    """Both journals of a station; each record had seen all there was unless said otherwise."""

    def __init__(self, credit_fen: int = 100_000) -> None:
        self.books = Books({})
        self.journals: dict[Side, list[Record]] = {side: [] for side in Side}
        self.station(BusinessDayEnded(journal.TODAY, (), b""))
        if credit_fen:
            self.hq(CreditGranted(credit_fen, 1, 3, 4))

    def station(self, fact: Fact, seen_seq: int | None = None):
        return self._append(Side.STATION, fact, len(self.journals[Side.HQ]) if seen_seq is None else seen_seq)

    def hq(self, fact: Fact, seen_seq: int | None = None):
        return self._append(Side.HQ, fact, len(self.journals[Side.STATION]) if seen_seq is None else seen_seq)

    def _append(self, side: Side, fact: Fact, seen_seq: int):
        self.journals[side].append(journal.record(fact, seen_seq=seen_seq))
        return self.books.apply(side, len(self.journals[side]), self.journals[side][-1])

    def close(self, difference_fen: int, verdict: CloseVerdict = CloseVerdict.DISPUTED) -> None:
        """Close with a drawer that the books think empty (or, below zero, that holds that much too little)."""
        from station_journal.facts.cash import CashMoved, CashReason

        expected_fen = max(0, -difference_fen)
        if expected_fen:
            self.station(CashMoved(1, CashReason.OWNER_IN, expected_fen))
        self.station(DayCounted(1, (), expected_fen + difference_fen))
        seq = len(self.journals[Side.STATION])
        self.station(DayClosed(1, seq, verdict, 0, expected_fen, 0, (), ()))

    def balance(self, account: Account, party: str = "") -> int:
        return self.books.balance_fen(account, party)

    def case(self, number: int = 1) -> DisputeCase:
        found = self.books.subject(DisputeCase, case_key(number))
        assert found is not None
        return found

    def correction(self) -> Correction:
        found = self.books.subject(Correction, case_key(1))
        assert found is not None
        return found


def test_a_proposal_rests_in_suspense_and_touches_neither_credit_nor_commission_nor_the_drawer():
    pair = Pair()
    before = dict(pair.books.balances)
    pair.hq(proposal())
    moved = {ledger for ledger, fen in pair.books.balances.items() if fen != before.get(ledger, 0)}
    assert {ledger.account for ledger in moved} == {Account.SUSPENSE, Account.CORRECTIONS}
    assert pair.balance(Account.SUSPENSE, PROPOSED) == -40_000
    assert pair.correction().state is CorrectionState.PROPOSED


def test_delivered_three_times_it_is_posted_once():
    pair = Pair()
    pair.hq(proposal())
    for _ in range(2):
        assert pair.hq(proposal(-99_900)).broken is Suspense.CORRECTION_TWICE
    pair.station(answer(CorrectionAnswer.ACCEPTED))
    assert pair.station(answer(CorrectionAnswer.ACCEPTED)).broken is Suspense.CORRECTION_ANSWERED
    assert pair.balance(Account.CREDIT_FREE) == 60_000
    assert pair.balance(Account.SUSPENSE, PROPOSED) == 0
    assert pair.balance(Account.CORRECTIONS) == 40_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"cited_seq": 0},
        {"cited_seq": 9},
        {"cited_side": CitedSide.HQ, "cited_seq": 2},
        {"new_fen": 50_000},
        {"approver_no": 3},
    ],
)
def test_one_that_cites_nothing_that_was_there_or_one_person_made_moves_nothing(wrong: dict[str, object]):
    pair = Pair()
    effects = pair.hq(replace(proposal(), **wrong))  # type: ignore[arg-type]
    assert (effects.broken, effects.postings, effects.subjects) == (Suspense.CORRECTION_UNFOUNDED, (), ())


def test_acceptance_takes_at_most_the_free_credit_and_the_rest_is_owed_in_the_current_account():
    pair = Pair(credit_fen=15_000)
    pair.hq(proposal())
    pair.station(answer(CorrectionAnswer.ACCEPTED))
    assert pair.balance(Account.CREDIT_FREE) == 0
    assert pair.balance(Account.STATION_CURRENT) == -25_000
    assert pair.correction().state is CorrectionState.ACCEPTED


def test_an_answer_that_had_not_seen_the_proposal_accepts_nothing():
    pair = Pair()
    pair.hq(proposal())
    assert pair.station(answer(CorrectionAnswer.ACCEPTED), seen_seq=1).broken is Suspense.CORRECTION_UNKNOWN
    assert pair.correction().state is CorrectionState.PROPOSED


@pytest.mark.parametrize(
    ("book", "account", "before_fen"),
    [
        (CorrectedBook.CREDIT, Account.CREDIT_FREE, 100_000),
        (CorrectedBook.COMMISSION, Account.COMMISSION_PAYABLE, 0),
        (CorrectedBook.CURRENT, Account.STATION_CURRENT, 0),
    ],
)
def test_a_gain_waits_for_the_answer_just_as_a_loss_does(book: CorrectedBook, account: Account, before_fen: int):
    pair = Pair()
    pair.hq(proposal(7_500, book=book))
    assert pair.balance(account) == before_fen
    pair.station(answer(CorrectionAnswer.ACCEPTED))
    assert pair.balance(account) == before_fen + 7_500
    assert pair.balance(Account.SUSPENSE, PROPOSED) == 0


def test_a_question_keeps_the_answer_open_and_a_dispute_keeps_the_same_number():
    pair = Pair()
    pair.hq(proposal())
    pair.station(answer(CorrectionAnswer.ASKED))
    assert (pair.case().state, pair.correction().state) == (CaseState.ASKED, CorrectionState.PROPOSED)
    pair.hq(CaseTaken(1, 3, DUE))
    pair.hq(CaseAnswered(1, "附上电力公司来函"))
    pair.station(answer(CorrectionAnswer.DISPUTED))
    case = pair.case()
    assert (case.state, case.owner_no, case.due_on, case.answer) == (CaseState.DISPUTED, 3, DUE, "附上电力公司来函")
    assert pair.balance(Account.CREDIT_FREE) == 100_000
    pair.hq(CaseTaken(1, 4, DUE + timedelta(days=30)))
    assert (pair.case().owner_no, pair.case().due_on) == (4, DUE), "another owner gets no more time"


def test_a_question_that_is_followed_by_acceptance_closes_its_case():
    pair = Pair()
    pair.hq(proposal())
    pair.station(answer(CorrectionAnswer.ASKED))
    pair.station(answer(CorrectionAnswer.ACCEPTED))
    assert pair.case().state is CaseState.ACCEPTED


@pytest.mark.parametrize(("stands_fen", "owed_fen"), [(0, 0), (40_000, 40_000), (10_000, 10_000), (99_999, 40_000)])
def test_a_ruling_moves_what_stands_to_the_current_account_and_never_takes_credit(stands_fen: int, owed_fen: int):
    pair = Pair()
    pair.hq(proposal())
    pair.station(answer(CorrectionAnswer.DISPUTED))
    pair.hq(ruling(stands_fen, FindingCause.STATION_ENTRY))
    assert pair.balance(Account.CREDIT_FREE) == 100_000
    assert pair.balance(Account.STATION_CURRENT) == -owed_fen
    assert pair.balance(Account.SUSPENSE, PROPOSED) == 0
    assert pair.balance(Account.CORRECTIONS) == owed_fen
    assert (pair.case().state, pair.correction().state) == (CaseState.RULED, CorrectionState.RULED)
    assert pair.hq(ruling(1, FindingCause.STATION_ENTRY)).broken is Suspense.RULING_UNFOUNDED


@pytest.mark.parametrize(
    "wrong",
    [
        {"finding": "  "},
        {"cause": FindingCause.NOT_FOUND},
        {"cause": FindingCause.SYSTEM_FAULT},
        {"approver_no": 3},
        {"case_no": 2},
    ],
)
def test_without_a_finding_of_two_people_nothing_stands_against_the_station(wrong: dict[str, object]):
    pair = Pair()
    pair.hq(proposal())
    pair.station(answer(CorrectionAnswer.DISPUTED))
    effects = pair.hq(replace(ruling(40_000, FindingCause.STATION_ENTRY), **wrong))  # type: ignore[arg-type]
    assert (effects.broken, effects.postings) == (Suspense.RULING_UNFOUNDED, ())
    assert pair.balance(Account.STATION_CURRENT) == 0
    assert pair.case().state is CaseState.DISPUTED


def test_what_was_only_asked_about_or_not_answered_cannot_be_ruled_on():
    pair = Pair()
    pair.hq(proposal())
    assert pair.hq(ruling(0, FindingCause.HQ_ERROR)).broken is Suspense.RULING_UNFOUNDED
    pair.station(answer(CorrectionAnswer.ASKED))
    assert pair.hq(ruling(0, FindingCause.HQ_ERROR)).broken is Suspense.RULING_UNFOUNDED


@pytest.mark.parametrize(
    ("difference_fen", "stands_fen", "shop_fen", "credit_fen", "current_fen"),
    [
        (-7_500, 7_500, 0, 100_000, 0),
        (-7_500, 0, 0, 107_500, 0),
        (7_500, 7_500, 7_500, 100_000, 0),
        (7_500, 0, 7_500, 100_000, -7_500),
    ],
)
def test_a_disputed_close_is_a_case_and_its_ruling_clears_suspense(
    difference_fen: int, stands_fen: int, shop_fen: int, credit_fen: int, current_fen: int
):
    pair = Pair()
    pair.close(difference_fen)
    case = pair.case()
    assert (case.about, case.amount_fen, case.state) == (DisputeAbout.CLOSE, difference_fen, CaseState.DISPUTED)
    assert pair.balance(Account.SUSPENSE, case.rests_under) == difference_fen
    assert (pair.balance(Account.CREDIT_FREE), pair.balance(Account.STATION_CURRENT)) == (100_000, 0)
    pair.hq(ruling(stands_fen, FindingCause.CASH_HANDLING))
    assert pair.balance(Account.SUSPENSE, case.rests_under) == 0
    assert pair.balance(Account.SHOP_FUNDS) == shop_fen
    assert pair.balance(Account.CREDIT_FREE) == credit_fen
    assert pair.balance(Account.STATION_CURRENT) == current_fen


def test_a_close_that_was_agreed_or_differs_in_nothing_is_no_case():
    for difference_fen, verdict in ((-7_500, CloseVerdict.AGREED), (0, CloseVerdict.DISPUTED)):
        pair = Pair()
        pair.close(difference_fen, verdict)
        assert pair.books.subject(DisputeCase, case_key(1)) is None


def test_a_statement_is_disputed_once_and_may_be_awarded():
    pair = Pair()
    raised = DisputeRaised(DisputeAbout.COMMISSION, 1, 1_200, DisputeGround.FIGURE_WRONG, "少算 12 笔")
    pair.station(raised)
    pair.station(raised)
    assert pair.case().state is CaseState.DISPUTED
    assert pair.books.subject(DisputeCase, case_key(2)) is None
    unfounded = DisputeRaised(DisputeAbout.HQ_RECORD, 9, 0, DisputeGround.NOT_MINE, "")
    assert pair.station(unfounded).broken is Suspense.DISPUTE_UNFOUNDED
    pair.hq(ruling(0, FindingCause.HQ_ERROR, award_fen=1_200))
    assert pair.balance(Account.COMMISSION_PAYABLE) == 1_200


def test_what_the_station_adds_moves_nothing():
    pair = Pair()
    pair.close(-7_500)
    before = dict(pair.books.balances)
    pair.station(CaseNoted(1, CaseNote.STATEMENT, "当时停电"))
    pair.station(CaseNoted(1, CaseNote.WITHDRAWN, ""))
    pair.station(CaseNoted(1, CaseNote.RULING_READ, ""))
    assert dict(pair.books.balances) == before
    assert pair.case().note == "当时停电"
    assert pair.station(CaseNoted(7, CaseNote.STATEMENT, "")).broken is Suspense.DISPUTE_UNFOUNDED


def test_known_faults_and_alarms_are_the_stations_too():
    pair = Pair()
    told = KnownFaultTold(17, "重印多记", "Reprints", "先看纸", "Look", journal.TODAY, 2, (TouchedRecord(1),))
    pair.hq(told)
    pair.hq(replace(told, station_count=3))
    fault = pair.books.subject(KnownFault, fault_key(17))
    assert fault is not None
    assert (fault.station_count, fault.state_no) == (3, 1)
    pair.hq(KnownFaultEnded(17, "已修正", "Fixed"))
    ended = pair.books.subject(KnownFault, fault_key(17))
    assert ended is not None
    assert (ended.state_no, ended.remedy) == (2, "已修正")
    pair.hq(AlarmRaised(AlarmCode.RULE_BROKEN, 1, 7_500))
    (alarm,) = [one for one in pair.books.subjects.values() if isinstance(one, StationAlarm)]
    assert (alarm.code, alarm.station_seq, alarm.amount_fen) == (AlarmCode.RULE_BROKEN, 1, 7_500)


_STATION_FACTS = (
    CorrectionAnswered,
    CorrectionAnswered,
    CorrectionAnswered,
    DisputeRaised,
    CaseNoted,
    DayCounted,
    DayClosed,
)
_HQ_FACTS = (CorrectionProposed, CorrectionProposed, CaseTaken, CaseAnswered, CaseRuled, CaseRuled, CreditGranted)


def lived(number: int) -> Life:
    """A life of little else than corrections and cases."""
    rng = random.Random(number)
    life = Life(rng)
    for _ in range(45):
        side = Side.HQ if rng.random() < 0.45 else Side.STATION
        life.step(side, rng.choice(_HQ_FACTS if side is Side.HQ else _STATION_FACTS))
    return life


def fold(entries) -> Books:
    books = Books({})
    for side, seq, record in entries:
        books.apply(side, seq, record)
    return books


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_no_case_and_no_balance_depends_on_the_order_of_sync(number: int):
    life = lived(number)
    merged = fold(merge_order(life.numbered(Side.STATION), life.numbered(Side.HQ)))
    early = fold(life.early(random.Random(number)))
    assert {k: v for k, v in merged.balances.items() if v} == {k: v for k, v in early.balances.items() if v}
    assert merged.subjects == early.subjects
    open_fen = sum(map(_resting_fen, merged.subjects.values()))
    assert merged.balance_fen(Account.SUSPENSE, PROPOSED) == open_fen


def _resting_fen(subject: object) -> int:
    waiting = {CorrectionState.PROPOSED, CorrectionState.DISPUTED}
    return subject.change_fen if isinstance(subject, Correction) and subject.state in waiting else 0


def test_such_lives_see_every_state():
    found = [subject for number in range(24) for subject in lived(number).books.subjects.values()]
    assert {one.state for one in found if isinstance(one, Correction)} == set(CorrectionState)
    assert {one.state for one in found if isinstance(one, DisputeCase)} == set(CaseState)


@given(st.text(min_size=1, max_size=60).filter(str.isprintable), st.binary(min_size=1, max_size=200))
def test_evidence_survives_its_bytes_and_nothing_else_is_taken_for_it(title: str, content: bytes):
    paper = EvidencePaper(title, "application/octet-stream", content)
    data = write_evidence(paper)
    assert is_evidence(data)
    assert read_evidence(data) == paper
    for wrong in (data[:-1], data + b"\x00", content):
        with pytest.raises(EvidenceRefusedError):
            read_evidence(wrong)


@pytest.mark.parametrize(
    "paper",
    [
        EvidencePaper("", "text/plain", b"x"),
        EvidencePaper("t", "text/plain", b""),
        EvidencePaper("t", "text/plain", b"\xff"),
        EvidencePaper("t", "text/plain", b"x" * 300_000),
    ],
)
def test_evidence_that_is_none_is_refused(paper: EvidencePaper):
    with pytest.raises(EvidenceRefusedError):
        write_evidence(paper)
