"""Payments as rows: one column a field, and back."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from station_journal.posting import CashStatus, Payment, PaymentStatus
from station_journal.subject import calendar_day
from station_pos.store.database import row, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

NAMES = tuple(field.name for field in fields(Payment))
COLUMNS = ", ".join(NAMES)
SELECT = f"SELECT {COLUMNS} FROM payments"  # noqa: S608  fixed names
_RECORDED_AT = NAMES.index("recorded_at")
_BUSINESS_DATE = NAMES.index("business_date")
_OFFLINE = NAMES.index("offline")
_STATUS = NAMES.index("status")
_CASH = NAMES.index("cash")
# What was taken stays as it was taken; everything else of a payment may change.
_FIXED = frozenset(
    {
        "seq",
        "operation_no",
        "recorded_at",
        "business_date",
        "operator_no",
        "product_code",
        "biller_code",
        "account_no",
        "bill_no",
        "bill_period",
        "payer_name",
        "amount_fen",
        "fee_fen",
        "tendered_fen",
        "offline",
        "source_seq",
    }
)
_CHANGING = tuple(name for name in NAMES if name not in _FIXED)
INSERT = f"INSERT INTO payments ({COLUMNS}, tariff_hash) VALUES ({', '.join('?' * (len(NAMES) + 1))})"  # noqa: S608
UPDATE = f"UPDATE payments SET {', '.join(f'{name}=?' for name in _CHANGING)} WHERE seq=?"  # noqa: S608
_CHANGING_AT = tuple(NAMES.index(name) for name in (*_CHANGING, "seq"))


def to_row(payment: Payment) -> tuple[Any, ...]:
    """Give a payment's columns in the order of its fields."""
    values: list[Any] = [getattr(payment, name) for name in NAMES]
    values[_RECORDED_AT] = int(payment.recorded_at.timestamp())
    values[_BUSINESS_DATE] = payment.business_date.isoformat()
    for at in (_OFFLINE, _STATUS, _CASH):
        values[at] = int(values[at])
    return tuple(values)


def changes(payment: Payment) -> tuple[Any, ...]:
    """Give the parameters of ``UPDATE``."""
    values = to_row(payment)
    return tuple(values[at] for at in _CHANGING_AT)


def offline_used(connection: Connection, product_code: int, after_seq: int) -> tuple[int, int]:
    """Count offline payments of a product after a station record, and add up their amounts in fen.

    Those from before it that the biller has not answered yet count too: the allowance bounds what may still be
    refused, and a line that comes back for a moment must not renew it.
    """
    # Two ranges, each found by its index: with one condition over both, every sale would read the whole table.
    found = row(
        connection,
        """SELECT count(*), ifnull(sum(amount_fen), 0) FROM (
               SELECT amount_fen FROM payments WHERE seq>?1 AND product_code=?2 AND offline=1
               UNION ALL
               SELECT amount_fen FROM payments WHERE status=1 AND seq<=?1 AND product_code=?2 AND offline=1)""",
        (after_seq, product_code),
    )
    return int(found[0]), int(found[1])


def paid_before(connection: Connection, product_code: int, account_no: str, day: date) -> bool:
    """Tell whether a payment of this account on a business date before ``day`` stands."""
    found = row(
        connection,
        "SELECT 1 FROM payments WHERE account_no=? AND product_code=? AND status IN (1, 2) AND business_date<? LIMIT 1",
        (account_no, product_code, day.isoformat()),
    )
    return found is not None


def sold_since(connection: Connection, moment: datetime) -> tuple[Payment, ...]:
    """List the payments taken after a moment that were neither declined nor reversed, oldest first."""
    # A payment carries the date it was taken on, or after the cut-off the next one: the index finds those days.
    day = calendar_day(moment).isoformat()
    condition = "business_date>=? AND recorded_at>? AND status IN (1, 2) ORDER BY seq"
    return tuple(map(from_row, rows(connection, f"{SELECT} WHERE {condition}", (day, int(moment.timestamp())))))


def from_row(found: Sequence[Any]) -> Payment:
    """Read a payment from its columns."""
    values = list(found)
    values[_RECORDED_AT] = datetime.fromtimestamp(values[_RECORDED_AT], UTC)
    values[_BUSINESS_DATE] = date.fromisoformat(values[_BUSINESS_DATE])
    values[_OFFLINE] = bool(values[_OFFLINE])
    values[_STATUS] = PaymentStatus(values[_STATUS])
    values[_CASH] = CashStatus(values[_CASH])
    return Payment(*values)
