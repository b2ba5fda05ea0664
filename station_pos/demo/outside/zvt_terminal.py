"""A ZVT card terminal on a pseudo-terminal or on TCP, with a bank of its own.

    python -m station_pos.demo.outside.zvt_terminal --link /tmp/terminal --control /tmp/sock --book /tmp/bank.json

The first line on standard output is JSON with the line's path (`tty`, or `socket://...` with --tcp); it serves until
SIGTERM. Control commands are JSON lines on the Unix socket, answered by the status: {"cmd": "present", "card": 0},
{"cmd": "auto_card", "card": 0 or null}, {"cmd": "fault", ...} (see `terminal_faults`), {"cmd": "cable", "out": true},
{"cmd": "power_cycle", "stored": true}, {"cmd": "mute", "on": true}, {"cmd": "leaky", "on": true}, {"cmd": "busy",
"on": true}, {"cmd": "on_silence", "what": "keep" or "reverse"}, {"cmd": "hang_up"},
{"cmd": "calm"} (no more faults), {"cmd": "status"}.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station_pos.demo.outside.card_bank import CARDS, CardBank
from station_pos.demo.outside.control_lines import CommandRefusedError, serve_control, whole_number
from station_pos.demo.outside.serial_end import PseudoTerminal, TcpEnd
from station_pos.demo.outside.terminal_faults import TerminalFaults
from station_pos.demo.outside.zvt_machine import Wire, ZvtMachine
from station_pos.demo.outside.zvt_wire import SerialWire, TcpWire

if TYPE_CHECKING:
    from station_pos.demo.outside.serial_end import DeviceEnd


def act(command: dict[str, Any], machine: ZvtMachine, end: DeviceEnd, bank: CardBank) -> dict[str, Any]:
    """Carry out a control command; returns the status. Raises `CommandRefusedError`."""
    name, on = command["cmd"], bool(command.get("on", True))
    if name == "fault":
        machine.faults.script(command)
    elif name == "present":
        machine.present(_card(command))
    elif name == "auto_card":
        machine.auto_card = None if command.get("card") is None else _card(command)
    elif name == "cable":
        end.cable_out = bool(command.get("out", True))
    elif name == "power_cycle":
        machine.power_cycle(stored=bool(command.get("stored", True)))
    elif name == "mute":
        end.mute = on
    elif name in {"leaky", "busy"}:
        setattr(machine, name, on)
    elif name == "on_silence" and command.get("what") in {"keep", "reverse"}:
        machine.on_silence = command["what"]
    elif name == "hang_up":
        end.hang_up()
    elif name == "calm":
        machine.faults.clear()
        machine.leaky = machine.busy = end.mute = end.cable_out = False
        machine.on_silence = "keep"
    elif name != "status":
        msg = f"no control command {name!r} with these words"
        raise CommandRefusedError(msg)
    return {
        **bank.as_seen(),
        "doing": machine.doing,
        "commands": machine.commands[-40:],
        "requests": dict(machine.requests),
        "faults": machine.faults.pending(),
        "cable_out": end.cable_out,
    }


def _card(command: dict[str, Any]) -> int:
    card = whole_number(command, "card")
    if card >= len(CARDS):
        msg = f"there are {len(CARDS)} cards"
        raise CommandRefusedError(msg)
    return card


async def _serve_until_stopped(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
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
        on_silence=options.on_silence,
        seed=options.seed,
    )

    async def control(command: dict[str, Any]) -> dict[str, Any]:
        return act(command, machine, end, bank)

    server = await serve_control(options.control, control) if options.control else None
    serving = asyncio.create_task(machine.run())
    print(json.dumps({"ready": True, "tty": end.path, "control": str(options.control or "")}), flush=True)
    await stopped.wait()
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    if server:
        server.close()
        options.control.unlink(missing_ok=True)
    end.close()


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
    parser.add_argument("--answer-s", type=float, default=15.0, help="patience for the counter's answers")
    parser.add_argument("--acknowledge-s", type=float, default=5.0, help="patience for ACK")
    parser.add_argument("--card-s", type=float, default=60.0, help="patience for a card")
    parser.add_argument(
        "--on-silence", choices=("keep", "reverse"), default="keep", help="what a result that nobody took over becomes"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the garbage")
    options = parser.parse_args(argv)
    try:
        asyncio.run(_serve_until_stopped(options))
    except (OSError, ValueError) as error:
        print(f"zvt_terminal cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
