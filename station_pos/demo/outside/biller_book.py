"""The book of a biller company: accounts, bills and the payments it has accepted, in one SQLite file.

The biller decides by its own rules and keeps its own serial numbers. Amounts are integer fen. A payment is known by the
caller's number (`our_no` as seen by the caller) and takes effect once, however often it is asked for.
"""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China Standard Time; no daylight saving since 1991, so a fixed offset is exact for every date served here."""

CUT_OFF = time(23, 0)
"""A payment booked at or after this local time belongs to the next business date."""

PREPAID_LIMIT_FEN = 5_000_000
"""Largest single top-up: 50,000.00 yuan."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS biller (
    code TEXT PRIMARY KEY, name TEXT NOT NULL, service TEXT NOT NULL,
    account_pattern TEXT NOT NULL, prepaid INTEGER NOT NULL CHECK (prepaid IN (0, 1)));
CREATE TABLE IF NOT EXISTS account (
    biller TEXT NOT NULL REFERENCES biller, account_no TEXT NOT NULL, payer_name TEXT NOT NULL, address TEXT NOT NULL,
    PRIMARY KEY (biller, account_no));
CREATE TABLE IF NOT EXISTS bill (
    biller TEXT NOT NULL, bill_no TEXT NOT NULL, account_no TEXT NOT NULL, period TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0), paid_by TEXT,
    PRIMARY KEY (biller, bill_no), FOREIGN KEY (biller, account_no) REFERENCES account);
CREATE TABLE IF NOT EXISTS payment (
    biller TEXT NOT NULL, our_no TEXT NOT NULL, serial INTEGER, biller_no TEXT, account_no TEXT NOT NULL,
    asked_bill_no TEXT NOT NULL, bill_no TEXT NOT NULL, amount_fen INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('confirmed', 'declined', 'reversed')), reason TEXT NOT NULL,
    posted_at TEXT NOT NULL, business_date TEXT NOT NULL, reversed_at TEXT,
    PRIMARY KEY (biller, our_no), UNIQUE (biller, serial));
CREATE TABLE IF NOT EXISTS settlement_file (
    biller TEXT NOT NULL, business_date TEXT NOT NULL, seq INTEGER NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL,
    PRIMARY KEY (biller, business_date, seq));
CREATE TABLE IF NOT EXISTS carried_row (
    biller TEXT NOT NULL, our_no TEXT NOT NULL, from_date TEXT NOT NULL, to_date TEXT NOT NULL,
    PRIMARY KEY (biller, our_no));
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class UnknownAccountError(LookupError):
    """The biller has no such account."""


class NumberReusedError(ValueError):
    """The caller's number stands in the book for a different payment; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An open bill: number, period as `YYYY-MM`, and amount in fen."""

    bill_no: str
    period: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Account:
    """A customer of the biller with the bills still open."""

    account_no: str
    payer_name: str
    address: str
    bills: tuple[Bill, ...]


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment as the biller booked (or declined) it; `posted_at` is UTC, `biller_no` is empty when declined."""

    our_no: str
    biller_no: str
    account_no: str
    bill_no: str
    amount_fen: int
    status: str
    reason: str
    posted_at: datetime
    business_date: date


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What a caller asks to pay; `bill_no` may be empty (top-up, or the oldest open bill of that very amount)."""

    our_no: str
    account_no: str
    bill_no: str
    amount_fen: int


def business_date_of(moment: datetime) -> date:
    """Return the biller's business date of a UTC moment (Shanghai time, cut-off 23:00)."""
    local = moment.astimezone(SHANGHAI)
    return local.date() + timedelta(days=1) if local.time() >= CUT_OFF else local.date()


def _payment(row: sqlite3.Row) -> Payment:
    return Payment(
        row["our_no"],
        row["biller_no"] or "",
        row["account_no"],
        row["bill_no"],
        row["amount_fen"],
        row["status"],
        row["reason"],
        datetime.fromisoformat(row["posted_at"]),
        date.fromisoformat(row["business_date"]),
    )


class BillerBook:
    """One SQLite book shared by the threads of one process; every method is one transaction."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        """Open or create the book at `path`; `now` gives the biller's own time in UTC."""
        self._now = now
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;")
        self._db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file after the transaction under way."""
        with self._lock:
            self._db.close()

    def transaction(self) -> _Transaction:
        """Return a context manager: one write transaction, rolled back on any exception."""
        return _Transaction(self._lock, self._db)

    def biller_codes(self) -> tuple[str, ...]:
        """Return the codes of all billers in the book, sorted."""
        with self.transaction() as db:
            return tuple(row[0] for row in db.execute("SELECT code FROM biller ORDER BY code"))

    def inquire(self, biller: str, account_no: str) -> Account:
        """Return the account with its open bills, oldest first. Raises `UnknownAccountError`."""
        with self.transaction() as db:
            found = db.execute(
                "SELECT payer_name, address FROM account WHERE biller = ? AND account_no = ?", (biller, account_no)
            ).fetchone()
            if found is None:
                raise UnknownAccountError(account_no)
            bills = db.execute(
                "SELECT bill_no, period, amount_fen FROM bill WHERE biller = ? AND account_no = ? AND paid_by IS NULL"
                " ORDER BY period, bill_no",
                (biller, account_no),
            )
            return Account(account_no, found["payer_name"], found["address"], tuple(Bill(*row) for row in bills))

    def pay(self, biller: str, request: PaymentRequest, refuse_with: str = "") -> Payment:
        """Book the payment once and return it; the same number again returns the first result.

        A non-empty `refuse_with` declines it for that reason. Raises `NumberReusedError` when the number stands for
        another payment.
        """
        with self.transaction() as db:
            earlier = self._find(db, biller, request.our_no)
            if earlier is not None:
                asked = (earlier["account_no"], earlier["asked_bill_no"], earlier["amount_fen"])
                if asked != (request.account_no, request.bill_no, request.amount_fen):
                    raise NumberReusedError(request.our_no)
                return _payment(earlier)
            bill_no, reason = ("", refuse_with) if refuse_with else self._choose_bill(db, biller, request)
            return self._book(db, biller, request, bill_no, reason)

    def status(self, biller: str, our_no: str) -> Payment | None:
        """Return what the book holds under the caller's number, or None."""
        with self.transaction() as db:
            row = self._find(db, biller, our_no)
            return None if row is None else _payment(row)

    def last_alike(self, biller: str, account_no: str, amount_fen: int) -> Payment | None:
        """Return the account's latest standing payment of this amount, or None."""
        with self.transaction() as db:
            row = db.execute(
                "SELECT * FROM payment WHERE biller = ? AND account_no = ? AND amount_fen = ? AND status = 'confirmed'"
                " ORDER BY serial DESC",
                (biller, account_no, amount_fen),
            ).fetchone()
            return None if row is None else _payment(row)

    def reverse(self, biller: str, our_no: str) -> str:
        """Reverse a payment of the current business date and open its bill again; return "" or why not.

        Reversing a reversed payment is answered as done. A top-up has already reached the handset and cannot go back.
        """
        moment = self._now()
        with self.transaction() as db:
            row = self._find(db, biller, our_no)
            if row is None:
                return "E11 没有这笔缴费"
            if row["status"] == "reversed":
                return ""
            if row["status"] == "declined":
                return "E12 原缴费未成功"
            if self._is_prepaid(db, biller):
                return "E13 充值已到账, 不能冲正"
            if date.fromisoformat(row["business_date"]) != business_date_of(moment):
                return "E14 已日切, 不能冲正"
            db.execute(
                "UPDATE payment SET status = 'reversed', reversed_at = ? WHERE biller = ? AND our_no = ?",
                (moment.isoformat(), biller, our_no),
            )
            db.execute("UPDATE bill SET paid_by = NULL WHERE biller = ? AND paid_by = ?", (biller, our_no))
            return ""

    def payments(self, biller: str, business_date: date | None = None) -> tuple[Payment, ...]:
        """Return the biller's payments (of one business date) in the order of booking, declined ones first."""
        wanted = business_date.isoformat() if business_date else "%"
        with self.transaction() as db:
            rows = db.execute(
                "SELECT * FROM payment WHERE biller = ? AND business_date LIKE ? ORDER BY serial, our_no",
                (biller, wanted),
            )
            return tuple(_payment(row) for row in rows)

    def totals(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return `{biller: {date: {count, amount_fen, reversed_count, reversed_fen, declined_count}}}`.

        `count` and `amount_fen` are the payments that stand; reversed and declined ones are apart.
        """
        result: dict[str, dict[str, dict[str, int]]] = {code: {} for code in self.biller_codes()}
        with self.transaction() as db:
            rows = db.execute(
                "SELECT biller, business_date, SUM(status = 'confirmed') AS count,"
                " SUM(CASE status WHEN 'confirmed' THEN amount_fen ELSE 0 END) AS amount_fen,"
                " SUM(status = 'reversed') AS reversed_count,"
                " SUM(CASE status WHEN 'reversed' THEN amount_fen ELSE 0 END) AS reversed_fen,"
                " SUM(status = 'declined') AS declined_count"
                " FROM payment GROUP BY biller, business_date ORDER BY biller, business_date"
            )
            for row in rows:
                result[row["biller"]][row["business_date"]] = {name: row[name] for name in row.keys()[2:]}
        return result

    def setting(self, name: str, default: str) -> str:
        """Return a stored setting of the simulator itself (its clock offset)."""
        with self.transaction() as db:
            row = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
            return default if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Store a setting so that it survives a restart."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?)", (name, value))

    @staticmethod
    def _find(db: sqlite3.Connection, biller: str, our_no: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM payment WHERE biller = ? AND our_no = ?", (biller, our_no)
        ).fetchone()
        return row

    @staticmethod
    def _is_prepaid(db: sqlite3.Connection, biller: str) -> bool:
        return bool(db.execute("SELECT prepaid FROM biller WHERE code = ?", (biller,)).fetchone()[0])

    def _choose_bill(self, db: sqlite3.Connection, biller: str, request: PaymentRequest) -> tuple[str, str]:
        """Return (bill to settle, reason to decline); exactly one of both is empty, or both for a top-up."""
        account = (biller, request.account_no)
        if db.execute("SELECT 1 FROM account WHERE biller = ? AND account_no = ?", account).fetchone() is None:
            return "", "E01 户号不存在"
        if self._is_prepaid(db, biller):
            return "", "" if request.amount_fen <= PREPAID_LIMIT_FEN else "E05 超过单笔充值上限"
        if not request.bill_no:
            oldest = db.execute(
                "SELECT bill_no FROM bill WHERE biller = ? AND account_no = ? AND paid_by IS NULL AND amount_fen = ?"
                " ORDER BY period, bill_no",
                (*account, request.amount_fen),
            ).fetchone()
            return (oldest["bill_no"], "") if oldest else ("", "E06 没有这个金额的欠费")
        bill = db.execute(
            "SELECT amount_fen, paid_by FROM bill WHERE biller = ? AND account_no = ? AND bill_no = ?",
            (*account, request.bill_no),
        ).fetchone()
        if bill is None:
            return "", "E02 账单不存在"
        if bill["paid_by"] is not None:
            return "", "E03 账单已缴"
        if bill["amount_fen"] != request.amount_fen:
            return "", "E04 金额与账单不符"
        return request.bill_no, ""

    def _book(self, db: sqlite3.Connection, biller: str, request: PaymentRequest, bill_no: str, reason: str) -> Payment:
        moment = self._now()
        business_date = business_date_of(moment)
        serial = biller_no = None
        if not reason:
            serial = db.execute(
                "SELECT COALESCE(MAX(serial), 0) + 1 FROM payment WHERE biller = ?", (biller,)
            ).fetchone()[0]
            biller_no = f"{biller}{business_date:%Y%m%d}{serial:08d}"
            if bill_no:
                db.execute(
                    "UPDATE bill SET paid_by = ? WHERE biller = ? AND bill_no = ?", (request.our_no, biller, bill_no)
                )
        db.execute(
            "INSERT INTO payment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                biller,
                request.our_no,
                serial,
                biller_no,
                request.account_no,
                request.bill_no,
                bill_no,
                request.amount_fen,
                "declined" if reason else "confirmed",
                reason,
                moment.astimezone(UTC).isoformat(timespec="seconds"),
                business_date.isoformat(),
            ),
        )
        key = (biller, request.our_no)
        return _payment(db.execute("SELECT * FROM payment WHERE biller = ? AND our_no = ?", key).fetchone())


class _Transaction:
    """`BEGIN IMMEDIATE` … `COMMIT`, nested entries join the outer one (the lock is re-entrant)."""

    def __init__(self, lock: threading.RLock, db: sqlite3.Connection) -> None:
        self._lock, self._db, self._outermost = lock, db, False

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        self._outermost = not self._db.in_transaction
        if self._outermost:
            self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if self._outermost:
                self._db.execute("COMMIT" if kind is None else "ROLLBACK")
        finally:
            self._lock.release()
