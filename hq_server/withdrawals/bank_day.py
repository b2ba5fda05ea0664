"""Taking in an acquirer's daily file, whole or not at all, and telling each station what it says of its withdrawals.

The file is evidence: what it confirms becomes the owner's money, or credit where the agreement restores it; what it
denies after the shop was told to pay rests in HQ's suspense. A word is told again only where the books have moved on
since it was told; running a day twice changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.withdrawal_tables import bank_files
from hq_server.hq_journal import raise_alarm
from hq_server.ledger.book import Bookkeeper
from hq_server.reference.staff import Deed
from hq_server.withdrawals.bank_file import BankFileName, BankFileRefusedError, BankLine, parse, read_name
from hq_server.withdrawals.evasion import findings
from hq_server.withdrawals.held import terms_of, withdrawals, withdrawals_of_day
from hq_server.withdrawals.matching import Day, Word, match
from hq_server.wording import RefusedError
from station_journal.facts.withdrawals import BankAnswered, BankWordSource, CreditRestored
from station_journal.records import SYSTEM, AlarmCode, AlarmRaised

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember
    from station_journal.records import HqFact
    from station_journal.rules.withdrawal import Withdrawal

FILE_BYTES_MAX = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class DayResult:
    """What a bank's day came to: lines, words told now, withdrawals and lines that wait for a person, alarms raised."""

    acquirer_code: str
    business_date: date
    line_count: int
    confirmed: int
    denied: int
    unclear: int
    bank_only: int
    alarms: int


def import_bank_file(engine: Engine, by: StaffMember, path: Path, now: datetime) -> BankFileName:
    """Take in a file whose ``.ok`` flag lies beside it; its bytes are kept either way.

    Raises:
        RefusedError: name, flag, bytes or totals are wrong, or it was received before; nothing takes effect.
    """
    by.require(Deed.IMPORT_FILE)
    name, content = _read(path)
    digest = hashlib.sha256(content).hexdigest()
    lines: tuple[BankLine, ...] = ()
    refusal = ""
    try:
        lines = parse(content)
    except BankFileRefusedError as refused:
        refusal = str(refused)
    with engine.begin() as connection:
        _refuse_second(connection, name, digest)
        row = {
            "sha256": digest,
            "file_name": path.name,
            "acquirer_code": name.acquirer_code,
            "business_date": name.business_date,
            "file_seq": name.seq,
            "state": "REFUSED" if refusal else "ACCEPTED",
            "refusal": refusal,
            "line_count": len(lines),
            "amount_fen": sum(line.amount_fen for line in lines),
            "content": content,
            "imported_by": by.staff_no,
            "imported_at": now,
        }
        connection.execute(insert(bank_files).values(row))
        tag = AuditTag.FILE_REFUSED if refusal else AuditTag.FILE_IMPORTED
        details = {"file": path.name, "sha256": digest, "lines": len(lines)}
        audit.note(connection, tag, audit.staff_actor(by.staff_no), now, details)
    if refusal:
        raise RefusedError("bank_file", f"银行文件 {path.name} 不能用: {refusal}", f"{path.name}: {refusal}")
    return name


def _read(path: Path) -> tuple[BankFileName, bytes]:
    name = read_name(path.name)
    if name is None:
        raise RefusedError(
            "file_name",
            f"文件名 {path.name} 不是 WD_收单机构_日期_序号.csv 的样式",
            f"the file name {path.name} is not of the form WD_acquirer_date_number.csv",
        )
    try:
        if not path.with_name(path.name + ".ok").exists():
            raise RefusedError(
                "file_not_complete",
                f"文件 {path.name} 旁边没有 .ok 标志, 可能还没写完",
                f"file {path.name} has no .ok flag beside it and may still be being written",
            )
        if path.stat().st_size > FILE_BYTES_MAX:
            raise RefusedError("file_size", f"文件 {path.name} 过大", f"file {path.name} is too large")
        return name, path.read_bytes()
    except OSError as error:
        raise RefusedError(
            "file_unreadable", f"读不到文件 {path.name}", f"file {path.name} cannot be read: {error.strerror}"
        ) from error


def _refuse_second(connection: Connection, name: BankFileName, digest: str) -> None:
    table = bank_files.c
    same = (table.acquirer_code == name.acquirer_code) & (table.business_date == name.business_date)
    numbered = select(table.file_name).where(same, table.file_seq == name.seq, table.state == "ACCEPTED")
    known = connection.scalar(select(table.file_name).where(table.sha256 == digest)) or connection.scalar(numbered)
    if known is not None:
        raise RefusedError(
            "file_twice",
            f"这个文件或序号已经收过 ({known}), 不再重复处理",
            f"this file or number was received before as {known} and is not taken twice",
        )


def settle_day(engine: Engine, journal: HqJournal, acquirer_code: str, day: date, now: datetime) -> DayResult:
    """Tell the stations what the acquirer's files of a day say; doing it again tells only what has moved since.

    Raises:
        RefusedError: no file of that day was received.
    """
    with engine.begin() as connection:
        Bookkeeper(journal).catch_up(connection, now)
        lines = _lines(connection, acquirer_code, day)
        matched, told = _matched(connection, acquirer_code, day, lines), []
        for word in matched.words:
            facts = _facts(connection, word, day)
            if facts:
                journal.append(connection, word.held.station_code, facts, SYSTEM, now)
                told.append(word)
        alarms = _raise_alarms(connection, journal, day, now)
    return DayResult(
        acquirer_code,
        day,
        len(lines),
        confirmed=sum(word.debited for word in told),
        denied=sum(not word.debited for word in told),
        unclear=len(matched.unclear),
        bank_only=len(matched.bank_only),
        alarms=alarms,
    )


def _lines(connection: Connection, acquirer_code: str, day: date) -> tuple[BankLine, ...]:
    table = bank_files.c
    mine = (table.acquirer_code == acquirer_code) & (table.business_date == day) & (table.state == "ACCEPTED")
    contents = connection.scalars(select(table.content).where(mine).order_by(table.file_seq)).all()
    if not contents:
        raise RefusedError(
            "no_bank_file",
            f"还没有收到 {acquirer_code} 在 {day} 的取款文件",
            f"no withdrawal file of {acquirer_code} for {day} was received",
        )
    return tuple(line for content in contents for line in parse(bytes(content)))


def _matched(connection: Connection, acquirer_code: str, day: date, lines: tuple[BankLine, ...]) -> Day:
    terminals = {
        one.withdrawal.terminal_no: one.station_code for one in withdrawals(connection) if one.withdrawal.terminal_no
    }
    mine = [
        one
        for one in withdrawals_of_day(connection, day)
        if (one.withdrawal.acquirer_code or terms_of(connection, one.station_code, day).acquirer_code) == acquirer_code
    ]
    return match(mine, lines, terminals)


def _facts(connection: Connection, word: Word, day: date) -> list[HqFact]:
    """Give what is to be told of a withdrawal now: the word if it is news, and the credit that comes back with it."""
    held = word.held.withdrawal
    placed_or_failed = bool(held.placed_seq or held.failed_seq)
    last = held.last_word
    facts: list[HqFact] = []
    news = last is None or last.debited != word.debited or (not last.acted and placed_or_failed)
    if last is None and not word.debited and held.failed_seq:
        news = False  # both sides say that nothing was debited
    if news:
        reason = f"line {word.line.line_no} of {day}" if word.line else f"absent from the files of {day}"
        bank_no, fee_fen = (word.line.bank_no, word.line.fee_fen) if word.line else ("", 0)
        answered = BankAnswered(held.seq, word.debited, BankWordSource.FILE, bank_no, fee_fen, reason)
        facts.append(answered)
    restores = terms_of(connection, word.held.station_code, day).restores_credit
    if restores and word.debited and held.placed_seq and not held.failed_seq and not held.restored_seq:
        facts.append(CreditRestored(held.seq, held.amount_fen))
    return facts


def _raise_alarms(connection: Connection, journal: HqJournal, day: date, now: datetime) -> int:
    """Point out, to HQ and the station, what looks like getting around the limit; customers are told nothing."""
    raised = 0
    for station_code, withdrawal in findings(withdrawals(connection), day):
        alarm = AlarmRaised(AlarmCode.LIMIT_EVASION, withdrawal.seq, withdrawal.amount_fen)
        raised += raise_alarm(connection, journal, station_code, alarm, now)
    return raised


def is_settled(withdrawal: Withdrawal) -> bool:
    """Tell whether nothing about a withdrawal waits for anybody any more."""
    return not withdrawal.is_open and (withdrawal.confirmed or bool(withdrawal.failed_seq))
