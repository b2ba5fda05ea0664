"""A Transbank POS Integrado terminal on a pseudo-terminal, with a bank of its own.

    python -m station_pos.demo.outside.transbank_terminal --link /tmp/terminal --control /tmp/sock --book /tmp/bank.json

The first line on standard output is JSON with the line's path; it serves until SIGTERM. The control socket is that of
`terminal_control`, with these switches: `leaky` (it sends the whole card number), `debit` (its cards cannot be voided).
The maker's own counter library takes whatever has arrived as one message, so progress messages need a pause after them.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from station_pos.demo.outside.card_bank import CARDS, CardBank
from station_pos.demo.outside.serial_end import PseudoTerminal
from station_pos.demo.outside.terminal_control import serve_until_stopped
from station_pos.demo.outside.terminal_faults import TerminalFaults
from station_pos.demo.outside.told_time import loop_of
from station_pos.demo.outside.transbank_machine import TransbankMachine

SWITCHES = {"leaky": False, "debit": False}


async def _serve(options: argparse.Namespace) -> None:
    bank, faults = CardBank(options.book), TerminalFaults()
    end = PseudoTerminal(options.link)
    machine = TransbankMachine(
        end,
        bank,
        faults,
        acknowledge_s=options.acknowledge_s,
        card_s=options.card_s,
        auto_card=options.auto_card,
        progress_gap_s=options.progress_gap_s,
        debit=False,
        seed=options.seed,
    )
    await serve_until_stopped(machine, end, bank, options.control, SWITCHES)


def main(argv: list[str] | None = None) -> int:
    """Run the simulator; return 0 after SIGTERM or SIGINT, 2 when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="transbank_terminal",
        description="A Transbank POS Integrado terminal with a bank of its own, for demonstration and test.",
        epilog="example: python -m station_pos.demo.outside.transbank_terminal --link /tmp/terminal --auto-card 0",
    )
    parser.add_argument("--link", type=Path, help="symbolic link to the pseudo-terminal")
    parser.add_argument("--control", type=Path, help="Unix socket for control commands")
    parser.add_argument("--book", type=Path, help="the bank's book, kept over a restart")
    parser.add_argument("--auto-card", type=int, choices=range(len(CARDS)), help="this card is put in by itself")
    parser.add_argument("--acknowledge-s", type=float, default=2.0, help="patience for ACK")
    parser.add_argument("--card-s", type=float, default=60.0, help="patience for a card")
    parser.add_argument("--progress-gap-s", type=float, default=0.4, help="pause after a progress message")
    parser.add_argument("--told-time", action="store_true", help="time passes only as the control side tells it")
    parser.add_argument("--seed", type=int, default=0, help="seed of the garbage")
    options = parser.parse_args(argv)
    try:
        with asyncio.Runner(loop_factory=loop_of(told=options.told_time)) as runner:
            runner.run(_serve(options))
    except (OSError, ValueError) as error:
        print(f"transbank_terminal cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
