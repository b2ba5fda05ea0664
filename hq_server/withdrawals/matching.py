"""What a bank's day says of the stations' withdrawals; pure.

A withdrawal whose trace number is known is debited if the file has it and no reversal of it. One whose result nobody
knew has no trace number: it is the line of one of its station's terminals with its amount within a quarter of an hour,
if exactly one is. A line tells of one withdrawal: where two could be it, both wait, as does all else that is not
certain, for a ruling.

A bank cuts its day at an hour of its own, so what the day's file lacks is sought in those of the days before and after
it, by number, sum and time; late in the evening nothing counts as absent before the next day's file is there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING

from hq_server.files.rows import LineKind
from hq_server.withdrawals.held import local_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hq_server.files.rows import FileRow
    from hq_server.withdrawals.held import HeldWithdrawal, Terminals
    from station_journal.rules.withdrawal import Withdrawal

NEAR = timedelta(minutes=15)
LATE_FROM = time(20, 0)
"""From this hour on, Beijing's time, a withdrawal may stand in the file of the bank's next day."""


@dataclass(frozen=True, slots=True)
class Word:
    """What the bank says of one withdrawal; ``line`` is None where it is absent from the day's file.

    ``is_of_day``: the line stands in a file of the day itself, not in one of the days beside it.
    """

    held: HeldWithdrawal
    debited: bool
    line: FileRow | None
    is_of_day: bool = True


@dataclass(frozen=True, slots=True)
class Unclear:
    """A withdrawal that only a person can judge: the lines it may be, and whether another has the same numbers."""

    held: HeldWithdrawal
    lines: tuple[FileRow, ...]
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """A matched day: words, withdrawals that only a person can judge, and lines that no station explains.

    ``repeated`` are lines with the numbers of a line that came before them.
    """

    words: tuple[Word, ...]
    unclear: tuple[Unclear, ...]
    bank_only: tuple[FileRow, ...]
    repeated: tuple[FileRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a day: the bank's lines and the stations' withdrawals of the days before and after it.

    ``next_is_there`` tells that a file of the day after it was received.
    """

    lines: tuple[FileRow, ...] = ()
    held: tuple[HeldWithdrawal, ...] = ()
    next_is_there: bool = True


def match(
    held: Sequence[HeldWithdrawal], lines: Sequence[FileRow], terminals: Terminals, beside: Beside = Beside()
) -> Day:
    """Match a day's withdrawals with the bank's lines; ``terminals`` says whose the lines' terminals are."""
    debits: dict[tuple[str, str], FileRow] = {}
    paid = [line for line in lines if line.kind is LineKind.PAY]
    repeated = [line for line in paid if debits.setdefault(_key(line.terminal_no, line.trace_no), line) is not line]
    undone = {_key(line.terminal_no, line.trace_no) for line in lines if line.kind is LineKind.REV}
    words: list[Word] = []
    unclear: list[Unclear] = []
    numbered = [one for one in held if _is_numbered(one.withdrawal)]
    claims = Counter(_key(one.withdrawal.terminal_no, one.withdrawal.trace_no) for one in numbered)
    used = set(claims) | {key for key, line in debits.items() if _owner_of(line, beside.held) is not None}
    for one in numbered:
        key = _key(one.withdrawal.terminal_no, one.withdrawal.trace_no)
        debit = debits.get(key)
        if claims[key] > 1 or (debit is not None and debit.amount_fen != one.withdrawal.amount_fen):
            unclear.append(Unclear(one, () if debit is None else (debit,), claims[key] > 1))
        elif debit is not None:
            words.append(Word(one, key not in undone, debit))
        else:
            words += _elsewhere(one, beside)
    rest: defaultdict[str, list[FileRow]] = defaultdict(list)
    for key, line in debits.items():
        if key not in used and key not in undone and line.terminal_no in terminals.station_of:
            rest[terminals.station_of[line.terminal_no]].append(line)
    unknown = [one for one in held if is_unnumbered(one.withdrawal)]
    nearby = [[line for line in rest[one.station_code] if _is_near(line, one.withdrawal)] for one in unknown]
    wanted = Counter(_key(line.terminal_no, line.trace_no) for near in nearby for line in near)
    for one, near in zip(unknown, nearby, strict=True):
        shared = any(wanted[_key(line.terminal_no, line.trace_no)] > 1 for line in near)
        approved_yet_absent = bool(one.withdrawal.approved_seq) and not near
        if len(near) > 1 or shared or approved_yet_absent or one.station_code not in terminals.stations:
            unclear.append(Unclear(one, tuple(near)))
            continue
        words.append(Word(one, bool(near), near[0] if near else None))
        used.update(_key(line.terminal_no, line.trace_no) for line in near)
    only = tuple(line for key, line in debits.items() if key not in used and key not in undone)
    return Day(tuple(words), tuple(unclear), only, tuple(repeated))


def _elsewhere(one: HeldWithdrawal, beside: Beside) -> list[Word]:
    """Say what the files of the days beside it tell of a withdrawal that the day's own lack; nothing while one may."""
    mine = [line for line in beside.lines if _owner_of(line, [one]) is one]
    debit = next((line for line in mine if line.kind is LineKind.PAY), None)
    if debit is None and not beside.next_is_there and local_time(one.withdrawal.recorded_at) >= LATE_FROM:
        return []
    return [
        Word(one, debit is not None and all(line.kind is LineKind.PAY for line in mine), debit, is_of_day=debit is None)
    ]


def _owner_of(line: FileRow, held: Iterable[HeldWithdrawal]) -> HeldWithdrawal | None:
    """Find the withdrawal that a line of another day names by number, sum and time."""
    key = _key(line.terminal_no, line.trace_no)
    for one in held:
        named = _is_numbered(one.withdrawal) and _key(one.withdrawal.terminal_no, one.withdrawal.trace_no) == key
        if named and _is_near(line, one.withdrawal):
            return one
    return None


def _is_numbered(withdrawal: Withdrawal) -> bool:
    """Tell whether the terminal's own numbers of it are known; a result that was asked for later may lack them."""
    return bool(withdrawal.approved_seq and withdrawal.terminal_no and withdrawal.trace_no)


def is_unnumbered(withdrawal: Withdrawal) -> bool:
    """Tell whether the bank's line of it can only be found by its station's terminal, its sum and its time."""
    return not _is_numbered(withdrawal) and not withdrawal.failed_seq


def _key(terminal_no: str, trace_no: str) -> tuple[str, str]:
    return terminal_no, trace_no.lstrip("0")


def _is_near(line: FileRow, withdrawal: Withdrawal) -> bool:
    is_near = line.at is not None and abs(line.at - withdrawal.recorded_at) <= NEAR
    return is_near and line.amount_fen == withdrawal.amount_fen
