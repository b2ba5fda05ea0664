"""The road to a biller whose front system speaks HTTP/JSON.

Under the biller's address: ``POST /inquiry``, ``POST /pay``, ``GET /status?our_no=``, ``POST /reverse``; amounts are
integer fen, ``our_no`` makes a payment take effect once. Every answer names ``our_no``: one that names another
payment, or another account or amount, is no answer to ours.
"""

from __future__ import annotations

import re
from typing import Any

import httpx

from hq_server.gateway.answers import (
    AccountFound,
    AccountUnknownError,
    Answer,
    Asked,
    BillerSilentError,
    OpenBill,
    Word,
    plain,
    plain_number,
)
from hq_server.gateway.json_call import JsonCaller, NoAnswerError

_BILLS_MAX = 200
_TEXT_LENGTH_MAX = 120
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])|")
_AMOUNT_MAX_FEN = 10**14
_STATUS_WORDS = {
    "confirmed": Word.CONFIRMED,
    "declined": Word.DECLINED,
    "reversed": Word.REVERSED,
    "pending": Word.PENDING,
    "not_found": Word.NOT_FOUND,
}
_PAY_WORDS = {"confirmed": Word.CONFIRMED, "declined": Word.DECLINED}
_REVERSE_WORDS = {"reversed": Word.REVERSED, "declined": Word.DECLINED}
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


class HttpAdapter:
    """Asks one biller. ``timeout_s`` bounds a whole call, from the request sent to the last byte of the answer."""

    def __init__(self, base_url: str, timeout_s: int) -> None:
        """Prepare; nothing is sent yet."""
        self._caller = JsonCaller(base_url, timeout_s)

    def close(self) -> None:
        """Give up the sockets."""
        self._caller.close()

    def inquire(self, account_no: str) -> AccountFound:
        """Ask what an account owes.

        Raises:
            AccountUnknownError: the biller has no such account.
            BillerSilentError: no usable answer came.
        """
        try:
            status, body = self._caller.call("POST", "/inquiry", {"account_no": account_no})
            if status == httpx.codes.NOT_FOUND and body.get("error") == "unknown account":
                raise AccountUnknownError(account_no)
            return _account(_good(status, body), account_no)
        except (httpx.HTTPError, NoAnswerError) as error:
            raise BillerSilentError(_told(error)) from error

    def pay(self, asked: Asked) -> Answer:
        """Ask for a booking; asked again under one ``our_no`` it is booked once."""
        payment = {"account_no": asked.account_no, "bill_no": asked.bill_no, "amount_fen": asked.amount_fen}
        return self._ask(asked, "POST", "/pay", {"our_no": asked.our_no, **payment}, _PAY_WORDS)

    def status(self, asked: Asked) -> Answer:
        """Ask what became of a booking."""
        return self._ask(asked, "GET", "/status", {"our_no": asked.our_no}, _STATUS_WORDS)

    def reverse(self, asked: Asked) -> Answer:
        """Ask to undo a booking."""
        return self._ask(asked, "POST", "/reverse", {"our_no": asked.our_no}, _REVERSE_WORDS)

    def _ask(self, asked: Asked, method: str, path: str, fields: dict[str, Any], words: dict[str, Word]) -> Answer:
        try:
            status, body = self._caller.call(method, path, fields)
            return _answer(asked, _good(status, body), words)
        except _NOT_SENT as error:
            return Answer(Word.NOT_SENT, reason=_told(error))
        except (httpx.HTTPError, NoAnswerError) as error:
            return Answer(Word.SILENT, reason=_told(error))


def _good(status: int, body: dict[str, Any]) -> dict[str, Any]:
    if status != httpx.codes.OK:
        raise NoAnswerError(f"HTTP {status} {body.get('error', '')}")
    return body


def _told(error: Exception) -> str:
    return plain(f"{type(error).__name__}: {error}" if isinstance(error, httpx.HTTPError) else str(error))


def _answer(asked: Asked, body: dict[str, Any], words: dict[str, Word]) -> Answer:
    if body.get("our_no") != asked.our_no:
        raise NoAnswerError("the answer names another payment")
    if body.get("account_no", asked.account_no) != asked.account_no:
        raise NoAnswerError("the answer names another account")
    if body.get("amount_fen", asked.amount_fen) != asked.amount_fen:
        raise NoAnswerError("the answer names another amount")
    outcome = body.get("outcome")
    word = words.get(outcome) if isinstance(outcome, str) else None
    if word is None:
        raise NoAnswerError("the answer has no outcome")
    biller_no = body.get("biller_no", "")
    if not isinstance(biller_no, str) or (word is Word.CONFIRMED and not biller_no.strip()):
        raise NoAnswerError("the answer confirms without the biller's number")
    # A biller's code in front of its words: it names the reason where nobody reads the words.
    return Answer(word, plain_number(biller_no), plain(f"{body.get('code', '')} {body.get('reason', '')}"))


def _account(body: dict[str, Any], account_no: str) -> AccountFound:
    name, address, bills = body.get("payer_name"), body.get("address", ""), body.get("bills")
    if body.get("account_no", account_no) != account_no:
        raise NoAnswerError("the answer names another account")
    if not isinstance(name, str) or not isinstance(address, str) or not isinstance(bills, list):
        raise NoAnswerError("the answer lacks the payer or the bills")
    if len(bills) > _BILLS_MAX:
        raise NoAnswerError(f"the answer has more than {_BILLS_MAX} bills")
    return AccountFound(plain(name, _TEXT_LENGTH_MAX), plain(address, _TEXT_LENGTH_MAX), tuple(map(_bill, bills)))


def _bill(row: object) -> OpenBill:
    if not isinstance(row, dict):
        raise NoAnswerError("a bill is no JSON object")
    number, period, amount_fen = row.get("bill_no"), row.get("period", ""), row.get("amount_fen")
    if not isinstance(number, str) or plain_number(number) != number:
        raise NoAnswerError("a bill has no number")
    if not isinstance(period, str) or not _PERIOD.fullmatch(period):
        raise NoAnswerError("a bill's period is not of the form 2026-10")
    if type(amount_fen) is not int or not 0 < amount_fen < _AMOUNT_MAX_FEN:
        raise NoAnswerError("a bill's amount is not a whole number of fen above zero")
    return OpenBill(number, period, amount_fen)
