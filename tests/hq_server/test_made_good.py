"""A record is made good once: whichever of two desks is first, whoever else is at it at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, insert, select

from hq_server.db.break_tables import break_cases, suspense_entries
from hq_server.db.dispute_tables import corrections as corrections_table
from hq_server.db.dispute_tables import made_good
from hq_server.db.reference_tables import staff
from hq_server.disputes import cases as dispute_cases
from hq_server.disputes import corrections
from hq_server.disputes import rulings as case_rulings
from hq_server.gateway import rulings as payment_rulings
from hq_server.gateway.requests import open_requests
from hq_server.ledger.queries import station_balances
from hq_server.made_good import Cited, MadeGood, Remedy, made_good_by, note_made_good
from hq_server.reconciliation import resolving
from hq_server.reconciliation.causes import Action, Cause
from hq_server.settlement import break_corrections
from hq_server.settlement.acquirer_days import due_days, settle_one
from hq_server.withdrawals import rulings
from hq_server.wording import RefusedError
from station_journal.accounts import Account, Ledger
from station_journal.evidence_paper import EvidencePaper
from station_journal.facts.disputes import (
    CitedSide,
    CorrectedBook,
    CorrectionAnswer,
    CorrectionAnswered,
    CorrectionReason,
    DisputeAbout,
    DisputeGround,
    DisputeRaised,
    FindingCause,
)
from station_journal.records import Outcome
from station_journal.side import Side
from tests.hq_server.counter_side import CODE, FINANCE, Counter
from tests.hq_server.people import MAKER, SECOND, SteppingClock
from tests.hq_server.settlement.test_break_corrections import a_break, paid
from tests.hq_server.test_disputes import INSPECTOR
from tests.hq_server.test_withdrawals import line, pay_out, take

PAPER = EvidencePaper("银行来函", "text/plain", "第 7 号".encode())
DEBITED = rulings.Finding(debited=True, words="银行来函第 7 号")


@pytest.fixture
def counter(engine: Engine) -> Counter:
    counter = Counter(engine, SteppingClock(), credit_fen=100_000)
    with engine.begin() as connection:
        row = {"staff_no": INSPECTOR.staff_no, "name": INSPECTOR.name, "role": INSPECTOR.role.value}
        connection.execute(insert(staff).values(**row, password_hash="", created_at=counter.clock()))
    return counter


def correct(counter: Counter, seq: int, change_fen: int, side: CitedSide = CitedSide.STATION) -> corrections.Proposal:
    draft = corrections.Draft(
        CorrectedBook.CURRENT,
        side,
        seq,
        CorrectionReason.OTHER,
        "银行没有入账",
        -max(change_fen, 0),
        min(change_fen, 0),
    )
    with counter.engine.begin() as connection:
        return corrections.propose(connection, MAKER, CODE, draft, PAPER, counter.clock(), stale_days=60)


def approve(counter: Counter, number: int) -> None:
    with counter.engine.begin() as connection:
        corrections.approve(connection, counter.journal, SECOND, CODE, number, counter.clock())
    counter.post()


def accept(counter: Counter, number: int) -> None:
    counter.send(CorrectionAnswered(number, CorrectionAnswer.ACCEPTED, DisputeGround.NOT_GIVEN, ""))


def propose_ruling(counter: Counter, seq: int, finding: rulings.Finding = DEBITED) -> None:
    with counter.engine.begin() as connection:
        rulings.propose(connection, MAKER, CODE, seq, finding, counter.clock())


def approve_ruling(counter: Counter, seq: int) -> None:
    with counter.engine.begin() as connection:
        rulings.approve(connection, counter.journal, FINANCE, CODE, seq, counter.clock())
    counter.post()


def owed_fen(counter: Counter) -> int:
    """What the shop has for its payouts: in its current account, at the bank's, and in HQ's suspense about to be."""
    with counter.engine.connect() as connection:
        books = station_balances(connection, CODE)
    return books.get(Ledger(Account.STATION_CURRENT), 0) + books.get(Ledger(Account.OWNER_ACCOUNT), 0)


def settle(counter: Counter) -> None:
    counter.clock.step(hours=7)
    for due in due_days(counter.engine, counter.clock()):
        settle_one(counter.engine, counter.journal, due, counter.clock())
    counter.post()


@pytest.fixture
def denied(counter: Counter, tmp_path: Path) -> int:
    """A payout of 500.00 that the bank's file does not have."""
    seq, good = pay_out(counter), pay_out(counter, 20_000)
    take(counter, tmp_path, line(counter, good, "200.00"))
    return seq


class TestAPayout:
    def test_that_a_correction_made_good_takes_no_ruling_as_well(self, counter: Counter, denied: int) -> None:
        propose_ruling(counter, denied)
        made = correct(counter, denied, 50_000)
        approve(counter, made.correction_no)
        accept(counter, made.correction_no)
        before_fen = owed_fen(counter)
        with pytest.raises(RefusedError, match=rf"record S{denied} of {CODE} was made good by correction 1 \(500.00\)"):
            approve_ruling(counter, denied)
        counter.post()
        assert owed_fen(counter) == before_fen
        with counter.engine.begin() as connection:
            rulings.refuse(connection, FINANCE, CODE, denied, counter.clock())
        with pytest.raises(RefusedError, match="made good by correction 1"):
            propose_ruling(counter, denied)
        propose_ruling(counter, denied, rulings.Finding(debited=False, words="银行来函第 8 号"))
        approve_ruling(counter, denied)

    def test_that_a_ruling_made_good_takes_no_correction_as_well(self, counter: Counter, denied: int) -> None:
        made = correct(counter, denied, 50_000)
        propose_ruling(counter, denied)
        approve_ruling(counter, denied)
        before_fen = owed_fen(counter)
        with pytest.raises(RefusedError, match="made good by ruling 1 on the withdrawal"):
            approve(counter, made.correction_no)
        assert owed_fen(counter) == before_fen
        propose_ruling(counter, denied, rulings.Finding(debited=False, words="银行来函第 8 号"))
        approve_ruling(counter, denied)
        approve(counter, made.correction_no)

    def test_of_two_people_at_once_one_makes_it_good(self, counter: Counter, denied: int) -> None:
        made = correct(counter, denied, 50_000)
        propose_ruling(counter, denied)
        start = threading.Barrier(2)

        def at_once(act: Callable[[], None]) -> str:
            start.wait()
            try:
                act()
            except RefusedError as refused:
                return refused.code
            return "done"

        with counter.engine.connect() as one, counter.engine.connect() as two, ThreadPoolExecutor(2) as pool:

            def by_correction() -> None:
                with one.begin():
                    corrections.approve(one, counter.journal, SECOND, CODE, made.correction_no, counter.clock.now)

            def by_ruling() -> None:
                with two.begin():
                    rulings.approve(two, counter.journal, FINANCE, CODE, denied, counter.clock.now)

            said = sorted(pool.map(at_once, (by_correction, by_ruling)))
        assert said == ["done", "made_good"]

    def test_is_held_once_by_the_table_itself(self, counter: Counter) -> None:
        cited, now = Cited(CODE, Side.STATION, 7), counter.clock()
        with counter.engine.connect() as one, ThreadPoolExecutor(1) as pool:
            first = one.begin()
            note_made_good(one, cited, MadeGood(Remedy.CASE_RULING, 3, 500, now))

            def second() -> str:
                with pytest.raises(RefusedError) as refused, counter.engine.begin() as two:
                    note_made_good(two, cited, MadeGood(Remedy.CORRECTION, 9, 500, now))
                return str(refused.value)

            waits = pool.submit(second)
            first.commit()
            assert "made good by the ruling on case 3 (5.00) already" in waits.result()
        with counter.engine.connect() as connection:
            assert made_good_by(connection, cited) == MadeGood(Remedy.CASE_RULING, 3, 500, now)

    def test_may_be_made_good_again_once_the_first_was_taken_back(self, counter: Counter, denied: int) -> None:
        first = correct(counter, denied, 50_000)
        approve(counter, first.correction_no)
        accept(counter, first.correction_no)
        back = correct(counter, denied, -50_000)
        approve(counter, back.correction_no)
        with pytest.raises(RefusedError, match="made good by correction 1"):
            propose_ruling(counter, denied)
        accept(counter, back.correction_no)
        propose_ruling(counter, denied)
        approve_ruling(counter, denied)

    def test_is_known_from_the_books_where_a_restored_hq_has_lost_its_desks_rows(
        self, counter: Counter, denied: int
    ) -> None:
        made = correct(counter, denied, 50_000)
        approve(counter, made.correction_no)
        accept(counter, made.correction_no)
        with counter.engine.begin() as connection:
            connection.execute(delete(corrections_table))
            connection.execute(delete(made_good))
        with pytest.raises(RefusedError, match="made good by correction 1"):
            propose_ruling(counter, denied)
        with pytest.raises(RefusedError, match="made good by correction 1"):
            correct(counter, denied, 50_000)
        back = correct(counter, denied, -50_000)
        assert back.correction_no == 2, "a number that the station was told of is never given again"
        approve(counter, back.correction_no)
        accept(counter, back.correction_no)
        propose_ruling(counter, denied)
        approve_ruling(counter, denied)

    def test_that_the_bank_pays_after_all_opens_the_break_again_to_take_the_correction_back(
        self, counter: Counter, denied: int, tmp_path: Path
    ) -> None:
        settle(counter)
        query = select(break_cases).where(break_cases.c.item == f"W:{denied}")
        with counter.engine.begin() as connection:
            number = connection.execute(query).one().case_no
            made = break_corrections.propose(connection, MAKER, number, "未入账", counter.clock(), stale_days=60)
        approve(counter, made.correction_no)
        accept(counter, made.correction_no)
        counter.clock.step(hours=-7)
        take(counter, tmp_path, line(counter, denied), number=2)
        settle(counter)
        with counter.engine.begin() as connection:
            case = connection.execute(query).one()
            assert (case.state, case.break_class, case.difference_fen) == ("OPEN", "DUPLICATE_OURS", 50_000)
            back = break_corrections.propose(connection, MAKER, case.case_no, "后到", counter.clock(), stale_days=60)
        assert back.change_fen == -50_000
        approve(counter, back.correction_no)
        accept(counter, back.correction_no)
        settle(counter)
        with counter.engine.connect() as connection:
            assert connection.execute(query).one().state == "EXPLAINED"
        assert owed_fen(counter) == 50_000 + 100 + 20_000 + 100
        with pytest.raises(RefusedError, match="the bank has paid for this withdrawal, as HQ record H"):
            correct(counter, denied, 50_000)

    def test_whose_break_was_explained_meanwhile_gets_no_correction(
        self, counter: Counter, denied: int, tmp_path: Path
    ) -> None:
        settle(counter)
        query = select(break_cases.c.case_no).where(break_cases.c.item == f"W:{denied}")
        with counter.engine.begin() as connection:
            number = connection.scalar(query) or 0
            made = break_corrections.propose(connection, MAKER, number, "未入账", counter.clock(), stale_days=60)
        counter.clock.step(hours=-7)
        take(counter, tmp_path, line(counter, denied), number=2)
        settle(counter)
        with pytest.raises(RefusedError, match=f"break {number} changed after this correction was proposed"):
            approve(counter, made.correction_no)


class TestAPayment:
    def test_without_a_result_takes_no_correction_and_one_ruled_as_failed_none_either(self, counter: Counter) -> None:
        seq = counter.pay("0081234567", "B1", 7_260)
        with pytest.raises(RefusedError, match="no result yet"):
            correct(counter, seq, 7_260)
        with counter.engine.begin() as connection:
            open_requests(connection, counter.clock())
            our_no = counter.our_no(seq)
            payment_rulings.propose(connection, MAKER, our_no, Outcome.DECLINED, "去电核实未入账", counter.clock())
            payment_rulings.approve(connection, counter.journal, FINANCE, our_no, counter.clock())
        with pytest.raises(RefusedError, match=r"made good by ruling 1 on the payment \(72.60\)"):
            correct(counter, seq, 7_260)

    def test_a_refund_to_the_payer_and_a_correction_are_one_or_the_other(self, counter: Counter) -> None:
        seq = paid(counter)
        said = {"break_class": "OURS_ONLY", "item": f"S:{seq}", "payment_seq": seq, "ours_fen": 7_260}
        number = a_break(counter, **said, theirs_fen=None, difference_fen=-7_260)
        with counter.engine.begin() as connection:
            proposal = resolving.Proposal(Action.RETURN_TO_PAYER, Cause.SENT_TWICE, "对方退回")
            resolving.propose(connection, MAKER, number, proposal, counter.clock())
        made = correct(counter, seq, 7_260)
        approve(counter, made.correction_no)
        with pytest.raises(RefusedError, match="made good by correction 1"), counter.engine.begin() as connection:
            resolving.approve(connection, SECOND, number, counter.clock())
        with counter.engine.connect() as connection:
            assert connection.execute(select(suspense_entries)).all() == []


@pytest.mark.parametrize("award_first", [True, False])
def test_an_award_on_a_disputed_record_and_its_correction_are_one_or_the_other(
    counter: Counter, award_first: bool
) -> None:
    seq = paid(counter)
    counter.send(DisputeRaised(DisputeAbout.STATION_RECORD, seq, 7_260, DisputeGround.FIGURE_WRONG, ""))
    finding = case_rulings.Finding(FindingCause.HQ_ERROR, "总部重复入账", award_fen=7_260)
    with counter.engine.begin() as connection:
        assert dispute_cases.find_case(connection, CODE, 1).case.of_seq == seq
        case_rulings.propose(connection, MAKER, CODE, 1, finding, PAPER, counter.clock())
    made = correct(counter, seq, 7_260)

    def award() -> None:
        with counter.engine.begin() as connection:
            case_rulings.approve(connection, counter.journal, INSPECTOR, CODE, 1, counter.clock())

    first, second = (award, lambda: approve(counter, made.correction_no))[:: 1 if award_first else -1]
    first()
    by = "the ruling on case 1" if award_first else "correction 1"
    with pytest.raises(RefusedError, match=f"made good by {by}"):
        second()
    counter.post()
    with counter.engine.begin() as connection:
        connection.execute(delete(made_good))
        found = made_good_by(connection, Cited(CODE, Side.STATION, seq))
    assert found is not None
    assert by == found.words.en.partition(" (")[0]
