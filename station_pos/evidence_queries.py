"""What the evidence screen and its packets read: outages with both ends, a job's records, what became of its paper."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from station_journal.balances import merge_order
from station_journal.codec import UnreadableRecordError, decode
from station_journal.records import Equipment, Side
from station_journal.rules.integrity import LAST_CHECK, LastCheck
from station_pos.services.evidence import OutageRow
from station_pos.store import journal, side_facts, subject_rows
from station_pos.store.database import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from station_journal.records import Record


def outages(connection: Connection, since: datetime, until: datetime | None = None) -> tuple[OutageRow, ...]:
    """List outages that lasted at or after a moment and had begun by another, oldest first; none is left out."""
    first = int(since.timestamp())
    last = 2**62 if until is None else int(until.timestamp())
    # Of those that began before, only each equipment's last one can still have lasted.
    found = rows(
        connection,
        """SELECT equipment, opened_at, closed_seq FROM outages WHERE opened_at<=?2 AND (opened_at>=?1 OR opened_seq IN
           (SELECT max(opened_seq) FROM outages WHERE opened_at<?1 GROUP BY equipment)) ORDER BY opened_seq""",
        (first, last),
    )
    listed = []
    for equipment, opened_at, closed_seq in found:
        closed_at = _made_at(connection, closed_seq) if closed_seq else None
        if closed_at is None or closed_at >= since:
            listed.append(OutageRow(Equipment(equipment), datetime.fromtimestamp(opened_at, UTC), closed_at))
    return tuple(listed)


def of_job(connection: Connection, first_seq: int) -> tuple[tuple[Side, int, Record], ...]:
    """List the records of both journals about the payment or withdrawal that a record began, in their one order.

    Copies of its papers among them. What cannot be read is left out: it stops the books, and that is shown elsewhere.
    """
    begun = journal.record_of(connection, Side.STATION, first_seq)
    if begun is None:
        return ()
    own = {first_seq: begun}
    for seq, record in _readable(connection, Side.STATION, first_seq):
        if _about(record, first_seq) or getattr(record.fact, "of_seq", 0) in own:
            own[seq] = record
    answers = [
        (seq, record) for seq, record in _readable(connection, Side.HQ, begun.seen_seq) if _about(record, first_seq)
    ]
    return tuple(merge_order(list(own.items()), answers))


def alone(connection: Connection, side_letter: str, seq: int) -> tuple[tuple[Side, int, Record], ...]:
    """Give one record of either journal; nothing where it cannot be read."""
    side = Side(side_letter)
    record = journal.record_of(connection, side, seq)
    return () if record is None else ((side, seq, record),)


def issuing(connection: Connection, seqs: Iterable[int]) -> tuple[int, ...]:
    """Give those of some station records that issued a paper, in order."""
    asked = "SELECT seq FROM issued_papers WHERE seq=?"
    return tuple(seq for seq in sorted(seqs) if rows(connection, asked, (seq,)))


def names(connection: Connection) -> dict[Side, dict[int, str]]:
    """Give the names of operators and of HQ's staff by number."""
    return side_facts.names_of_people(connection)


def _readable(connection: Connection, side: Side, after_seq: int) -> Iterator[tuple[int, Record]]:
    for entry in journal.entries(connection, side, after_seq):
        with suppress(UnreadableRecordError):
            yield entry.seq, decode(entry.data, side)


def _about(record: Record, seq: int) -> bool:
    return seq in {getattr(record.fact, name, 0) for name in ("payment_seq", "withdrawal_seq")}


def paper_of(connection: Connection, payment_seq: int) -> tuple[tuple[str, int, datetime, str, str], ...]:
    """List what was sent to the printer for a payment: title, number of the copy, when, what became of it, why."""
    asked = "SELECT title, copy_no, queued_at, state, reason FROM print_jobs WHERE payment_seq=? ORDER BY job_no"
    return tuple(
        (title, copy_no, datetime.fromtimestamp(queued_at, UTC), state, reason)
        for title, copy_no, queued_at, state, reason in rows(connection, asked, (payment_seq,))
    )


def _made_at(connection: Connection, seq: int) -> datetime | None:
    record = journal.record_of(connection, Side.STATION, seq)
    return None if record is None else record.recorded_at


def last_check(connection: Connection) -> LastCheck | None:
    """Read what HQ's last nightly check of this station found; None before the first."""
    found = subject_rows.find(connection, LAST_CHECK)
    return found if isinstance(found, LastCheck) else None


def station_record(connection: Connection, seq: int) -> Record | None:
    """Read one of the station's own records; None where there is none that can be read."""
    return journal.record_of(connection, Side.STATION, seq)


def station_records(connection: Connection, limit: int) -> Iterator[tuple[int, Record]]:
    """Read the newest of the station's own records, newest first; what cannot be read is left out."""
    found = rows(connection, "SELECT seq, bytes FROM journal WHERE side='S' ORDER BY seq DESC LIMIT ?", (limit,))
    for seq, data in found:
        with suppress(UnreadableRecordError):
            yield seq, decode(data, Side.STATION)
