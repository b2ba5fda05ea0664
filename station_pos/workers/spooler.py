"""The spooler: takes papers from the durable queue to the printer, each original at most once.

A state is committed before the driver goes on: sending before the first byte, waiting after the last. What a restart
finds in between is doubtful, and only a person can say whether the paper came out. A dead printer blocks nothing here:
its papers wait, and the outage is a pair of records.
"""

from __future__ import annotations

import logging
import queue
import threading
from time import monotonic
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from station_journal.records import Equipment
from station_pos.counter import PrinterState
from station_pos.devices.ports import Condition, PrintResult, PrintStage, describe
from station_pos.receipts.escpos import encode
from station_pos.receipts.paper import PaperRefusedError, from_bytes
from station_pos.store import queues
from station_pos.store.queues import JobState, PrintKind
from station_pos.workers.outages import OutageRecorder

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome
    from station_pos.devices.ports import Printer
    from station_pos.receipts.escpos import PrinterProfile
    from station_pos.store.database import Database
    from station_pos.store.queues import PrintJob

RETRY_S = 3.0
"""How long to wait before a printer that was not ready is asked again."""
KICK_WITHIN_S = 10.0
"""A drawer that could not be opened within this time stays shut: nobody may be standing at it any more."""
_log = logging.getLogger(__name__)
_STATE_OF = {
    Condition.READY: PrinterState.READY,
    Condition.PAPER_NEAR_END: PrinterState.PAPER_LOW,
    Condition.PAPER_OUT: PrinterState.PAPER_OUT,
    Condition.COVER_OPEN: PrinterState.COVER_OPEN,
    Condition.OFFLINE: PrinterState.OFFLINE,
    Condition.ERROR: PrinterState.OFFLINE,
    Condition.LINE_MISSING: PrinterState.OFFLINE,
    Condition.LINE_LOST: PrinterState.OFFLINE,
}


class Duty(NamedTuple):
    """Which papers a printer prints, and as what its outages go on record."""

    equipment: Equipment
    kinds: tuple[PrintKind, ...]


ALL_PAPERS = Duty(Equipment.PRINTER, tuple(PrintKind))
SLIPS_ONLY = Duty(Equipment.PRINTER, (PrintKind.SLIP,))
LABELS_ONLY = Duty(Equipment.LABEL_PRINTER, (PrintKind.LABEL,))


class Books(Protocol):
    """What the spooler needs of the register: durable writes, and outage records."""

    @property
    def database(self) -> Database:
        """The open database."""

    def write(self, work: Callable[[Connection], None]) -> None:
        """Run one durable write transaction."""

    def execute(self, command: Command) -> Outcome:
        """Carry out a command of the system."""


class Spooler:
    """One thread for one printer. ``wake`` is called after every commit."""

    def __init__(
        self,
        books: Books,
        printer: Printer,
        profile: PrinterProfile,
        *,
        retry_s: float = RETRY_S,
        changed: Callable[[], None] | None = None,
        drawer_pin: Literal[2, 5] | None = None,
        duty: Duty = ALL_PAPERS,
    ) -> None:
        """Take the printer; ``changed`` is called when what the screen shows of it changes.

        ``drawer_pin`` is the pin of the printer's connector that the cash drawer hangs on, None where there is none.
        ``duty`` says which papers this printer prints; where there is one printer, all.
        """
        self._books = books
        self._printer = printer
        self._profile = profile
        self._retry_s = retry_s
        self._changed = changed or (lambda: None)
        self._wakened = threading.Event()
        self._stopping = threading.Event()
        self.drawer_pin = drawer_pin
        self._drawer_due: queue.SimpleQueue[tuple[int, float]] = queue.SimpleQueue()
        self._outages = OutageRecorder(books.execute, duty.equipment)
        self._kinds = duty.kinds
        self._interrupted = False
        self._state = PrinterState.UNKNOWN
        self._thread = threading.Thread(target=self._run, name=f"spooler-{duty.equipment.name.lower()}", daemon=True)

    @property
    def state(self) -> PrinterState:
        """What the printer last said of itself."""
        return self._state

    def stopping(self) -> bool:
        """Tell whether the program ends; the driver asks between its waits."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Declare doubtful what a restart interrupted, then begin to print."""
        self._books.write(lambda connection: _ignore(queues.doubt_unfinished(connection, self._kinds)))
        self._thread.start()

    def wake(self) -> None:
        """Look at the queue now."""
        self._wakened.set()

    def open_drawer(self, seq: int) -> None:
        """Open the cash drawer once for the cash job at record ``seq``, which is on the disk; from any thread.

        What was due when the program ended is due no more: a restart opens no drawer.
        """
        if self.drawer_pin is not None:
            self._drawer_due.put((seq, monotonic()))
            self._wakened.set()

    def stop(self) -> None:
        """End after the job in hand."""
        self._stopping.set()
        self._wakened.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        look = True
        while not self._stopping.is_set():
            self._wakened.clear()
            busy = False
            try:
                self._kick_drawer()
                if look:
                    self._look()
                self._doubt_interrupted()
                busy = self._print_next()
            except Exception:  # noqa: BLE001  whatever the disk or the line did, the worker goes on and tries again
                _log.exception("the print queue could not be worked on")
                self._interrupted = True
            if not busy:
                look = not self._wakened.wait(self._retry_s)

    def _doubt_interrupted(self) -> None:
        """Put a job that a fault left half-way on the list of doubtful ones: no other thread has one in hand."""
        if self._interrupted:
            self._books.write(lambda connection: _ignore(queues.doubt_unfinished(connection, self._kinds)))
            self._interrupted = False
            self._changed()

    def _look(self) -> None:
        """Ask the printer how it is, so that the screen knows before a job is lost time."""
        self._note(describe(self._printer.status()))

    def _kick_drawer(self) -> None:
        """Send the pulse for each cash job that is due, once, and note it in the log; never as part of a slip."""
        while self.drawer_pin is not None and not self._drawer_due.empty():
            seq, due_s = self._drawer_due.get()
            if monotonic() - due_s > KICK_WITHIN_S:
                _log.warning("the drawer was not opened for record %d: the printer was at work for too long", seq)
                continue
            outcome = self._printer.kick_drawer(self.drawer_pin)
            if outcome.result is PrintResult.NOT_STARTED:
                _log.warning("the drawer was not opened for record %d: %s", seq, outcome.reason.value)
            else:
                _log.info("the drawer was opened for record %d", seq)

    def _print_next(self) -> bool:
        """Print the oldest queued paper; tells whether there may be another to print at once."""
        with self._books.database.reading() as connection:
            job = queues.next_queued(connection, self._kinds)
        if job is None:
            return False
        try:
            data = encode(from_bytes(job.paper), self._profile)
        except PaperRefusedError as error:
            self._set(job, JobState.DOUBTFUL, str(error))
            return True
        outcome = self._printer.print_job(data, tag_of(job), lambda stage: self._stage(job, stage), self._note)
        self._note(outcome.reason)
        if outcome.result is PrintResult.NOT_STARTED:
            # No byte left: it stays in the queue. A new paper or an operator's key does not make it come sooner.
            self._stopping.wait(self._retry_s)
            return not self._stopping.is_set()
        done = outcome.result in {PrintResult.DONE, PrintResult.DONE_UNCONFIRMED}
        self._set(job, JobState.DONE if done else JobState.DOUBTFUL, "" if done else outcome.reason.value)
        return True

    def _stage(self, job: PrintJob, stage: PrintStage) -> None:
        self._set(job, JobState.SENDING if stage is PrintStage.SENDING else JobState.WAITING)

    def _set(self, job: PrintJob, state: JobState, reason: str = "") -> None:
        self._books.write(lambda connection: queues.set_state(connection, job.job_no, state, reason))
        self._changed()

    def _note(self, condition: Condition) -> None:
        """Keep what the printer said, and record an outage once it has lasted."""
        state = _STATE_OF.get(condition, PrinterState.UNKNOWN)
        if state is not self._state:
            self._state = state
            self._changed()
        if state in {PrinterState.READY, PrinterState.PAPER_LOW}:
            self._outages.well()
        else:
            self._outages.failed()


def tag_of(job: PrintJob) -> bytes:
    """Name a job to the printer in four characters."""
    return f"{job.job_no % 10_000:04d}".encode()


def _ignore(_count: int) -> None:
    return None
