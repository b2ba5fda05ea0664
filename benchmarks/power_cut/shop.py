"""The shop around the counter: printer and card terminal on pseudo-serial lines, HQ, and the counter's own process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from benchmarks.power_cut.counting_house import CountingHouse
from benchmarks.power_cut.folder import FLOAT_FEN, OWNER, PASS_PHRASE, PIN, make_folder
from benchmarks.power_cut.instrument import Wire
from station_pos.demo.processes import Line, Process, until

if TYPE_CHECKING:
    from types import TracebackType

PRINTER_BAUD = 115_200
ASK_S = 30.0
_QUIET_S = 0.04


class PowerCutError(Exception):
    """The counter's process ended before it answered."""


class CounterError(Exception):
    """The counter said that a line was wrong: a fault of this program, or of the counter."""


class Shop:
    """Everything of one shop in one folder; use it as a context.

    ``till_fen`` is the cash that really lies in the drawer.
    """

    def __init__(self, parcels: int) -> None:
        """Make the folder; nothing runs yet."""
        self.root = Path(tempfile.mkdtemp(prefix="spk-"))
        self.folder, self.paper = self.root / "station", self.root / "paper"
        self.house = CountingHouse()
        self.wire = Wire(self.root / "wire")
        self.till_fen = FLOAT_FEN
        self.killed = self.starts = self.bank_words = 0
        self._pid = 0
        self._socket: socket.socket | None = None
        self._outside: list[Process] = []
        self.printer, self.terminal = Line(self.root / "p.sock"), Line(self.root / "t.sock")
        settings: dict[str, str | int] = {
            "hq_url": self.house.open(),
            "printer": str(self.root / "printer"),
            "printer_baud": PRINTER_BAUD,
            "drawer_pin": 2,
            "card_terminal": str(self.root / "terminal"),
        }
        make_folder(self.folder, self.house, parcels, settings)
        self.phrase = self.root / "phrase"
        self.phrase.write_text(PASS_PHRASE, "utf-8")

    def __enter__(self) -> Self:
        """Start the outside parties and load the station's code."""
        printing = ("--link", self.root / "printer", "--control", self.root / "p.sock", "--paper", self.paper)
        paying = ("--link", self.root / "terminal", "--control", self.root / "t.sock", "--book", self.root / "bank")
        patience = ("--auto-card", 0, "--answer-s", 0.6, "--acknowledge-s", 0.3)
        self._begin("printer_simulator", *printing, "--baud", 0, "--no-png")
        self._begin("zvt_terminal", *paying, *patience)
        self._nursery = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.power_cut.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUTF8": "1", "STATION_POS_LANG": "zh"},
        )
        self._heard()
        return self

    def _begin(self, name: str, *arguments: object) -> None:
        process = Process(name, [f"station_pos.demo.outside.{name}", *arguments], self.root / f"{name}.log")
        self._outside.append(process)
        process.hello()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End every process and take the folder away."""
        self._hang_up()
        assert self._nursery.stdin is not None
        self._nursery.stdin.close()
        self._nursery.wait(30)
        assert self._nursery.stdout is not None
        self._nursery.stdout.close()
        for process in self._outside:
            process.stop()
        self.house.close()
        shutil.rmtree(self.root, ignore_errors=True)

    # The nursery

    def _told(self, **asked: Any) -> dict[str, Any]:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(json.dumps(asked) + "\n")
        self._nursery.stdin.flush()
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        assert self._nursery.stdout is not None
        line = self._nursery.stdout.readline()
        if not line:
            raise CounterError("the process that starts the counter ended")
        heard: dict[str, Any] = json.loads(line)
        return heard

    def run(self, *words: object) -> tuple[int, str]:
        """Run one command to its end; gives its exit code and all it said."""
        log = self.root / "command.log"
        log.unlink(missing_ok=True)
        pid = self._told(start=[str(word) for word in words], log=str(log))["pid"]
        code = self._told(wait=pid)["code"]
        return code, log.read_text("utf-8")

    # The counter

    def start(self) -> None:
        """Start the counter, with the instrument disarmed, and sign in."""
        self.wire.disarm()
        words = ["station_pos.__main__", "run", "--headless", "--data", self.folder, "--pass-phrase-file", self.phrase]
        log = self.root / "counter.log"
        self._pid = self._told(start=[str(word) for word in words], log=str(log), wire=str(self.wire.path))["pid"]
        self.starts += 1
        ends_at = time.monotonic() + ASK_S
        while not self._connected():
            if self._told(ended=self._pid)["code"] is not None or time.monotonic() > ends_at:
                raise CounterError(f"the counter does not come up: {log.read_text('utf-8')[-2000:]}")
            time.sleep(0.005)
        if not self.ask("sign_in", operator_no=OWNER, pin=PIN)["signed_in"]:
            raise CounterError("the owner cannot sign in")

    def _connected(self) -> bool:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(ASK_S)
        try:
            line.connect(str(self.folder / "control.sock"))
        except OSError:
            line.close()
            return False
        self._socket, self._answers = line, line.makefile("rb")
        return True

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._answers.close()
            self._socket.close()
            self._socket = None

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """Ask the counter.

        Raises:
            PowerCutError: it ended before it answered.
            CounterError: it calls the line wrong.
        """
        if self._socket is None:
            raise PowerCutError
        try:
            self._socket.sendall(json.dumps({"do": do, **fields}).encode() + b"\n")
            said = self._answers.readline()
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise CounterError(f"the counter did not answer {do} in {ASK_S:.0f} s") from error
            raise PowerCutError from error
        if not said.endswith(b"\n"):
            raise PowerCutError
        answer: dict[str, Any] = json.loads(said)
        if not answer["ok"]:
            raise CounterError(f"{do}: {answer['error']}")
        return answer

    def end(self) -> None:
        """Cut the power, if the instrument has not done it, and wait until the process is gone."""
        self._hang_up()
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        self._told(wait=self._pid)
        self._pid = 0
        self.killed += 1

    def stop(self) -> None:
        """End the counter in order."""
        self._hang_up()
        os.kill(self._pid, signal.SIGTERM)
        code = self._told(wait=self._pid)["code"]
        self._pid = 0
        if code:
            raise CounterError(f"the counter ended with {code}")

    # The paper

    def tear_off(self) -> None:
        """Wait until the printer has worked off what reached it, and tear off what stands out uncut."""

        def still() -> bool:
            before = self.printer.ask(cmd="status")
            time.sleep(_QUIET_S)
            after = self.printer.ask(cmd="status")
            return bool(before == after and not after["buffered_bytes"] and not after["under_way_bytes"])

        until("the printer to be still", still, ASK_S, 0.0)
        self.printer.ask(cmd="tear")

    def paper_idle(self) -> None:
        """Wait until the counter has nothing left to print."""
        until("the paper", lambda: not self.ask("state")["state"]["queued_prints"], ASK_S, 0.01)

    def all_sent(self) -> None:
        """Wait until HQ holds everything."""
        until("HQ to hold everything", lambda: not self.ask("state")["state"]["unsent"], ASK_S, 0.01)
