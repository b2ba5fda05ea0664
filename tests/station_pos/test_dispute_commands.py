"""Answers, disputes and notes through the register: who may, once, with a numbered slip, and what nothing stops."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from station_journal.accounts import Account
from station_journal.evidence_paper import EvidencePaper, evidence_hash, write_evidence
from station_journal.facts.cash import CashReason, CloseVerdict
from station_journal.facts.disputes import (
    CaseNote,
    CaseRuled,
    CaseTaken,
    CitedSide,
    CorrectedBook,
    CorrectionAnswer,
    CorrectionProposed,
    CorrectionReason,
    DisputeAbout,
    DisputeGround,
    FindingCause,
)
from station_journal.rules.case import CaseState
from station_journal.rules.disputes import CorrectionState
from station_pos.commands.cash_orders import CloseDay, CountDay, MoveCash
from station_pos.commands.dispute_orders import AnswerCorrection, NoteCase, RaiseDispute
from station_pos.commands.orders import IssueCopy
from station_pos.commands.outcome import Accepted, Refusal, Refused
from station_pos.dispute_queries import DisputeQueries
from station_pos.register import upkeep
from station_pos.services.disputes import Waiting
from station_pos.store.projections import Projections
from station_pos.workers.register_journals import RegisterJournals
from tests.station_pos.world import CLERK, OWNER, World

PAPER = write_evidence(EvidencePaper("供电公司对账单", "text/plain", "户号 0081234567 应收 72.60".encode()))


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def proposal(world: World, **changes: object) -> CorrectionProposed:
    world.register.keep_document(PAPER)
    proposed = CorrectionProposed(
        correction_no=1,
        book=CorrectedBook.CREDIT,
        cited_side=CitedSide.STATION,
        cited_seq=1,
        reason=CorrectionReason.AMOUNT_DIFFERS,
        explanation="购买单为 72.60, 记为 472.60",
        old_fen=47_260,
        new_fen=7_260,
        evidence_hash=_hash(),
        evidence_title="供电公司对账单",
        maker_no=7,
        approver_no=8,
        signer_no=0,
    )
    return replace(proposed, **changes)  # type: ignore[arg-type]


def _hash() -> bytes:
    return evidence_hash(PAPER)


def answer(said: CorrectionAnswer, operator_no: int = OWNER, **changes: object) -> AnswerCorrection:
    given = AnswerCorrection(operator_no, 1, said, DisputeGround.FIGURE_WRONG)
    return replace(given, **changes)  # type: ignore[arg-type]


def paper(world: World, seq: int) -> str:
    return upkeep.issued_text(world.register, seq, world.clock())


def credit(world: World) -> int:
    with world.database.reading() as connection:
        return Projections(connection, world.register.tariffs.over(connection)).balance_fen(Account.CREDIT_FREE)


def test_only_the_owner_accepts_and_anybody_disputes(world):
    world.from_hq(proposal(world))
    accept = answer(CorrectionAnswer.ACCEPTED)
    assert world.register.execute(replace(accept, operator_no=CLERK)) == Refused(Refusal.OWNER_ONLY)
    done = world.accepted(accept)
    assert credit(world) == 60_000
    assert done.print_jobs
    assert world.register.execute(accept) == Refused(Refusal.CORRECTION_ANSWERED)
    assert world.register.execute(answer(CorrectionAnswer.DISPUTED, correction_no=2)) == Refused(
        Refusal.CORRECTION_UNKNOWN
    )


def test_the_slip_of_a_dispute_has_its_number_both_figures_and_what_holds_until_then(world):
    world.from_hq(proposal(world))
    done = world.accepted(answer(CorrectionAnswer.DISPUTED, CLERK, note="当天停电"))
    text = paper(world, done.seq)
    for said in ("D-0001", "G-0001", "472.60", "72.60", "-400.00", "未查明", "数不对", "当天停电", "供电公司对账单"):
        assert said in text, said
    assert credit(world) == 100_000
    assert world.accepted(world.pay(amount_fen=100_000, tendered_fen=100_000)).payment is not None, "it sells on"
    copy = world.accepted(IssueCopy(CLERK, done.seq))
    assert "D-0001" in paper(world, done.seq)
    assert copy.print_jobs


def test_a_question_keeps_its_number_when_it_becomes_a_dispute(world):
    world.from_hq(proposal(world))
    world.accepted(answer(CorrectionAnswer.ASKED))
    queries = DisputeQueries(world.database)
    assert queries.waiting(date(2026, 10, 23)) == Waiting(corrections=1, cases=1)
    done = world.accepted(answer(CorrectionAnswer.DISPUTED))
    assert "D-0001" in paper(world, done.seq)
    (correction,) = queries.corrections()
    assert correction.state is CorrectionState.DISPUTED
    case = queries.case_of_correction(correction)
    assert case is not None
    assert case.case_no == 1
    assert queries.waiting(date(2026, 10, 23)) == Waiting(cases=1)


def test_evidence_is_asked_for_until_it_is_here(world):
    named = b"x" * 32
    world.from_hq(proposal(world, evidence_hash=named))
    journals = RegisterJournals(world.register, world.clock)
    assert named in journals.documents_wanted()
    queries = DisputeQueries(world.database)
    assert not queries.evidence(named, "供电公司对账单").here
    assert queries.evidence(_hash(), "").text == "户号 0081234567 应收 72.60"
    world.from_hq(proposal(world, correction_no=2))
    assert _hash() not in journals.documents_wanted()


def test_a_disputed_close_is_numbered_on_the_z_and_a_ruling_is_printed_once(world):
    world.accepted(MoveCash(OWNER, world.register.open_operation(), CashReason.OWNER_IN, 10_000))
    count = world.accepted(CountDay(OWNER, 1, (), 2_500))
    done = world.accepted(CloseDay(OWNER, count.seq, CloseVerdict.DISPUTED))
    assert "D-0001" in paper(world, done.seq)
    assert world.accepted(world.pay()).payment is not None
    queries = DisputeQueries(world.database)
    (case,) = queries.cases()
    assert (case.about, case.amount_fen, case.state) == (DisputeAbout.CLOSE, -7_500, CaseState.DISPUTED)
    world.from_hq(CaseTaken(1, 7, date(2026, 10, 30)))
    assert queries.waiting(date(2026, 10, 31)).late == 1
    read = NoteCase(CLERK, 1, CaseNote.RULING_READ)
    assert world.register.execute(read) == Refused(Refusal.CASE_CLOSED)
    finding = "程序把一次补打当成收款"
    world.from_hq(CaseRuled(1, FindingCause.SYSTEM_FAULT, finding, _hash(), "日志", 0, 0, 7, 8))
    assert queries.waiting(date(2026, 10, 31)) == Waiting(unread=1)
    printed = paper(world, world.accepted(read).seq)
    for said in ("D-0001", finding, "系统或设备问题", "75.00", "工号 7"):
        assert said in printed, said
    assert world.register.execute(read) == Refused(Refusal.CASE_CLOSED)
    assert credit(world) == 100_000 - 7_260 + 7_500


def test_any_record_is_disputed_once_and_only_one_that_is_there(world):
    raise_it = RaiseDispute(CLERK, DisputeAbout.HQ_RECORD, 1, 500, DisputeGround.NOT_MINE)
    done = world.accepted(raise_it)
    assert "D-0001" in paper(world, done.seq)
    assert world.register.execute(raise_it) == Refused(Refusal.DISPUTED_ALREADY, (("case_no", 1),))
    for wrong in (
        replace(raise_it, of_seq=99),
        replace(raise_it, of_seq=0),
        replace(raise_it, about=DisputeAbout.CORRECTION),
    ):
        assert world.register.execute(wrong) == Refused(Refusal.CASE_UNKNOWN)
    long = replace(raise_it, of_seq=2, note="x" * 61)
    assert isinstance(world.register.execute(long), Refused)
    noted = world.accepted(NoteCase(CLERK, 1, CaseNote.STATEMENT, "有监控"))
    assert "有监控" in paper(world, noted.seq)
    world.accepted(NoteCase(CLERK, 1, CaseNote.WITHDRAWN))
    again = world.register.execute(NoteCase(CLERK, 1, CaseNote.WITHDRAWN))
    assert again == Refused(Refusal.CASE_CLOSED)
    assert world.register.execute(NoteCase(CLERK, 2, CaseNote.STATEMENT, "x")) == Refused(Refusal.CASE_UNKNOWN)
    assert not isinstance(again, Accepted)
