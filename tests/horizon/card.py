"""A card terminal on the counter of a horizon test: the real driver on a pty, the bank's own book behind it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from station_pos.demo.headquarters import ECOM
from station_pos.demo.processes import until
from station_pos.demo.station_process import CLERK_NO
from tests.horizon.harness import Case


def tell(case: Case, cmd: str, **words: Any) -> dict[str, Any]:
    """Say something to the terminal's control side; gives its status."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(str(case.shop.terminal))
        line.sendall(json.dumps({"cmd": cmd, **words}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(line.makefile().readline())
    assert answer["ok"], answer
    return answer


def withdraw(case: Case, amount_fen: int) -> int:
    """Ask for a withdrawal; gives the number of its intent."""
    answer = case.station.ask("withdraw", amount_fen=amount_fen)
    assert answer["accepted"], answer
    return int(answer["seq"])


def withdrawal(case: Case, seq: int) -> dict[str, Any]:
    """How a withdrawal stands at the counter."""
    found = case.station.ask("withdrawals", limit=50)["withdrawals"]
    return next(one for one in found if one["seq"] == seq)


def stands_as(case: Case, seq: int, state: str, timeout_s: float = 60.0) -> dict[str, Any]:
    """Wait until a withdrawal stands so."""
    until(f"withdrawal {seq} to be {state}", lambda: withdrawal(case, seq)["state"] == state, timeout_s, 0.1)
    return withdrawal(case, seq)


def sales(case: Case) -> list[dict[str, Any]]:
    """What the bank's own book says of each withdrawal."""
    return [one for one in json.loads(case.shop.bank_book.read_text("utf-8"))["transactions"] if one["kind"] == "sale"]


def ask_and_cut_the_power(case: Case, when: Callable[[], bool], do: str, **fields: Any) -> None:
    """Send one line to the counter and cut its power as soon as something holds."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(str(case.shop.folder / "station" / "control.sock"))
        signed = {"do": "sign_in", "operator_no": CLERK_NO, "pin": case.station.secrets.pins[CLERK_NO]}
        line.sendall(json.dumps(signed).encode() + b"\n")
        line.recv(1_000)
        line.sendall(json.dumps({"do": do, **fields}).encode() + b"\n")
        until("the moment to cut the power", when, 30.0, 0.01)
    case.station.kill()


def banks_file(case: Case, day: date, *, dishonoured: tuple[int, ...] = ()) -> dict[str, Any]:
    """Have the bank write its file of a day from its own book, and HQ take it in; gives what HQ made of it."""
    inbox = case.shop.folder / "inbox"
    words = [
        "--book",
        case.shop.bank_book,
        "--into",
        inbox,
        "--date",
        day.isoformat(),
        "--terminal",
        case.shop.terminal_no,
    ]
    for trace in dishonoured:
        words += ["--dishonour", str(trace)]
    command = [sys.executable, "-m", "station_pos.demo.outside.bank_daily_file", *map(str, words)]
    path = Path(json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["path"])
    result: dict[str, Any] = case.world.hq.ask(ECOM, "withdrawal", "import-bank-file", path)
    return result
