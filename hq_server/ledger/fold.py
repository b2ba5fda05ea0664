"""Folding one station's new records into its books, and what comes of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from station_journal.accounts import Account
from station_journal.balances import accounts_digest
from station_journal.facts.cash import PouchReceived, PouchSent
from station_journal.facts.disputes import CaseRuled, CorrectionProposed
from station_journal.facts.withdrawals import BankAnswered, CreditRestored
from station_journal.posting import NotComputableError
from station_journal.records import AlarmCode, AlarmRaised, BusinessDayEnded, Fact
from station_journal.rules.pouches import OutgoingPouch
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hq_server.ledger.batch import Item, StationBatch
    from station_journal.accounts import Posting
    from station_journal.balances import Books
    from station_journal.payment import Payment
    from station_journal.subject import Subject, SubjectKey
    from station_journal.tariff import Tariff


_BALANCE_MAX = 2**62


@dataclass(frozen=True, slots=True)
class Stop:
    """From which record on a station's figures cannot be computed, and why."""

    side: Side
    seq: int
    reason: str


class Finding(NamedTuple):
    """An alarm that a record raised, with the posting rule it broke.

    ``about_hq_seq`` is the HQ record where it is about no record of the station, so that two of those are two alarms.
    """

    alarm: AlarmRaised
    reason: str = ""
    about_hq_seq: int = 0


@dataclass(slots=True)
class Posted:
    """What a station's new records did: entries, payments as they now stand, books, alarms, and where it stopped."""

    station_code: str
    books: Books
    seen_seq: int
    entries: list[tuple[Item, tuple[Posting, ...]]] = field(default_factory=list)
    payments: dict[int, Payment] = field(default_factory=dict)
    subjects: dict[SubjectKey, Subject] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    stop: Stop | None = None
    count: int = 0


def fold(batch: StationBatch, tariffs: Mapping[bytes, Tariff]) -> Posted:
    """Fold as many of a station's new records as are computable, in the order that both journals prescribe.

    A record comes after everything of the other journal that its writer had seen. HQ's records are held back until a
    station record has seen them or no station record is left, so that little has to be undone in between.
    """
    posted = Posted(batch.station_code, batch.books(tariffs), batch.seen_seq)
    waiting = {side: iter(batch.items[side]) for side in Side}
    upcoming = {side: next(waiting[side], None) for side in Side}
    trouble = batch.trouble
    if max(map(abs, batch.balances.values()), default=0) > _BALANCE_MAX:
        trouble = "a balance is above what the books can hold"
    if trouble:
        first = upcoming[Side.STATION] or upcoming[Side.HQ]
        if first is not None:
            posted.stop = Stop(first.side, first.seq, trouble)
        return posted
    more_of_station = batch.heads[Side.STATION] > batch.seqs[Side.STATION] + len(batch.items[Side.STATION])
    done = posted.books.seqs
    while True:
        item = upcoming[Side.STATION]
        if item is None or item.record is None or item.record.seen_seq > done[Side.HQ]:
            item = _next_item(posted, batch, upcoming, more_of_station=more_of_station)
            if item is None or posted.stop is not None:
                return posted
        problem = _apply(posted, item)
        if problem:
            posted.stop = Stop(item.side, item.seq, problem)
            return posted
        upcoming[item.side] = next(waiting[item.side], None)


def _next_item(
    posted: Posted, batch: StationBatch, upcoming: Mapping[Side, Item | None], *, more_of_station: bool
) -> Item | None:
    """Choose what comes next where it is not simply the station's next record.

    None when the rest waits for records that were not read this time.
    """
    done = posted.books.seqs
    station, hqs = upcoming[Side.STATION], upcoming[Side.HQ]
    if station is not None and station.record is None:
        posted.stop = Stop(station.side, station.seq, station.unreadable)
        return None
    if station is not None and station.record is not None:
        seen = station.record.seen_seq
        if seen > batch.heads[Side.HQ]:
            held = batch.heads[Side.HQ]
            posted.stop = Stop(Side.STATION, station.seq, f"it has seen HQ record {seen}, HQ's journal ends at {held}")
            return None
    elif more_of_station:
        return None
    if hqs is None:
        return None
    if hqs.record is None:
        posted.stop = Stop(hqs.side, hqs.seq, hqs.unreadable)
        return None
    if hqs.record.seen_seq <= done[Side.STATION]:
        return hqs
    if station is not None:
        posted.stop = Stop(hqs.side, hqs.seq, f"it and station record {station.seq} each come after the other")
    return None


def _apply(posted: Posted, item: Item) -> str:
    """Apply one record; gives why it cannot be, else nothing."""
    record = item.record
    if record is None:
        return item.unreadable
    if item.side is Side.STATION:
        if record.seen_seq < posted.seen_seq:
            return f"it has seen HQ record {record.seen_seq}, the record before it had seen {posted.seen_seq}"
        if isinstance(record.fact, BusinessDayEnded):
            _compare_digest(posted, item, record.fact, record.seen_seq)
    try:
        effects = posted.books.apply(item.side, item.seq, record)
    except NotComputableError as error:
        return error.reason
    if item.side is Side.STATION:
        posted.seen_seq = record.seen_seq
    if effects.postings:
        posted.entries.append((item, effects.postings))
    for payment in effects.payments:
        posted.payments[payment.seq] = payment
    for subject in effects.subjects:
        posted.subjects[subject.place] = subject
    if effects.broken:
        amount_fen = sum(one.amount_fen for one in effects.postings if _rests(one))
        if item.side is Side.STATION:
            alarm = AlarmRaised(AlarmCode.RULE_BROKEN, item.seq, amount_fen)
        else:
            alarm = _alarm_of(record.fact, effects.subjects, amount_fen)
        about = item.seq if item.side is Side.HQ and not alarm.station_seq else 0
        posted.findings.append(Finding(alarm, effects.broken.value, about))
    posted.count += 1
    return ""


def _alarm_of(fact: Fact, changed: tuple[Subject, ...], amount_fen: int) -> AlarmRaised:
    """Name what a record of HQ upsets: a payment or a withdrawal that the books had settled, or a pouch.

    A pouch that nobody sealed is about no record of the station.
    """
    if isinstance(fact, PouchReceived | PouchSent):
        sealed_seq = next((one.sealed_seq for one in changed if isinstance(one, OutgoingPouch)), 0)
        return AlarmRaised(AlarmCode.RULE_BROKEN, sealed_seq, amount_fen)
    if isinstance(fact, CorrectionProposed | CaseRuled):
        return AlarmRaised(AlarmCode.RULE_BROKEN, getattr(fact, "cited_seq", 0), amount_fen)
    if isinstance(fact, BankAnswered | CreditRestored):
        return AlarmRaised(AlarmCode.PAYOUT_REFUTED, fact.withdrawal_seq, amount_fen)
    return AlarmRaised(AlarmCode.LATE_CONFIRMATION, getattr(fact, "payment_seq", 0), amount_fen)


def _rests(posting: Posting) -> bool:
    return Account.SUSPENSE in {posting.debit.account, posting.credit.account}


def _compare_digest(posted: Posted, item: Item, fact: BusinessDayEnded, seen_seq: int) -> None:
    """Hold HQ's own figures against the station's, as both were before its day end."""
    if accounts_digest(posted.books.balances_at(seen_seq)) != fact.accounts_digest:
        posted.findings.append(Finding(AlarmRaised(AlarmCode.DAY_DIGEST_DIFFERS, item.seq, 0)))
