"""Both journals as stored bytes: append, read, verify. Bytes are verified before anybody decodes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.codec import UnreadableRecordError, decode
from station_journal.seal import Certificate, Position, extend, next_digest
from station_journal.side import Side
from station_pos.store import database as db
from station_pos.store import queues
from station_pos.text import either

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from station_journal.records import Record

_RUN = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored record: its bytes as hashed, and the digest after it."""

    seq: int
    epoch: int
    data: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """What a check of a journal found at one record; ``day`` is its business date where it can be read, else empty."""

    side: Side
    seq: int
    day: str
    problem: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """How far HQ durably holds the station's journal, with HQ's countersignature."""

    held: Position
    signature: bytes


def head(connection: Connection, side: Side) -> Position | None:
    """Give how far a journal has got in its current epoch; None before enrolment."""
    start = current_start(connection, side)
    last = db.row(
        connection, "SELECT epoch, seq, digest FROM journal WHERE side=? ORDER BY seq DESC LIMIT 1", (side.value,)
    )
    if last is None or (start is not None and last[0] < start.epoch):
        return start
    return Position(*last)


def current_start(connection: Connection, side: Side) -> Position | None:
    """Give the position before the first record of the current epoch; None before enrolment."""
    found = certificate(connection, side)
    return None if found is None else found[0].start()


def certificate(connection: Connection, side: Side, epoch: int | None = None) -> tuple[Certificate, bytes] | None:
    """Give the certificate of an epoch (the current one if not named) with HQ's signature on it."""
    found = db.row(
        connection,
        "SELECT data, signature FROM certificates WHERE side=? AND epoch=ifnull(?, epoch) ORDER BY epoch DESC LIMIT 1",
        (side.value, epoch),
    )
    return None if found is None else (Certificate.from_bytes(found[0]), found[1])


def certificates(connection: Connection, side: Side) -> tuple[tuple[Certificate, bytes], ...]:
    """List the certificates of a journal, oldest epoch first, each with HQ's signature."""
    found = db.rows(connection, "SELECT data, signature FROM certificates WHERE side=? ORDER BY epoch", (side.value,))
    return tuple((Certificate.from_bytes(data), signature) for data, signature in found)


def keep_certificate(connection: Connection, given: Certificate, signature: bytes) -> None:
    """Store a certificate; an epoch that is already there stays as it is."""
    db.run(
        connection,
        "INSERT INTO certificates VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (given.side.value, given.epoch, given.to_bytes(), signature),
    )


def append(connection: Connection, side: Side, after: Position, data: bytes) -> None:
    """Append stored bytes; ``after`` is the position after them. A number that is taken is an error."""
    db.run(
        connection,
        "INSERT INTO journal (side, seq, epoch, bytes, digest) VALUES (?, ?, ?, ?, ?)",
        (side.value, after.seq, after.epoch, data, after.digest),
    )


def entry(connection: Connection, side: Side, seq: int) -> Entry | None:
    """Give one record as stored."""
    found = db.row(
        connection, "SELECT seq, epoch, bytes, digest FROM journal WHERE side=? AND seq=?", (side.value, seq)
    )
    return None if found is None else Entry(*found)


def record_of(connection: Connection, side: Side, seq: int) -> Record | None:
    """Give one record as it reads; None where it is not here or cannot be read."""
    found = entry(connection, side, seq)
    try:
        return None if found is None else decode(found.data, side)
    except UnreadableRecordError:
        return None


def run(connection: Connection, side: Side, after_seq: int, limit: int = _RUN) -> list[Entry]:
    """Give up to ``limit`` records that follow a number, in order."""
    found = db.rows(
        connection,
        "SELECT seq, epoch, bytes, digest FROM journal WHERE side=? AND seq>? ORDER BY seq LIMIT ?",
        (side.value, after_seq, limit),
    )
    return [Entry(*values) for values in found]


def entries(connection: Connection, side: Side, after_seq: int = 0) -> Iterator[Entry]:
    """Stream a journal in order, in constant memory."""
    while found := run(connection, side, after_seq):
        yield from found
        after_seq = found[-1].seq


def freeze_branch(connection: Connection, side: Side, after_seq: int) -> int:
    """Put records above a number aside, as the branch that a new epoch does not continue; gives how many.

    Papers of the station's records among them that wait to be printed are taken back.
    """
    if side is Side.STATION:
        queues.drop_above(connection, after_seq)
    moved = db.run(
        connection,
        """INSERT OR IGNORE INTO frozen_branch
           SELECT side, epoch, seq, bytes, digest FROM journal WHERE side=? AND seq>?""",
        (side.value, after_seq),
    ).rowcount
    db.run(connection, "DELETE FROM journal WHERE side=? AND seq>?", (side.value, after_seq))
    return moved


def acknowledgement(connection: Connection) -> Acknowledgement | None:
    """Give HQ's latest acknowledgement."""
    found = db.row(
        connection, "SELECT epoch, seq, digest, signature FROM acknowledgements ORDER BY epoch DESC, seq DESC LIMIT 1"
    )
    return None if found is None else Acknowledgement(Position(*found[:3]), found[3])


def keep_acknowledgement(connection: Connection, held: Position, signature: bytes) -> None:
    """Store an acknowledgement; an older one than is held already changes nothing."""
    db.run(
        connection,
        """INSERT INTO acknowledgements VALUES (?, ?, ?, ?) ON CONFLICT (epoch) DO UPDATE
           SET seq=excluded.seq, digest=excluded.digest, signature=excluded.signature WHERE excluded.seq > seq""",
        (*held, signature),
    )


def keep_seal(connection: Connection, side: Side, epoch: int, seq: int, signature: bytes) -> None:
    """Keep the writer's latest seal of an epoch, for exports."""
    db.run(connection, "INSERT OR REPLACE INTO seals VALUES (?, ?, ?, ?)", (side.value, epoch, seq, signature))


def seals(connection: Connection, side: Side) -> tuple[tuple[Position, bytes], ...]:
    """List the latest kept seal of each epoch, each over the position that the journal here has at its number."""
    found = db.rows(
        connection,
        """SELECT seals.epoch, seals.seq, digest, signature FROM seals JOIN journal USING (side, epoch, seq)
           WHERE side=? ORDER BY seals.epoch""",
        (side.value,),
    )
    return tuple((Position(*values[:3]), values[3]) for values in found)


def faults(connection: Connection, side: Side) -> Iterator[Fault]:
    """Check a whole journal, going on after a fault: numbers without gap, digests, certificates, records readable."""
    starts = {given.epoch: given.start() for given, _ in certificates(connection, side)}
    before: Position | None = None
    for found in entries(connection, side):
        if before is None or before.epoch != found.epoch:
            before = starts.get(found.epoch) or Position(found.epoch, found.seq - 1, b"")
            if found.epoch not in starts:
                what = either(f"第 {found.epoch} 期没有证书", f"epoch {found.epoch} has no certificate")
                yield Fault(side, found.seq, _day(found.data, side), what)
        if found.seq != before.seq + 1:
            first, count = before.seq + 1, found.seq - before.seq - 1
            gap = either(f"前面缺 {count} 条, 从第 {first} 条起", f"record {first} should come first: {count} missing")
            yield Fault(side, before.seq + 1, _day(found.data, side), gap)
        elif next_digest(before.digest, found.data) != found.digest:
            what = either("字节不是当时记下的", "the bytes are not those that were recorded")
            yield Fault(side, found.seq, _day(found.data, side), what)
        try:
            decode(found.data, side)
        except UnreadableRecordError as error:
            yield Fault(side, found.seq, "", either(f"读不出: {error}", str(error)))
        before = Position(found.epoch, found.seq, found.digest)


def _day(data: bytes, side: Side) -> str:
    try:
        return decode(data, side).business_date.isoformat()
    except UnreadableRecordError:
        return ""


def digests_after(before: Position, run: Sequence[bytes]) -> list[bytes]:
    """Give the digest after each record of a run that follows on a position."""
    return extend(before, run)
