"""The register and its database, as sync sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.frame import FRAME_RECORDS_MAX, pack_frame
from station_journal.lead_contact import NamedContact, lead_contact_hash, lead_contact_prefix
from station_journal.parcel import Manifest
from station_journal.rules.distribution import LEAD_STATES, ONE, GoodsListInForce, Lead
from station_journal.side import Side
from station_journal.subject import SubjectKey
from station_pos.commands.business_dates import date_by_clock
from station_pos.store import journal, reference, subject_rows
from station_pos.store.database import row
from station_pos.store.evidence_wanted import evidence_named
from station_pos.store.projections import Projections
from station_pos.sync.session import Authority

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from station_journal.seal import Position
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome
    from station_pos.register import Register
    from station_pos.sync.session import Run

_AWAITED = "SELECT count(*) FROM payments WHERE status=1 AND offline=0"
_REVERSALS = "SELECT count(*) FROM payments WHERE reversal_seq>0 AND status=2"


class NotEnrolledError(Exception):
    """The database holds no certificate: there is nobody to sync as."""


class RegisterJournals:
    """``SyncedJournals`` over one open register; made once an epoch, after enrolment."""

    def __init__(self, register: Register, clock: Callable[[], datetime]) -> None:
        """Read the certificates of the epoch in force. ``clock`` gives UTC.

        Raises:
            NotEnrolledError: there are none.
        """
        self._register = register
        self._database = register.database
        self._clock = clock
        with self._database.reading() as connection:
            station = journal.certificate(connection, Side.STATION)
            hq = journal.certificate(connection, Side.HQ)
            last = journal.acknowledgement(connection)
        if station is None or hq is None:
            raise NotEnrolledError("This data folder holds no enrolled station; run station-pos enroll.")
        self._authority = Authority(register.station_code, station[0], hq[0])
        of_epoch = last is not None and last.held.epoch == station[0].epoch
        self._acknowledged = last.held if last is not None and of_epoch else station[0].start()

    def authority(self) -> Authority:
        """Give the certificates of the epochs being written."""
        return self._authority

    def station_head(self) -> Position:
        """Give the head of the station's own journal."""
        return self._register.head(Side.STATION)

    def hq_head(self) -> Position:
        """Give the head of the copy of HQ's journal."""
        return self._register.head(Side.HQ)

    def acknowledged(self) -> Position:
        """Give how far HQ holds this epoch by its own signature."""
        return self._acknowledged

    def station_digest(self, epoch: int, seq: int) -> bytes | None:
        """Give the digest after one of the station's records, None where the journal has no such record."""
        return self._digest(Side.STATION, epoch, seq)

    def hq_digest(self, epoch: int, seq: int) -> bytes | None:
        """Give the digest after one of HQ's records, None where the copy has no such record."""
        return self._digest(Side.HQ, epoch, seq)

    def _digest(self, side: Side, epoch: int, seq: int) -> bytes | None:
        with self._database.reading() as connection:
            found = journal.entry(connection, side, seq)
        return found.digest if found is not None and found.epoch == epoch else None

    def station_records(self, after_seq: int, limit: int) -> tuple[bytes, ...]:
        """Give the stored bytes of the station's records after a number, in order."""
        with self._database.reading() as connection:
            return tuple(found.data for found in journal.run(connection, Side.STATION, after_seq, limit))

    def hq_frame(self, after: Position) -> bytes | None:
        """Give HQ's records after a position in one frame, under the seal that came with the last of them."""
        with self._database.reading() as connection:
            sealed = [one for one in journal.seals(connection, Side.HQ) if one[0].epoch == after.epoch]
            found = journal.run(connection, Side.HQ, after.seq, FRAME_RECORDS_MAX + 1)
        run = [entry.data for entry in found]
        if not run or not sealed or sealed[-1][0].seq != found[-1].seq:
            return None
        try:
            return pack_frame(Side.HQ, after, run, sealed[-1][1])
        except ValueError:
            return None

    def documents_wanted(self) -> tuple[bytes, ...]:
        """Give the SHA-256 of what was named and is not here: tariffs, contacts, goods, evidence; each once."""
        with self._database.reading() as connection:
            tariff_of = self._register.tariffs.over(connection)
            published = Projections(connection, tariff_of).published_tariffs()
            expected = subject_rows.in_states(connection, Manifest, 1)
            contacts = (found.contacts_hash for found in expected if found.contacts_hash)
            goods = subject_rows.find(connection, SubjectKey(GoodsListInForce.SUBJECT, ONE))
            lists = (goods.list_hash,) if isinstance(goods, GoodsListInForce) else ()
            evidence = evidence_named(connection)
            names = dict.fromkeys((*(found.tariff_hash for found in published), *contacts, *lists, *evidence))
            return tuple(name for name in names if reference.document(connection, name) is None)

    def contacts_to_bring(self) -> tuple[NamedContact, ...]:
        """Give the contacts of leads whose record HQ holds and whose contact is still here."""
        with self._database.reading() as connection:
            documents = reference.documents_beginning(connection, lead_contact_prefix())
            if not documents:
                return ()
            leads = subject_rows.in_states(connection, Lead, *LEAD_STATES)
        seqs = {lead.contact_hash: lead.seq for lead in leads}
        named = ((seqs.get(lead_contact_hash(document), 0), document) for document in documents)
        held_seq = self._acknowledged.seq
        return tuple(NamedContact(seq, document) for seq, document in sorted(named) if 0 < seq <= held_seq)

    def contact_brought(self, document: bytes) -> None:
        """Erase a lead's contact that HQ holds now: the number is for the call alone."""
        named = lead_contact_hash(document)
        self._register.write(lambda connection: reference.erase_document(connection, named))

    def tariff_due(self) -> bytes | None:
        """Give the tariff in force by the clock's business date, if it is here and not the adopted one."""
        today = date_by_clock(self._clock())
        with self._database.reading() as connection:
            return Projections(connection, self._register.tariffs.over(connection)).tariff_due(today)

    def answers_awaited(self) -> int:
        """Count payments and reversals that wait for HQ's answer."""
        with self._database.reading() as connection:
            return sum(row(connection, query)[0] for query in (_AWAITED, _REVERSALS))

    def acknowledge(self, held: Position, signature: bytes, hq_time: int) -> None:
        """Keep HQ's countersignature and its time (seconds since 1970, UTC)."""
        # Known before it is stored: the register wakes sync on every commit, which must not see itself as unsent.
        before, self._acknowledged = self._acknowledged, held
        try:
            self._register.acknowledge(held, signature, hq_time)
        except BaseException:
            self._acknowledged = before
            raise

    def heard_at(self, hq_time: int) -> None:
        """Note HQ's time of a reply that acknowledged nothing new; it never goes back."""
        self._register.heard_at(hq_time)

    def receive_hq(self, run: Run) -> None:
        """Append HQ's records, with everything that follows from them."""
        self._register.receive_hq(run.records, run.before, run.seal)

    def recover(self, run: Run) -> None:
        """Append this station's own records that HQ held and a restored database lacks."""
        self._register.recover(run.records, run.before)

    def keep_document(self, data: bytes) -> None:
        """Keep the content of a document, already checked."""
        self._register.keep_document(data)

    def set_read_only(self, reason: str) -> None:
        """Refuse to sell, with a reason for the screen; an empty reason lifts it."""
        self._register.set_read_only(reason)

    def execute(self, command: Command) -> Outcome:
        """Put a command of the system itself to the register."""
        return self._register.execute(command)
