"""A real station process for tests: a folder enrolled by the tests' HQ, and its control socket."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

from station_pos.demo.processes import start_afresh
from station_pos.keystore import KdfCost, Keystore
from station_pos.register.pins import Pins
from station_pos.workers.hq_link import KEYS_NAME
from tests.station_pos.world import CLERK, OWNER, STATION, World
from tests.warm_commands import warm_commands

PASS_PHRASE = "门前 柳树 2026"
PINS = {OWNER: "1111", CLERK: "2222"}


def enrolled_folder(folder: Path, **ready) -> World:
    """Make a station with operators, PINs, tariff, credit and a key on the disk; the world's clock is the machine's."""
    from datetime import UTC, datetime

    world = World(folder)
    world.clock.now = datetime.now(UTC)
    world.ready(**ready)
    keys = Keystore(folder / KEYS_NAME, KdfCost(1, 8 * 1024, 1))
    keys.keep(world.station_key, STATION, 1, PASS_PHRASE)
    pins = Pins(world.register, world.clock)
    for number, pin in PINS.items():
        pins.set(number, pin)
    (folder / "pass").write_text(PASS_PHRASE, "utf-8")
    return world


class Headless:
    """``station-pos run --headless`` in a process of its own, forked from a warm one unless started ``afresh``."""

    def __init__(self, folder: Path, *, afresh: bool = False) -> None:
        self.folder = folder
        words = ["station_pos", "run", "--headless", "--data", str(folder)]
        reader, writer = os.pipe()
        with os.fdopen(writer, "wb") as said:
            start = start_afresh if afresh else warm_commands().start
            self.process = start(words, {**os.environ, "STATION_POS_LANG": "en"}, said)
        self._said = os.fdopen(reader, "rb")
        line = self._said.readline()
        if not line.startswith(b"{"):
            self.process.wait(60)
            with self._said as rest:
                raise RuntimeError((line + rest.read()).decode())
        assert json.loads(line)["ready"] is True
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(str(folder / "control.sock"))
        self._answers = self._connection.makefile("rb")

    def send(self, **asked) -> None:
        """Say a line whose answer nobody waits for."""
        self._connection.sendall(json.dumps(asked).encode() + b"\n")

    def say(self, line: bytes) -> dict[str, Any]:
        self._connection.sendall(line + b"\n")
        answer: dict[str, Any] = json.loads(self._answers.readline())
        return answer

    def ask(self, **asked) -> dict[str, Any]:
        return self.say(json.dumps(asked).encode())

    def sign_in(self, number: int = CLERK) -> None:
        assert self.ask(do="sign_in", operator_no=number, pin=PINS[number])["signed_in"]

    def pay(self, **changes) -> dict[str, Any]:
        asked = {"product_code": 101, "account_no": "0081234567", "amount_fen": 7_260, "tendered_fen": 10_000}
        return self.ask(do="pay", **{**asked, **changes})

    def kill(self) -> None:
        self.process.kill()
        self._end()

    def stop(self) -> int:
        self.process.terminate()
        return self._end()

    def _end(self) -> int:
        self._answers.close()
        self._connection.close()
        code = self.process.wait(60)
        self._said.close()
        return code


def command(*arguments: str, folder: Path, language: str = "en") -> subprocess.CompletedProcess[str]:
    """Run one command of the command line on a folder, in English unless told otherwise."""
    words = ["station_pos", *arguments, "--data", str(folder)]
    ended = warm_commands()(words, {**os.environ, "STATION_POS_LANG": language})
    return subprocess.CompletedProcess(words, ended.exit_code, ended.said, ended.complained)


def until(condition, timeout_s: float = 30.0):
    """Wait for a condition to give something."""
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return found
