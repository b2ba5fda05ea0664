"""The question to the bank what became of a payment order: read-only, by our reference, as many banks' lines allow.

Under the bank's address: ``GET /orders?reference=PO000007``, answered with

    {"reference": "PO000007", "state": "done", "items": [{"seq": 1, "amount_fen": 5000, "state": "paid", "reason": ""}]}

``state`` is not_found, accepted, working or done; an item's is paid, returned or pending. Items may be missing, for
which nothing is said. An answer that names another order is no answer to ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from hq_server.gateway.answers import plain
from hq_server.gateway.json_call import JsonCaller, NoAnswerError

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_S = 20
_BYTES_MAX = 64 * 1024 * 1024
"""As much as a result file may have: an order pays up to hundreds of thousands of stations."""
_STATES = frozenset({"not_found", "accepted", "working", "done"})
_ENDED = {"paid": True, "returned": False}


class BankSilentError(Exception):
    """No usable answer came; nothing is known. The message is one sentence."""


@dataclass(frozen=True, slots=True)
class ItemWord:
    """What the bank says of one item that it has ended, amount in fen as the bank has it."""

    item_no: int
    amount_fen: int
    paid: bool
    reason: str


@dataclass(frozen=True, slots=True)
class OrderWord:
    """What the bank says of an order; ``items`` are those it has ended."""

    state: str
    items: tuple[ItemWord, ...]


class BankRoad:
    """Asks one bank; ``token`` is what it gave us to prove who asks."""

    def __init__(self, base_url: str, token: str = "", timeout_s: int = TIMEOUT_S) -> None:
        """Prepare; nothing is sent yet."""
        self._caller = JsonCaller(base_url, timeout_s, token)

    def close(self) -> None:
        """Give up the sockets."""
        self._caller.close()

    def status(self, reference: str) -> OrderWord:
        """Ask what became of an order.

        Raises:
            BankSilentError: the line failed, or what came is no answer to that.
        """
        try:
            status, body = self._caller.call("GET", "/orders", {"reference": reference}, _BYTES_MAX)
            return _word(status, body, reference)
        except (httpx.HTTPError, httpx.InvalidURL, NoAnswerError) as error:
            raise BankSilentError(plain(f"{type(error).__name__}: {error}")) from error


def _word(status: int, body: dict[str, Any], reference: str) -> OrderWord:
    if status != httpx.codes.OK:
        raise NoAnswerError(f"HTTP {status}")
    state, rows = body.get("state"), body.get("items", [])
    if body.get("reference") != reference:
        raise NoAnswerError("the answer names another order")
    if not isinstance(state, str) or state not in _STATES or not isinstance(rows, list):
        raise NoAnswerError("the answer has no state")
    items = tuple(_items(rows))
    if len({item.item_no for item in items}) < len(items):
        raise NoAnswerError("the answer tells the end of one item twice")
    return OrderWord(state, items)


def _items(rows: list[Any]) -> Iterator[ItemWord]:
    for row in rows:
        fields = row if isinstance(row, dict) else {}
        seq, amount_fen, state = fields.get("seq"), fields.get("amount_fen"), fields.get("state")
        if type(seq) is not int or type(amount_fen) is not int or not isinstance(state, str):
            raise NoAnswerError("an item of the answer is none")
        if state not in {*_ENDED, "pending"}:
            raise NoAnswerError("an item of the answer is none")
        if state in _ENDED:
            yield ItemWord(seq, amount_fen, _ENDED[state], plain(fields.get("reason", "")))
