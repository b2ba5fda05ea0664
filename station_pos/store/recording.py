"""Appending records: bytes, digest chain, effects and projections in the caller's one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.accounts import Account
from station_journal.codec import UnreadableRecordError, decode, encode
from station_journal.facts.cash import DayClosed
from station_journal.facts.withdrawals import PayoutInstructed, WithdrawalPaid
from station_journal.posting import NotComputableError, effects_of
from station_journal.records import ClockConfirmed, DrawerOpened, OperatorEnrolled, Record, Side
from station_journal.seal import Position, next_digest
from station_pos.store import drawer_rows, journal
from station_pos.store.database import run
from station_pos.store.projections import Projections, write_marker
from station_pos.store.side_facts import statements_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from station_journal.subject import Subject, SubjectKey
    from station_journal.tariff import Tariff
    from station_pos.store.projections import Marker


# A payout needs the drawer open when the shop is told to pay, not once it says that it has. A close puts the books
# right: the cash was counted before.
_OPENS_DRAWER = (DrawerOpened, PayoutInstructed)
_LEAVES_DRAWER_SHUT = (WithdrawalPaid, DayClosed)


class Recorder:
    """One transaction's pen: ``heads`` and ``marker`` are as they will be once it is committed.

    ``subjects`` are those that its records made or changed, ``digests`` those of its own records. ``opens_drawer``
    tells whether one of them put cash into the drawer, took some out, or had it opened without a sale.
    """

    def __init__(
        self,
        connection: Connection,
        heads: dict[Side, Position],
        marker: Marker,
        tariff_of: Callable[[bytes], Tariff | None],
    ) -> None:
        """Start from the committed heads and marker."""
        self.connection = connection
        self.heads = dict(heads)
        self.marker = marker
        self.view = Projections(connection, tariff_of, marker.standing())
        self.digests: dict[int, bytes] = {}
        self.opens_drawer = False
        self.subjects: dict[SubjectKey, Subject] = {}

    def append_own(self, record: Record) -> int:
        """Append a record of the station's own; gives its number.

        Raises:
            ValueError: the record is too long to be written.
            NotComputableError: it builds on something not at hand.
        """
        before = self.heads[Side.STATION]
        data = encode(record)
        after = Position(before.epoch, before.seq + 1, next_digest(before.digest, data))
        journal.append(self.connection, Side.STATION, after, data)
        self._project(Side.STATION, after, record)
        self.digests[after.seq] = after.digest
        return after.seq

    def append_from_hq(self, data: bytes) -> Record | None:
        """Append one of HQ's records, already verified; None where it is stored but cannot be computed.

        Storage never stops, the fold does: from such a record on nothing is computed until it can be.
        """
        before = self.heads[Side.HQ]
        after = Position(before.epoch, before.seq + 1, next_digest(before.digest, data))
        journal.append(self.connection, Side.HQ, after, data)
        self.heads[Side.HQ] = after
        if self.marker.blocked_reason:
            return None
        try:
            record = decode(data, Side.HQ)
            self._project(Side.HQ, after, record)
        except UnreadableRecordError as error:
            self._block(NotComputableError(Side.HQ, after.seq, str(error)))
            return None
        except NotComputableError as error:
            self._block(error)
            return None
        return record

    def _block(self, error: NotComputableError) -> None:
        self.marker = self.marker._replace(
            blocked_side=error.side.value, blocked_seq=error.seq, blocked_reason=error.reason
        )

    def _project(self, side: Side, after: Position, record: Record) -> None:
        effects = effects_of(side, after.seq, record, self.view)
        moves_cash = any(Account.DRAWER in (one.debit.account, one.credit.account) for one in effects.postings)
        opens = isinstance(record.fact, _OPENS_DRAWER)
        self.opens_drawer |= opens or (moves_cash and not isinstance(record.fact, _LEAVES_DRAWER_SHUT))
        new, moved_fen, new_subjects = self.view.project(side, after.seq, effects)
        self.subjects.update((subject.place, subject) for subject in effects.subjects)
        subjects = self.marker.subjects + new_subjects
        if side is Side.STATION:
            drawer_rows.keep(self.connection, after.seq, record, effects)
        for sql, parameters in statements_of(after.seq, record):
            run(self.connection, sql, parameters)
        if isinstance(record.fact, OperatorEnrolled):
            self.view.forget_operators()
        self.heads[side] = after
        if side is Side.HQ:
            moved_fen += self.marker.balances_fen
            self.marker = self.marker._replace(
                hq_seq=after.seq, hq_digest=after.digest, balances_fen=moved_fen, subjects=subjects
            )
            return
        confirmed = self.marker.clock_confirmed
        if isinstance(record.fact, ClockConfirmed):
            confirmed = record.fact.confirmed_date.isoformat()
        self.marker = self.marker._replace(
            station_seq=after.seq,
            station_digest=after.digest,
            payments=self.marker.payments + new,
            balances_fen=self.marker.balances_fen + moved_fen,
            subjects=subjects,
            first_date=self.marker.first_date or record.business_date.isoformat(),
            clock_confirmed=confirmed,
        )

    def finish(self) -> None:
        """Write the payments and the marker, as the last thing before the commit."""
        self.view.write_payments()
        self.marker = self.marker.with_standing(self.view.standing())
        write_marker(self.connection, self.marker)
