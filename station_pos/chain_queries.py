"""What the chain behind a payment, withdrawal or bought credit is told from: own facts, and HQ's last answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from station_journal.bought_credit import BoughtCredit, bought_at
from station_journal.own_postings import Followed, postings_of, station_seq
from station_journal.payment import Payment
from station_journal.rules.grants import Grant, grant_key
from station_journal.rules.withdrawal import Withdrawal, withdrawal_key
from station_journal.side import Side
from station_journal.subject import SubjectKey, calendar_day
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
    """Give what a record began: the payment found under its number, else a withdrawal, else credit that it opened."""
    if payment is not None:
        return payment
    found = subject_rows.find(connection, withdrawal_key(seq))
    return found if isinstance(found, Withdrawal) else bought(connection, Side.STATION, seq)


def bought(connection: Connection, side: Side, seq: int) -> BoughtCredit | None:
    """Give the bought credit that a record of either journal is about; None where it is about none."""

    def grant_of(grant_no: int) -> Grant | None:
        grant = subject_rows.find(connection, SubjectKey(Grant.SUBJECT, grant_key(grant_no)))
        return grant if isinstance(grant, Grant) else None

    return bought_at(side, seq, journal.record_of(connection, side, seq), grant_of)


def own_facts(connection: Connection, station_code: str, subject: Followed, held_seq: int) -> OwnFacts:
    """Read what the journals say around a subject; ``held_seq`` is how far HQ has countersigned."""
    own_seq = station_seq(subject)
    if isinstance(subject, Payment):
        receipt_seq, answered_seq = subject.receipt_seq, subject.answered_seq
    elif isinstance(subject, BoughtCredit):
        receipt_seq = own_seq
        answered_seq = subject.granted_seq or (subject.grant.sold_seq if subject.grant else 0)
    else:
        word = subject.last_word
        receipt_seq, answered_seq = subject.approved_seq, word.seq if word else 0
    entry = journal.entry(connection, Side.STATION, own_seq) if own_seq else None
    return OwnFacts(
        station_code,
        entry.digest if entry is not None else b"",
        _made_on(connection, Side.STATION, receipt_seq),
        _made_on(connection, Side.HQ, answered_seq),
        0 < own_seq <= held_seq,
        postings_of(subject, lambda side, seq: journal.record_of(connection, side, seq)),
    )


def last_heard(connection: Connection, side: Side, seq: int) -> Heard | None:
    """Give HQ's last answer about a record; None where there was none."""
    found = reference.chain_answer(connection, side, seq)
    return None if found is None else Heard(*found)


def _made_on(connection: Connection, side: Side, seq: int) -> date | None:
    record = journal.record_of(connection, side, seq) if seq else None
    return None if record is None else calendar_day(record.recorded_at)
