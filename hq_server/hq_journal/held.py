"""Both journals as HQ holds them: heads, digests, runs of bytes, and the seals that frames may end on. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from hq_server.db.journal_tables import journal_heads, journal_records, journal_seals
from hq_server.reference.stations import SignedCertificate, certificates
from station_journal.frame import FRAME_RECORDS_MAX, PAYLOAD_BYTES_MAX, pack_frame
from station_journal.seal import Certificate, Position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from station_journal.side import Side

NEWS_CHANNEL = "hq_news"
"""PostgreSQL channel that is told the station code when HQ's journal for it has grown."""
WORK_CHANNEL = "hq_work"
"""PostgreSQL channel that is told when a journal has grown and the stages have something to do."""
_HEAD = select(journal_heads.c.epoch, journal_heads.c.seq, journal_heads.c.digest).where(
    journal_heads.c.station_code == bindparam("code"), journal_heads.c.side == bindparam("of")
)
_LOCKED_HEAD = _HEAD.with_for_update()
_PREFIX_BYTES_MAX = 5  # length prefix of a record in a frame, and a little air


def held_head(connection: Connection, station_code: str, side: Side, *, lock: bool = False) -> Position | None:
    """Give the head of a journal as HQ holds it; None before the station is approved. ``lock`` holds others off it."""
    row = connection.execute(_LOCKED_HEAD if lock else _HEAD, {"code": station_code, "of": side.value}).one_or_none()
    return None if row is None else Position(*row)


@dataclass(frozen=True, slots=True)
class HeldJournal:
    """One journal of a station as HQ holds it, with the certificates of all its epochs."""

    station_code: str
    side: Side
    epochs: tuple[Certificate, ...]

    @classmethod
    def open(cls, connection: Connection, station_code: str, side: Side) -> HeldJournal:
        """Read the certificates of one journal."""
        signed: list[SignedCertificate] = [item for item in certificates(connection, station_code) if item.side is side]
        return cls(station_code, side, tuple(item.read() for item in signed))

    def certificate(self, epoch: int) -> Certificate | None:
        """Give the certificate of an epoch; epochs are counted from one without a gap."""
        return self.epochs[epoch - 1] if 0 < epoch <= len(self.epochs) else None

    def epoch_of(self, seq: int) -> Certificate:
        """Give the certificate of the epoch that record ``seq`` belongs or will belong to."""
        return next(item for item in reversed(self.epochs) if item.prior_seq < seq)

    def position_before(self, connection: Connection, seq: int) -> Position | None:
        """Give the position that record ``seq`` follows, in the epoch of that record; None if it is not held."""
        certificate = self.epoch_of(seq)
        if seq == certificate.prior_seq + 1:
            return certificate.start()
        digest = self.digest_at(connection, seq - 1)
        return None if digest is None else Position(certificate.epoch, seq - 1, digest)

    def position_in_epoch(self, connection: Connection, epoch: int, seq: int) -> Position | None:
        """Give the position after record ``seq`` as the writer of one epoch knows it; None if it is not held there."""
        certificate = self.certificate(epoch)
        if certificate is None or seq < certificate.prior_seq:
            return None
        if seq == certificate.prior_seq:
            return certificate.start()
        following = self.certificate(epoch + 1)
        if following is not None and seq > following.prior_seq:
            return None
        digest = self.digest_at(connection, seq)
        return None if digest is None else Position(epoch, seq, digest)

    def digests(self, connection: Connection, from_seq: int, to_seq: int) -> list[bytes]:
        """Give the stored digests after the records ``from_seq`` to ``to_seq``, as far as they are held."""
        table = journal_records.c
        query = select(table.digest).where(table.station_code == self.station_code, table.side == self.side.value)
        return list(connection.scalars(query.where(table.seq.between(from_seq, to_seq)).order_by(table.seq)))

    def digest_at(self, connection: Connection, seq: int) -> bytes | None:
        """Give the stored digest after record ``seq``; None if it is not held."""
        table = journal_records.c
        query = select(table.digest).where(table.station_code == self.station_code, table.side == self.side.value)
        return connection.scalar(query.where(table.seq == seq))

    def is_ancestor(self, connection: Connection, position: Position) -> bool:
        """Tell whether a stated position is one that this journal has passed or stands at.

        At the border of two epochs both digests name it. Before the first record there is nothing to differ in.
        """
        if position.seq == 0:
            return True
        if any(start == position for start in (certificate.start() for certificate in self.epochs)):
            return True
        return self.digest_at(connection, position.seq) == position.digest

    def frames(self, connection: Connection, after_seq: int, budget_bytes: int) -> tuple[bytes, ...]:
        """Pack what follows ``after_seq`` into frames that end on stored seals, up to a budget.

        At least one frame is given when there is anything, since nothing would ever arrive otherwise.
        """
        frames: list[bytes] = []
        left = budget_bytes
        for before, run, signature in self._runs(connection, after_seq):
            frame = pack_frame(self.side, before, run, signature)
            if frames and len(frame) > left:
                break
            frames.append(frame)
            left -= len(frame)
            if left <= 0:
                break
        return tuple(frames)

    def _runs(self, connection: Connection, after_seq: int) -> Iterator[tuple[Position, list[bytes], bytes]]:
        """Yield runs of whole sealed stretches, as long as a frame may be, within one epoch each."""
        at = after_seq
        while True:
            run = self._next_run(connection, at)
            if run is None:
                return
            before, stretch, signature = run
            yield before, stretch, signature
            at += len(stretch)

    def _next_run(self, connection: Connection, after_seq: int) -> tuple[Position, list[bytes], bytes] | None:
        before = self.position_before(connection, after_seq + 1)
        if before is None:
            return None
        seals, records = journal_seals.c, journal_records.c
        rows = connection.execute(
            select(records.seq, records.data, seals.signature)
            .select_from(
                journal_records.outerjoin(
                    journal_seals,
                    (seals.station_code == records.station_code)
                    & (seals.side == records.side)
                    & (seals.seq == records.seq),
                )
            )
            .where(records.station_code == self.station_code, records.side == self.side.value)
            .where(records.seq > after_seq, records.epoch == before.epoch)
            .order_by(records.seq)
            .limit(FRAME_RECORDS_MAX)
        ).all()
        run: list[bytes] = []
        size, sealed, signature = 0, 0, b""
        for row in rows:
            size += len(row.data) + _PREFIX_BYTES_MAX
            if size > PAYLOAD_BYTES_MAX:
                break
            run.append(row.data)
            if row.signature is not None:
                sealed, signature = len(run), row.signature
        return (before, run[:sealed], signature) if sealed else None
