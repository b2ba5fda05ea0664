"""What the chain behind a payment or withdrawal is told from: the station's own facts, and HQ's last answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from station_journal.own_postings import Followed, postings_of
from station_journal.payment import Payment
from station_journal.rules.withdrawal import withdrawal_key
from station_journal.side import Side
from station_pos.config import ZONE
from station_pos.receipts.chain_words import OwnFacts
from station_pos.store import journal, reference, subject_rows

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection


class Heard(NamedTuple):
    """HQ's last answer about a record: its signed bytes, and when they came (UTC seconds)."""

    answer: bytes
    heard_at: int


def followed(connection: Connection, payment: Payment | None, seq: int) -> Followed | None:
    """Give what a record began: the payment that was found under its number, else a withdrawal; None for neither."""
    found = payment or subject_rows.find(connection, withdrawal_key(seq))
    return found if isinstance(found, Followed) else None


def own_facts(connection: Connection, station_code: str, subject: Followed, held_seq: int) -> OwnFacts:
    """Read what the journals say around a subject; ``held_seq`` is how far HQ has countersigned."""
    entry = journal.entry(connection, Side.STATION, subject.seq)
    if isinstance(subject, Payment):
        receipt_seq, answered_seq = subject.receipt_seq, subject.answered_seq
    else:
        word = subject.last_word
        receipt_seq, answered_seq = subject.approved_seq, word.seq if word else 0
    return OwnFacts(
        station_code,
        entry.digest if entry is not None else b"",
        _made_on(connection, Side.STATION, receipt_seq),
        _made_on(connection, Side.HQ, answered_seq),
        subject.seq <= held_seq,
        postings_of(subject, lambda side, seq: journal.record_of(connection, side, seq)),
    )


def last_heard(connection: Connection, seq: int) -> Heard | None:
    """Give HQ's last answer about a record; None where there was none."""
    found = reference.chain_answer(connection, seq)
    return None if found is None else Heard(*found)


def _made_on(connection: Connection, side: Side, seq: int) -> date | None:
    record = journal.record_of(connection, side, seq) if seq else None
    return None if record is None else record.recorded_at.astimezone(ZONE).date()
