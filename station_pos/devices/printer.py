"""An ESC/POS receipt printer behind a line: its status, jobs printed at most once, and the drawer pulse.

A job is checked for before, sent in slices, and followed by a marker that the printer answers when everything before
it is on paper. What can't be known is said: no answer is never good news, and a job of which a byte may have left is
doubtful rather than failed, because a slip sent twice is two slips.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

from station_pos.devices.ports import (
    Condition,
    Connection,
    LineError,
    LineFault,
    PaperState,
    PrinterStatus,
    PrintOutcome,
    PrintResult,
    PrintStage,
    describe,
)
from station_pos.devices.printer_replies import (
    FlowControl,
    JobPrinted,
    RealTimeStatus,
    Reply,
    ReplySorter,
    SensorStatus,
)
from station_pos.receipts.escpos import PrinterProfile, drawer_kick, job_marker

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.devices.ports import Line

SLICE_BYTES: Final = 256
HALF_SAID: Final = bytes(256)
"""Nothing at all to a printer that waits for a command, and enough to end whatever it was told half.

A program that was killed may have left half a Chinese character, or a code whose data (our longest has a length of one
byte) was still to come: the next slip's first bytes would be taken for the rest, and its title would be missing. It
goes before any question too: a printer answers a question at once, and takes its bytes for the rest all the same; as
the second byte of a length, DLE stands for 4,096 bytes, which is the next four slips.
"""
BITS_PER_BYTE: Final = 10
"""8N1: a start bit, eight data bits, a stop bit."""
_READ_BYTES: Final = 64
_UNKNOWN: Final = PrinterStatus(Connection.UNKNOWN, None, PaperState.UNKNOWN, None)
_ASKING_FOR_A_PERSON: Final = {Condition.PAPER_OUT, Condition.COVER_OPEN, Condition.OFFLINE, Condition.ERROR}


@dataclass(frozen=True, slots=True)
class PrinterTimes:
    """How long each wait may last, in seconds.

    `reply_s`: one status answer. `mechanical_s`: motor and knife, added to the time that the bytes need. `margin_s`:
    patience beyond that. `poll_s`: between two looks at the status while waiting. `person_s`: how long a printer that
    wants paper, its cover closed or its online key pressed is waited for, in the middle of a job.
    """

    reply_s: float = 1.0
    mechanical_s: float = 3.0
    margin_s: float = 10.0
    poll_s: float = 2.0
    person_s: float = 900.0


class EscposPrinter:
    """One printer. Calls block until done and may come from several threads; they take turns.

    `clock` gives monotonic seconds. `stopping` is asked between waits: once it says True, a job that waits for its
    confirmation ends as doubtful, so that the program can.
    """

    def __init__(
        self,
        line: Line,
        profile: PrinterProfile,
        times: PrinterTimes | None = None,
        *,
        clock: Callable[[], float] = monotonic,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self._line = line
        self._profile = profile
        self._times = times or PrinterTimes()
        self._clock = clock
        self._stopping = stopping
        self._sorter = ReplySorter()
        self._turn = threading.Lock()
        # What an earlier run of this program had been saying when it ended is not known.
        self._half_said = True

    def status(self) -> PrinterStatus:
        """Ask the printer how it is; a line that fails makes everything unknown."""
        with self._turn:
            try:
                return self._fresh_status()
            except LineError:
                return _UNKNOWN

    def try_line(self) -> LineError | None:
        """Open the line; gives why it cannot be opened, None where it is open."""
        with self._turn:
            try:
                self._line.open()
            except LineError as error:
                return error
        return None

    def print_job(
        self,
        job_bytes: bytes,
        tag: bytes,
        on_state: Callable[[PrintStage], None] | None = None,
        on_condition: Callable[[Condition], None] | None = None,
    ) -> PrintOutcome:
        """Print one job, at most once; `tag` is four printable ASCII bytes that name it to the printer.

        `on_state` is called with SENDING before the first byte leaves and with WAITING after the last, so that the
        spool can commit each; what it raises ends the job there. `on_condition` hears what the printer wants while
        the job waits for a person (paper, cover), and READY when it goes on.

        Raises:
            ValueError: the tag is no tag.
        """
        marker = job_marker(self._profile.job_marker, tag)
        with self._turn:
            try:
                condition = describe(self._fresh_status())
            except LineError as error:
                return PrintOutcome(PrintResult.NOT_STARTED, _condition_of(error.fault))
            if condition not in {Condition.READY, Condition.PAPER_NEAR_END}:
                return PrintOutcome(PrintResult.NOT_STARTED, condition)
            if on_state is not None:
                on_state(PrintStage.SENDING)
            data = job_bytes + marker
            self._half_said = True
            try:
                refused = self._send(data)
                if refused is not None:
                    return PrintOutcome(PrintResult.DOUBTFUL, refused)
                self._half_said = False
                if on_state is not None:
                    on_state(PrintStage.WAITING)
                wire_s = len(data) * BITS_PER_BYTE / self._profile.baud
                return self._confirmed(_Heard(tag), wire_s, on_condition)
            except LineError as error:
                return PrintOutcome(PrintResult.DOUBTFUL, _condition_of(error.fault))

    def kick_drawer(self, pin: Literal[2, 5] = 2) -> PrintOutcome:
        """Open the drawer, once. A printer that is not ready is not asked: it would keep the pulse and open later."""
        with self._turn:
            try:
                condition = describe(self._fresh_status())
            except LineError as error:
                return PrintOutcome(PrintResult.NOT_STARTED, _condition_of(error.fault))
            if condition not in {Condition.READY, Condition.PAPER_NEAR_END}:
                return PrintOutcome(PrintResult.NOT_STARTED, condition)
            try:
                self._line.write(drawer_kick(pin))
            except LineError as error:
                return PrintOutcome(PrintResult.DOUBTFUL, _condition_of(error.fault))
            return PrintOutcome(PrintResult.DONE_UNCONFIRMED)

    def close(self) -> None:
        """Give the line back."""
        with self._turn:
            self._line.close()

    def _fresh_status(self) -> PrinterStatus:
        """Status with the line just cleared of old bytes, opening it when needed."""
        self._line.open()
        self._line.drain_input()
        self._sorter.reset()
        before_s = 0.0
        if self._half_said:
            self._line.write(HALF_SAID)
            self._half_said = False
            before_s = len(HALF_SAID) * BITS_PER_BYTE / self._profile.baud
        return self._ask_status(lambda _reply: None, before_s)

    def _ask_status(self, on_other: Callable[[Reply], None], before_s: float = 0.0) -> PrinterStatus:
        """Ask `DLE EOT` 1, 2 and 4; other replies go to `on_other`. A silent printer is asked once only.

        ``before_s`` is how long the line is still taken up by what was written before.
        """
        answers: list[int] = []
        for question in (1, 2, 4):
            bits = self._ask(question, on_other, before_s)
            before_s = 0.0
            if bits is None:
                return _UNKNOWN
            answers.append(bits)
        general, cause, paper = answers
        paper_state = PaperState.NEAR_END if paper & 0x0C else PaperState.OK
        if paper & 0x60 or cause & 0x20:
            paper_state = PaperState.OUT
        connection = Connection.OFFLINE if general & 0x08 else Connection.ONLINE
        return PrinterStatus(connection, bool(cause & 0x04), paper_state, bool(cause & 0x40))

    def _ask(self, question: int, on_other: Callable[[Reply], None], before_s: float) -> int | None:
        for reply in self._sorter.feed(self._line.read(_READ_BYTES, 0.0)):
            if not isinstance(reply, RealTimeStatus):  # one that comes late answers an older question
                on_other(reply)
        self._line.write(bytes((0x10, 0x04, question)))
        ends_at = self._clock() + before_s + self._times.reply_s
        bits = None
        while bits is None and (left_s := ends_at - self._clock()) > 0:
            for reply in self._sorter.feed(self._line.read(_READ_BYTES, left_s)):
                if isinstance(reply, RealTimeStatus):
                    bits = reply.bits
                else:
                    on_other(reply)
        return bits

    def _send(self, data: bytes) -> Condition | None:
        """Write in slices, keeping still while the printer asks for it; the condition when it asks for too long."""
        may_send = True
        for start in range(0, len(data), SLICE_BYTES):
            ends_at = self._clock() + self._times.person_s
            wait_s = 0.0
            while True:
                for reply in self._sorter.feed(self._line.read(_READ_BYTES, wait_s)):
                    if isinstance(reply, FlowControl):
                        may_send = reply.may_send
                if may_send:
                    break
                if self._stopping() or self._clock() >= ends_at:
                    return Condition.LINE_STALLED
                wait_s = min(self._times.poll_s, 1.0)
            self._line.write(data[start : start + SLICE_BYTES])
        return None

    def _confirmed(
        self, heard: _Heard, wire_s: float, on_condition: Callable[[Condition], None] | None
    ) -> PrintOutcome:
        """Wait for the printer's word on a job that has gone out, however long a person takes to put paper in."""
        job_s = wire_s + self._times.mechanical_s
        look_at = self._clock() + job_s
        deadline = look_at + self._times.margin_s
        person_until = look_at + self._times.person_s
        shown = Condition.READY
        while not self._word_has_come(heard, look_at):
            if self._stopping():
                return PrintOutcome(PrintResult.DOUBTFUL, Condition.NOT_CONFIRMED)
        while not heard.job_printed():
            condition = describe(self._ask_status(heard.take))
            now = self._clock()
            if condition in {Condition.READY, Condition.PAPER_NEAR_END} and self._counts_as_printed(heard):
                return PrintOutcome(PrintResult.DONE_UNCONFIRMED)
            if condition in _ASKING_FOR_A_PERSON:
                # The printer keeps what it was sent and goes on by itself: wait, and never send again.
                deadline = now + job_s + self._times.margin_s
            expired = now >= (person_until if condition in _ASKING_FOR_A_PERSON else deadline)
            if (expired or self._stopping()) and not heard.job_printed():
                well = condition in {Condition.READY, Condition.PAPER_NEAR_END}
                return PrintOutcome(PrintResult.DOUBTFUL, Condition.NOT_CONFIRMED if well else condition)
            if on_condition is not None and condition is not shown:
                on_condition(condition)
            shown = condition
            self._hear(heard, self._times.poll_s)
        return PrintOutcome(PrintResult.DONE)

    def _word_has_come(self, heard: _Heard, until: float) -> bool:
        """Listen for up to a second; whether the printer has spoken of the job, or the time to ask it has come."""
        self._hear(heard, max(0.0, min(until - self._clock(), 1.0)))
        return heard.job_printed() or heard.sensor_answered or self._clock() >= until

    def _hear(self, heard: _Heard, wait_s: float) -> None:
        for reply in self._sorter.feed(self._line.read(_READ_BYTES, wait_s)):
            heard.take(reply)

    def _counts_as_printed(self, heard: _Heard) -> bool:
        """Whether a clean status is all the word that this model can give.

        `gs_r` answers in order, so the answer means that everything before it was worked off. With no marker at all
        the time reckoned for the job has passed when the status is asked.
        """
        if self._profile.job_marker == "gs_r":
            return heard.sensor_answered
        return self._profile.job_marker == "none"


class _Heard:
    """What the printer has said about the job that is waited for."""

    def __init__(self, tag: bytes) -> None:
        self._tag = tag
        self._printed = False
        self.sensor_answered = False

    def job_printed(self) -> bool:
        return self._printed

    def take(self, reply: Reply) -> None:
        if isinstance(reply, JobPrinted) and reply.tag == self._tag:
            self._printed = True
        elif isinstance(reply, SensorStatus):
            self.sensor_answered = True


def _condition_of(fault: LineFault) -> Condition:
    return Condition(fault.value)
