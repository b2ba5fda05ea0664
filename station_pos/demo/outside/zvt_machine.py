"""A ZVT card terminal without its line: it leads from the command to the completion, as the protocol has it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING, Any, Protocol

from station_pos.demo.outside import zvt_messages as say
from station_pos.demo.outside.card_bank import ALREADY_REVERSED, NOT_REVERSIBLE, WRONG_PIN

if TYPE_CHECKING:
    from station_pos.demo.outside.card_bank import CardBank
    from station_pos.demo.outside.serial_end import DeviceEnd
    from station_pos.demo.outside.terminal_faults import TerminalFaults

ABORTED_BY_COUNTER, CANCELLED = bytes.fromhex("06B000"), 0x6C
UNKNOWN_PIN_TRIES = 3
ANSWERS = {0x80, 0x84}
TELLS = 3
"""How often a result is told before the terminal gives up on an answer."""


class Wire(Protocol):
    """APDUs to and from the counter."""

    async def send(self, apdu: bytes) -> bool:
        """Send; False when nobody acknowledged."""
        ...

    async def receive(self, timeout_s: float | None) -> bytes | None:
        """The next APDU; None when none came in time."""
        ...

    def reset(self) -> None:
        """Forget everything."""
        ...


class AbandonedError(Exception):
    """The terminal drops what it was doing."""


class ZvtMachine:
    """One terminal. `answer_s` is its patience for the counter's answers, `card_s` for a card."""

    def __init__(self, end: DeviceEnd, wire: Wire, bank: CardBank, faults: TerminalFaults, **settings: Any) -> None:
        """`settings`: answer_s, card_s, auto_card (a card's place or None), seed.

        `auto_after_s` is how long the card's holder takes to put it in; `rehearsed` gives faults by amount in fen, so
        that whoever types the amount says how the transaction ends. `terminal_no` is the terminal's own number.
        """
        self._end, self._wire, self._bank, self.faults = end, wire, bank, faults
        self._answer_s: float = settings["answer_s"]
        self._card_s: float = settings["card_s"]
        self.reverse_on_silence = False
        self.auto_card: int | None = settings["auto_card"]
        self._auto_after_s: float = settings.get("auto_after_s", 0.0)
        self._rehearsed: dict[int, list[dict[str, Any]]] = settings.get("rehearsed", {})
        self._random = random.Random(settings["seed"])
        self._terminal_no: str = settings.get("terminal_no", say.TERMINAL_NO)
        self.leaky = False
        self.busy = False
        self.doing = "idle"
        self.commands: list[str] = []
        self.requests: Counter[str] = Counter()
        self._registered = self._aborted = False
        self._presented: asyncio.Queue[int] = asyncio.Queue()
        self._left: dict[str, Any] | None = None

    def present(self, card: int) -> None:
        """Put a card in."""
        self._presented.put_nowait(card)

    async def run(self) -> None:
        """Serve for ever."""
        while True:
            command = await self._wire.receive(None)
            if command is None:
                continue
            self.commands.append(command.hex(" "))
            self.requests[command[:2].hex(" ")] += 1
            try:
                await self._serve(command)
            except AbandonedError:
                pass
            finally:
                self.doing = "idle"

    async def _serve(self, command: bytes) -> None:
        head, data = command[:2].hex(), command[3:]
        self.doing, self._aborted = head, False
        if self.busy and head != "06b0":
            await self._wire.send(say.BUSY)
        elif head == "0600":
            self._registered = True
            await self._short(say.COMPLETION)
        elif head == "0501":
            await self._short(say.status_answer(0))
        elif head in {"0602", "06e0", "06b0"}:
            await self._wire.send(say.ACCEPTED)
        elif not self._registered:
            await self._wire.send(say.NOT_POSSIBLE)
        elif head == "0601" and data[:1] == b"\x04":
            await self._authorise("sale", int(data[1:7].hex()))
        elif head == "0631" and data[3:4] == b"\x04":
            await self._authorise("refund", int(data[4:10].hex()))
        elif head == "0630" and data[3:4] == b"\x87":
            await self._reverse(int(data[4:6].hex()))
        elif head == "0603":
            await self._tell_balance()
        elif head == "0620":
            await self._repeat()
        elif head in {"0650", "0693", "0670"}:
            await self._administer(head)
        else:
            await self._wire.send(say.NOT_POSSIBLE)

    async def _short(self, end: bytes) -> None:
        await self._wire.send(say.ACCEPTED)
        await self._lead(end)

    async def _lead(self, apdu: bytes) -> bytes | None:
        """Say something and wait for the counter's answer; an abort in between is noted."""
        if not await self._wire.send(apdu):
            return None
        return await self._answer()

    async def _answer(self) -> bytes | None:
        """The counter's answer to what was said last; commands that it sends instead are told to wait."""
        while (heard := await self._wire.receive(self._answer_s)) is not None and heard[0] not in ANSWERS:
            if heard == ABORTED_BY_COUNTER:
                self._aborted = True
            await self._wire.send(say.ACCEPTED if heard == ABORTED_BY_COUNTER else say.BUSY)
        return heard

    async def _at(self, point: str) -> None:
        for action in self.faults.at(point):
            await self._suffer(action)

    async def _suffer(self, action: dict[str, Any]) -> None:
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
            self._wire.reset()
        elif action["do"] == "power_cycle":
            self.power_cycle(stored=bool(action.get("stored", True)))
            raise AbandonedError
        else:
            raise AbandonedError

    def power_cycle(self, *, stored: bool) -> None:
        """Lose power: the line's bytes and the log-on are gone, and without `stored` the open transaction too."""
        self._registered = False
        self._wire.reset()
        self._end.discard()
        if not stored and self._left is not None and self._left["state"] == "approved":
            self._bank.lapse(self._left)
        self._left = None

    async def _card(self) -> int | None:
        """Wait for a card; None when nobody puts one in, or the counter aborts."""
        await self._lead(say.state(say.INSERT_CARD))
        if self.auto_card is not None and not self._auto_after_s:
            return self.auto_card
        waiting = asyncio.ensure_future(self._presented.get())
        loop = asyncio.get_running_loop()
        if self.auto_card is not None:
            loop.call_later(self._auto_after_s, self.present, self.auto_card)
        ends_at = loop.time() + self._card_s
        try:
            while not waiting.done() and loop.time() < ends_at:
                heard = await self._wire.receive(0.05)
                if heard == ABORTED_BY_COUNTER:
                    await self._wire.send(say.ACCEPTED)
                    self._aborted = True
                if self._aborted:
                    return None
            return waiting.result() if waiting.done() else None
        finally:
            waiting.cancel()

    async def _authorise(self, kind: str, amount_fen: int) -> None:
        for fault in self._rehearsed.get(amount_fen, ()):
            self.faults.script(fault)
        await self._at("command")
        if not await self._wire.send(say.ACCEPTED):
            raise AbandonedError
        await self._at("accepted")
        card = await self._card()
        if card is None:
            await self._lead(self._declined(CANCELLED))
            await self._lead(say.abort(CANCELLED))
            return
        wrong = self.faults.take("wrong_pin")
        for _ in range(min(wrong, UNKNOWN_PIN_TRIES)):
            await self._lead(say.state(say.LOOK_AT_PIN_PAD))
            await self._lead(say.state(say.WRONG_PIN))
        await self._lead(say.state(say.LOOK_AT_PIN_PAD))
        if self._aborted:
            await self._lead(self._declined(CANCELLED))
            await self._lead(say.abort(CANCELLED))
            return
        await self._lead(say.state(say.ASKING_BANK))
        code = self.faults.take("decline") or (WRONG_PIN if wrong >= UNKNOWN_PIN_TRIES else 0)
        done = self._bank.authorise(kind, card, amount_fen, code=code)
        self._left = done
        await self._at("before_result")
        if done["code"]:
            await self._lead(self._declined(done["code"]))
            await self._lead(say.abort(done["code"]))
            return
        await self._await_acceptance(done, amount_fen=self.faults.take("wrong_amount") or None)

    async def _await_acceptance(self, done: dict[str, Any], amount_fen: int | None = None) -> None:
        """Tell an approval and do what the counter answers: complete, wait, or reverse."""
        card = self._bank.card(done["card"])
        told = self._result(done, card, amount_fen=amount_fen)
        answer = None
        for _ in range(TELLS):
            arrived = await self._wire.send(told)
            await self._at("between")
            answer = await self._answer() if arrived else None
            if answer not in {None, say.BUSY}:
                break
        if answer == say.ACCEPTED:
            await self._finish(done, card)
        elif answer not in {None, say.BUSY} or self.reverse_on_silence:
            await self._auto_reverse(done)

    def _result(self, done: dict[str, Any], card: dict[str, Any], amount_fen: int | None = None) -> bytes:
        return say.result(done, card, amount_fen=amount_fen, leaky=self.leaky, terminal_no=self._terminal_no)

    def _declined(self, code: int) -> bytes:
        return say.declined(code, self._terminal_no)

    async def _finish(self, done: dict[str, Any], card: dict[str, Any]) -> None:
        if self.faults.take("double_result"):
            other = {**done, "trace": done["trace"] + 1, "receipt": done["receipt"] + 1}
            await self._lead(self._result(other, card))
        if self.faults.take("abort_after_result"):
            await self._lead(say.abort(0xCC))
            return
        self._bank.complete(done)
        await self._at("after_result")
        for line in say.receipt_lines(done, card, leaky=self.leaky):
            await self._lead(line)
        await self._lead(say.state(say.REMOVE_CARD))
        await self._lead(say.COMPLETION)
        self._left = None

    async def _auto_reverse(self, done: dict[str, Any]) -> None:
        await self._lead(say.state(say.AUTO_REVERSAL))
        if self.faults.take("reversal_fails"):
            await self._lead(say.abort(NOT_REVERSIBLE))
            return
        self._bank.undo(done)
        self._left = None
        await self._lead(say.abort(CANCELLED))

    async def _reverse(self, receipt: int) -> None:
        await self._wire.send(say.ACCEPTED)
        original = self._bank.by_receipt(receipt)
        failed = NOT_REVERSIBLE if original is None or original["kind"] == "reversal" else 0
        if original is not None and original["state"] == "reversed":
            failed = ALREADY_REVERSED
        if original is None or failed:
            await self._lead(self._declined(failed))
            await self._lead(say.abort(failed))
            return
        await self._lead(say.state(say.ASKING_BANK))
        undone = self._bank.undo(original)
        card = self._bank.card(undone["card"])
        answer = await self._lead(self._result(undone, card))
        if answer == say.ACCEPTED:
            await self._lead(say.COMPLETION)
        else:
            await self._lead(say.abort(NOT_REVERSIBLE))

    async def _tell_balance(self) -> None:
        await self._wire.send(say.ACCEPTED)
        index = await self._card()
        if index is None:
            await self._lead(say.abort(CANCELLED))
            return
        card = self._bank.card(index)
        seen = {"code": 0, "amount_fen": card["balance_fen"], "trace": 0, "receipt": 0, "auth": "", "undoes": 0}
        last = self._bank.last()
        at = last["at"] if last else "2026-01-01T00:00:00+08:00"
        await self._lead(self._result({**seen, "at": at}, card))
        await self._lead(say.COMPLETION)

    async def _repeat(self) -> None:
        await self._wire.send(say.ACCEPTED)
        last = self._bank.last()
        if last is None or self.faults.take("no_repeat_result"):
            await self._lead(say.COMPLETION)
            return
        card = self._bank.card(last["card"])
        await self._lead(self._result(last, card))
        for line in say.receipt_lines(last, card, leaky=self.leaky):
            await self._lead(line)
        await self._lead(say.COMPLETION)

    async def _administer(self, head: str) -> None:
        await self._wire.send(say.ACCEPTED)
        if head == "0650":
            await self._lead(say.totals(*self._bank.settle()))
        await self._lead(say.COMPLETION)
