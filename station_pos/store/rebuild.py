"""Projections made again from both journals, and the check that those at hand are equal to what the journals say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from station_journal.balances import Books
from station_journal.codec import UnreadableRecordError, decode
from station_journal.parcel import Parcel
from station_journal.posting import NotComputableError
from station_journal.records import RULES_VERSION, ClockConfirmed, Record, Side
from station_journal.rules import SUBJECT_CLASSES
from station_journal.rules.withdrawal import Withdrawal
from station_journal.seal import Position, next_digest
from station_journal.subject import layouts_number
from station_pos.store import drawer_rows, journal, payment_rows, schema, subject_rows
from station_pos.store.database import row, rows, run, run_many
from station_pos.store.projections import Marker, keep_balances, read_marker, write_marker
from station_pos.store.side_facts import statements_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from station_journal.effects import Effects
    from station_journal.tariff import Tariff
    from station_pos.store.journal import Entry


class _TariffMap(dict[bytes, "Tariff"]):
    """Tariffs looked up when the fold asks for them."""

    def __init__(self, tariff_of: Callable[[bytes], Tariff | None]) -> None:
        super().__init__()
        self._tariff_of = tariff_of

    def get(self, key: bytes, default: Any = None) -> Any:  # noqa: ANN401  the signature of dict.get
        found = self._tariff_of(key)
        return default if found is None else found


@dataclass(slots=True)
class _Fold:
    """The fold of both journals as far as it can be computed."""

    books: Books
    tariff_of_payment: dict[int, bytes]
    heads: dict[Side, Entry | None]
    first_date: str = ""
    clock_confirmed: str = ""
    blocked: NotComputableError | None = None


def _records(connection: Connection, side: Side) -> Iterator[tuple[Entry, Record]]:
    """Verify and decode a journal in order.

    Raises:
        NotComputableError: at the first record that is damaged, missing or of an unknown kind.
    """
    starts = {given.epoch: given.start() for given, _ in journal.certificates(connection, side)}
    before = Position(0, 0, b"")
    for entry in journal.entries(connection, side):
        if entry.seq != before.seq + 1:
            raise NotComputableError(side, before.seq + 1, "the record is missing")
        if entry.epoch != before.epoch:
            if entry.epoch not in starts:
                raise NotComputableError(side, entry.seq, f"epoch {entry.epoch} has no certificate")
            before = starts[entry.epoch]
        if next_digest(before.digest, entry.data) != entry.digest:
            raise NotComputableError(side, entry.seq, "the bytes are not those that were recorded")
        try:
            record = decode(entry.data, side)
        except UnreadableRecordError as error:
            raise NotComputableError(side, entry.seq, str(error)) from error
        yield entry, record
        before = Position(entry.epoch, entry.seq, entry.digest)


class _Pulled:
    """A journal with its next record looked at; trouble with it counts only when its turn has come."""

    def __init__(self, records: Iterator[tuple[Entry, Record]]) -> None:
        self._records = records
        self.seq = 0
        self._next: tuple[Entry, Record] | None = None
        self._trouble: NotComputableError | None = None
        self._pull()

    def _pull(self) -> None:
        try:
            self._next = next(self._records, None)
            self.seq = self._next[0].seq if self._next else 0
        except NotComputableError as error:
            self._next, self._trouble, self.seq = None, error, error.seq

    def take(self) -> tuple[Entry, Record]:
        """Give the record and look at the one after it; only while ``seq`` is not 0."""
        if self._next is None:
            raise self._trouble or StopIteration
        taken = self._next
        self._pull()
        return taken


def _merged(connection: Connection) -> Iterator[tuple[Side, Entry, Record]]:
    """Give both journals in their one order: HQ's records before the station record that had seen them."""
    waiting = _Pulled(_records(connection, Side.HQ))
    for entry, record in _records(connection, Side.STATION):
        while 0 < waiting.seq <= record.seen_seq:
            yield Side.HQ, *waiting.take()
        yield Side.STATION, entry, record
    while waiting.seq:
        yield Side.HQ, *waiting.take()


def _fold(
    connection: Connection,
    tariff_of: Callable[[bytes], Tariff | None],
    note: Callable[[Side, int, Record, Effects], None],
) -> _Fold:
    fold = _Fold(Books(_TariffMap(tariff_of)), {}, {Side.STATION: None, Side.HQ: None})
    try:
        for side, entry, record in _merged(connection):
            if side is Side.STATION and record.seen_seq > fold.books.seqs[Side.HQ]:
                reason = f"HQ's record {record.seen_seq}, which it had seen, is not here"
                raise NotComputableError(side, entry.seq, reason)  # noqa: TRY301
            effects = fold.books.apply(side, entry.seq, record)
            for payment in effects.payments:
                if payment.seq == entry.seq and side is Side.STATION:
                    fold.tariff_of_payment.setdefault(payment.seq, fold.books.standing().tariff_hash)
            fold.heads[side] = entry
            note(side, entry.seq, record, effects)
            if side is Side.STATION:
                fold.first_date = fold.first_date or record.business_date.isoformat()
                if isinstance(record.fact, ClockConfirmed):
                    fold.clock_confirmed = record.fact.confirmed_date.isoformat()
    except NotComputableError as error:
        fold.blocked = error
    return fold


def rebuild(connection: Connection, tariff_of: Callable[[bytes], Tariff | None]) -> Marker:
    """Drop every projection and derive it again, inside the caller's transaction; gives the new marker.

    Where a record cannot be computed the fold stops there and the marker says so; figures are then those before it.
    """
    for table in schema.RETIRED:
        run(connection, f"DROP TABLE IF EXISTS {table}")
    for table, statements in schema.PROJECTIONS.items():
        run(connection, f"DROP TABLE IF EXISTS {table}")
        for sql in statements:
            run(connection, sql)

    def note(side: Side, seq: int, record: Record, effects: Effects) -> None:
        if side is Side.STATION:
            drawer_rows.keep(connection, seq, record, effects)
        for sql, parameters in statements_of(seq, record):
            run(connection, sql, parameters)

    fold = _fold(connection, tariff_of, note)
    keep_balances(connection, fold.books.balances)
    values = [
        (*payment_rows.to_row(payment), fold.tariff_of_payment.get(payment.seq, b""))
        for payment in fold.books.payments.values()
    ]
    if values:
        run_many(connection, payment_rows.INSERT, values)
    for subject in fold.books.subjects.values():
        subject_rows.keep(connection, subject)
    station, hq = fold.heads[Side.STATION], fold.heads[Side.HQ]
    marker = Marker(
        rules_number(),
        station.seq if station else 0,
        station.digest if station else b"",
        hq.seq if hq else 0,
        hq.digest if hq else b"",
        len(values),
        sum(fold.books.balances.values()),
        len(fold.books.subjects),
        fold.first_date,
        fold.clock_confirmed,
    ).with_standing(fold.books.standing())
    if fold.blocked:
        stopped = fold.blocked
        marker = marker._replace(
            blocked_side=stopped.side.value, blocked_seq=stopped.seq, blocked_reason=stopped.reason
        )
    write_marker(connection, marker)
    return marker


@cache
def rules_number() -> int:
    """Number the posting rules together with the layouts of subjects: rows of another program are made again."""
    return (RULES_VERSION << 48) | layouts_number(SUBJECT_CLASSES.values())


def is_current(connection: Connection) -> bool:
    """Tell whether the projections are those of the journals' heads, so that nothing has to be derived again."""
    if not _all_tables(connection):
        return False
    marker = read_marker(connection)
    if marker is None or marker.rules != rules_number() or marker.blocked_reason:
        return False
    if _counted(connection) != (marker.payments, marker.balances_fen, marker.subjects) or not _lists_whole(connection):
        return False
    for side, seq, digest in (
        (Side.STATION, marker.station_seq, marker.station_digest),
        (Side.HQ, marker.hq_seq, marker.hq_digest),
    ):
        last = row(connection, "SELECT seq, digest FROM journal WHERE side=? ORDER BY seq DESC LIMIT 1", (side.value,))
        if (seq, digest) != (0, b"") if last is None else (last[0], last[1]) != (seq, digest):
            return False
    return True


def _counted(connection: Connection) -> tuple[int, ...]:
    """Count payments, add up the balances and count subjects: what a lost row shows in."""
    found = row(
        connection,
        """SELECT (SELECT count(*) FROM payments), (SELECT ifnull(sum(balance_fen), 0) FROM balances),
                  (SELECT count(*) FROM subjects)""",
    )
    return tuple(int(number) for number in found)


def _lists_whole(connection: Connection) -> bool:
    """Tell whether the lists of parcels and withdrawals have a row for each of their subjects.

    A pickup code without its row needs no look: whether it is free is decided by its subject.
    """
    found = row(
        connection,
        """SELECT (SELECT count(*) FROM parcels) = (SELECT count(*) FROM subjects WHERE kind=?)
            AND (SELECT count(*) FROM withdrawals) = (SELECT count(*) FROM subjects WHERE kind=?)""",
        (Parcel.SUBJECT, Withdrawal.SUBJECT),
    )
    return bool(found[0])


def _all_tables(connection: Connection) -> bool:
    """Tell whether every derived table is there and made as this version makes it."""
    found = dict(rows(connection, "SELECT name, sql FROM sqlite_master WHERE type='table'"))
    return all(found.get(table) == statements[0] for table, statements in schema.PROJECTIONS.items())


def snapshot(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Give every projection's rows in a fixed order, for comparing."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    present = {name for (name,) in rows(connection, "SELECT name FROM sqlite_master WHERE type='table'")}
    for table in present & set(schema.PROJECTIONS):
        kept = [tuple(values) for values in rows(connection, f"SELECT * FROM {table}")]  # noqa: S608
        # A balance that came back to zero may have a row or none: both mean zero.
        found[table] = sorted(values for values in kept if table != "balances" or values[2])
    return found
