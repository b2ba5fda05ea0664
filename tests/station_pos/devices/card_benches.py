"""A simulated card terminal as a process of its own, with our driver on its line, for the tests of every driver."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

from station_pos.config import ZONE
from station_pos.devices.card_terminal import CardOutcome, CardRecord, OpenIntent
from station_pos.devices.serial_line import SerialLine
from station_pos.devices.transbank.driver import TransbankTerminal
from station_pos.devices.transbank.link import TransbankTimes
from station_pos.devices.zvt.driver import ZvtTerminal
from station_pos.devices.zvt.link import ZvtTimes
from tests.outside.processes import Process, control, running
from tests.outside.processes import until as until_in_real_time
from tests.station_pos.devices.told_time import ToldLine, ToldTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from station_pos.devices.card_terminal import CardTerminal
    from station_pos.devices.card_terminal_state import Progress
    from station_pos.devices.ports import Line

# In told time these are never waited out: they say only which wait ends first.
ZVT_TIMES = ZvtTimes(
    character_s=0.1,
    acknowledge_s=0.3,
    answer_s=1.0,
    message_s=0.6,
    whole_s=8.0,
    resumption_s=0.3,
    ask_again_s=0.15,
)
TRANSBANK_TIMES = TransbankTimes(
    character_s=0.1, acknowledge_s=1.0, answer_s=1.5, customer_s=1.0, whole_s=8.0, resumption_s=0.2
)
CARD_NUMBERS = ("6222021234567890128", "6217990000000004321", "6228480000000001234")


def now() -> datetime:
    return datetime.now(ZONE)


class Bench:
    """One terminal, its bank's book, and one driver; `commits` and `seen` are what the driver called back with.

    `told` is the time of both, None where each has the machine's.
    """

    def __init__(self, process: Process, folder: Path, driver: CardTerminal, told: ToldTime | None) -> None:
        self.process = process
        self.socket = folder / "terminal.sock"
        self.driver = driver
        self.told = told
        self.commits: list[CardRecord] = []
        self.seen: list[Progress] = []
        self.known = self.numbers = ("", "")
        self.asked_at = now()

    def tell(self, cmd: str, **words: Any) -> dict[str, Any]:
        return _told(self.socket, cmd, **words)

    def fault(self, do: str, at: str | None = None, **words: Any) -> None:
        self.tell("fault", do=do, **({} if at is None else {"at": at}), **words)

    def book(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.tell("status")["transactions"]
        return found

    def states(self) -> list[str]:
        """What the bank's book says of each sale of this test, in order."""
        return [one["state"] for one in self.book()[self._begin :] if one["kind"] == "sale"]

    @contextmanager
    def in_vain(self, **patience_s: float) -> Iterator[None]:
        """Surround a call that waits for the terminal in vain: a driver in the machine's time is less patient there."""
        usual = vars(self.driver).copy()
        if self.told is None:
            vars(self.driver).update(patience_s)
        yield
        if self.told is None:
            vars(self.driver).update({name: usual[name] for name in patience_s})
        self.until(lambda: not self.tell("status")["faults"])

    def until(self, condition: Callable[[], Any]) -> Any:
        """Let time pass, with no call of the driver under way, until the condition gives something."""

        def after_a_moment() -> Any:
            if self.told is not None:
                self.told.let_pass(0.05)
            return condition()

        return until_in_real_time(after_a_moment)

    def until_idle(self) -> None:
        """Let the terminal finish what it does."""
        self.until(lambda: self.tell("status")["doing"] == "idle")

    def end(self) -> list[str]:
        """Make all calm again; returns the faults that did not happen."""
        left: list[str] = self.tell("status")["faults"]
        self.tell("calm")
        self.tell("auto_card", card=0)
        self.until_idle()
        return left

    def begin(self) -> None:
        """Count from here: what the test before left on the line is heard, and its last transaction is known."""
        self.driver.status()
        self._noted(self.driver.reprint())
        self._begin = len(self.book())
        self.commits.clear()
        self.seen.clear()

    def accept(self, record: CardRecord) -> bool:
        self.commits.append(record)
        return True

    def withdraw(self, amount_fen: int = 50_000, reference: str = "A00001", **hooks: Any) -> CardOutcome:
        """Withdraw as the counter does: note the intent, then ask."""
        self.numbers = self.known
        self.asked_at = now().replace(microsecond=0)
        hooks = {"commit": self.accept, "on_progress": self.seen.append, **hooks}
        return self._noted(self.driver.withdraw(amount_fen, reference, **hooks))

    def last_result(self, amount_fen: int = 50_000, reference: str = "A00001", **hooks: Any) -> CardOutcome:
        intent = OpenIntent(amount_fen, reference, *self.numbers, not_before=self.asked_at)
        return self._noted(self.driver.last_result(intent, on_progress=self.seen.append, **hooks))

    def _noted(self, outcome: CardOutcome) -> CardOutcome:
        """Remember the terminal's last numbers as a journal does."""
        if outcome.record is not None and outcome.record.receipt_no:
            self.known = (outcome.record.receipt_no, outcome.record.trace_no)
        return outcome


def _told(socket: Path, cmd: str, **words: Any) -> dict[str, Any]:
    answer = control(socket, cmd=cmd, **words)
    assert answer["ok"], answer
    return answer


def _line_and_clock(url: str, told: ToldTime | None) -> tuple[Line, Callable[[], float]]:
    line = SerialLine(url)
    return (line, monotonic) if told is None else (ToldLine(line, told), told.clock)


def zvt_driver(url: str, told: ToldTime | None = None) -> ZvtTerminal:
    line, clock = _line_and_clock(url, told)
    return ZvtTerminal(line, now=now, password="000000", times=ZVT_TIMES, clock=clock)


def transbank_driver(url: str, told: ToldTime | None = None) -> TransbankTerminal:
    line, clock = _line_and_clock(url, told)
    return TransbankTerminal(line, now=now, times=TRANSBANK_TIMES, clock=clock)


@contextmanager
def bench_of(
    name: str,
    folder: Path,
    make: Callable[[str, ToldTime | None], CardTerminal],
    *,
    in_told_time: bool = True,
    **options: Any,
) -> Iterator[Bench]:
    """Start the simulator `name`; its line is a link in the folder unless it serves TCP."""
    words = [] if "tcp" in options else ["--link", folder / "line"]
    for option, value in options.items():
        words += [f"--{option.replace('_', '-')}", value]
    places = ["--control", folder / "terminal.sock", "--book", folder / "book.json"]
    with running(name, *words, *places, *["--told-time"] * in_told_time) as process:
        told = ToldTime(partial(_told, folder / "terminal.sock")) if in_told_time else None
        driver = make(process.hello["tty"] if "tcp" in options else str(folder / "line"), told)
        bench = Bench(process, folder, driver, told)
        bench.begin()
        try:
            yield bench
        finally:
            driver.close()


def zvt_bench(folder: Path, **options: Any) -> AbstractContextManager[Bench]:
    chosen = {"auto_card": 0, "answer_s": 0.3, "acknowledge_s": 0.2, "card_s": 3.0, **options}
    return bench_of("zvt_terminal", folder, zvt_driver, **chosen)


def transbank_bench(folder: Path, **options: Any) -> AbstractContextManager[Bench]:
    chosen = {"auto_card": 0, "acknowledge_s": 0.3, "card_s": 0.4, "progress_gap_s": 0.0, **options}
    return bench_of("transbank_terminal", folder, transbank_driver, **chosen)
