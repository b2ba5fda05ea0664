"""An example driver for a terminal behind a vendor's library (MIS-POS shape): see docs/card-terminal-drivers.md."""

from __future__ import annotations

import json
import secrets
import selectors
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from station_pos.devices.card_matching import match_last, outcome_of_match
from station_pos.devices.card_privacy import last_four, mask_card_data
from station_pos.devices.card_reasons import CardReason, because, because_terminal, unsupported
from station_pos.devices.card_terminal import (
    Capabilities,
    CardOperation,
    CardOutcome,
    CardRecord,
    CardVerdict,
    Correlation,
    Reason,
    any_card,
    refuse,
    unwatched,
)
from station_pos.devices.card_terminal_state import TerminalCondition, TerminalStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_pos.devices.card_drivers import DriverSetup
    from station_pos.devices.card_terminal import CardShown, OpenIntent
    from station_pos.devices.card_terminal_state import Progress

HELPER = Path(__file__).with_name("mispos_helper.py")
REPLY_BYTES, START_S, STATUS_S, CALL_S = 148, 60.0, 30.0, 60.0
WITHDRAW, VOID, LAST, SIGN_ON, SETTLE, STATUS = "00", "01", "04", "05", "06", "09"


class HelperError(Exception):
    """The helper did not answer; it is ended, and started again by the next request."""


class Helper:
    """The process with the vendor's library, and the watchdog over it."""

    def __init__(self, line: str) -> None:
        self._line = line
        self._child: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def call(self, request: str, timeout_s: float) -> bytes:
        """One request, one reply of 148 bytes. Raises HelperError; then nobody knows what the terminal did."""
        child = self._running()
        assert child.stdin is not None
        self._asked += 1
        try:
            child.stdin.write(json.dumps({"id": self._asked, "request": request}).encode() + b"\n")
            child.stdin.flush()
            reply = bytes.fromhex(self._said(child, timeout_s)["reply"])
        except (OSError, KeyError, ValueError) as error:
            self.close()
            raise HelperError from error
        if len(reply) != REPLY_BYTES:
            self.close()
            raise HelperError
        return reply

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            command = [sys.executable, str(HELPER), self._line]
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            try:
                self._said(self._child, START_S)
            except (OSError, ValueError) as error:
                self.close()
                raise HelperError from error
        return self._child

    @staticmethod
    def _said(child: subprocess.Popen[bytes], timeout_s: float) -> dict[str, str]:
        assert child.stdout is not None
        with selectors.DefaultSelector() as ready:
            ready.register(child.stdout, selectors.EVENT_READ)
            if not ready.select(timeout_s):
                raise ValueError("the helper is silent")
        said: dict[str, str] = json.loads(child.stdout.readline())
        return said

    def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            with suppress(OSError):
                child.communicate()


@dataclass(frozen=True, slots=True)
class Reply:
    """The parts of a reply that may be kept: bytes are sliced first, then decoded, and the card is cut to four."""

    code: str
    nonce: str
    record: CardRecord

    @classmethod
    def of(cls, raw: bytes, now: datetime) -> Reply:
        text = [raw[start:end].decode("gbk", "replace").strip() for start, end in pairwise(CUTS)]
        code, bank, card, voucher, amount, message, merchant, terminal, batch, date, clock, reference, auth = text[:13]
        try:
            at = datetime.strptime(f"{now.year}{date}{clock}", "%Y%m%d%H%M%S").replace(tzinfo=now.tzinfo)
        except ValueError:
            at = None
        record = CardRecord(
            card_last4=last_four(card),
            issuer=bank,
            auth_code=auth,
            trace_no=reference[-6:],
            reference_no=mask_card_data(reference[-6:]),
            receipt_no=voucher,
            batch_no=batch,
            terminal_no=terminal,
            merchant_no=merchant,
            amount_fen=int(amount) if amount.isdecimal() else None,
            terminal_time=at,
            reverses_trace_no="stated" if message.startswith("冲正") else "",
        )
        return cls(code, text[14], record)


CUTS = (0, 2, 6, 26, 32, 44, 84, 99, 107, 113, 117, 123, 135, 141, 145, 148)


class MisposTerminal:
    """The example driver. It has one phase, so a refused result is voided, and nothing but its numbers to match by."""

    def __init__(self, setup: DriverSetup) -> None:
        self._helper = Helper(setup.line)
        self._now = setup.now
        self._turn = threading.Lock()
        self.status_s, self.call_s = STATUS_S, CALL_S

    @property
    def capabilities(self) -> Capabilities:
        able = {"sign_on", "pay", "withdraw", "void", "last_result", "reprint", "settle", "status"}
        return Capabilities(frozenset(map(CardOperation, able)), two_phase=False)

    @property
    def correlation(self) -> Correlation:
        return Correlation.NONCE

    def _ask(
        self, kind: str, amount_fen: int = 0, original: CardRecord | None = None, limit_s: float | None = None
    ) -> Reply:
        """One record out, one in; a reply with another nonce belongs to another request and is not believed."""
        nonce = f"{secrets.randbelow(1000):03d}"
        of = original or CardRecord()
        when = f"{of.terminal_time:%Y%m%d}" if of.terminal_time else ""
        request = f"{'TILL01':8}{'01':8}{kind}{amount_fen:012d}{when:8}{of.trace_no:0>12}{of.receipt_no:0>6}{nonce}"
        reply = Reply.of(self._helper.call(request, limit_s or self.call_s), self._now())
        if reply.nonce != nonce:
            raise HelperError
        return reply

    def status(self) -> TerminalStatus:
        with self._turn:
            try:
                self._ask(STATUS, limit_s=self.status_s)
            except HelperError:
                return TerminalStatus(TerminalCondition.NO_ANSWER)
            return TerminalStatus(TerminalCondition.READY)

    def pay(
        self,
        amount_fen: int,
        reference: str,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        del reference, on_progress
        if not self.status().ready:
            return CardOutcome(CardVerdict.NOT_STARTED, reason=because_terminal(TerminalCondition.NO_ANSWER))
        with self._turn:
            try:
                reply = self._ask(WITHDRAW, amount_fen)
            except HelperError:
                return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
            if reply.code != "00":
                verdict = CardVerdict.CANCELLED if reply.code == "C1" else CardVerdict.DECLINED
                return CardOutcome(verdict, reply.record, _reason(reply.code))
            return self._decided(reply.record, amount_fen, on_card, commit)

    withdraw = pay

    def _decided(
        self,
        record: CardRecord,
        amount_fen: int,
        on_card: Callable[[CardShown], bool],
        commit: Callable[[CardRecord], bool],
    ) -> CardOutcome:
        """Card and journal decide; what they refuse, or fail to keep, is voided before anybody hears of it."""
        raised: Exception | None = None
        refusal: CardReason | None = None
        try:
            if record.amount_fen != amount_fen:
                refusal = CardReason.AMOUNT_DIFFERS
            elif not on_card(record.card):
                refusal = CardReason.CARD_REFUSED
            elif not commit(record):
                refusal = CardReason.NOT_ISSUED
        except Exception as error:  # noqa: BLE001 - the sale has to be voided, whatever failed
            raised, refusal = error, CardReason.NOT_ISSUED
        if refusal is None:
            return CardOutcome(CardVerdict.APPROVED, record)
        undone = self._undo(record)
        if raised is not None:
            raise raised
        if undone.verdict is CardVerdict.APPROVED:
            return CardOutcome(CardVerdict.DECLINED, record, because(refusal))
        return CardOutcome(CardVerdict.UNKNOWN, record, because(CardReason.REVERSAL_FAILED))

    def _undo(self, original: CardRecord) -> CardOutcome:
        try:
            reply = self._ask(VOID, original.amount_fen or 0, original)
        except HelperError:
            return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
        if reply.code != "00":
            return CardOutcome(CardVerdict.DECLINED, reason=_reason(reply.code))
        return CardOutcome(CardVerdict.APPROVED, reply.record)

    def void(
        self,
        original: CardRecord,
        *,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        del on_progress
        with self._turn:
            undone = self._undo(original)
        if undone.verdict is CardVerdict.APPROVED and undone.record is not None and not commit(undone.record):
            return CardOutcome(CardVerdict.UNKNOWN, undone.record, because(CardReason.NOT_KEPT))
        return undone

    def last_result(
        self,
        intent: OpenIntent,
        *,
        on_card: Callable[[CardShown], bool] = any_card,
        commit: Callable[[CardRecord], bool] = refuse,
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        del on_card, commit, on_progress  # this terminal never waits for an acceptance
        with self._turn:
            try:
                reply = self._ask(LAST)
            except HelperError:
                return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
            if reply.code != "00":
                return CardOutcome(CardVerdict.UNKNOWN, reason=_reason(reply.code))
            match = match_last(reply.record, approved=True, intent=intent, correlation=self.correlation)
            return outcome_of_match(match, reply.record)

    def _simple(self, kind: str) -> CardOutcome:
        with self._turn:
            try:
                reply = self._ask(kind)
            except HelperError:
                return CardOutcome(CardVerdict.UNKNOWN, reason=because(CardReason.SILENT))
            verdict = CardVerdict.APPROVED if reply.code == "00" else CardVerdict.DECLINED
            return CardOutcome(verdict, reply.record, Reason() if reply.code == "00" else _reason(reply.code))

    def sign_on(self) -> CardOutcome:
        return self._simple(SIGN_ON)

    def reprint(self) -> CardOutcome:
        return self._simple(LAST)

    def settle(self) -> CardOutcome:
        return self._simple(SETTLE)

    def balance(self, *, on_progress: Callable[[Progress], None] = unwatched) -> CardOutcome:
        del on_progress
        return unsupported()

    def refund(
        self,
        amount_fen: int,
        reference: str,
        *,
        original: CardRecord | None = None,
        commit: Callable[[CardRecord], bool],
        on_progress: Callable[[Progress], None] = unwatched,
    ) -> CardOutcome:
        del amount_fen, reference, original, commit, on_progress
        return unsupported()

    def display(self, text: str) -> CardOutcome:
        del text
        return unsupported()

    def cancel(self) -> None:
        """Nothing: a library that blocks cannot be asked to stop."""

    def close(self) -> None:
        with self._turn:
            self._helper.close()


def _reason(code: str) -> Reason:
    if code == "B4":
        return because(CardReason.REVERSED)
    return Reason(
        f"mispos_{code}", f"刷卡机没有完成交易 (代码 {code})", f"the terminal did not complete it (code {code})"
    )


def make(setup: DriverSetup) -> MisposTerminal:
    """The entry point."""
    return MisposTerminal(setup)
