"""What a device must offer, and the plain values it answers with; no driver and no transport is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class LineFault(StrEnum):
    """Why a line cannot be used."""

    BUSY = "line_busy"
    MISSING = "line_missing"
    FORBIDDEN = "line_forbidden"
    UNUSABLE = "line_unusable"
    LOST = "line_lost"
    STALLED = "line_stalled"


LINE_FAULT_WORDS: Final[Mapping[LineFault, tuple[str, str]]] = {
    LineFault.BUSY: ("{name} 被另一个程序占用", "{name} is in use by another program"),
    LineFault.MISSING: ("{name} 没有找到, 请检查电缆和电源", "{name} was not found; check its cable and power"),
    LineFault.FORBIDDEN: ("没有权限使用 {name}", "this user may not use {name}"),
    LineFault.UNUSABLE: ("{name} 不是可用的串口", "{name} is not a usable serial line"),
    LineFault.LOST: ("{name} 的连接断了", "the connection to {name} was lost"),
    LineFault.STALLED: ("{name} 不再接收数据", "{name} stopped taking data"),
}
"""(Chinese, English) for each fault; `{name}` stands for the line."""


class LineError(Exception):
    """A line failed; `fault` says how. As text it is one plain Chinese sentence; `words` gives either language."""

    def __init__(self, fault: LineFault, name: str, detail: str = "") -> None:
        super().__init__(fault, name, detail)
        self.fault = fault
        self.name = name
        self.detail = detail

    def words(self, language: Literal["zh", "en"] = "zh") -> str:
        """One sentence for the person at the counter; a detail (who holds the line) follows in brackets."""
        sentence = LINE_FAULT_WORDS[self.fault][0 if language == "zh" else 1].format(name=self.name)
        return f"{sentence} ({self.detail})" if self.detail else sentence

    def __str__(self) -> str:
        return self.words()


class Line(Protocol):
    """Bytes to and from one device. Every call ends in finite time; every failure is a `LineError`."""

    @property
    def name(self) -> str:
        """What the line is called in messages, such as its device path."""
        ...  # pragma: no cover - a protocol

    def open(self) -> None:
        """Take the line for this program alone; nothing happens when it is already open."""
        ...  # pragma: no cover - a protocol

    def read(self, size: int, timeout_s: float) -> bytes:
        """What has arrived, at most `size` bytes; empty when nothing came within the time."""
        ...  # pragma: no cover - a protocol

    def write(self, data: bytes) -> None:
        """Hand over all bytes. On a fault nobody can say how many of them have gone."""
        ...  # pragma: no cover - a protocol

    def drain_input(self) -> None:
        """Forget what has arrived and was not read."""
        ...  # pragma: no cover - a protocol

    def close(self) -> None:
        """Give the line back; never fails, and may be called twice."""
        ...  # pragma: no cover - a protocol


class Connection(StrEnum):
    """Whether the printer prints what it is sent."""

    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class PaperState(StrEnum):
    """What the paper sensors say."""

    OK = "ok"
    NEAR_END = "near_end"
    OUT = "out"
    UNKNOWN = "unknown"


class Condition(StrEnum):
    """One word for what is the matter, keyed to words for the screen in `CONDITION_WORDS`."""

    READY = "ready"
    PAPER_NEAR_END = "paper_near_end"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    ERROR = "printer_error"
    OFFLINE = "offline"
    NO_ANSWER = "no_answer"
    NOT_CONFIRMED = "not_confirmed"
    LINE_BUSY = "line_busy"
    LINE_MISSING = "line_missing"
    LINE_FORBIDDEN = "line_forbidden"
    LINE_UNUSABLE = "line_unusable"
    LINE_LOST = "line_lost"
    LINE_STALLED = "line_stalled"


CONDITION_WORDS: Final[Mapping[Condition, tuple[str, str]]] = {
    Condition.READY: ("打印机就绪", "printer ready"),
    Condition.PAPER_NEAR_END: ("打印纸快用完了", "paper is running low"),
    Condition.PAPER_OUT: ("打印机没纸了, 请装纸", "printer is out of paper; put in a new roll"),
    Condition.COVER_OPEN: ("打印机盖子开着, 请合上", "printer cover is open; close it"),
    Condition.ERROR: ("打印机出错, 请关机再开", "printer reports an error; switch it off and on"),
    Condition.OFFLINE: ("打印机脱机, 请按联机键", "printer is offline; press its online key"),
    Condition.NO_ANSWER: ("打印机没有回应, 请检查电源和电缆", "printer does not answer; check its power and cable"),
    Condition.NOT_CONFIRMED: ("打印机没有确认打完", "printer did not confirm that it printed everything"),
    Condition.LINE_BUSY: ("打印机线路被另一个程序占用", "printer line is in use by another program"),
    Condition.LINE_MISSING: ("没有找到打印机线路", "printer line was not found"),
    Condition.LINE_FORBIDDEN: ("没有权限使用打印机线路", "this user may not use the printer line"),
    Condition.LINE_UNUSABLE: ("设定的线路不是串口", "the line in the settings is not a serial line"),
    Condition.LINE_LOST: ("打印机线路断了", "the line to the printer was lost"),
    Condition.LINE_STALLED: ("打印机不再接收数据", "printer stopped taking data"),
}
"""(Chinese, English) for each condition."""


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """What the printer says of itself. A question that it did not answer is unknown (None), never good news."""

    connection: Connection
    cover_open: bool | None
    paper: PaperState
    error: bool | None

    @property
    def ready(self) -> bool:
        """Whether a job may be sent now: every question answered, and nothing in the way."""
        return describe(self) in {Condition.READY, Condition.PAPER_NEAR_END}


def describe(status: PrinterStatus) -> Condition:
    """The one condition to show: the cause that a person can remove first (cover, paper, fault, offline, silence)."""
    if status.cover_open:
        return Condition.COVER_OPEN
    if status.paper is PaperState.OUT:
        return Condition.PAPER_OUT
    if status.error:
        return Condition.ERROR
    if status.connection is Connection.OFFLINE:
        return Condition.OFFLINE
    if status.connection is Connection.UNKNOWN or None in (status.cover_open, status.error):
        return Condition.NO_ANSWER
    if status.paper is PaperState.UNKNOWN:
        return Condition.NO_ANSWER
    return Condition.PAPER_NEAR_END if status.paper is PaperState.NEAR_END else Condition.READY


class PrintStage(StrEnum):
    """How far a job has got; the spool stores it before the driver goes on."""

    SENDING = "sending"
    WAITING = "waiting"


class PrintResult(StrEnum):
    """How a job ended.

    DONE: the printer confirmed this very job. DONE_UNCONFIRMED: everything went out and the printer is well, but it
    cannot name the job. NOT_STARTED: no byte of the job left, it may be sent again. DOUBTFUL: some or all of it may be
    on paper; only a person can tell, and it is never sent again by itself.
    """

    DONE = "done"
    DONE_UNCONFIRMED = "done_unconfirmed"
    NOT_STARTED = "not_started"
    DOUBTFUL = "doubtful"


@dataclass(frozen=True, slots=True)
class PrintOutcome:
    """How a job ended and, when it did not end well, why."""

    result: PrintResult
    reason: Condition = Condition.READY

    @property
    def printed(self) -> bool:
        """Whether the slip counts as printed."""
        return self.result in {PrintResult.DONE, PrintResult.DONE_UNCONFIRMED}


class Printer(Protocol):
    """A receipt printer. Calls block, so they belong in the printer's own thread; nothing here raises `LineError`."""

    def status(self) -> PrinterStatus:
        """Ask the printer how it is."""
        ...  # pragma: no cover - a protocol

    def print_job(
        self,
        job_bytes: bytes,
        tag: bytes,
        on_state: Callable[[PrintStage], None] | None = None,
        on_condition: Callable[[Condition], None] | None = None,
    ) -> PrintOutcome:
        """Print one job, at most once."""
        ...  # pragma: no cover - a protocol

    def kick_drawer(self, pin: Literal[2, 5] = 2) -> PrintOutcome:
        """Open the cash drawer, once."""
        ...  # pragma: no cover - a protocol
