"""What is read of withdrawals: one, the open ones, what a card has had today, and the reference the terminal gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.reference_no import our_no
from station_journal.rules.withdrawal import Withdrawal, withdrawal_key
from station_journal.rules.withdrawals import payout_room_fen
from station_journal.side import Side
from station_journal.subject import calendar_day
from station_pos.commands.view import Moment
from station_pos.commands.withdrawal_limits import card_day_fen, card_of, repeats
from station_pos.commands.withdrawals import check_card
from station_pos.devices.card_terminal import KnownTransaction
from station_pos.services.withdrawals import CardDay
from station_pos.store import journal, reference, withdrawal_rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from sqlalchemy import Connection

    from station_journal.rules.withdrawal import Terms
    from station_pos.commands.outcome import Refused
    from station_pos.commands.withdrawal_orders import CardSeen
    from station_pos.store.database import Database
    from station_pos.store.projections import Projections

_ALL_SEEN = 2**62
_KNOWN_MAX = 20
"""So many withdrawals back the terminal's numbers are known by: it tells its last transaction, or the one before."""


def known_transactions(one: Withdrawal, seq: int) -> tuple[KnownTransaction, ...]:
    """List what the terminal has of a withdrawal, as far as it was on record before record ``seq``.

    Only what the terminal itself said that it reversed counts as undone: what the bank denies may be reversed any time.
    """
    undone = one.undone_trace_no if 0 < one.told_seq < seq else ""
    found = []
    if one.told_seq and one.told_seq < seq:
        found.append(KnownTransaction(one.told_receipt_no, one.told_trace_no, undone == one.told_trace_no))
    if one.approved_seq and one.approved_seq < seq:
        found.append(KnownTransaction(one.receipt_no, one.trace_no, undone == one.trace_no))
    if undone and undone not in {known.trace_no for known in found}:
        found.append(KnownTransaction("", undone, undone=True))
    return tuple(found)


class WithdrawalQueries:
    """Questions over one open database; every answer is read from one consistent state.

    ``view`` opens the books over a connection, ``business_date`` gives the date a sale made now would carry.
    """

    def __init__(
        self,
        database: Database,
        view: Callable[[Connection], Projections],
        business_date: Callable[[Connection, datetime], date],
        clock: Callable[[], datetime],
    ) -> None:
        """Read through ``database``; ``clock`` gives UTC."""
        self._database = database
        self._view = view
        self._business_date = business_date
        self._clock = clock

    def withdrawal(self, seq: int) -> Withdrawal | None:
        """Give a withdrawal as it now stands."""
        with self._database.reading() as connection:
            return self._view(connection).subject(Withdrawal, withdrawal_key(seq).key)

    def open_withdrawals(self) -> tuple[Withdrawal, ...]:
        """List those with something still to do, oldest first."""
        with self._database.reading() as connection:
            return withdrawal_rows.open_ones(connection)

    def newest(self, limit: int) -> tuple[Withdrawal, ...]:
        """List the newest, newest first."""
        with self._database.reading() as connection:
            return withdrawal_rows.newest(connection, limit)

    def between(self, first: date, last: date) -> tuple[Withdrawal, ...]:
        """List those of some calendar days in Beijing's time, oldest first."""
        with self._database.reading() as connection:
            return withdrawal_rows.between(connection, first, last)

    def today(self) -> tuple[Withdrawal, ...]:
        """List those of today's calendar day, oldest first."""
        day = calendar_day(self._clock())
        return self.between(day, day)

    def terms(self) -> Terms:
        """Give the terms in force."""
        with self._database.reading() as connection:
            return self._terms(connection)

    def _terms(self, connection: Connection) -> Terms:
        return self._view(connection).withdrawal_terms(self._business_date(connection, self._clock()))

    def room_fen(self) -> int:
        """Give how much more may be paid out before the bank confirms some of it."""
        with self._database.reading() as connection:
            return payout_room_fen(self._view(connection), self._terms(connection), _ALL_SEEN)

    def known_before(self, seq: int) -> tuple[KnownTransaction, ...]:
        """List the terminal's transactions that the journal knew before it recorded an intent, newest first."""
        with self._database.reading() as connection:
            earlier = withdrawal_rows.newest(connection, _KNOWN_MAX, seq)
        return tuple(transaction for one in earlier for transaction in known_transactions(one, seq))

    def check_card(self, withdrawal: Withdrawal, card: CardSeen) -> Refused | None:
        """Hold a withdrawal to the cap of its card."""
        now = self._clock()
        with self._database.reading() as connection:
            moment = Moment(now, self._business_date(connection, now), 0, _ALL_SEEN)
            return check_card(self._view(connection), moment, withdrawal, card)

    def card_day(self, withdrawal: Withdrawal) -> CardDay:
        """Say what the card of a withdrawal has had on its day, what is left, and how often in ten minutes."""
        day, card = withdrawal.on_day, card_of(withdrawal)
        with self._database.reading() as connection:
            that_day = withdrawal_rows.between(connection, day, day)
            cap_fen = self._terms(connection).card_day_cap_fen
        used_fen = card_day_fen(that_day, card, withdrawal.seq)
        left_fen = max(0, cap_fen - used_fen)
        return CardDay(used_fen, left_fen, repeats(that_day, card, withdrawal.recorded_at))

    def reference(self, seq: int) -> str:
        """Give our number of a withdrawal, as the terminal gets it and as the slip shows it.

        Raises:
            LookupError: there is no such record.
        """
        with self._database.reading() as connection:
            entry = journal.entry(connection, Side.STATION, seq)
            station_code = reference.setting(connection, "station_code").decode()
        if entry is None:
            raise LookupError(f"there is no record {seq}")
        return our_no(station_code, seq, entry.digest)
