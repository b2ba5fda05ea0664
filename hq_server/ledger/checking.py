"""Checking everything HQ holds of a station: certificates, both chains, seals, and the books against a fresh fold.

Each fault is named by journal and record, and checking goes on after it. The fold is that of the shared library, record
by record from the beginning; it knows nothing of how HQ posts in bulk.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hq_server.db.journal_tables import journal_records, journal_seals
from hq_server.db.ledger_tables import balances, payments, standings, subjects
from hq_server.hq_journal import held_head
from hq_server.ledger.batch import PAYMENT_FIELDS, payment_of_row
from hq_server.ledger.entry_check import EntryCheck
from hq_server.ledger.queries import posting_stop
from hq_server.reference.stations import certificates
from hq_server.reference.tariffs import all_tariffs
from hq_server.wording import Sentence
from station_journal.accounts import Account, Ledger
from station_journal.balances import Books, merge_order
from station_journal.codec import UnreadableRecordError, decode
from station_journal.parcel import CustodyTotal, Parcel
from station_journal.posting import NotComputableError
from station_journal.rules import SUBJECT_CLASSES
from station_journal.rules.parcels import custody_counts
from station_journal.seal import Position, SealRefusedError, next_digest, verify_certificate, verify_seal
from station_journal.side import Side
from station_journal.subject import SubjectKey, from_row_bytes, to_row_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row

    from station_journal.records import Record
    from station_journal.seal import Certificate

_ROWS_AT_ONCE = 2_000
_HEAD_ELSEWHERE = Sentence("存的链头不是最后一条记录", "the head that is kept is not where the records end")
_BYTES_ALTERED = Sentence("记录的字节与摘要链不符", "the record's bytes do not fit the digest chain")
_ROWS_DIFFER = Sentence("总账的行与记录所说不符", "the ledger's rows are not what the record says")
_ROWS_OF_NO_RECORD = Sentence(
    "总账有流水里没有的记录的行", "the ledger has rows of a record that the journal does not have"
)
_PAYMENT_DIFFERS = Sentence("这笔缴费的状态与流水不符", "the payment is not kept as the journals say")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it must be; ``seq`` is 0 where it is about no single record.

    ``what`` says so to people; what a library or the journal's format found wrong stands in it as they word it.
    ``amount_fen`` is what the books are off by, in the direction of what they say; 0 where no sum is off.
    """

    station_code: str
    side: Side
    seq: int
    what: Sentence
    amount_fen: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of one station looked at and found."""

    station_code: str
    station_records: int
    hq_records: int
    faults: tuple[Fault, ...]


def check_station(connection: Connection, station_code: str, hq_public_key: bytes) -> Checked:
    """Check one station; the figures are folded only from chains without a fault."""
    faults: list[Fault] = []
    counts = {}
    for side in Side:
        chain = _ChainCheck(connection, station_code, side, hq_public_key)
        faults += chain.faults()
        counts[side] = chain.count
    if not faults:
        faults += _check_books(connection, station_code)
    return Checked(station_code, counts[Side.STATION], counts[Side.HQ], tuple(faults))


class _ChainCheck:
    """Walks one journal from its first certificate to its head."""

    def __init__(self, connection: Connection, station_code: str, side: Side, hq_public_key: bytes) -> None:
        self._connection = connection
        self._station_code = station_code
        self._side = side
        self._hq_public_key = hq_public_key
        self.count = 0

    def faults(self) -> Iterator[Fault]:
        epochs: list[Certificate] = []
        for item in certificates(self._connection, self._station_code):
            if item.side is not self._side:
                continue
            try:
                certificate = item.read()
                verify_certificate(self._hq_public_key, item.signature, certificate)
            except SealRefusedError as error:
                what = Sentence(f"第 {item.epoch} 期的证书不对: {error}", f"certificate of epoch {item.epoch}: {error}")
                yield self._fault(0, what)
                return
            epochs.append(certificate)
        if not epochs:
            return
        at = epochs[0].start()
        waiting = epochs[1:]
        for row in _rows(self._connection, self._station_code, self._side):
            while waiting and row.seq > waiting[0].prior_seq:
                yield from self._check_border(at, waiting[0])
                at = waiting.pop(0).start()
            yield from self._check_record(at, row)
            # The stored digest is taken on, so that one fault is told once and later ones still are.
            at = Position(at.epoch, row.seq, row.digest)
            if row.signature is not None:
                yield from self._check_seal(epochs[at.epoch - 1], row.signature, at)
            self.count += 1
        for certificate in waiting:
            yield from self._check_border(at, certificate)
            at = certificate.start()
        if held_head(self._connection, self._station_code, self._side) != at:
            yield self._fault(at.seq, _HEAD_ELSEWHERE)

    def _check_border(self, at: Position, following: Certificate) -> Iterator[Fault]:
        if (following.prior_seq, following.prior_digest) != (at.seq, at.digest):
            zh = f"第 {following.epoch} 期没有接着第 {at.epoch} 期"
            yield self._fault(at.seq, Sentence(zh, f"epoch {following.epoch} does not continue epoch {at.epoch}"))

    def _check_record(self, at: Position, row: Row[Any]) -> Iterator[Fault]:
        if row.seq != at.seq + 1:
            first, last = at.seq + 1, row.seq - 1
            yield self._fault(
                first, Sentence(f"缺第 {first} 到 {last} 条记录", f"records {first} to {last} are missing")
            )
        elif row.epoch != at.epoch:
            zh = f"记录存在第 {row.epoch} 期下, 应为第 {at.epoch} 期"
            yield self._fault(
                row.seq, Sentence(zh, f"the record is kept under epoch {row.epoch} instead of {at.epoch}")
            )
        elif next_digest(at.digest, row.data) != row.digest:
            yield self._fault(row.seq, _BYTES_ALTERED)

    def _check_seal(self, certificate: Certificate, signature: bytes, at: Position) -> Iterator[Fault]:
        try:
            verify_seal(certificate.public_key, signature, self._side, self._station_code, at)
        except SealRefusedError as error:
            yield self._fault(at.seq, Sentence(f"签封不对: {error}", str(error)))

    def _fault(self, seq: int, what: Sentence) -> Fault:
        return Fault(self._station_code, self._side, seq, what)


def _rows(connection: Connection, station_code: str, side: Side) -> Iterator[Any]:
    """Read a journal in order, a bounded number of rows at a time, each with the seal that ends on it."""
    records, seals = journal_records.c, journal_seals.c
    joined = journal_records.outerjoin(
        journal_seals,
        (seals.station_code == records.station_code) & (seals.side == records.side) & (seals.seq == records.seq),
    )
    after = 0
    while True:
        rows = connection.execute(
            select(records.seq, records.epoch, records.data, records.digest, seals.signature)
            .select_from(joined)
            .where(records.station_code == station_code, records.side == side.value, records.seq > after)
            .order_by(records.seq)
            .limit(_ROWS_AT_ONCE)
        ).all()
        yield from rows
        if len(rows) < _ROWS_AT_ONCE:
            return
        after = rows[-1].seq


def _check_books(connection: Connection, station_code: str) -> Iterator[Fault]:
    stop = posting_stop(connection, station_code)
    if stop is not None:
        what = Sentence(f"从这条起算不出: {stop.reason}", f"not computable: {stop.reason}")
        yield Fault(station_code, stop.side, stop.seq, what)
    table = standings.c
    row = connection.execute(
        select(table.station_seq, table.hq_seq).where(table.station_code == station_code)
    ).one_or_none()
    reached = dict.fromkeys(Side, 0) if row is None else {Side.STATION: row.station_seq, Side.HQ: row.hq_seq}
    books = Books(all_tariffs(connection))
    try:
        journals = (_records(connection, station_code, side, reached[side]) for side in (Side.STATION, Side.HQ))
        entries = EntryCheck(connection, station_code)
        for side, seq, record in merge_order(*journals):
            off_fen = entries.differs(side, seq, books.apply(side, seq, record).postings)
            if off_fen is not None:
                yield Fault(station_code, side, seq, _ROWS_DIFFER, off_fen)
    except NotComputableError as error:
        what = Sentence(f"已入账, 却算不出: {error.reason}", f"posted, yet not computable: {error.reason}")
        yield Fault(station_code, error.side, error.seq, what)
        return
    for side in Side:
        left = entries.left(side)
        if left is not None:
            yield Fault(station_code, side, left, _ROWS_OF_NO_RECORD)
    yield from _compare_balances(connection, station_code, books)
    yield from _compare_payments(connection, station_code, books)
    yield from _compare_subjects(connection, station_code, books)
    yield from _compare_custody(station_code, books)


def _compare_custody(station_code: str, books: Books) -> Iterator[Fault]:
    """Hold the totals of parcels that the moves kept against a count of the parcels."""
    totals = {one.where: one.count for one in books.subjects.values() if isinstance(one, CustodyTotal) and one.count}
    counts = custody_counts(one for one in books.subjects.values() if isinstance(one, Parcel))
    for place in sorted(set(totals) | set(counts)):
        if totals.get(place, 0) != counts.get(place, 0):
            count, moved = counts.get(place, 0), totals.get(place, 0)
            zh = f"{place.name} 的包裹: 清点 {count} 件, 按进出应有 {moved} 件"
            what = Sentence(zh, f"parcels in {place.name}: {count} by count, {moved} by their moves")
            yield Fault(station_code, Side.STATION, 0, what)


def _records(connection: Connection, station_code: str, side: Side, to_seq: int) -> Iterator[tuple[int, Record]]:
    for row in _rows(connection, station_code, side):
        if row.seq > to_seq:
            return
        try:
            yield row.seq, decode(row.data, side)
        except UnreadableRecordError as error:
            raise NotComputableError(side, row.seq, str(error)) from error


def _compare_balances(connection: Connection, station_code: str, books: Books) -> Iterator[Fault]:
    table = balances.c
    rows = connection.execute(
        select(table.account, table.party, table.balance_fen).where(table.station_code == station_code)
    )
    kept = {Ledger(Account(row.account), row.party): row.balance_fen for row in rows}
    for ledger in sorted(kept.keys() | books.balances.keys()):
        is_fen, should_fen = kept.get(ledger, 0), books.balances.get(ledger, 0)
        if is_fen != should_fen:
            name = f"{ledger.account.value} {ledger.party}".strip()
            zh = f"{name} 的余额存为 {is_fen} 分, 按流水应为 {should_fen} 分"
            what = Sentence(zh, f"the balance of {name} is kept as {is_fen} fen, the journals say {should_fen}")
            yield Fault(station_code, Side.STATION, 0, what, is_fen - should_fen)


def _compare_payments(connection: Connection, station_code: str, books: Books) -> Iterator[Fault]:
    table = payments.c
    rows = connection.execute(
        select(*(table[name] for name in PAYMENT_FIELDS)).where(table.station_code == station_code)
    )
    kept = {payment.seq: payment for payment in map(payment_of_row, rows)}
    for seq in sorted(kept.keys() | books.payments.keys()):
        is_kept, should = kept.get(seq), books.payments.get(seq)
        if is_kept != should:
            off_fen = (is_kept.amount_fen if is_kept else 0) - (should.amount_fen if should else 0)
            yield Fault(station_code, Side.STATION, seq, _PAYMENT_DIFFERS, off_fen)


def _compare_subjects(connection: Connection, station_code: str, books: Books) -> Iterator[Fault]:
    table = subjects.c
    columns = (table.kind, table.key, table.data, table.on_day, table.device_no)
    rows = connection.execute(select(*columns).where(table.station_code == station_code))
    kept = {SubjectKey(row.kind, row.key): tuple(row[2:]) for row in rows}
    for place in sorted(kept.keys() | books.subjects.keys()):
        should = books.subjects.get(place)
        if place not in kept and should is not None and should.is_nothing:
            continue
        if should is None and _is_nothing(place, kept[place][0]):
            continue
        if kept.get(place) != (None if should is None else (to_row_bytes(should), should.on_day, should.device_no)):
            zh = f"业务对象 {place.kind} {place.key} 与流水不符"
            what = Sentence(zh, f"subject {place.kind} {place.key} is not kept as the journals say")
            yield Fault(station_code, Side.STATION, 0, what)


def _is_nothing(place: SubjectKey, data: bytes) -> bool:
    try:
        return from_row_bytes(SUBJECT_CLASSES[place.kind], data).is_nothing
    except (KeyError, TypeError, ValueError):
        return False  # no row of ours: a fault, as what is there and should not be
