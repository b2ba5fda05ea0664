"""A Transbank terminal without its line: sale with progress, last sale, void, totals, close, keys, poll."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import datetime
from functools import reduce
from operator import xor
from typing import TYPE_CHECKING, Any

from station_pos.demo.outside.card_bank import INSUFFICIENT

if TYPE_CHECKING:
    from station_pos.demo.outside.card_bank import CardBank
    from station_pos.demo.outside.serial_end import DeviceEnd
    from station_pos.demo.outside.terminal_faults import TerminalFaults

ACK, NAK = b"\x06", b"\x15"
COMMERCE, TERMINAL = "597029414300", "75001234"
READ_CARD, ENTER_PIN, SENDING = 78, 81, 82
CANCELLED, REFUSED, DEBIT_NOT_VOIDED, ALREADY_VOIDED, NOTHING_TO_VOID, NO_SALE = 7, 1, 8, 4, 5, 11
LOOPS = 3


def framed(fields: str) -> bytes:
    """STX, the fields, ETX, and the xor of all after STX."""
    body = fields.encode("ascii") + b"\x03"
    return b"\x02" + body + bytes([reduce(xor, body)])


class AbandonedError(Exception):
    """The terminal drops what it was doing."""


class TransbankMachine:
    """One terminal. `settings`: acknowledge_s, card_s, auto_card, progress_gap_s, debit, seed."""

    def __init__(self, end: DeviceEnd, bank: CardBank, faults: TerminalFaults, **settings: Any) -> None:
        self._end, self._bank, self.faults = end, bank, faults
        self._acknowledge_s: float = settings["acknowledge_s"]
        self._card_s: float = settings["card_s"]
        self._progress_gap_s: float = settings["progress_gap_s"]
        self.auto_card: int | None = settings["auto_card"]
        self.debit: bool = settings["debit"]
        self.leaky = False
        self._random = random.Random(settings["seed"])
        self._presented: asyncio.Queue[int] = asyncio.Queue()
        self._buffer = b""
        self._left: dict[str, Any] | None = None
        self.doing = "idle"
        self.commands: list[str] = []
        self.requests: Counter[str] = Counter()

    def present(self, card: int) -> None:
        """Put a card in."""
        self._presented.put_nowait(card)

    async def run(self) -> None:
        """Serve for ever."""
        while True:
            fields = (await self._command()).split("|")
            self.doing = fields[0]
            self.commands.append("|".join(fields))
            self.requests[fields[0]] += 1
            try:
                await self._serve(fields)
            except AbandonedError:
                pass
            finally:
                self.doing = "idle"

    async def _command(self) -> str:
        """The next command that can be read, acknowledged."""
        while True:
            _, start, rest = self._buffer.partition(b"\x02")
            self._buffer = start + rest
            end = self._buffer.find(b"\x03")
            if end < 0 or len(self._buffer) < end + 2:
                self._buffer += await self._end.read(None)
                continue
            body, stated = self._buffer[1 : end + 1], self._buffer[end + 1]
            self._buffer = self._buffer[end + 2 :]
            if stated != reduce(xor, body) or self.faults.take("nak_once"):
                self._end.write(NAK)
                continue
            if not self.faults.take("withhold_ack_once"):
                self._end.write(ACK)
            return body[:-1].decode("ascii", "replace")

    async def _say(self, fields: str) -> bool:
        """Say something until it is acknowledged, three times at most."""
        for _ in range(LOOPS):
            wire = framed(fields)
            if self.faults.take("bad_crc_once"):
                wire = wire[:-1] + bytes([wire[-1] ^ 0x7F])
            self._end.write(wire)
            if await self._acknowledged():
                return True
        return False

    async def _acknowledged(self) -> bool:
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._acknowledge_s
        while (left_s := ends_at - loop.time()) > 0:
            heard = await self._end.read(left_s)
            if NAK in heard[:1]:
                return False
            if heard[:1] == ACK:
                self._buffer += heard[1:]
                if not self.faults.take("lose_ack_once"):
                    return True
            else:
                self._buffer += heard
        return False

    async def _serve(self, fields: list[str]) -> None:
        command = fields[0]
        if command == "0200" and fields[1].isdecimal():
            await self._sell(int(fields[1]), fields[2], progress=len(fields) > 5 and fields[5] == "1")  # noqa: PLR2004
        elif command == "0250":
            await self._tell_last()
        elif command == "1200":
            await self._void(fields[1])
        elif command == "0700":
            count, total = self._bank.standing()
            await self._say(f"0710|00|{count}|{total}")
        elif command == "0500":
            self._bank.settle()
            await self._say(f"0510|00|{COMMERCE}|{TERMINAL}")
        elif command == "0800":
            await self._say(f"0810|00|{COMMERCE}|{TERMINAL}")

    async def _progress(self, code: int, *, wanted: bool) -> None:
        if wanted:
            await self._say(f"0900|{code}|{COMMERCE}|{TERMINAL}")
            await asyncio.sleep(self._progress_gap_s)

    async def _sell(self, amount: int, ticket: str, *, progress: bool) -> None:
        await self._at("command")
        await self._at("accepted")
        await self._progress(READ_CARD, wanted=progress)
        card = self.auto_card
        if card is None:
            try:
                card = await asyncio.wait_for(self._presented.get(), self._card_s)
            except TimeoutError:
                await self._say(f"0210|{CANCELLED:02d}|{COMMERCE}|{TERMINAL}|{ticket}")
                return
        await self._progress(ENTER_PIN, wanted=progress)
        wrong = self.faults.take("wrong_pin")
        await self._progress(SENDING, wanted=progress)
        code = self.faults.take("decline") or (REFUSED if wrong >= LOOPS else 0)
        done = self._bank.authorise("sale", card, amount, code=code, ours=ticket)
        if done["code"]:
            await self._at("before_result")
            stated = REFUSED if done["code"] == INSUFFICIENT else done["code"]
            await self._say(f"0210|{stated:02d}|{COMMERCE}|{TERMINAL}|{ticket}")
            return
        self._left = done
        await self._at("before_result")
        arrived = await self._say(self._sale("0210", done, self.faults.take("wrong_amount") or None))
        await self._at("between")
        if arrived:
            self._bank.complete(done)
            self._left = None
        await self._at("after_result")

    def _sale(self, function: str, done: dict[str, Any], amount: int | None = None) -> str:
        card = self._bank.card(done["card"])
        number = card["number"]
        at = datetime.fromisoformat(done["at"])
        stated = [function, "00", COMMERCE, TERMINAL, done["ours"], done["auth"], str(amount or done["amount_fen"])]
        # A leaky terminal fills the account field, and puts the whole number where four digits belong.
        shown = [number if self.leaky else number[-4:], str(done["receipt"]), "DB" if self.debit else "CR"]
        account = number if self.leaky else ""
        rest = [f"{at:%d%m%y}", account, card["name"], f"{at:%d%m%Y}", f"{at:%H%M%S}", "0", "0"]
        return "|".join([*stated, "0", "0", *shown, *rest])

    async def _tell_last(self) -> None:
        if self.faults.take("no_repeat_result"):
            return
        sales = [one for one in self._bank.book["transactions"] if one["kind"] == "sale" and not one["code"]]
        standing = [one for one in sales if one["state"] != "lapsed"]
        if standing:
            await self._say(self._sale("0260", standing[-1]))
        else:
            await self._say(f"0260|{NO_SALE}|{COMMERCE}|{TERMINAL}")

    async def _void(self, operation: str) -> None:
        original = self._bank.by_receipt(int(operation)) if operation.isdecimal() else None
        code = 0
        if original is None or original["kind"] != "sale":
            code = NOTHING_TO_VOID
        elif original["state"] == "reversed":
            code = ALREADY_VOIDED
        elif self.debit or self.faults.take("reversal_fails"):
            code = DEBIT_NOT_VOIDED
        if original is None or code:
            await self._say(f"1210|{code:02d}|{COMMERCE}|{TERMINAL}||{operation}")
            return
        undone = self._bank.undo(original)
        await self._say(f"1210|00|{COMMERCE}|{TERMINAL}|{undone['auth']}|{operation}")

    async def _at(self, point: str) -> None:
        for action in self.faults.at(point):
            for_s = action.get("for_s")
            if action["do"] == "cable_out":
                self._end.cable_out = True
                if for_s is not None:
                    asyncio.get_running_loop().call_later(for_s, self._end.plug_in)
            elif action["do"] == "late":
                await asyncio.sleep(for_s or 1.0)
            elif action["do"] == "garbage":
                self._end.write(self._random.randbytes(action.get("bytes", 40)))
            elif action["do"] == "hang_up":
                self._end.hang_up()
                self._buffer = b""
            elif action["do"] == "power_cycle":
                self.power_cycle(stored=bool(action.get("stored", True)))
                raise AbandonedError
            else:
                raise AbandonedError

    def power_cycle(self, *, stored: bool) -> None:
        """Lose power: the line's bytes are gone, and without `stored` the open transaction too."""
        self._buffer = b""
        self._end.discard()
        if not stored and self._left is not None and self._left["state"] == "approved":
            self._bank.lapse(self._left)
        self._left = None
