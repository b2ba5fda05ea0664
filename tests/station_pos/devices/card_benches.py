"""A simulated card terminal as a process of its own, with our driver on its line, for the tests of every driver."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from station_pos.config import ZONE
from station_pos.devices.card_terminal import CardOutcome, CardRecord, OpenIntent
from station_pos.devices.serial_line import SerialLine
from station_pos.devices.transbank.driver import TransbankTerminal
from station_pos.devices.transbank.link import TransbankTimes
from station_pos.devices.zvt.driver import ZvtTerminal
from station_pos.devices.zvt.link import ZvtTimes
from tests.outside.processes import Process, control, running, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from station_pos.devices.card_terminal import CardTerminal
    from station_pos.devices.card_terminal_state import Progress

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
    """One terminal, its bank's book, and one driver; `commits` and `seen` are what the driver called back with."""

    def __init__(self, process: Process, folder: Path, driver: CardTerminal) -> None:
        self.process = process
        self.socket = folder / "terminal.sock"
        self.driver = driver
        self.commits: list[CardRecord] = []
        self.seen: list[Progress] = []
        self.known = self.numbers = ("", "")
        self.asked_at = now()

    def tell(self, cmd: str, **words: Any) -> dict[str, Any]:
        answer = control(self.socket, cmd=cmd, **words)
        assert answer["ok"], answer
        return answer

    def fault(self, do: str, at: str | None = None, **words: Any) -> None:
        self.tell("fault", do=do, **({} if at is None else {"at": at}), **words)

    def book(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.tell("status")["transactions"]
        return found

    def states(self) -> list[str]:
        """What the bank's book says of each sale of this test, in order."""
        return [one["state"] for one in self.book()[self._begin :] if one["kind"] == "sale"]

    def end(self) -> list[str]:
        """Make all calm again; returns the faults that did not happen."""
        left: list[str] = self.tell("status")["faults"]
        self.tell("calm")
        self.tell("auto_card", card=0)
        until(lambda: self.tell("status")["doing"] == "idle")
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
        hooks.setdefault("commit", self.accept)
        return self._noted(self.driver.withdraw(amount_fen, reference, on_progress=self.seen.append, **hooks))

    def last_result(self, amount_fen: int = 50_000, reference: str = "A00001", **hooks: Any) -> CardOutcome:
        intent = OpenIntent(amount_fen, reference, *self.numbers, not_before=self.asked_at)
        return self._noted(self.driver.last_result(intent, on_progress=self.seen.append, **hooks))

    def _noted(self, outcome: CardOutcome) -> CardOutcome:
        """Remember the terminal's last numbers as a journal does."""
        if outcome.record is not None and outcome.record.receipt_no:
            self.known = (outcome.record.receipt_no, outcome.record.trace_no)
        return outcome


def zvt_driver(url: str, **more: Any) -> ZvtTerminal:
    return ZvtTerminal(SerialLine(url, write_timeout_s=0.5), now=now, password="000000", times=ZVT_TIMES, **more)


def transbank_driver(url: str) -> TransbankTerminal:
    return TransbankTerminal(SerialLine(url, write_timeout_s=0.5), now=now, times=TRANSBANK_TIMES)


@contextmanager
def bench_of(name: str, folder: Path, make: Callable[[str], CardTerminal], **options: Any) -> Iterator[Bench]:
    """Start the simulator `name`; its line is a link in the folder unless it serves TCP."""
    words = [] if "tcp" in options else ["--link", folder / "line"]
    for option, value in options.items():
        words += [f"--{option.replace('_', '-')}", value]
    places = ["--control", folder / "terminal.sock", "--book", folder / "book.json"]
    with running(name, *words, *places) as process:
        driver = make(process.hello["tty"] if "tcp" in options else str(folder / "line"))
        bench = Bench(process, folder, driver)
        bench.begin()
        try:
            yield bench
        finally:
            driver.close()


def zvt_bench(folder: Path, **options: Any) -> AbstractContextManager[Bench]:
    told = {"auto_card": 0, "answer_s": 0.3, "acknowledge_s": 0.2, "card_s": 3.0, **options}
    return bench_of("zvt_terminal", folder, zvt_driver, **told)


def transbank_bench(folder: Path, **options: Any) -> AbstractContextManager[Bench]:
    told = {"auto_card": 0, "acknowledge_s": 0.3, "card_s": 0.4, "progress_gap_s": 0.0, **options}
    return bench_of("transbank_terminal", folder, transbank_driver, **told)


def in_thread(call: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    """Run a blocking call beside the test; its result lands in the list."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    return thread, results
