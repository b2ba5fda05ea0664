"""A ZVT card terminal on a pseudo-terminal or on TCP, with a bank of its own.

    python -m station_pos.demo.outside.zvt_terminal --link /tmp/terminal --control /tmp/sock --book /tmp/bank.json

The first line on standard output is JSON with the line's path (`tty`, or `socket://...` with --tcp); it serves until
SIGTERM. The control socket is that of `terminal_control`, with these switches: `leaky` (it sends card number, expiry
and track as they are), `busy`, `reverse_on_silence` (a result that nobody took over is reversed; else it stands).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from station_pos.demo.outside.card_bank import CARDS, CardBank
from station_pos.demo.outside.serial_end import PseudoTerminal, TcpEnd
from station_pos.demo.outside.terminal_control import serve_until_stopped
from station_pos.demo.outside.terminal_faults import TerminalFaults
from station_pos.demo.outside.told_time import loop_of
from station_pos.demo.outside.zvt_machine import Wire, ZvtMachine
from station_pos.demo.outside.zvt_messages import TERMINAL_NO
from station_pos.demo.outside.zvt_wire import SerialWire, TcpWire

SWITCHES = {"leaky": False, "busy": False, "reverse_on_silence": False}


async def _serve(options: argparse.Namespace) -> None:
    bank, faults = CardBank(options.book), TerminalFaults()
    end: PseudoTerminal | TcpEnd
    wire: Wire
    if options.tcp is None:
        end = PseudoTerminal(options.link)
        wire = SerialWire(end, faults, options.acknowledge_s)
    else:
        end = TcpEnd()
        await end.listen(options.tcp)
        wire = TcpWire(end)
    machine = ZvtMachine(
        end,
        wire,
        bank,
        faults,
        answer_s=options.answer_s,
        card_s=options.card_s,
        auto_card=options.auto_card,
        auto_after_s=options.auto_after_s,
        rehearsed=_rehearsed(options.rehearse),
        seed=options.seed,
        terminal_no=options.terminal,
    )
    await serve_until_stopped(machine, end, bank, options.control, SWITCHES)


def _eight_digits(given: str) -> str:
    """A terminal's number (ZVT: BCD, four bytes). Raises `ValueError`."""
    if not (given.isascii() and given.isdecimal() and len(given) == 8):  # noqa: PLR2004
        raise ValueError(given)
    return given


def _rehearsed(given: list[str]) -> dict[int, list[dict[str, Any]]]:
    """Faults by amount in fen. Raises `ValueError`."""
    by_amount: dict[int, list[dict[str, Any]]] = {}
    for rule in given:
        amount, _, written = rule.partition("=")
        fault = json.loads(written)
        TerminalFaults().script(fault)  # what is no fault is refused at the start
        by_amount.setdefault(int(amount), []).append(fault)
    return by_amount


def main(argv: list[str] | None = None) -> int:
    """Run the simulator; return 0 after SIGTERM or SIGINT, 2 when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="zvt_terminal",
        description="A ZVT card terminal with a bank of its own, for demonstration and test.",
        epilog="example: python -m station_pos.demo.outside.zvt_terminal --link /tmp/terminal --auto-card 0",
    )
    parser.add_argument("--link", type=Path, help="symbolic link to the pseudo-terminal")
    parser.add_argument("--tcp", type=int, help="serve TCP on this port of 127.0.0.1 instead (0: any)")
    parser.add_argument("--control", type=Path, help="Unix socket for control commands")
    parser.add_argument("--book", type=Path, help="the bank's book, kept over a restart")
    parser.add_argument("--auto-card", type=int, choices=range(len(CARDS)), help="this card is put in by itself")
    parser.add_argument("--auto-after-s", type=float, default=0.0, help="how long the holder of that card takes")
    parser.add_argument(
        "--rehearse",
        action="append",
        default=[],
        metavar="FEN=FAULT",
        help="a fault, as JSON, that every transaction of this amount meets",
    )
    parser.add_argument("--answer-s", type=float, default=15.0, help="patience for the counter's answers")
    parser.add_argument("--acknowledge-s", type=float, default=5.0, help="patience for ACK")
    parser.add_argument("--card-s", type=float, default=60.0, help="patience for a card")
    parser.add_argument("--told-time", action="store_true", help="time passes only as the control side tells it")
    parser.add_argument("--terminal", type=_eight_digits, default=TERMINAL_NO, help="the terminal's number, 8 digits")
    parser.add_argument("--seed", type=int, default=0, help="seed of the garbage")
    options = parser.parse_args(argv)
    try:
        with asyncio.Runner(loop_factory=loop_of(told=options.told_time)) as runner:
            runner.run(_serve(options))
    except (OSError, ValueError) as error:
        print(f"zvt_terminal cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
