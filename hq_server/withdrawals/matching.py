"""What a bank's day says of the stations' withdrawals; pure.

A withdrawal whose trace number is known is debited if the file has it and no reversal of it. One whose result nobody
knew has no trace number: it is the line of one of its station's terminals with its amount within a quarter of an hour,
if exactly one is. A line tells of one withdrawal: where two could be it, both wait, as does all else that is not
certain, for a ruling.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from hq_server.files.rows import LineKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hq_server.files.rows import FileRow
    from hq_server.withdrawals.held import HeldWithdrawal
    from station_journal.rules.withdrawal import Withdrawal

NEAR = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Word:
    """What the bank says of one withdrawal; ``line`` is None where it is absent from the day's file."""

    held: HeldWithdrawal
    debited: bool
    line: FileRow | None


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


def match(held: Sequence[HeldWithdrawal], lines: Iterable[FileRow], terminals: dict[str, str]) -> Day:
    """Match a day's withdrawals with the bank's lines; ``terminals`` gives the station of a terminal number."""
    debits: dict[tuple[str, str], FileRow] = {}
    paid = [line for line in lines if line.kind is LineKind.PAY]
    repeated = [line for line in paid if debits.setdefault(_key(line.terminal_no, line.trace_no), line) is not line]
    undone = {_key(line.terminal_no, line.trace_no) for line in lines if line.kind is LineKind.REV}
    words: list[Word] = []
    unclear: list[Unclear] = []
    numbered = [one for one in held if _is_numbered(one.withdrawal)]
    claims = Counter(_key(one.withdrawal.terminal_no, one.withdrawal.trace_no) for one in numbered)
    used = set(claims)
    for one in numbered:
        key = _key(one.withdrawal.terminal_no, one.withdrawal.trace_no)
        debit = debits.get(key)
        if claims[key] > 1 or (debit is not None and debit.amount_fen != one.withdrawal.amount_fen):
            unclear.append(Unclear(one, () if debit is None else (debit,), claims[key] > 1))
        else:
            words.append(Word(one, debit is not None and key not in undone, debit))
    rest: defaultdict[str, list[FileRow]] = defaultdict(list)
    for key, line in debits.items():
        if key not in used and key not in undone and line.terminal_no in terminals:
            rest[terminals[line.terminal_no]].append(line)
    unknown = [one for one in held if not _is_numbered(one.withdrawal) and not one.withdrawal.failed_seq]
    nearby = [[line for line in rest[one.station_code] if _is_near(line, one.withdrawal)] for one in unknown]
    wanted = Counter(_key(line.terminal_no, line.trace_no) for near in nearby for line in near)
    for one, near in zip(unknown, nearby, strict=True):
        shared = any(wanted[_key(line.terminal_no, line.trace_no)] > 1 for line in near)
        approved_yet_absent = bool(one.withdrawal.approved_seq) and not near
        if len(near) > 1 or shared or approved_yet_absent or one.station_code not in terminals.values():
            unclear.append(Unclear(one, tuple(near)))
            continue
        words.append(Word(one, bool(near), near[0] if near else None))
        used.update(_key(line.terminal_no, line.trace_no) for line in near)
    only = tuple(line for key, line in debits.items() if key not in used and key not in undone)
    return Day(tuple(words), tuple(unclear), only, tuple(repeated))


def _is_numbered(withdrawal: Withdrawal) -> bool:
    """Tell whether the terminal's own numbers of it are known; a result that was asked for later may lack them."""
    return bool(withdrawal.approved_seq and withdrawal.terminal_no and withdrawal.trace_no)


def _key(terminal_no: str, trace_no: str) -> tuple[str, str]:
    return terminal_no, trace_no.lstrip("0")


def _is_near(line: FileRow, withdrawal: Withdrawal) -> bool:
    is_near = line.at is not None and abs(line.at - withdrawal.recorded_at) <= NEAR
    return is_near and line.amount_fen == withdrawal.amount_fen
