"""What is read of the drawer: its periods, its entries with what the causes ask for, closes and pouches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from station_journal.facts.cash import CashMoved, FloatCounted
from station_journal.posting import CashStatus, PaymentStatus
from station_journal.records import BillPaymentTaken, CashReturned
from station_journal.rules.cash import CashBook, CashCount, ZStatement
from station_journal.rules.pouches import IncomingPouch, OutgoingPouch, PouchState
from station_journal.subject import SubjectKey, from_row_bytes
from station_pos.commands.cash_causes import DrawerEntry, EntryType, OpenItem
from station_pos.store import drawer_rows, payment_rows, subject_rows
from station_pos.store.database import row, rows
from station_pos.store.drawer_rows import DrawerRow as DrawerRow  # noqa: PLC0414, TC001 - a row of what is read here

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from station_journal.posting import Payment

ENTRIES_MAX = 5_000
"""More entries than this in one period are looked at from the newest; a peak day has some hundreds."""
_KINDS = {
    BillPaymentTaken.KIND: EntryType.BILL,
    CashReturned.KIND: EntryType.RETURN,
    FloatCounted.KIND: EntryType.MOVE,
    CashMoved.KIND: EntryType.MOVE,
}
_OPEN_PAYMENTS = "(status=1 AND offline=0) OR (status IN (3, 4) AND cash=1)"


def book(connection: Connection) -> CashBook:
    """Give where the drawer stands in its periods."""
    found = subject_rows.find(connection, CashBook().place)
    return found if isinstance(found, CashBook) else CashBook()


def count(connection: Connection, seq: int) -> CashCount | None:
    """Find a count by its record."""
    found = row(connection, "SELECT data FROM subjects WHERE kind=? AND key=?", (CashCount.SUBJECT, str(seq)))
    return None if found is None else from_row_bytes(CashCount, found[0])


def counts_after(connection: Connection, after_seq: int) -> tuple[CashCount, ...]:
    """List the counts made above a record, oldest first."""
    found = rows(
        connection,
        "SELECT data FROM subjects WHERE kind=? AND CAST(key AS INTEGER)>? ORDER BY CAST(key AS INTEGER)",
        (CashCount.SUBJECT, after_seq),
    )
    return tuple(from_row_bytes(CashCount, data) for (data,) in found)


def closes(connection: Connection, limit: int) -> tuple[ZStatement, ...]:
    """List closes, newest first."""
    found = rows(
        connection, "SELECT data FROM subjects WHERE kind=? ORDER BY key DESC LIMIT ?", (ZStatement.SUBJECT, limit)
    )
    return tuple(from_row_bytes(ZStatement, data) for (data,) in found)


def outgoing_under_way(connection: Connection) -> tuple[OutgoingPouch, ...]:
    """List pouches to the branch that it has not received, by label."""
    return subject_rows.in_states(connection, OutgoingPouch, PouchState.UNDER_WAY)


def incoming_under_way(connection: Connection) -> tuple[IncomingPouch, ...]:
    """List pouches from the branch that were not accepted, by label."""
    return subject_rows.in_states(connection, IncomingPouch, PouchState.UNDER_WAY)


def pouch(connection: Connection, label: str) -> OutgoingPouch | IncomingPouch | None:
    """Find a pouch of either direction; one from the branch first."""
    for kind in (IncomingPouch.SUBJECT, OutgoingPouch.SUBJECT):
        found = subject_rows.find(connection, SubjectKey(kind, label))
        if isinstance(found, IncomingPouch | OutgoingPouch):
            return found
    return None


def entries_for_causes(connection: Connection, after_seq: int, cut_seq: int) -> tuple[DrawerEntry, ...]:
    """List a period's entries as the causes see them, and what still waits from before it."""
    moved = moved_between(connection, after_seq, cut_seq)
    payments = payments_of(connection, [one.seq for one in moved])
    again = _printed_again(connection)
    made = [_entry(one, payments.get(one.seq), again) for one in moved]
    waiting = rows(
        connection,
        f"{payment_rows.SELECT} WHERE seq<=? AND ({_OPEN_PAYMENTS}) ORDER BY seq",
        (after_seq,),
    )
    earlier = (payment_rows.from_row(values) for values in waiting)
    return (*(_waiting(payment) for payment in earlier), *made)


def moved_between(connection: Connection, after_seq: int, cut_seq: int) -> tuple[DrawerRow, ...]:
    """List what moved the drawer above ``after_seq`` up to ``cut_seq``, oldest first, closes left out."""
    return drawer_rows.entries(connection, after_seq, cut_seq, ENTRIES_MAX)


def moved_by(connection: Connection, seqs: list[int]) -> tuple[DrawerRow, ...]:
    """Say what some records did to the drawer."""
    return tuple(one for seq in seqs for one in drawer_rows.entries(connection, seq - 1, seq, 1))


def payments_of(connection: Connection, seqs: list[int]) -> dict[int, Payment]:
    """Find the payments that some records took."""
    if not seqs:
        return {}
    low, high, wanted = min(seqs), max(seqs), set(seqs)
    found = rows(connection, f"{payment_rows.SELECT} WHERE seq BETWEEN ? AND ?", (low, high))
    payments = (payment_rows.from_row(values) for values in found)
    return {payment.seq: payment for payment in payments if payment.seq in wanted}


def _printed_again(connection: Connection) -> dict[int, int]:
    """Count copies by the payment and by the record of the slip, and papers that somebody had to look for."""
    copied = rows(connection, "SELECT seq, payment_seq, copies FROM issued_papers WHERE copies>0")
    found: dict[int, int] = {}
    for seq, payment_seq, copies in copied:
        for about in {seq, payment_seq} - {0}:
            found[about] = found.get(about, 0) + copies
    doubtful = rows(
        connection, "SELECT payment_seq FROM print_jobs WHERE payment_seq>0 AND (state='doubtful' OR reason<>'')"
    )
    for (payment_seq,) in doubtful:
        found[payment_seq] = found.get(payment_seq, 0) + 1
    return found


def _entry(moved: DrawerRow, payment: Payment | None, again: dict[int, int]) -> DrawerEntry:
    return DrawerEntry(
        seq=moved.seq,
        kind=_KINDS.get(moved.kind, EntryType.OTHER),
        at=datetime.fromtimestamp(moved.recorded_at, UTC),
        change_fen=moved.change_fen,
        tendered_fen=payment.tendered_fen if payment else 0,
        typed=payment is None or not payment.bill_no,
        reprints=again.get(moved.seq, 0),
        waits=_waits(payment) if payment else OpenItem.NOTHING,
    )


def _waits(payment: Payment) -> OpenItem:
    if payment.status is PaymentStatus.HELD and not payment.offline:
        return OpenItem.RESULT
    due = payment.status in {PaymentStatus.DECLINED, PaymentStatus.REVERSED} and payment.cash is CashStatus.CUSTOMERS
    return OpenItem.CASH_DUE if due else OpenItem.NOTHING


def _waiting(payment: Payment) -> DrawerEntry:
    return DrawerEntry(
        seq=payment.seq,
        kind=EntryType.BILL,
        at=payment.recorded_at,
        change_fen=payment.total_fen,
        tendered_fen=payment.tendered_fen,
        waits=_waits(payment),
        in_period=False,
    )
