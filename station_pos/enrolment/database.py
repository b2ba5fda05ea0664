"""Where an enrolment is kept: the station's database, which no register has open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.seal import Position
from station_journal.side import Side
from station_pos.register.epochs import Epoch, begin_epoch
from station_pos.register.register import READ_ONLY
from station_pos.store import journal, reference
from station_pos.store.database import row
from station_pos.store.reference import Profile
from station_pos.sync.wording import TEXT

if TYPE_CHECKING:
    from station_journal.seal import Certificate
    from station_pos.enrolment.approval import Approval
    from station_pos.store.database import Database
    from station_pos.sync.session import Run

_NOWHERE = Position(0, 0, b"")


class EnrolledDatabase:
    """``EnrolledStation`` and ``RecoverableJournal`` over a station's open database.

    Writing raises ``StoreError`` (``RegisterFault`` for ``adopt``): the disk refused and nothing was changed.
    """

    def __init__(self, database: Database) -> None:
        """Use a database of this process."""
        self._database = database

    def certificate(self, side: Side) -> Certificate | None:
        """Give the certificate in force of one journal; None before the first enrolment."""
        with self._database.reading() as connection:
            found = journal.certificate(connection, side)
        return found[0] if found else None

    def last(self) -> Position:
        """Give the last record's epoch, number and digest; (0, 0, empty) without one."""
        with self._database.reading() as connection:
            found = row(connection, "SELECT epoch, seq, digest FROM journal WHERE side='S' ORDER BY seq DESC LIMIT 1")
        return Position(*found) if found else _NOWHERE

    def acknowledged(self) -> Position:
        """Give how far HQ holds this journal by its own signature; (0, 0, empty) if it never said."""
        with self._database.reading() as connection:
            found = journal.acknowledgement(connection)
        return found.held if found else _NOWHERE

    def digest_at(self, seq: int) -> bytes:
        """Give the digest after a record of the station's journal; empty where there is no such record."""
        with self._database.reading() as connection:
            found = journal.entry(connection, Side.STATION, seq)
        return found.digest if found else b""

    def append(self, run: Run) -> None:
        """Append verified records; selling stays stopped until the new epoch begins."""
        with self._database.transaction() as connection:
            reference.keep_setting(connection, READ_ONLY, TEXT("restored").encode())
            after = run.before
            for data, digest in zip(run.records, run.digests, strict=True):
                after = Position(after.epoch, after.seq + 1, digest)
                journal.append(connection, Side.STATION, after, data)

    def put_aside(self, after_seq: int) -> int:
        """Take the records above a number out of the journal and keep them as a branch; gives how many."""
        with self._database.transaction() as connection:
            reference.keep_setting(connection, READ_ONLY, TEXT("diverged").encode())
            return journal.freeze_branch(connection, Side.STATION, after_seq)

    def adopt(self, approval: Approval) -> int:
        """Keep the certificates of earlier epochs and begin the new one; gives how many records were put aside."""
        with self._database.transaction() as connection:
            for item in approval.earlier:
                journal.keep_certificate(connection, item.certificate, item.signature)
        profile = approval.profile
        return begin_epoch(
            self._database,
            Epoch(
                station=approval.station.certificate,
                station_signature=approval.station.signature,
                hq=approval.hq.certificate,
                hq_signature=approval.hq.signature,
                hq_public_key=approval.hq.certificate.public_key,
                profile=Profile(profile.name, profile.branch, profile.address, profile.complaint_line),
            ),
        )
