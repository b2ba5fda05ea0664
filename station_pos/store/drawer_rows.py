"""What each station record did to the drawer, as rows: the movements that explain its balance, period by period."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from station_journal.accounts import Account
from station_journal.facts.cash import CashLine, DayClosed, ServiceCash
from station_journal.posting import PaymentStatus
from station_journal.records import BillPaymentTaken
from station_pos.commands.view import DrawerPeriod
from station_pos.store import withdrawal_rows
from station_pos.store.database import row, rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from station_journal.effects import Effects
    from station_journal.records import Record

# A close puts the drawer right for the period before; it is no movement of the next one.
_IN_PERIOD = f"seq>? AND seq<=? AND kind<>{DayClosed.KIND}"


class DrawerRow(NamedTuple):
    """One record's effect on the drawer: number, kind, UTC seconds, fen in (above zero) or out."""

    seq: int
    kind: int
    recorded_at: int
    change_fen: int


def keep(connection: Connection, seq: int, record: Record, effects: Effects) -> None:
    """Write what a station record did to the drawer; nothing for a record that left it alone."""
    change_fen = 0
    for debit, credit, amount_fen in effects.postings:
        change_fen += amount_fen * ((debit.account is Account.DRAWER) - (credit.account is Account.DRAWER))
    if change_fen:
        recorded_at = int(record.recorded_at.timestamp())
        run(connection, "INSERT INTO drawer_rows VALUES (?, ?, ?, ?)", (seq, record.fact.KIND, recorded_at, change_fen))


def period(connection: Connection, after_seq: int, cut_seq: int) -> DrawerPeriod:
    """Add up what records above ``after_seq`` up to ``cut_seq`` did to the drawer, and count what has no result yet."""
    by_kind = rows(
        connection,
        f"""SELECT kind, count(*), sum(max(change_fen, 0)), sum(max(-change_fen, 0)) FROM drawer_rows
            WHERE {_IN_PERIOD} GROUP BY kind ORDER BY kind""",  # noqa: S608  a fixed condition
        (after_seq, cut_seq),
    )
    lines = tuple(CashLine(*values) for values in by_kind)
    services = rows(
        connection,
        """SELECT product_code, count(*), sum(change_fen) FROM drawer_rows JOIN payments USING (seq)
           WHERE seq>? AND seq<=? AND kind=? GROUP BY product_code ORDER BY product_code""",
        (after_seq, cut_seq, BillPaymentTaken.KIND),
    )
    held = row(connection, "SELECT count(*) FROM payments WHERE status=?", (PaymentStatus.HELD.value,))
    pending = int(held[0]) + withdrawal_rows.count_open(connection)
    return DrawerPeriod(lines, tuple(ServiceCash(*values) for values in services), pending)


def entries(connection: Connection, after_seq: int, cut_seq: int, limit: int) -> tuple[DrawerRow, ...]:
    """List what moved the drawer above ``after_seq`` up to ``cut_seq``, oldest first."""
    found = rows(
        connection,
        f"SELECT seq, kind, recorded_at, change_fen FROM drawer_rows WHERE {_IN_PERIOD} ORDER BY seq LIMIT ?",  # noqa: S608
        (after_seq, cut_seq, limit),
    )
    return tuple(DrawerRow(*values) for values in found)
