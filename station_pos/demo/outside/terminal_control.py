"""The control side of a simulated card terminal, the same for every protocol.

Commands are JSON lines on a Unix socket, answered by the status: {"cmd": "present", "card": 0}, {"cmd": "auto_card",
"card": 0 or null}, {"cmd": "fault", ...} (see `terminal_faults`), {"cmd": "cable", "out": true, "for_ms": 500}, {"cmd":
"power_cycle", "stored": true}, {"cmd": "mute", "on": true}, {"cmd": "hang_up"}, {"cmd": "calm"} (no more faults),
{"cmd": "status"}, {"cmd": "pass"} (see `told_time`), and the switches of the one terminal: {"cmd": "leaky", "on":
true}, ...
"""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING, Any, Protocol

from station_pos.demo.outside.card_bank import CARDS
from station_pos.demo.outside.control_lines import CommandRefusedError, serve_control, whole_number
from station_pos.demo.outside.told_time import TURNS, with_told_time

if TYPE_CHECKING:
    from collections import Counter
    from pathlib import Path

    from station_pos.demo.outside.card_bank import CardBank
    from station_pos.demo.outside.serial_end import DeviceEnd
    from station_pos.demo.outside.terminal_faults import TerminalFaults


class Machine(Protocol):
    """A terminal that can be controlled."""

    faults: TerminalFaults
    auto_card: int | None
    doing: str
    commands: list[str]
    requests: Counter[str]

    def present(self, card: int) -> None:
        """Put a card in."""
        ...

    def power_cycle(self, *, stored: bool) -> None:
        """Lose power."""
        ...

    async def run(self) -> None:
        """Serve for ever."""
        ...


def act(
    command: dict[str, Any], machine: Machine, end: DeviceEnd, bank: CardBank, switches: dict[str, bool]
) -> dict[str, Any]:
    """Carry out a control command; returns the status. Raises `CommandRefusedError`.

    `switches` names the machine's own yes-or-no settings with what they are when all is calm.
    """
    name, on = command["cmd"], bool(command.get("on", True))
    if name == "fault":
        machine.faults.script(command)
    elif name == "present":
        machine.present(_card(command))
    elif name == "auto_card":
        machine.auto_card = None if command.get("card") is None else _card(command)
    elif name == "cable":
        _cable(command, end)
    elif name == "power_cycle":
        machine.power_cycle(stored=bool(command.get("stored", True)))
    elif name == "mute":
        end.mute = on
    elif name in switches:
        setattr(machine, name, on)
    elif name == "hang_up":
        end.hang_up()
    elif name == "calm":
        machine.faults.clear()
        end.mute = end.cable_out = False
        for switch, calm in switches.items():
            setattr(machine, switch, calm)
    elif name != "status":
        msg = f"no control command {name!r}"
        raise CommandRefusedError(msg)
    return {
        **bank.as_seen(),
        "doing": machine.doing,
        "commands": machine.commands[-40:],
        "requests": dict(machine.requests),
        "faults": machine.faults.pending(),
        "cable_out": end.cable_out,
    }


def _cable(command: dict[str, Any], end: DeviceEnd) -> None:
    end.cable_out = bool(command.get("out", True))
    if end.cable_out and "for_ms" in command:
        asyncio.get_running_loop().call_later(whole_number(command, "for_ms") / 1000, end.plug_in)


def _card(command: dict[str, Any]) -> int:
    card = whole_number(command, "card")
    if card >= len(CARDS):
        msg = f"there are {len(CARDS)} cards"
        raise CommandRefusedError(msg)
    return card


async def serve_until_stopped(
    machine: Machine, end: DeviceEnd, bank: CardBank, control: Path | None, switches: dict[str, bool]
) -> None:
    """Announce the line, serve counter and control side until SIGTERM or SIGINT, and close everything."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)

    async def answer(command: dict[str, Any]) -> dict[str, Any]:
        return act(command, machine, end, bank, switches)

    server = await serve_control(control, with_told_time(answer, end)) if control else None
    serving = asyncio.create_task(machine.run())
    print(json.dumps({"ready": True, "tty": end.path, "control": str(control or "")}), flush=True)
    await stopped.wait()
    while not serving.done():
        # A wait that ends in the same moment may take the cancellation for its own.
        serving.cancel()
        for _ in range(TURNS):
            await asyncio.sleep(0)
    if server and control:
        server.close()
        control.unlink(missing_ok=True)  # noqa: ASYNC240 - at the end, once
    end.close()
