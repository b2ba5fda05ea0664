"""What stands around a practice counter, put together: the played HQ and billers, the drills and their log."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from station_journal.accounts import Account
from station_journal.records import Equipment, OperatorRole, Side
from station_pos.commands.orders import AdoptTariff, CloseOutage, EnrolOperator
from station_pos.commands.outcome import RegisterFault
from station_pos.counter import InquiryAnswer, LinkState
from station_pos.durable_file import write_durably
from station_pos.practice.drills import TEXT, Drill, Seen, hint, passed
from station_pos.practice.headquarters import answer_inquiry, credit_low
from station_pos.services.practice import DrillRow, DrillState

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from station_journal.records import HqFact
    from station_pos.practice.headquarters import PracticeHq
    from station_pos.queries import Queries
    from station_pos.register import Register
    from station_pos.station_counter import StationCounter

PIN = "0000"
PASSES_NAME = "practice.json"
LOG_NAME = "drills.jsonl"
ANSWER_WAIT_S = 6
"""How long a practice counter waits for a biller: failures are to be met, not sat out."""
TOLD_S = 20.0
"""How long a passed drill is told."""
_TICK_S = 1.0


class PaperTray(Protocol):
    """The simulated printer's paper."""

    def __call__(self, *, out: bool) -> None:
        """Take the paper out, or load it."""


class PracticeLink:
    """A line that leads nowhere: it says up or down as the drill wants, and answers inquiries by itself."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Begin with the line up."""
        self._clock = clock
        self.state_now, self.since = LinkState.UP, clock()

    def open(self, pass_phrase: str) -> bool:
        """Practice has no key to protect."""
        del pass_phrase
        return True

    def is_open(self) -> bool:
        """Practice has no key to protect."""
        return True

    def state(self) -> tuple[LinkState, datetime | None]:
        """Give the state that the drill wants."""
        return self.state_now, self.since

    def turn(self, state: LinkState) -> None:
        """Cut the line, or mend it."""
        self.state_now, self.since = state, self._clock()

    def inquire(self, product_code: int, account_no: str) -> InquiryAnswer:
        """Answer as the practice biller would."""
        if self.state_now is LinkState.DOWN:
            return InquiryAnswer(account_no, "", "", (), "unreachable")
        return answer_inquiry(product_code, account_no)

    def wake(self) -> None:
        """There is nobody to exchange with."""

    def sealing_key(self) -> None:
        """Practice has no key that seals anything."""

    def prepare(self, pass_phrase: str) -> None:
        """There is no line to prepare."""
        del pass_phrase

    def stop(self) -> None:
        """Nothing runs."""


class PracticeWorld:
    """Plays HQ for one practice counter once a second, and judges the drill that runs.

    ``paper`` puts the simulated printer out of paper or loads it again; None where there is no printer.
    ``passes`` is the file in the real station's folder that keeps who passed what.
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
        self._running: Drill | None = None
        self._repaired = False
        self._told: tuple[Drill, datetime] | None = None
        self._since_seq = 0
        self._by = ""
        self._first_slip_at: datetime | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="practice", daemon=True)

    def furnish(self, operator_name: str) -> None:
        """Give a new practice station its operator, tariff and credit; one that has them stays as it is."""
        if not self._counter.operators():
            self._register.execute(EnrolOperator(0, 1, operator_name, OperatorRole.OWNER))
            self._counter.set_pin(1, PIN)
            self._register.execute(AdoptTariff(self._hq.endow(self._register, self._clock())))

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End the answers."""
        self._ended.set()
        self._thread.join()

    def drills(self) -> tuple[DrillRow, ...]:
        """List the drills in the order in which they are best done."""
        passes = self._passes()
        rows = []
        for number, drill in enumerate(Drill, 1):
            by, at = passes.get(drill, ("", ""))
            state = DrillState.PASSED if by else DrillState.NOT_YET
            state = DrillState.RUNNING if drill is self._running else state
            when = datetime.fromisoformat(at) if at else None
            rows.append(DrillRow(number, TEXT(drill), TEXT(f"{drill}_hint"), state, by, when))
        return tuple(rows)

    def begin(self, number: int, operator_name: str) -> None:
        """Begin a drill, or go on with the one that runs: the fault it is about is put in, or put right."""
        drill = list(Drill)[number - 1]
        if drill is self._running:
            self._repair()
            return
        self._repair()
        self._running, self._repaired, self._by = drill, False, operator_name
        self._since_seq, self._first_slip_at = self._register.head(Side.STATION).seq, None
        if drill is Drill.PAPER_OUT and self.paper is not None:
            self.paper(out=True)
        if drill is Drill.LINK_DROP:
            self._link.turn(LinkState.DOWN)
        self._note("begun", drill)

    def hint(self) -> str:
        """Say what the running drill asks for now, empty while none runs."""
        if self._running is None and self._told is not None:
            drill, at = self._told
            lately = (self._clock() - at).total_seconds() < TOLD_S
            return TEXT("passed_now", name=TEXT(drill)) if lately else ""
        return hint(self._running, repaired=self._repaired) if self._running else ""

    def _repair(self) -> None:
        self._repaired = True
        if self.paper is not None:
            self.paper(out=False)
        if self._link.state_now is LinkState.DOWN:
            self._link.turn(LinkState.UP)
            self._register.execute(CloseOutage(Equipment.LINK))

    def _run(self) -> None:
        while not self._ended.wait(_TICK_S):
            # A disk that refuses is told by the counter; practice goes on with the next second.
            with suppress(RegisterFault):
                self.tick()

    def tick(self) -> None:
        """Let a second pass at HQ: answer what may be answered, fill the credit, judge the drill."""
        if self._link.state_now is LinkState.UP:
            waiting = self._queries.bills_in_flight() + self._queries.offline_waiting()
            held_back = {one.seq for one in waiting if self._is_held_back(one.seq, one.pending_seq)}
            due = tuple(one for one in waiting if one.seq not in held_back)
            self._hq.answer(self._register, self._clock(), due)
            self._fill_up()
        self._judge()

    def _is_held_back(self, seq: int, pending_seq: int) -> bool:
        """Keep the answer of the drill's payment until its pending slip was out for a while."""
        if self._running is not Drill.UNKNOWN or seq <= self._since_seq:
            return False
        if not pending_seq:
            return True
        self._first_slip_at = self._first_slip_at or self._clock()
        return (self._clock() - self._first_slip_at).total_seconds() < ANSWER_WAIT_S

    def _fill_up(self) -> None:
        from station_journal.records import CreditGranted
        from station_pos.practice.headquarters import CREDIT_FEN

        with self._register.database.reading() as connection:
            free_fen = self._queries.view(connection).balance_fen(Account.CREDIT_FREE)
        if credit_low(free_fen):
            fact: HqFact = CreditGranted(CREDIT_FEN, 1, 1, 2)
            self._hq.write(self._register, self._clock(), fact)

    def _judge(self) -> None:
        drill = self._running
        if drill is None:
            return
        payments = tuple(one for one in reversed(self._counter.recent(50)) if one.seq > self._since_seq)
        copies = sum(row.kind == "CopyIssued" and row.seq > self._since_seq for row in self._counter.journal(100))
        seen = Seen(payments, copies, self._counter.state().queued_prints, self._repaired)
        if passed(drill, seen):
            self._running, self._told = None, (drill, self._clock())
            self._note("passed", drill)
            passes = {**self._passes(), drill.value: (self._by, self._clock().isoformat(timespec="seconds"))}
            write_durably(self._passes_file, json.dumps(passes, ensure_ascii=False).encode())

    def _passes(self) -> dict[str, tuple[str, str]]:
        try:
            kept = json.loads(self._passes_file.read_text("utf-8"))
            return {str(drill): (str(by), str(at)) for drill, (by, at) in kept.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def _note(self, what: str, drill: Drill) -> None:
        at = self._clock().isoformat(timespec="seconds")
        with self._log_file.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"at": at, "drill": drill, "what": what, "by": self._by}, ensure_ascii=False) + "\n")
