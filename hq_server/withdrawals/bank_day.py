"""Taking in an acquirer's daily file, whole or not at all, and telling each station what it says of its withdrawals.

The file is evidence: what it confirms becomes the owner's money, or credit where the agreement restores it; what it
denies after the shop was told to pay rests in HQ's suspense. A word is told again only where the books have moved on
since it was told; running a day twice changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from hq_server.files.intake import accepted_files, keep_none, kept_rows, take_in, upload_of
from hq_server.files.profile import Purpose
from hq_server.hq_journal import CannotTellError, raise_alarm
from hq_server.ledger.book import Bookkeeper
from hq_server.made_good import Cited, Remedy, release
from hq_server.withdrawals.evasion import DAYS_IN_A_ROW, findings
from hq_server.withdrawals.held import terminals, terms_of, withdrawals
from hq_server.withdrawals.matching import Beside, Day, Word, is_unnumbered, match
from hq_server.wording import RefusedError
from station_journal.facts.withdrawals import BankAnswered, BankWordSource, CreditRestored
from station_journal.records import SYSTEM, AlarmCode, AlarmRaised
from station_journal.side import Side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from hq_server.files.intake import ReceivedFile
    from hq_server.files.rows import FileRow
    from hq_server.hq_journal import HqJournal
    from hq_server.reference.staff import StaffMember
    from hq_server.withdrawals.held import HeldWithdrawal, Terminals
    from station_journal.records import HqFact
    from station_journal.rules.withdrawal import Withdrawal

_DAY = timedelta(days=1)


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


def import_bank_file(engine: Engine, by: StaffMember, path: Path, now: datetime) -> ReceivedFile:
    """Take in an acquirer's file by its profile; see `hq_server.files.intake.take_in`.

    Raises:
        RefusedError: as there; nothing takes effect.
    """
    with upload_of(path) as upload:
        return take_in(engine, by, upload, now, {Purpose.ACQUIRER: keep_none})


def settle_day(engine: Engine, journal: HqJournal, acquirer_code: str, day: date, now: datetime) -> DayResult:
    """Tell the stations what the acquirer's files of a day say; doing it again tells only what has moved since.

    Raises:
        RefusedError: no file of that day was received.
    """
    with engine.begin() as connection:
        Bookkeeper(journal).catch_up(connection, now)
        held = _held_around(connection, day)
        (matched, _), told = _matched(connection, acquirer_code, day, held), []
        for word in matched.words:
            facts = _facts(connection, word, day)
            if facts:
                try:
                    journal.append(connection, word.held.station_code, facts, SYSTEM, now)
                except CannotTellError:
                    continue  # the day is settled again, and tells what is untold
                told.append(word)
                if not word.debited:
                    cited = Cited(word.held.station_code, Side.STATION, word.held.withdrawal.seq)
                    release(connection, cited, Remedy.WITHDRAWAL_RULING)
        alarms = _raise_alarms(connection, journal, held, day, now)
        line_count = sum(file.line_count for file in accepted_files(connection, Purpose.ACQUIRER, acquirer_code, day))
    return DayResult(
        acquirer_code,
        day,
        line_count,
        confirmed=sum(word.debited for word in told),
        denied=sum(not word.debited for word in told),
        unclear=len(matched.unclear),
        bank_only=len(matched.bank_only),
        alarms=alarms,
    )


def matched_day(connection: Connection, acquirer_code: str, day: date) -> tuple[Day, dict[str, str]]:
    """Match an acquirer's day as it stands now, and give the station of each of its terminals; changes nothing.

    Raises:
        RefusedError: no file of that day was received.
    """
    matched, whose = _matched(connection, acquirer_code, day, _held_around(connection, day))
    return matched, whose.station_of


def _held_around(connection: Connection, day: date) -> list[HeldWithdrawal]:
    """Read the withdrawals that a day is judged by: its neighbours' too, and those of the days in a row before it."""
    return withdrawals(connection, days=(day - (DAYS_IN_A_ROW - 1) * _DAY, day + _DAY))


def _lines(connection: Connection, acquirer_code: str, day: date) -> tuple[FileRow, ...]:
    files = accepted_files(connection, Purpose.ACQUIRER, acquirer_code, day)
    if not files:
        raise RefusedError(
            "no_bank_file",
            f"还没有收到 {acquirer_code} 在 {day} 的取款文件",
            f"no withdrawal file of {acquirer_code} for {day} was received",
        )
    return tuple(row for file in files for row in kept_rows(connection, file))


def _matched(
    connection: Connection, acquirer_code: str, day: date, held: Sequence[HeldWithdrawal]
) -> tuple[Day, Terminals]:
    lines, near = _lines(connection, acquirer_code, day), (day - _DAY, day + _DAY)
    of_days: defaultdict[date, list[HeldWithdrawal]] = defaultdict(list)

    @cache
    def by_terms(station_code: str, on: date) -> str:
        return terms_of(connection, station_code, on).acquirer_code

    for one in held:
        on = one.withdrawal.on_day
        if abs(on - day) <= _DAY and (one.withdrawal.acquirer_code or by_terms(one.station_code, on)) == acquirer_code:
            of_days[on].append(one)
    files = {one: accepted_files(connection, Purpose.ACQUIRER, acquirer_code, one) for one in near}
    beside = Beside(
        tuple(row for one in near for file in files[one] for row in kept_rows(connection, file)),
        tuple(one for each in near for one in of_days[each]),
        next_is_there=bool(files[day + _DAY]),
    )
    numbers = {line.terminal_no for line in lines}
    lost = {one.station_code for one in of_days[day] if is_unnumbered(one.withdrawal)}
    whose = terminals(connection, held, numbers, lost, day)
    return match(of_days[day], lines, whose, beside), whose


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
        beside = " of" if word.is_of_day else " beside"
        reason = f"line {word.line.line_no} of a file{beside} {day}" if word.line else f"absent from the files of {day}"
        bank_no, fee_fen = (word.line.their_no, word.line.fee_fen or 0) if word.line else ("", 0)
        answered = BankAnswered(held.seq, word.debited, BankWordSource.FILE, bank_no, fee_fen, reason)
        facts.append(answered)
    restores = terms_of(connection, word.held.station_code, day).restores_credit
    if restores and word.debited and held.placed_seq and not held.failed_seq and not held.restored_seq:
        facts.append(CreditRestored(held.seq, held.amount_fen))
    return facts


def _raise_alarms(
    connection: Connection, journal: HqJournal, held: Sequence[HeldWithdrawal], day: date, now: datetime
) -> int:
    """Point out, to HQ and the station, what looks like getting around the limit; customers are told nothing."""
    raised = 0
    for station_code, withdrawal in findings(held, day):
        alarm = AlarmRaised(AlarmCode.LIMIT_EVASION, withdrawal.seq, withdrawal.amount_fen)
        raised += raise_alarm(connection, journal, station_code, alarm, now)
    return raised


def is_settled(withdrawal: Withdrawal) -> bool:
    """Tell whether nothing about a withdrawal waits for anybody any more."""
    return not withdrawal.is_open and (withdrawal.confirmed or bool(withdrawal.failed_seq))
