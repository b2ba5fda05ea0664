"""One record as evidence: who made it, with which key, when HQ had it, what it did to the books, how it is sealed.

"Who made this?" has one answer, from the record's own bytes: a person at the station by number, the station's system,
support, or HQ by name. Nobody can have written it later: the digest chain and the seal behind it say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from hq_server.db.journal_tables import journal_epochs, journal_records, journal_seals
from hq_server.db.ledger_tables import ledger_entries
from hq_server.statements.station_sheet import JournalLine, line_of_row, staff_names
from hq_server.wording import RefusedError, Sentence
from station_journal.account_words import ACCOUNT_WORDS
from station_journal.accounts import Account
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One posting that the record made; amounts in fen."""

    debit: Sentence
    credit: Sentence
    amount_fen: int


@dataclass(frozen=True, slots=True)
class RecordSheet:
    """A record with its evidence. ``seal_seq`` is the record at which the seal over it stands, None before any."""

    line: JournalLine
    digest: str
    data_hex: str
    stored_at: datetime
    epoch_opened_at: datetime | None
    certificate_digest: str
    seal_seq: int | None
    seal_hex: str
    entries: tuple[EntryLine, ...]
    maker: Sentence


def record_sheet(connection: Connection, station_code: str, side: Side, seq: int) -> RecordSheet:
    """Gather the evidence of one record.

    Raises:
        RefusedError: there is no such record.
    """
    table = journal_records.c
    this = (table.station_code == station_code) & (table.side == side.value) & (table.seq == seq)
    row = connection.execute(select(journal_records).where(this)).one_or_none()
    if row is None:
        raise RefusedError(
            "unknown_record", f"没有记录 {side.value} {seq}", f"there is no record {side.value} {seq} of this station"
        )
    line = line_of_row(side, row, staff_names(connection, station_code))
    epochs, seals = journal_epochs.c, journal_seals.c
    mine = (epochs.station_code == station_code) & (epochs.side == side.value) & (epochs.epoch == row.epoch)
    epoch = connection.execute(select(epochs.opened_at, epochs.certificate).where(mine)).one_or_none()
    behind = (seals.station_code == station_code) & (seals.side == side.value) & (seals.seq >= seq)
    query = select(seals.seq, seals.signature).where(behind).order_by(seals.seq).limit(1)
    seal = connection.execute(query).one_or_none()
    return RecordSheet(
        line=line,
        digest=row.digest.hex(),
        data_hex=row.data.hex(),
        stored_at=row.stored_at,
        epoch_opened_at=epoch.opened_at if epoch else None,
        certificate_digest=_digest(epoch.certificate) if epoch else "",
        seal_seq=seal.seq if seal else None,
        seal_hex=seal.signature.hex() if seal else "",
        entries=_entries(connection, station_code, side, seq),
        maker=_maker(side, line, row.epoch),
    )


def _digest(certificate: bytes) -> str:
    import hashlib

    return hashlib.sha256(certificate).hexdigest()


def _entries(connection: Connection, station_code: str, side: Side, seq: int) -> tuple[EntryLine, ...]:
    entry = ledger_entries.c
    this = (entry.station_code == station_code) & (entry.side == side.value) & (entry.seq == seq)
    rows = connection.execute(select(ledger_entries).where(this).order_by(entry.line))
    return tuple(
        EntryLine(
            _account(row.debit_account, row.debit_party), _account(row.credit_account, row.credit_party), row.amount_fen
        )
        for row in rows
    )


def _account(number: int, party: str) -> Sentence:
    zh, en = ACCOUNT_WORDS[Account(number)]
    return Sentence(f"{number} {zh} {party}".strip(), f"{number} {en} {party}".strip())


def _maker(side: Side, line: JournalLine, epoch: int) -> Sentence:
    where_zh = f"站点设备, 第 {epoch} 期密钥" if side is Side.STATION else f"总部, 第 {epoch} 期流水"
    where_en = f"the station's machine, key of epoch {epoch}" if side is Side.STATION else f"HQ, journal epoch {epoch}"
    return Sentence(f"{line.author.zh} ({where_zh})", f"{line.author.en} ({where_en})")
