"""The station's list of withdrawals: what is open, what a day had, and the terminal's last numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_journal.rules.withdrawal import OPEN_STATES, Withdrawal
from station_journal.subject import from_row_bytes
from station_pos.store.database import row, rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Connection

_OPEN = ", ".join(str(int(state)) for state in OPEN_STATES)
_FOUND = f"""SELECT s.data FROM withdrawals w
    JOIN subjects s ON s.kind={Withdrawal.SUBJECT} AND s.key=printf('%012d', w.seq)"""  # noqa: S608  numbers


def statements(withdrawal: Withdrawal) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    """Bring the list up to date with a withdrawal as it now stands."""
    values = (
        withdrawal.seq,
        withdrawal.operation_no,
        withdrawal.on_day.isoformat(),
        withdrawal.business_date.isoformat(),
        withdrawal.state_no,
        withdrawal.amount_fen,
        *withdrawal.last_numbers,
    )
    return (("INSERT OR REPLACE INTO withdrawals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values),)


def open_ones(connection: Connection) -> tuple[Withdrawal, ...]:
    """List the withdrawals with something still to do, oldest first."""
    return _read(rows(connection, f"{_FOUND} WHERE w.state IN ({_OPEN}) ORDER BY w.seq"))


def count_open(connection: Connection) -> int:
    """Count the withdrawals with something still to do."""
    return int(row(connection, f"SELECT count(*) FROM withdrawals WHERE state IN ({_OPEN})")[0])  # noqa: S608  numbers


def between(connection: Connection, first: date, last: date) -> tuple[Withdrawal, ...]:
    """List the withdrawals of some calendar days in Beijing's time, oldest first."""
    days = first.isoformat(), last.isoformat()
    return _read(rows(connection, f"{_FOUND} WHERE w.day BETWEEN ? AND ? ORDER BY w.seq", days))


def newest(connection: Connection, limit: int, before_seq: int | None = None) -> tuple[Withdrawal, ...]:
    """List withdrawals, newest first, from below ``before_seq``."""
    found = rows(
        connection, f"{_FOUND} WHERE w.seq<ifnull(?, w.seq+1) ORDER BY w.seq DESC LIMIT ?", (before_seq, limit)
    )
    return _read(found)


def of_operation(connection: Connection, operation_no: int) -> int:
    """Give the number of a counter job's withdrawal, 0 for none."""
    found = row(connection, "SELECT seq FROM withdrawals WHERE operation_no=?", (operation_no,))
    return 0 if found is None else int(found[0])


def last_numbers(connection: Connection) -> tuple[str, str]:
    """Give the receipt and trace number of the terminal's last transaction that the journal knows, empty for none."""
    found = row(
        connection,
        "SELECT receipt_no, trace_no FROM withdrawals WHERE told_seq>0 ORDER BY told_seq DESC LIMIT 1",
    )
    return ("", "") if found is None else (str(found[0]), str(found[1]))


def paid_on(connection: Connection, day: date) -> tuple[int, int]:
    """Count the withdrawals paid out on a business date, and add them up in fen."""
    found = row(
        connection,
        "SELECT count(*), ifnull(sum(amount_fen), 0) FROM withdrawals WHERE business_date=? AND state=5",
        (day.isoformat(),),
    )
    return int(found[0]), int(found[1])


def _read(found: Iterable[Any]) -> tuple[Withdrawal, ...]:
    return tuple(from_row_bytes(Withdrawal, data) for (data,) in found)
