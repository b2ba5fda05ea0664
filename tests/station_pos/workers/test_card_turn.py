"""The terminal's turn over the real register: power and line cut at every step, and what the drawer must then say."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, cast

import pytest

from station_journal.facts.withdrawals import FailureKind, PersonalId
from station_journal.records import Equipment, Side
from station_journal.rules.withdrawal import Withdrawal, WithdrawalState
from station_pos.commands.outcome import Accepted, RegisterFault
from station_pos.commands.withdrawal_orders import IntendWithdrawal, PayOut, RequestVoid
from station_pos.counter import DeviceRow, DeviceState
from station_pos.devices.card_terminal_state import Progress, TerminalCondition
from station_pos.queries import Queries
from station_pos.services.withdrawals import TerminalAwayError
from station_pos.store.errors import StoreTrouble
from station_pos.withdrawal_queries import WithdrawalQueries
from station_pos.workers.card_steps import CardTimes
from station_pos.workers.card_turn import CardTurn
from station_pos.workers.counter_devices import CounterDevices
from station_pos.workers.device_watch import DeviceWatch
from tests.factories import withdrawal as wd
from tests.station_pos.register.test_withdrawals import drawer_fen, papers
from tests.station_pos.workers.played_terminal import PlayedTerminal, PowerCutError
from tests.station_pos.world import CLERK, World

if TYPE_CHECKING:
    from station_pos.devices.card_terminal import CardTerminal

TIMES = CardTimes(slip_after_s=60.0, ask_s=(2.0, 5.0, 60.0), check_s=15.0, poll_s=0.001)


class Counter:
    """A station with a terminal on it; its power can go at any record."""

    def __init__(self, folder, *, reverses: bool = True):
        self.world = World(folder).ready(0)
        self.terminal = PlayedTerminal(self.world.clock, reverses=reverses)
        self.seconds = 0.0
        self.cut_at = -1
        self.cut_before = True
        self.full = 0
        self.switch_on()

    def switch_on(self):
        queries = Queries(self.world.database, self.world.register.tariffs)
        self.books = WithdrawalQueries(self.world.database, queries.view, queries.business_date, self.world.clock)
        terminal = cast("CardTerminal", self.terminal)  # it plays what a withdrawal needs
        self.turn = CardTurn(terminal, self.books, self._execute, times=TIMES, clock=lambda: self.seconds)

    def restart(self):
        self.cut_at = -1
        self.world.clock.forward(minutes=3)
        self.world.reopen()
        self.switch_on()

    def _execute(self, command):
        """The register, with a power cut before or after the record that ``cut_at`` counts down to."""
        self.cut_at -= 1
        if self.cut_at == 0 and self.cut_before:
            raise PowerCutError
        if self.full:
            self.full -= 1
            raise RegisterFault(StoreTrouble.FULL)
        outcome = self.world.register.execute(command)
        if self.cut_at == 0:
            raise PowerCutError
        return outcome

    def order(self, amount_fen: int = 50_000) -> IntendWithdrawal:
        number = self.world.register.open_operation()
        return IntendWithdrawal(CLERK, number, amount_fen, False, "", PersonalId.NOT_NOTED, "")

    def ask(self, amount_fen: int = 50_000):
        future = self.turn.begin(self.order(amount_fen))
        self.turn()
        return future

    def turns(self, count: int = 6, step_s: float = 3.0):
        for _ in range(count):
            self.turn()
            self.seconds += step_s

    @property
    def last(self) -> Withdrawal:
        return self.books.newest(1)[0]

    def close(self):
        self.world.close()


@pytest.fixture
def counter(tmp_path):
    made = Counter(tmp_path / "station")
    yield made
    made.close()


class TestAWithdrawal:
    def test_is_payable_only_when_the_terminal_has_completed_it(self, counter: Counter):
        states = []
        counter.terminal.during = lambda: states.append(counter.last.state)
        outcome = counter.ask().result()
        assert isinstance(outcome, Accepted)
        assert states == [WithdrawalState.INTENDED]
        assert counter.last.state is WithdrawalState.PAYABLE
        assert counter.terminal.book[0].state == "completed"
        assert len(papers(counter.world)) == 1
        assert drawer_fen(counter.world) == 0

    def test_carries_our_number_to_the_terminal_and_on_the_slip(self, counter: Counter):
        counter.ask()
        assert counter.terminal.requests[0] in papers(counter.world)[0]

    @pytest.mark.parametrize(
        ("fault", "failure"),
        [
            ("declined", FailureKind.DECLINED),
            ("cancelled", FailureKind.CANCELLED),
            ("not_started", FailureKind.NOT_STARTED),
            ("wrong_amount", FailureKind.REVERSED),
        ],
    )
    def test_that_the_terminal_does_not_complete_ends_without_cash_and_with_a_reason(
        self, counter: Counter, fault: str, failure: FailureKind
    ):
        counter.terminal.fault = fault
        counter.ask()
        assert (counter.last.state, counter.last.failure) == (WithdrawalState.FAILED, failure)
        assert counter.last.reason
        assert counter.terminal.standing_fen() == drawer_fen(counter.world) == 0
        counter.ask()
        assert counter.last.state is WithdrawalState.PAYABLE

    def test_over_the_cards_cap_is_refused_before_the_terminal_is_acknowledged(self, counter: Counter):
        for _ in range(2):
            counter.ask(80_000)
            counter.world.accepted(PayOut(CLERK, counter.last.seq))
        counter.ask(50_000)
        assert (counter.last.state, counter.last.failure) == (WithdrawalState.FAILED, FailureKind.OVER_LIMIT)
        assert counter.terminal.book[-1].state == "reversed"
        assert "2,000.00" in counter.last.reason
        assert "400.00" in counter.last.reason
        assert not counter.last.approved_seq

    def test_is_refused_at_once_while_the_terminal_is_away(self, counter: Counter):
        counter.terminal.condition = TerminalCondition.NO_ANSWER
        assert counter.turn() is DeviceState.NO_ANSWER
        with pytest.raises(TerminalAwayError):
            counter.turn.begin(counter.order()).result()
        assert counter.books.newest(1) == ()
        counter.terminal.condition = TerminalCondition.READY
        counter.seconds += 20
        assert counter.turn() is DeviceState.READY
        counter.ask()
        assert counter.last.state is WithdrawalState.PAYABLE


class TestAnUnknownResult:
    def test_is_asked_for_never_sent_again_and_gets_its_slip_after_a_minute(self, counter: Counter):
        counter.terminal.fault, counter.terminal.silent_for = "lost_before_bank", 99
        counter.ask()
        counter.turns(8, step_s=5)
        assert papers(counter.world) == []
        counter.turns(4, step_s=10)
        assert counter.last.pending_seq
        assert "取款待定凭条" in papers(counter.world)[0]
        assert len(counter.terminal.requests) == 1
        assert counter.terminal.asked > 3
        assert len(papers(counter.world)) == 1

    def test_gets_its_slip_by_the_clock_while_the_driver_still_waits_for_the_bank(self, counter: Counter):
        """A line cut in the middle lets a driver wait for minutes: the customer has the slip after one."""
        seen: list[tuple[float, int]] = []

        def look(seconds: float) -> None:
            counter.seconds = seconds
            counter.turn.slip_if_late()
            seen.append((seconds, counter.last.pending_seq))

        def silence() -> None:
            for seconds in (50, 100):
                look(seconds)  # the card and the PIN take the customer so long: nothing is unknown yet
            counter.turn._steps.progress(Progress.ASKING_BANK)  # noqa: SLF001  as the driver tells it
            for seconds in (150, 161, 170):
                look(seconds)

        counter.terminal.during = silence
        counter.ask()
        assert [seconds for seconds, slip in seen if slip] == [161, 170]
        slips = papers(counter.world)
        assert ["取款待定凭条" in paper for paper in slips[:1]] == [True]
        assert len([paper for paper in slips if "取款待定凭条" in paper]) == 1
        assert counter.last.state is WithdrawalState.PAYABLE, "the answer that came after all still counts"
        assert len(counter.terminal.requests) == 1

    def test_of_a_terminal_that_says_nothing_is_shown_since_when_until_it_says_something(self, counter: Counter):
        watch = DeviceWatch(Equipment.CARD_TERMINAL, counter.turn, lambda: None, counter.world.register.execute)
        watch._show(DeviceRow(Equipment.CARD_TERMINAL, DeviceState.READY))  # noqa: SLF001  as its own thread does
        devices, now = CounterDevices(watches=(watch,), card=counter.turn), counter.world.clock()
        seen: list[tuple[DeviceState, float | None]] = []

        def look(seconds: float) -> None:
            counter.seconds = seconds
            (row,) = devices.rows(now)
            seen.append((row.state, (now - row.since).total_seconds() if row.since else None))

        def silence() -> None:
            look(100)  # the customer looks for the PIN
            counter.turn._steps.progress(Progress.ASKING_BANK)  # noqa: SLF001  as the driver tells it
            look(105)
            look(280)

        counter.terminal.during, counter.terminal.fault, counter.terminal.silent_for = silence, "lost_before_bank", 2
        counter.ask()
        look(285)  # the driver has given up, and nothing was heard since
        counter.turns(2)
        look(290)
        counter.turns(20)
        look(400)
        good, silent = DeviceState.READY, DeviceState.NO_ANSWER
        assert seen == [(good, None), (good, None), (silent, 180), (silent, 185), (silent, 190), (good, None)]

    @pytest.mark.parametrize("reverses", [True, False])
    @pytest.mark.parametrize("fault", ["lost_before_bank", "lost_after_bank", "ack_lost", "end_lost"])
    def test_ends_as_the_terminals_own_book_says(self, tmp_path, fault: str, reverses: bool):
        counter = Counter(tmp_path / "station", reverses=reverses)
        counter.terminal.fault, counter.terminal.silent_for = fault, 2
        counter.ask()
        assert counter.last.unknown
        counter.turns(8)
        standing_fen = counter.terminal.standing_fen()
        assert counter.last.state is (WithdrawalState.PAYABLE if standing_fen else WithdrawalState.FAILED)
        assert len(counter.terminal.requests) == 1
        counter.close()

    def test_keeps_the_terminal_for_itself(self, counter: Counter):
        counter.terminal.fault, counter.terminal.silent_for = "lost_after_bank", 99
        counter.ask()
        refused = counter.ask().result()
        assert not isinstance(refused, Accepted)
        assert len(counter.terminal.requests) == 1

    @pytest.mark.parametrize("debited", [True, False])
    def test_ends_by_the_banks_word_if_the_terminal_never_answers(self, counter: Counter, debited: bool):
        counter.terminal.fault, counter.terminal.silent_for = "lost_after_bank", 999
        counter.ask()
        counter.turns(3)
        counter.world.from_hq(wd.bank(counter.last.seq, debited=debited))
        counter.turn()
        assert counter.last.state is (WithdrawalState.PAYABLE if debited else WithdrawalState.FAILED)
        asked = counter.terminal.asked
        counter.turns(5, step_s=90)
        assert counter.terminal.asked == asked

    def test_counts_towards_the_cap_by_the_card_that_the_terminal_had_shown(self, counter: Counter):
        counter.terminal.fault, counter.terminal.silent_for = "end_lost", 999
        counter.ask(50_000)
        counter.turns(12, step_s=10)
        assert counter.last.card_last4 == "8841"
        assert counter.books.card_day(counter.last).left_fen == 200_000


class TestUndoing:
    def test_gives_the_money_back_at_the_terminal_before_the_cash(self, counter: Counter):
        counter.ask()
        counter.turn.void(RequestVoid(CLERK, counter.last.seq))
        counter.turn()
        assert (counter.last.state, counter.last.failure) == (WithdrawalState.FAILED, FailureKind.REVERSED)
        assert counter.terminal.standing_fen() == 0

    def test_that_the_terminal_refuses_leaves_the_cash_due(self, counter: Counter):
        counter.ask()
        counter.terminal.fault = "void_refused"
        counter.turn.void(RequestVoid(CLERK, counter.last.seq))
        counter.turn()
        assert counter.last.state is WithdrawalState.PAYABLE
        assert counter.last.reason == "不能撤销"

    def test_whose_answer_is_lost_is_asked_for_too(self, counter: Counter):
        counter.ask()
        counter.world.clock.forward(seconds=30)
        counter.terminal.fault = "lost_after_bank"
        counter.turn.void(RequestVoid(CLERK, counter.last.seq))
        counter.turns(4)
        assert counter.last.state is WithdrawalState.FAILED
        assert counter.terminal.standing_fen() == 0


def test_a_full_disk_at_any_step_loses_nothing_and_pays_nothing_twice(tmp_path):
    for step in range(1, 4):
        counter = Counter(tmp_path / f"station-{step}")
        counter.cut_at = -1
        executed = counter._execute  # noqa: SLF001
        calls = itertools.count(1)

        def filling(command, executed=executed, calls=calls, step=step):
            if next(calls) == step:
                raise RegisterFault(StoreTrouble.FULL)
            return executed(command)

        counter.turn._execute = counter.turn._steps._execute = filling  # noqa: SLF001
        future = counter.ask()
        if step == 1:
            with pytest.raises(RegisterFault):
                future.result()
            assert counter.terminal.requests == []
        else:
            counter.turns(6)
            standing_fen = counter.terminal.standing_fen()
            assert counter.last.state is (WithdrawalState.PAYABLE if standing_fen else WithdrawalState.FAILED)
        assert len(counter.terminal.requests) <= 1
        counter.close()


@pytest.mark.parametrize("reverses", [True, False])
@pytest.mark.parametrize("cut_before", [True, False])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_power_cut_at_every_record_ends_as_the_terminals_book_says(tmp_path, step, cut_before, reverses):
    """Intent, approval, instruction: cut before and after each. After the restart nothing is lost, nothing doubled."""
    counter = Counter(tmp_path / "station", reverses=reverses)
    counter.cut_at, counter.cut_before = step, cut_before
    with pytest.raises(PowerCutError):
        counter.ask().result()
    counter.restart()
    counter.turns(6)
    found = counter.books.newest(9)
    standing_fen = counter.terminal.standing_fen()
    if step == 1:
        assert counter.terminal.requests == []
    assert len(counter.terminal.requests) <= 1
    assert [one.state for one in found] == (
        [] if step == 1 and cut_before else [WithdrawalState.PAYABLE if standing_fen else WithdrawalState.FAILED]
    )
    assert drawer_fen(counter.world) == 0
    due_fen = counter.world.rows("SELECT ifnull(sum(balance_fen), 0) FROM balances WHERE account=2002")[0][0]
    assert due_fen == standing_fen
    if standing_fen:
        slips = [paper for paper in papers(counter.world) if "助农取款凭条" in paper]
        assert len(slips) == 1
        counter.world.accepted(PayOut(CLERK, found[0].seq))
        assert drawer_fen(counter.world) == -standing_fen
    counter.close()


def test_power_cut_when_the_terminal_has_completed_but_nothing_is_printed_yet(tmp_path):
    counter = Counter(tmp_path / "station")
    counter.terminal.fault = "cut_at_end"
    with pytest.raises(PowerCutError):
        counter.ask()
    assert papers(counter.world) == []
    counter.restart()
    counter.turns(3)
    assert counter.last.state is WithdrawalState.PAYABLE
    assert counter.last.approved_seq < counter.last.instructed_seq
    assert len(papers(counter.world)) == 1
    counter.close()


def test_a_balance_inquiry_records_nothing(counter: Counter):
    head = counter.world.register.head(Side.STATION)
    future = counter.turn.balance()
    counter.turn()
    assert future.result().balance_fen == 123_456
    assert counter.world.register.head(Side.STATION) == head


class TestTheSameAmountAgain:
    """A terminal knows only its last transaction, and books a reversal as one of its own."""

    def again(self, counter):
        """Ask once more for the same amount; the request is cut off before it leaves, so nothing is debited."""
        counter.world.clock.forward(minutes=3)
        counter.terminal.fault = "lost_before_bank"
        counter.ask()
        counter.turns()
        return counter.last

    @pytest.mark.parametrize("fault", ["lost_after_bank", "ack_lost"])
    def test_is_settled_by_the_terminal_after_a_reversal_that_was_asked_for(self, counter, fault):
        counter.terminal.books_reversals = True
        counter.terminal.fault = fault
        counter.ask()
        counter.turns()
        first = counter.last
        assert (first.state, first.failure) == (WithdrawalState.FAILED, FailureKind.REVERSED)
        assert (first.told_trace_no, first.undone_trace_no) == ("000002", "000001")
        again = self.again(counter)
        assert again.state is WithdrawalState.FAILED, "nobody has to wait for the bank's file"
        assert again.pending_seq == 0
        assert counter.terminal.standing_fen() == 0
        counter.world.clock.forward(minutes=3)
        counter.ask()
        assert counter.last.state is WithdrawalState.PAYABLE, "and card business goes on"

    def test_is_settled_by_the_terminal_after_a_reversal_whose_numbers_it_did_not_tell(self, counter):
        counter.terminal.books_reversals = True
        counter.ask(150_000)
        counter.world.accepted(PayOut(CLERK, counter.last.seq))
        counter.ask(60_000)
        refused = counter.last
        assert (refused.failure, refused.undone_trace_no) == (FailureKind.OVER_LIMIT, "000002")
        counter.world.clock.forward(minutes=3)
        counter.terminal.fault = "lost_before_bank"
        counter.ask(60_000)
        counter.turns()
        assert counter.last.state is WithdrawalState.FAILED

    def test_is_settled_after_a_refusal_of_the_bank(self, counter):
        counter.terminal.fault = "declined"
        counter.ask()
        assert self.again(counter).state is WithdrawalState.FAILED

    def test_stays_unknown_where_the_reversal_may_be_of_something_nobody_knew(self, counter):
        counter.terminal.books_reversals = True
        counter.ask()
        counter.world.accepted(PayOut(CLERK, counter.last.seq))
        by_hand = counter.terminal.write(50_000, "completed")
        counter.terminal.reverse(by_hand)
        assert self.again(counter).state is WithdrawalState.INTENDED

    def test_its_numbers_are_found_again_by_a_register_that_derives_its_rows_afresh(self, counter):
        counter.terminal.books_reversals = True
        counter.terminal.fault = "lost_after_bank"
        counter.ask()
        counter.turns()
        counter.world.register.rebuild()
        assert self.again(counter).state is WithdrawalState.FAILED
