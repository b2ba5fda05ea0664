"""Corrections and cases at HQ: two people and at times three, a clock, a finding before anything stands, the board."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, select

from hq_server.cli.evidence_file import read_evidence_file, read_figure
from hq_server.db.dispute_tables import case_clocks
from hq_server.db.ledger_tables import subjects
from hq_server.db.reference_tables import staff
from hq_server.disputes import cases, corrections, rulings
from hq_server.disputes.case_clock import run_clock
from hq_server.disputes.corrections import Draft, Proposal
from hq_server.disputes.rulings import Finding
from hq_server.faults import board
from hq_server.faults.predicates import FaultRule, Predicate, read_rule
from hq_server.faults.scanning import FaultScan
from hq_server.hq_journal import alarms_of
from hq_server.ingest.exchange_desk import _document
from hq_server.ledger.book import Bookkeeper
from hq_server.ledger.queries import station_position
from hq_server.ledger.recompute import recompute
from hq_server.reference.evidence import evidence_document
from hq_server.reference.staff import Role, StaffMember
from hq_server.wording import RefusedError
from station_journal.evidence_paper import EvidencePaper, read_evidence
from station_journal.facts.cash import CashMoved, CashReason, CloseVerdict, DayClosed, DayCounted
from station_journal.facts.disputes import (
    CaseAnswered,
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
from station_journal.facts.known_faults import KnownFaultEnded, KnownFaultTold
from station_journal.records import AlarmCode, AlarmRaised, CreditGranted, StaffNamed
from station_journal.rules.case import CaseState, DisputeCase
from station_journal.rules.disputes import CorrectionState
from tests.hq_server.counter_side import CODE, FINANCE, Counter
from tests.hq_server.people import _QUICK_HASH, ADMIN, MAKER, NOON, SECOND, SteppingClock

INSPECTOR = StaffMember(51, "赵六", Role.SUPERVISION)
PAPER = EvidencePaper("供电公司对账单", "text/plain", "11-23 户号 0081234567 金额 72.60".encode())
STALE_DAYS = 60


@pytest.fixture
def counter(engine: Engine) -> Counter:
    counter = Counter(engine, SteppingClock(), credit_fen=100_000)
    with engine.begin() as connection:
        row = {"staff_no": INSPECTOR.staff_no, "name": INSPECTOR.name, "role": INSPECTOR.role.value}
        connection.execute(insert(staff).values(**row, password_hash=_QUICK_HASH, created_at=NOON))
    return counter


def draft(change_fen: int = -40_000, cited_seq: int = 1, **changes: object) -> Draft:
    made = Draft(
        book=CorrectedBook.CREDIT,
        cited_side=CitedSide.STATION,
        cited_seq=cited_seq,
        reason=CorrectionReason.AMOUNT_DIFFERS,
        explanation="购买 72.60, 记为 472.60",
        old_fen=47_260,
        new_fen=47_260 + change_fen,
    )
    return made._replace(**changes)  # type: ignore[arg-type]


def propose(counter: Counter, by: StaffMember = MAKER, **changes: object) -> Proposal:
    with counter.engine.begin() as connection:
        made = draft(**changes)  # type: ignore[arg-type]
        return corrections.propose(connection, by, CODE, made, PAPER, counter.clock(), stale_days=STALE_DAYS)


def approve(counter: Counter, number: int = 1, by: StaffMember = SECOND) -> Proposal:
    with counter.engine.begin() as connection:
        done = corrections.approve(connection, counter.journal, by, CODE, number, counter.clock())
    counter.post()
    return done


def answer(counter: Counter, said: CorrectionAnswer, number: int = 1) -> None:
    counter.send(CorrectionAnswered(number, said, DisputeGround.FIGURE_WRONG, ""))


def close_short(counter: Counter, short_fen: int = 7_500) -> None:
    counter.send(CashMoved(1, CashReason.OWNER_IN, 10_000))
    (count,) = counter.send(DayCounted(1, (), 10_000 - short_fen))
    counter.send(DayClosed(1, count, CloseVerdict.DISPUTED, 0, 10_000, 0, (), ()))


def clock(counter: Counter) -> int:
    done = run_clock(counter.engine, counter.journal, counter.clock())
    counter.post()
    return done


def rule(counter: Counter, finding: Finding, by: StaffMember = MAKER, case_no: int = 1) -> None:
    with counter.engine.begin() as connection:
        rulings.propose(connection, by, CODE, case_no, finding, PAPER, counter.clock())


def review(counter: Counter, by: StaffMember = INSPECTOR, case_no: int = 1) -> None:
    with counter.engine.begin() as connection:
        rulings.approve(connection, counter.journal, by, CODE, case_no, counter.clock())
    counter.post()


def free_fen(counter: Counter) -> int:
    with counter.engine.connect() as connection:
        return station_position(connection, CODE).credit_free_fen


def the_case(counter: Counter, case_no: int = 1) -> DisputeCase:
    with counter.engine.connect() as connection:
        return cases.find_case(connection, CODE, case_no).case


def test_a_correction_takes_two_people_and_reaches_the_station_with_its_evidence(counter: Counter) -> None:
    made = propose(counter)
    assert (made.correction_no, made.state, made.stale, made.change_fen) == (1, "PROPOSED", False, -40_000)
    assert counter.told(CorrectionProposed) == [], "nobody is told before a second person agreed"
    with pytest.raises(RefusedError, match="second person"):
        approve(counter, by=MAKER)
    done = approve(counter)
    (told,) = counter.told(CorrectionProposed)
    assert (told.maker_no, told.approver_no, told.signer_no) == (MAKER.staff_no, SECOND.staff_no, 0)
    assert {named.staff_no for named in counter.told(StaffNamed)} >= {MAKER.staff_no, SECOND.staff_no}
    assert done.hq_seq is not None
    with counter.engine.connect() as connection:
        data = _document(connection, CODE, told.evidence_hash)
        assert data is not None
        assert read_evidence(data) == PAPER
        assert evidence_document(connection, "ST-0999", told.evidence_hash) is None, "it is this station's alone"
        (listed,), count = corrections.proposals(connection, only_open=True)
    assert (listed.answer_state, count) == (CorrectionState.PROPOSED, 1)
    assert free_fen(counter) == 100_000
    with pytest.raises(RefusedError, match="decided before"):
        approve(counter, by=FINANCE)


def test_the_answer_shows_at_hq_and_only_acceptance_moves_credit(counter: Counter) -> None:
    propose(counter)
    approve(counter)
    answer(counter, CorrectionAnswer.ACCEPTED)
    assert free_fen(counter) == 60_000
    with counter.engine.connect() as connection:
        assert corrections.proposals(connection, only_open=True) == ([], 0)
        (listed,), _ = corrections.proposals(connection, station_code=CODE)
    assert listed.answer_state is CorrectionState.ACCEPTED


def test_one_correction_of_a_record_at_a_time(counter: Counter) -> None:
    propose(counter)
    with pytest.raises(RefusedError, match="is open already"):
        propose(counter)
    approve(counter)
    with pytest.raises(RefusedError, match="is open already"):
        propose(counter)
    answer(counter, CorrectionAnswer.ACCEPTED)
    assert propose(counter, change_fen=40_000).correction_no == 2, "its opposite, where it was wrong"


def test_what_is_no_correction_is_refused(counter: Counter) -> None:
    wrongs: list[tuple[dict[str, object], str]] = [
        ({"cited_seq": 99}, "no record 99"),
        ({"change_fen": 0}, "the same or out of range"),
        ({"explanation": "  "}, "say why"),
        ({"by": ADMIN}, "may not do this"),
    ]
    for wrong, match in wrongs:
        with pytest.raises(RefusedError, match=match):
            propose(counter, **wrong)  # type: ignore[arg-type]
    with counter.engine.connect() as connection:
        assert corrections.proposals(connection) == ([], 0)


def test_one_that_is_refused_is_never_heard_of(counter: Counter) -> None:
    propose(counter)
    with counter.engine.begin() as connection:
        done = corrections.refuse(connection, SECOND, CODE, 1, "证据不足", counter.clock())
    assert (done.state, done.refusal) == ("REFUSED", "证据不足")
    assert counter.told(CorrectionProposed) == []
    assert propose(counter).correction_no == 2


def test_a_record_too_old_to_trace_a_customer_by_takes_a_third_signature(counter: Counter) -> None:
    counter.clock.step(days=STALE_DAYS)
    assert not propose(counter).stale, "the limit itself is not past it"
    counter.clock.step(days=1)
    made = propose(counter, cited_side=CitedSide.HQ)
    assert made.stale
    with pytest.raises(RefusedError, match="a third person signs first"):
        approve(counter, 2)
    with counter.engine.begin() as connection, pytest.raises(RefusedError, match="signer proposed it"):
        corrections.sign_stale(connection, StaffMember(11, "张三", Role.FINANCE), CODE, 2, "x", counter.clock())
    with counter.engine.begin() as connection:
        corrections.sign_stale(connection, FINANCE, CODE, 2, "银行已确认付款人", counter.clock())
    with pytest.raises(RefusedError, match="cannot approve it too"):
        approve(counter, 2, by=FINANCE)
    approve(counter, 2)
    (told,) = counter.told(CorrectionProposed)
    assert told.signer_no == FINANCE.staff_no
    assert FINANCE.staff_no in {named.staff_no for named in counter.told(StaffNamed)}


def test_a_disputed_correction_gets_an_owner_five_working_days_and_a_ruling_of_two(counter: Counter) -> None:
    propose(counter)
    approve(counter)
    answer(counter, CorrectionAnswer.ASKED)
    assert clock(counter) == 1
    assert clock(counter) == 0
    # 2026-11-23 is a Monday: five working days after it is the Monday after.
    (taken,) = counter.told(CaseTaken)
    assert (taken.owner_no, taken.due_on) == (MAKER.staff_no, date(2026, 11, 30))
    with counter.engine.begin() as connection:
        cases.answer(connection, counter.journal, MAKER, CODE, 1, "已索要原始单据", counter.clock())
        cases.give_to(connection, counter.journal, MAKER, CODE, 1, INSPECTOR.staff_no, counter.clock())
    counter.post()
    assert [fact.answer for fact in counter.told(CaseAnswered)] == ["已索要原始单据"]
    with pytest.raises(RefusedError, match="only what a station disputes"):
        rule(counter, Finding(FindingCause.HQ_ERROR, "总部录错"))
    answer(counter, CorrectionAnswer.DISPUTED)
    case = the_case(counter)
    assert (case.state, case.owner_no, case.due_on) == (CaseState.DISPUTED, INSPECTOR.staff_no, date(2026, 11, 30))
    with pytest.raises(RefusedError, match="not on the station's side"):
        rule(counter, Finding(FindingCause.NOT_FOUND, "查不出", 40_000))
    with pytest.raises(RefusedError, match="more than what rests"):
        rule(counter, Finding(FindingCause.STATION_ENTRY, "多打一位", 40_001))
    with pytest.raises(RefusedError, match="what was found"):
        rule(counter, Finding(FindingCause.HQ_ERROR, " "))
    rule(counter, Finding(FindingCause.SYSTEM_FAULT, "网络中断时总部重复取数"))
    with pytest.raises(RefusedError, match="waits for review already"):
        rule(counter, Finding(FindingCause.SYSTEM_FAULT, "再写一次"))
    assert counter.told(CaseRuled) == []
    with pytest.raises(RefusedError, match="second person"):
        review(counter, by=MAKER)
    review(counter)
    (ruled,) = counter.told(CaseRuled)
    assert (ruled.maker_no, ruled.approver_no, ruled.stands_fen) == (MAKER.staff_no, INSPECTOR.staff_no, 0)
    assert the_case(counter).state is CaseState.RULED
    assert free_fen(counter) == 100_000


def test_a_ruling_that_was_sent_back_leaves_the_case_open(counter: Counter) -> None:
    close_short(counter)
    rule(counter, Finding(FindingCause.CASH_HANDLING, "可能找错", 7_500))
    with counter.engine.begin() as connection:
        rulings.refuse(connection, INSPECTOR, CODE, 1, "没有证据", counter.clock())
    assert counter.told(CaseRuled) == []
    assert the_case(counter).state is CaseState.DISPUTED
    rule(counter, Finding(FindingCause.NOT_FOUND, "查遍记录, 原因不明"))
    review(counter)
    with counter.engine.connect() as connection:
        assert [one.state for one in rulings.rulings_of(connection, CODE, 1)] == ["REFUSED", "APPROVED"]
    assert free_fen(counter) == 107_500, "what nobody can explain HQ bears"


def test_a_late_answer_is_an_alarm_at_hq_and_at_the_station(counter: Counter) -> None:
    close_short(counter)
    clock(counter)
    counter.clock.step(days=7)
    assert clock(counter) == 0, "due that day is not late"
    counter.clock.step(days=1)
    assert clock(counter) == 1
    assert clock(counter) == 0
    case = the_case(counter)
    told = [fact for fact in counter.told(AlarmRaised) if fact.code is AlarmCode.CASE_OVERDUE]
    assert told == [AlarmRaised(AlarmCode.CASE_OVERDUE, case.opened_seq, 7_500)]
    with counter.engine.connect() as connection:
        assert [alarm.code for alarm in alarms_of(connection, CODE)] == [AlarmCode.CASE_OVERDUE]
        late, count = cases.tracker(connection, late_on=counter.clock().date())
        assert (count, late[0].case.case_no) == (1, 1)
        assert cases.open_sums(connection) == (1, 0)


def test_the_books_computed_anew_still_have_every_case(counter: Counter) -> None:
    propose(counter)
    approve(counter)
    answer(counter, CorrectionAnswer.DISPUTED)
    counter.send(DisputeRaised(DisputeAbout.COMMISSION, 1, 1_200, DisputeGround.FIGURE_WRONG, "少算"))
    close_short(counter)
    clock(counter)
    with counter.engine.connect() as connection:
        before = [(row.case, row.owner_no, row.due_on) for row in cases.tracker(connection)[0]]
        assert cases.disputed_commission(connection, CODE) == {1: 1_200}
    assert len(before) == 3
    with counter.engine.begin() as connection:
        connection.execute(delete(subjects))
        connection.execute(delete(case_clocks))
        assert cases.tracker(connection) == ([], 0)
    recompute(counter.engine, Bookkeeper(counter.journal), counter.clock, "test")
    told = len(counter.told(CaseTaken))
    clock(counter)
    with counter.engine.connect() as connection:
        after = [(row.case, row.owner_no, row.due_on) for row in cases.tracker(connection)[0]]
    assert after == before
    assert len(counter.told(CaseTaken)) == told, "the station keeps the day that it was told"


def fault_words() -> board.FaultWords:
    return board.FaultWords("封袋重复入账", "Pouch booked twice", "先看清单", "Look at the list first")


def test_a_fault_is_matched_told_again_when_it_grows_and_ended(counter: Counter) -> None:
    counter.send(CashMoved(1, CashReason.OWNER_IN, 100))
    (twice,) = counter.send(CashMoved(1, CashReason.OWNER_IN, 100))
    rule_ = read_rule("RULE_BROKEN", {"reason": "OPERATION_TWICE"})
    with counter.engine.begin() as connection:
        assert board.preview(connection, rule_) == {CODE: [twice]}
        number = board.enter_fault(connection, MAKER, rule_, fault_words(), NOON.date(), counter.clock())
    scan = FaultScan(counter.journal)
    assert scan.run(counter.engine, counter.clock) == 1
    assert scan.run(counter.engine, counter.clock) == 0
    (told,) = counter.told(KnownFaultTold)
    assert (told.fault_no, told.station_count, [row.station_seq for row in told.touched]) == (number, 1, [twice])
    counter.send(CashMoved(1, CashReason.OWNER_IN, 100))
    counter.clock.step(minutes=11)
    assert scan.run(counter.engine, counter.clock) == 1
    assert len(counter.told(KnownFaultTold)[-1].touched) == 2
    with counter.engine.begin() as connection:
        board.end_fault(connection, MAKER, number, ("已更新", "Updated"), counter.clock())
        with pytest.raises(RefusedError, match="no open fault"):
            board.end_fault(connection, MAKER, number, ("已更新", "Updated"), counter.clock())
    counter.clock.step(minutes=11)
    assert scan.run(counter.engine, counter.clock) == 1
    assert counter.told(KnownFaultEnded) == [KnownFaultEnded(number, "已更新", "Updated")]
    with counter.engine.connect() as connection:
        (row,), count = board.board(connection)
        assert (row.station_count, count, board.board(connection, only_open=True)[1]) == (1, 1, 0)


def test_every_predicate_finds_its_records(counter: Counter) -> None:
    seq = counter.pay("0081234567", "B1", 200_000)
    paid = {"status": "SUSPENDED", "product_code": 101, "biller_code": "SCDL", "last_day": "2026-11-23"}
    rested = {"reason": "OVER_CREDIT", "amount_min_fen": 200_000, "first_day": "2026-11-23"}
    with counter.engine.connect() as connection:
        for predicate, parameters in (("ALARM", {"code": "RULE_BROKEN"}), ("SUSPENSE", rested), ("PAYMENT", paid)):
            assert board.preview(connection, read_rule(predicate, parameters)) == {CODE: [seq]}
            none = read_rule(predicate, {**parameters, "amount_min_fen": 300_000})
            assert board.preview(connection, none) == {}


@pytest.mark.parametrize(
    ("predicate", "parameters"),
    [
        ("NONE", {}),
        ("ALARM", {}),
        ("ALARM", {"code": "NONE"}),
        ("RULE_BROKEN", {"reason": "POUCH_TWICE", "status": "HELD"}),
        ("SUSPENSE", {"reason": "OVER_CREDIT", "first_day": "gestern"}),
        ("SUSPENSE", {"reason": "OVER_CREDIT", "amount_min_fen": "1"}),
        ("SUSPENSE", {"reason": "OVER_CREDIT", "amount_min_fen": 2**70}),
    ],
)
def test_what_is_no_rule_is_one_sentence(predicate: str, parameters: dict[str, object]) -> None:
    with pytest.raises(RefusedError):
        read_rule(predicate, parameters)


def test_a_rule_survives_its_parameters() -> None:
    rule_ = FaultRule(Predicate.SUSPENSE, reason="OVER_CREDIT", amount_min_fen=5, first_day=NOON.date())
    assert read_rule("SUSPENSE", rule_.parameters()) == rule_


def test_evidence_is_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "对账单.txt").write_text("72.60", "utf-8")
    assert read_evidence_file(tmp_path / "对账单.txt") == EvidencePaper("对账单.txt", "text/plain", b"72.60")
    (tmp_path / "scan.png").write_bytes(b"\x89PNG\xff")
    assert read_evidence_file(tmp_path / "scan.png", "扫描件").media_type == "image/png"
    (tmp_path / "large").write_bytes(b"x" * 300_000)
    for name in ("large", "absent"):
        with pytest.raises(RefusedError):
            read_evidence_file(tmp_path / name)
    assert [read_figure(text) for text in ("-4.00", "0.05")] == [-400, 5]
    with pytest.raises(RefusedError):
        read_figure("--4")


def test_nobody_to_look_into_it_leaves_the_case_untimed_and_counted(counter: Counter) -> None:
    close_short(counter)
    with counter.engine.begin() as connection:
        connection.execute(delete(staff).where(staff.c.role.in_(["ECOM", "SUPERVISION"])))
    assert clock(counter) == 0
    with counter.engine.connect() as connection:
        assert cases.open_sums(connection) == (1, 1)
        assert connection.scalar(select(case_clocks.c.case_no)) is None
    assert counter.told(CreditGranted), "nothing else of the journal changed"
    assert NOON + timedelta(days=1) > counter.clock()
