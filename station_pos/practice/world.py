"""What stands around a practice counter, put together: the played HQ and billers, the drills and their log."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from station_journal.accounts import Account
from station_journal.facts.cash import NoteLine
from station_journal.records import CreditGranted, Equipment, OperatorRole, Side
from station_pos.commands.cash_orders import CountFloat
from station_pos.commands.orders import AdoptTariff, CloseOutage, EnrolOperator
from station_pos.commands.outcome import RegisterFault
from station_pos.counter import LinkState
from station_pos.drill_passes import NAMES, Drill, DrillPass, PassesUnreadableError, keep_pass, read_passes
from station_pos.practice import courier
from station_pos.practice.drills import TEXT, Seen, hint, mistake, passed
from station_pos.practice.headquarters import CREDIT_FEN, credit_low
from station_pos.services.practice import DrillRow, DrillState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from station_pos.counter import OperatorRow
    from station_pos.practice.headquarters import PracticeHq
    from station_pos.practice.link import PracticeLink
    from station_pos.queries import Queries
    from station_pos.register import Register
    from station_pos.station_counter import StationCounter

PIN = "0000"
LOG_NAME = "drills.jsonl"
ANSWER_WAIT_S = 6
"""How long a practice counter waits for a biller, or a bank: failures are to be met, not sat out."""
TOLD_S = 20.0
"""How long a passed drill is told."""
FLOAT = (NoteLine(10_000, 5), NoteLine(5_000, 4), NoteLine(1_000, 20), NoteLine(500, 10), NoteLine(100, 30))
"""What lies in the drawer of a new practice counter: 980.00."""
_TICK_S = 1.0
_NO_MONEY = 51
"""The host's code for a card without money on it, as the terminal hands it on."""
_FAULTS: dict[Drill, tuple[dict[str, Any], ...]] = {
    Drill.WITHDRAWAL_DECLINED: ({"do": "decline", "code": _NO_MONEY},),
    Drill.WITHDRAWAL_UNKNOWN: (
        {"do": "cable_out", "at": "before_result"},
        {"do": "hang_up", "at": "before_result"},
    ),
}


class PaperTray(Protocol):
    """The simulated printer's paper."""

    def __call__(self, *, out: bool) -> None:
        """Take the paper out, or load it."""


class TerminalHand(Protocol):
    """The control side of the simulated card terminal."""

    def __call__(self, **command: Any) -> None:
        """Carry out one command of ``station_pos.demo.outside.terminal_control``."""


class PracticeWorld:
    """Plays HQ, bank and courier for one practice counter once a second, and judges the drill that runs.

    ``paper`` puts the simulated printer out of paper or loads it again, ``terminal`` is the hand at the simulated card
    terminal; None where there is none. ``items`` are the waybills that the running drill is about. The passes lie in
    the real station's folder.
    """

    def __init__(
        self,
        counter: StationCounter,
        books: tuple[Register, Queries],
        hq: PracticeHq,
        link: PracticeLink,
        clock: Callable[[], datetime],
        files: tuple[Path, Path],
    ) -> None:
        """Stand around a counter; ``files`` are the passes in the station's folder and the log in practice's own."""
        self._counter, (self._register, self._queries) = counter, books
        self._hq, self._link, self._clock = hq, link, clock
        self._passes_file, self._log_file = files
        self.paper: PaperTray | None = None
        self.terminal: TerminalHand | None = None
        self._running: Drill | None = None
        self._repaired = False
        self._told: tuple[Drill, datetime] | None = None
        self._since_seq = 0
        self.items: tuple[str, ...] = ()
        self._seen = Seen()
        self._spoilt = ""
        self._by = (0, "")
        self._first_slip_at: datetime | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="practice", daemon=True)

    def furnish(self, people: Iterable[OperatorRow], trainee: str) -> None:
        """Give the practice station what it lacks: operators, tariff, credit, a courier and a float.

        ``people`` are the real station's operators, who practise under their own numbers; ``trainee`` is who practises
        where there are none yet.
        """
        if not self._counter.operators():
            first = next((one for one in people if one.role is OperatorRole.OWNER), None)
            number, name = (first.operator_no, first.name) if first is not None else (1, trainee)
            self._register.execute(EnrolOperator(0, number, name, OperatorRole.OWNER))
            self._counter.set_pin(number, PIN)
            self._register.execute(AdoptTariff(self._hq.endow(self._register, self._clock())))
        owner_no = next(one.operator_no for one in self._counter.operators() if one.role is OperatorRole.OWNER)
        known = set(self._counter.operators())
        for one in people:
            if one not in known and (one.operator_no != owner_no or one.role is OperatorRole.OWNER):
                self._register.execute(EnrolOperator(owner_no, one.operator_no, one.name, one.role))
                self._counter.set_pin(one.operator_no, PIN)
        if not self._counter.parcels.couriers():
            self._hq.write(self._register, self._clock(), courier.named())
            self._register.execute(CountFloat(owner_no, FLOAT, 0))

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End the answers."""
        self._ended.set()
        self._thread.join()

    def drills(self) -> tuple[DrillRow, ...]:
        """List the drills in the order in which they are best done."""
        last = {one.drill: one for one in self._passes()}
        rows = []
        for number, drill in enumerate(Drill, 1):
            done = last.get(drill)
            state = DrillState.PASSED if done else DrillState.NOT_YET
            state = DrillState.RUNNING if drill is self._running else state
            asked = hint(drill, self._seen if drill is self._running else Seen())
            by, at = (done.operator_name, done.passed_at) if done else ("", None)
            rows.append(DrillRow(number, NAMES(drill), asked, state, by, at))
        return tuple(rows)

    def begin(self, number: int, operator_no: int, operator_name: str) -> None:
        """Begin a drill, or go on with the one that runs: the fault it is about is put in, or put right.

        One that was spoilt begins again.
        """
        drill = list(Drill)[number - 1]
        if drill is self._running and not self._spoilt:
            self._repair()
            self._seen = self._look(drill)
            return
        self._repair()
        self._running, self._repaired, self._by = drill, False, (operator_no, operator_name)
        self._since_seq, self._first_slip_at, self._spoilt = self._register.head(Side.STATION).seq, None, ""
        if drill is Drill.PAPER_OUT and self.paper is not None:
            self.paper(out=True)
        if drill is Drill.LINK_DROP:
            self._link.turn(LinkState.DOWN)
        for fault in _FAULTS.get(drill, ()):
            if self.terminal is not None:
                self.terminal(cmd="fault", **fault)
        self.items = self._items_for(drill) if courier.brings_items(drill) else ()
        self._seen = self._look(drill)
        self._note("begun", drill)

    def _items_for(self, drill: Drill) -> tuple[str, ...]:
        """Give a drill its items: those that an earlier drill left as this one wants them, else a new manifest's."""
        parcels = self._counter.parcels
        found = parcels.find(courier.TAIL) if drill is Drill.PARCEL_COD else None
        shelved = {one.waybill for one in found.parcels} if found is not None else set()
        for one in found.parcels if found is not None else ():
            items = courier.siblings(one.waybill)
            if one.cod_fen and one.waybill == items[courier.COD] and items[courier.FIRST] in shelved:
                return items
        for manifest in parcels.manifests():
            items = tuple(sorted(one.waybill for one in parcels.expected(manifest.manifest_no)))
            if len(items) == manifest.line_count:
                return items
        announced, items = courier.announce(self._register, self._register.head(Side.HQ).seq + 1)
        self._hq.write(self._register, self._clock(), announced)
        return items

    def hint(self) -> str:
        """Say what the running drill asks for now, empty while none runs."""
        if self._running is None and self._told is not None:
            drill, at = self._told
            lately = (self._clock() - at).total_seconds() < TOLD_S
            return TEXT("passed_now", name=NAMES(drill)) if lately else ""
        if self._spoilt:
            return TEXT("spoilt", why=TEXT(self._spoilt))
        return hint(self._running, self._seen) if self._running else ""

    def _repair(self) -> None:
        self._repaired = True
        if self.paper is not None:
            self.paper(out=False)
        if self.terminal is not None:
            self.terminal(cmd="calm")
        if self._link.state_now is LinkState.DOWN:
            self._link.turn(LinkState.UP)
            self._register.execute(CloseOutage(Equipment.LINK))

    def _run(self) -> None:
        while not self._ended.wait(_TICK_S):
            # A disk that refuses is told by the counter, a terminal that is gone by its state; practice goes on.
            with suppress(RegisterFault, OSError):
                self.tick()

    def tick(self) -> None:
        """Let a second pass at HQ: answer what may be answered, fill the credit, judge the drill."""
        if self._link.state_now is LinkState.UP:
            waiting = self._queries.bills_in_flight() + self._queries.offline_waiting()
            held_back = {one.seq for one in waiting if self._is_held_back(one.seq, one.pending_seq)}
            due = tuple(one for one in waiting if one.seq not in held_back)
            self._hq.answer(self._register, self._clock(), due)
            self._hq.confirm_payouts(self._register, self._clock(), self._counter.withdrawals.recent(20))
            self._fill_up()
        self._judge()

    def _is_held_back(self, seq: int, pending_seq: int) -> bool:
        """Keep the answer of the drill's payment until its pending slip was out for a while."""
        if self._running is not Drill.UNKNOWN or seq <= self._since_seq:
            return False
        return not (pending_seq and self._slip_is_old())

    def _slip_is_old(self) -> bool:
        """Tell whether the slip of this drill, which is out now, was out for a while."""
        self._first_slip_at = self._first_slip_at or self._clock()
        return (self._clock() - self._first_slip_at).total_seconds() >= ANSWER_WAIT_S

    def _fill_up(self) -> None:
        with self._register.database.reading() as connection:
            free_fen = self._queries.view(connection).balance_fen(Account.CREDIT_FREE)
        if credit_low(free_fen):
            self._hq.write(self._register, self._clock(), CreditGranted(CREDIT_FEN, 1, 1, 2))

    def _look(self, drill: Drill) -> Seen:
        """Gather what happened since the drill began."""
        parcels = self._counter.parcels
        rows = [
            row.kind
            for row in self._counter.journal(100)
            if row.side == Side.STATION.value and row.seq > self._since_seq
        ]
        found = (parcels.parcel(waybill) for waybill in self.items)
        payments = reversed(self._counter.recent(50))
        withdrawals = reversed(self._counter.withdrawals.recent(20))
        return Seen(
            payments=tuple(one for one in payments if one.seq > self._since_seq),
            copies=rows.count("CopyIssued"),
            waiting=self._counter.state().queued_prints if drill is Drill.PAPER_OUT else 0,
            repaired=self._repaired,
            withdrawals=tuple(one for one in withdrawals if one.seq > self._since_seq),
            parcels=tuple(one for one in found if one is not None),
            receiving=bool(self.items) and bool(parcels.open_batch()),
            opened=rows.count("DrawerOpened"),
        )

    def _judge(self) -> None:
        drill = self._running
        if drill is None:
            return
        self._seen = seen = self._look(drill)
        if drill is Drill.WITHDRAWAL_UNKNOWN and any(one.pending_seq for one in seen.withdrawals):
            self._mend_terminal()
        wrong = mistake(drill, seen)
        if wrong and not self._spoilt:
            self._note(f"spoilt: {wrong}", drill)
        self._spoilt = wrong
        if passed(drill, seen):
            self._running, self._told = None, (drill, self._clock())
            self._note("passed", drill)
            keep_pass(self._passes_file, DrillPass(*self._by, drill, self._clock()))

    def _mend_terminal(self) -> None:
        """Put the terminal's cable back, a while after the slip, and have it asked."""
        if self.terminal is not None and not self._repaired and self._slip_is_old():
            self._repaired = True
            self.terminal(cmd="cable", out=False)
            self._counter.withdrawals.ask_now()

    def _passes(self) -> tuple[DrillPass, ...]:
        try:
            return read_passes(self._passes_file)
        except PassesUnreadableError:
            return ()

    def _note(self, what: str, drill: Drill) -> None:
        at = self._clock().isoformat(timespec="seconds")
        line = {"at": at, "drill": drill, "what": what, "by": self._by[1], "operator_no": self._by[0]}
        with self._log_file.open("a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")
