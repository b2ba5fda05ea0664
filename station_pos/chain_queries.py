"""What the chain behind a payment is told from: the station's own facts around it, and HQ's last answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from station_journal.codec import UnreadableRecordError, decode
from station_journal.side import Side
from station_pos.config import ZONE
from station_pos.receipts.chain_words import OwnFacts
from station_pos.store import journal, reference

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from station_journal.payment import Payment


class Heard(NamedTuple):
    """HQ's last answer about a payment: its signed bytes, and when they came (UTC seconds)."""

    answer: bytes
    heard_at: int


def own_facts(connection: Connection, station_code: str, payment: Payment, held_seq: int) -> OwnFacts:
    """Read what the journals say around a payment; ``held_seq`` is how far HQ has countersigned."""
    entry = journal.entry(connection, Side.STATION, payment.seq)
    return OwnFacts(
        station_code,
        entry.digest if entry is not None else b"",
        _made_on(connection, Side.STATION, payment.receipt_seq),
        _made_on(connection, Side.HQ, payment.answered_seq),
        payment.seq <= held_seq,
    )


def last_heard(connection: Connection, payment_seq: int) -> Heard | None:
    """Give HQ's last answer about a payment; None where there was none."""
    found = reference.chain_answer(connection, payment_seq)
    return None if found is None else Heard(*found)


def _made_on(connection: Connection, side: Side, seq: int) -> date | None:
    entry = journal.entry(connection, side, seq) if seq else None
    try:
        return None if entry is None else decode(entry.data, side).recorded_at.astimezone(ZONE).date()
    except UnreadableRecordError:
        return None
