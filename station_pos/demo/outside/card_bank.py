"""The bank behind a simulated card terminal: its customers' cards and its own book of every transaction.

The book is a JSON file that is replaced as a whole at each entry, so a terminal that is killed and started again finds
it as it was. It is what a bank would show an auditor: nothing here knows what the counter recorded.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

BEIJING = timezone(timedelta(hours=8))
APPROVED, INSUFFICIENT, WRONG_PIN, ALREADY_REVERSED, NOT_REVERSIBLE = 0, 51, 55, 0xB4, 0xB5
# Numbers made for tests; no bank has issued them.
CARDS = [
    {
        "number": "6222021234567890128",
        "name": "ICBC DEBIT",
        "pin": "123456",
        "balance_fen": 90_000_000,
        "expiry": "3012",
    },
    {"number": "6217990000000004321", "name": "PSBC GREEN", "pin": "111111", "balance_fen": 300_000, "expiry": "2911"},
    {"number": "6228480000000001234", "name": "ABC DEBIT", "pin": "222222", "balance_fen": 5_000, "expiry": "2808"},
]


class CardBank:
    """Cards, balances and transactions, with the terminal's own counters and last transaction beside them."""

    def __init__(self, path: Path | None) -> None:
        """Open the book, or begin a new one; without a path it is kept in memory. Raises `OSError`, `ValueError`."""
        self._path = path
        self.book: dict[str, Any] = {
            "cards": [dict(card) for card in CARDS],
            "transactions": [],
            "trace": 100,
            "receipt": 0,
            "batch": 1,
            "last": None,
        }
        if path is not None and path.exists():
            self.book = json.loads(path.read_text("utf-8"))

    def _keep(self) -> None:
        if self._path is None:
            return
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self.book, ensure_ascii=False, indent=1), "utf-8")
        part.replace(self._path)

    def card(self, index: int) -> dict[str, Any]:
        """One of the cards by its place."""
        found: dict[str, Any] = self.book["cards"][index]
        return found

    def authorise(
        self, kind: str, card_index: int, amount_fen: int, *, code: int = 0, ours: str = ""
    ) -> dict[str, Any]:
        """Decide a sale or a refund and book it; a `code` other than 0 declines. Returns the transaction."""
        card = self.card(card_index)
        if code == APPROVED and kind == "sale" and card["balance_fen"] < amount_fen:
            code = INSUFFICIENT
        self.book["trace"] += 1
        if code == APPROVED:
            self.book["receipt"] += 1
            card["balance_fen"] += amount_fen if kind == "refund" else -amount_fen
        done = {
            "kind": kind,
            "card": card_index,
            "amount_fen": amount_fen,
            "code": code,
            "state": "approved" if code == APPROVED else "declined",
            "trace": self.book["trace"],
            "receipt": self.book["receipt"] if code == APPROVED else 0,
            "batch": self.book["batch"],
            "auth": f"A{self.book['trace']:05d}" if code == APPROVED else "",
            "at": datetime.now(BEIJING).isoformat(timespec="seconds"),
            "ours": ours,
            "undoes": 0,
        }
        self.book["transactions"].append(done)
        self.remember(done)
        return done

    def remember(self, done: dict[str, Any] | None) -> None:
        """Make it the terminal's last transaction (by its trace number), or forget the last one."""
        self.book["last"] = None if done is None else done["trace"]
        self._keep()

    def complete(self, done: dict[str, Any]) -> None:
        """Note that the counter took the result over."""
        if done["state"] == "approved":
            done["state"] = "completed"
        self._keep()

    def undo(self, original: dict[str, Any], state: str = "reversed") -> dict[str, Any]:
        """Give the money back and book that as a transaction of its own. Returns it."""
        self.book["trace"] += 1
        self.book["receipt"] += 1
        sign = -1 if original["kind"] == "refund" else 1
        self.card(original["card"])["balance_fen"] += sign * original["amount_fen"]
        original["state"] = state
        undone = {
            **original,
            "kind": "reversal",
            "state": "completed",
            "trace": self.book["trace"],
            "receipt": self.book["receipt"],
            "at": datetime.now(BEIJING).isoformat(timespec="seconds"),
            "undoes": original["trace"],
        }
        self.book["transactions"].append(undone)
        self.remember(undone)
        return undone

    def lapse(self, done: dict[str, Any]) -> None:
        """Lose an authorisation that the terminal never confirmed and no longer knows of; the bank lets it lapse."""
        before = [one for one in self.book["transactions"] if one is not done and one["code"] == APPROVED]
        self.card(done["card"])["balance_fen"] += done["amount_fen"]
        done["state"] = "lapsed"
        self.remember(before[-1] if before else None)

    def last(self) -> dict[str, Any] | None:
        """The terminal's last transaction."""
        return self._find("trace", self.book["last"])

    def by_receipt(self, receipt: int) -> dict[str, Any] | None:
        """The approved transaction with this receipt number."""
        return self._find("receipt", receipt)

    def _find(self, name: str, value: int | None) -> dict[str, Any] | None:
        found = [one for one in self.book["transactions"] if value and one[name] == value]
        return found[-1] if found else None

    def settle(self) -> tuple[int, int]:
        """Close the batch; returns how many sales stood in it and their sum in fen."""
        standing = [
            one
            for one in self.book["transactions"]
            if one["batch"] == self.book["batch"]
            and one["kind"] == "sale"
            and one["state"] in {"approved", "completed"}
        ]
        self.book["batch"] += 1
        self._keep()
        return len(standing), sum(one["amount_fen"] for one in standing)

    def standing(self) -> tuple[int, int]:
        """How many sales stand in the open batch and their sum in fen, without closing it."""
        batch = self.book["batch"]
        count, total_fen = self.settle()
        self.book["batch"] = batch
        self._keep()
        return count, total_fen

    def as_seen(self) -> dict[str, Any]:
        """The book for an observer."""
        return {
            "transactions": self.book["transactions"],
            "balances_fen": [c["balance_fen"] for c in self.book["cards"]],
        }
