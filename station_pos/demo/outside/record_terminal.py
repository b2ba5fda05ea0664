"""A card terminal that takes records of fixed width, as the libraries of mainland acquirers speak to their terminals.

    python -m station_pos.demo.outside.record_terminal --link /tmp/terminal --control /tmp/sock --book /tmp/bank.json

A request has 59 bytes and a reply 148, one at a time, with no frame around them: till 8, clerk 8, type 2, amount 12,
original date 8, original reference 12, original voucher 6, random digits 3; and code 2, bank 4, masked card 20, voucher
6, amount 12, message 40 (GBK), merchant 15, terminal 8, batch 6, date 4, time 6, reference 12, authorisation 6,
settlement date 4, the same random digits 3. Types: 00 withdrawal, 01 void, 03 balance, 04 last, 05 sign-on, 06 settle,
09 status. It shows how such a terminal plugs in; it is no acquirer's protocol. Switch: `leaky` (the whole card number).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from station_pos.demo.outside.card_bank import CARDS, CardBank
from station_pos.demo.outside.serial_end import PseudoTerminal
from station_pos.demo.outside.terminal_control import serve_until_stopped
from station_pos.demo.outside.terminal_faults import TerminalFaults

if TYPE_CHECKING:
    from station_pos.demo.outside.serial_end import DeviceEnd

REQUEST_BYTES = 59
CANCELLED, NOT_FOUND, ALREADY_VOIDED, NOT_POSSIBLE = "C1", "25", "B4", "12"
GAP_S = 0.3


class RecordMachine:
    """One terminal."""

    def __init__(
        self, end: DeviceEnd, bank: CardBank, faults: TerminalFaults, *, card_s: float, auto_card: int | None
    ) -> None:
        self._end, self._bank, self.faults, self._card_s, self.auto_card = end, bank, faults, card_s, auto_card
        self.leaky = False
        self.doing = "idle"
        self.commands: list[str] = []
        self.requests: Counter[str] = Counter()
        self._presented: asyncio.Queue[int] = asyncio.Queue()

    def present(self, card: int) -> None:
        """Put a card in."""
        self._presented.put_nowait(card)

    def power_cycle(self, *, stored: bool) -> None:
        """Lose power, and without `stored` the last transaction, if it stands."""
        last = self._bank.last()
        if not stored and last is not None and last["state"] == "approved":
            self._bank.lapse(last)

    async def run(self) -> None:
        """Serve for ever; bytes that do not become a whole record in time are dropped."""
        buffer = b""
        while True:
            data = await self._end.read(GAP_S if buffer else None)
            buffer = buffer + data if data else b""
            if len(buffer) < REQUEST_BYTES:
                continue
            request, buffer = buffer[:REQUEST_BYTES].decode("ascii", "replace"), b""
            self.doing = request[16:18]
            self.commands.append(request)
            self.requests[request[16:18]] += 1
            reply = await self._reply(request[16:18], int(request[18:30]), request[50:56], request[38:50])
            if reply is not None:
                self._end.write(reply + request[56:59].encode())
            self.doing = "idle"

    async def _reply(self, kind: str, amount_fen: int, voucher: str, reference: str) -> bytes | None:
        """The reply without its last three bytes; None where a fault swallows it."""
        if kind == "00":
            return await self._pay_out(amount_fen)
        if kind == "01":
            return self._void(int(voucher), int(reference))
        last = self._bank.last()
        if kind == "04" and last is not None:
            return self._record(last)
        if kind == "03":
            card = self._bank.card(self.auto_card or 0)
            return self._record({"card": 0, "amount_fen": card["balance_fen"]})
        if kind == "06":
            count, total_fen = self._bank.settle()
            return self._record({"amount_fen": total_fen, "receipt": count})
        return self._record({}, "00" if kind in {"05", "09"} else NOT_FOUND)

    async def _pay_out(self, amount_fen: int) -> bytes | None:
        if self.faults.at("accepted"):
            return None
        card = self.auto_card
        if card is None:
            try:
                card = await asyncio.wait_for(self._presented.get(), self._card_s)
            except TimeoutError:
                return self._record({}, CANCELLED)
        done = self._bank.authorise("sale", card, amount_fen, code=self.faults.take("decline"))
        if done["code"]:
            return self._record({}, f"{done['code']:02d}")
        if self.faults.at("before_result"):
            return None
        self._bank.complete(done)
        stated_fen = self.faults.take("wrong_amount") or amount_fen
        return self._record({**done, "amount_fen": stated_fen})

    def _void(self, voucher: int, trace: int) -> bytes:
        original = self._bank.by_receipt(voucher)
        if original is None or original["trace"] != trace:
            return self._record({}, NOT_FOUND)
        if original["state"] == "reversed":
            return self._record({}, ALREADY_VOIDED)
        if self.faults.take("reversal_fails"):
            return self._record({}, NOT_POSSIBLE)
        return self._record(self._bank.undo(original))

    def _record(self, done: dict[str, Any], code: str = "00") -> bytes:
        card = self._bank.card(done["card"]) if "card" in done else {"number": "", "name": ""}
        number = card["number"] if self.leaky else "*" * len(card["number"][:-4]) + card["number"][-4:]
        at = datetime.fromisoformat(done["at"]) if "at" in done else None
        message = f"{card['name']} {number} 12/30" if self.leaky else "冲正" if done.get("undoes") else ""
        wide = message.encode("gbk")[:40].ljust(40)
        parts = [code, card["name"][:4].ljust(4), number.ljust(20), f"{done.get('receipt', 0):06d}"]
        head = "".join([*parts, f"{done.get('amount_fen', 0):012d}"]).encode("ascii")
        when = f"{at:%m%d%H%M%S}" if at else " " * 10
        names = "898110041310001" + "29001234" + f"{done.get('batch', 0):06d}"
        return head + wide + f"{names}{when}{done.get('trace', 0):012d}{done.get('auth', ''):<6}{'':4}".encode("ascii")


async def _serve(options: argparse.Namespace) -> None:
    bank, faults, end = CardBank(options.book), TerminalFaults(), PseudoTerminal(options.link)
    machine = RecordMachine(end, bank, faults, card_s=options.card_s, auto_card=options.auto_card)
    await serve_until_stopped(machine, end, bank, options.control, {"leaky": False})


def main(argv: list[str] | None = None) -> int:
    """Run the simulator; return 0 after SIGTERM or SIGINT, 2 when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="record_terminal", description="A card terminal of fixed-width records, for example and test."
    )
    parser.add_argument("--link", type=Path, help="symbolic link to the pseudo-terminal")
    parser.add_argument("--control", type=Path, help="Unix socket for control commands")
    parser.add_argument("--book", type=Path, help="the bank's book, kept over a restart")
    parser.add_argument("--auto-card", type=int, choices=range(len(CARDS)), help="this card is put in by itself")
    parser.add_argument("--card-s", type=float, default=60.0, help="patience for a card")
    options = parser.parse_args(argv)
    try:
        asyncio.run(_serve(options))
    except (OSError, ValueError) as error:
        print(f"record_terminal cannot start: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
