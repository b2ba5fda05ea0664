"""Matching 勾对: our sales of one biller-day against the lines of its settlement file.

The rule for items that share a key and are not equal at first sight; what is equal, or alone, needs no rule and stays
in the database (`day_passes`). Keys are tried in this order: our number, then the biller's. What the day itself leaves
open is then tried against what days near it left open (cut-off shift 跨日).

The result depends on the content of the input alone, not on its order, so a run repeated gives the same findings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hq_server.reconciliation.discrepancy import (
    BreakClass,
    Finding,
    MatchKey,
    OurSale,
    SaleStatus,
    SettlesUnknown,
    TheirLine,
    classify,
    difference_fen,
    is_given_back,
    is_their_money,
)
from station_journal.quickly_made import quickly_made

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

SHIFT_DAYS_MAX = 31
"""How far apart a sale and its line may lie where a number names it: a station may have been offline for weeks."""


@dataclass(frozen=True, slots=True)
class BillerDay:
    """What one run is given; `lines` are those of all accepted files of the day.

    `open_sales` and `open_lines` are what days near it left as ours or theirs only. `settled_sales` are
    sales of other days, already matched, whose serials occur in `lines`: a line that repeats one is a duplicate, not an
    unknown payment, and one that takes it back is a difference in outcome.
    """

    business_date: date
    sales: Sequence[OurSale]
    lines: Sequence[TheirLine]
    open_sales: Sequence[OurSale] = ()
    open_lines: Sequence[TheirLine] = ()
    settled_sales: Sequence[OurSale] = ()


@quickly_made
@dataclass(frozen=True, slots=True)
class _Entry:
    """A line with the REV line that took it back, if any; matched as one."""

    line: TheirLine
    reversal: TheirLine | None = None

    @property
    def effective(self) -> TheirLine:
        """The line to hold against ours: the REV line says how it ended."""
        return self.reversal or self.line


class _Board:
    """Sales and entries still free, given in canonical order and kept in it, and the pairs made."""

    def __init__(self, sales: Iterable[OurSale], entries: Iterable[_Entry]) -> None:
        self.sales = list(sales)
        self.entries = list(entries)
        self.pairs: list[tuple[OurSale, _Entry, MatchKey]] = []

    def pair_by(self, key: MatchKey) -> None:
        """Bring together free sales and entries with the same value of `key`, the best fitting first."""
        if not self.sales or not self.entries:
            return
        by_theirs = key is MatchKey.BILLER_SERIAL
        waiting: dict[str, list[int]] = {}
        for index, entry in enumerate(self.entries):
            value = entry.line.biller_no if by_theirs else entry.line.our_no
            if value:
                waiting.setdefault(value, []).append(index)
        wanted: dict[str, list[int]] = {}
        for index, sale in enumerate(self.sales):
            value = sale.biller_no if by_theirs else sale.our_no
            if value and value in waiting:
                wanted.setdefault(value, []).append(index)
        used_sales: set[int] = set()
        used_entries: set[int] = set()
        for value, sale_indexes in wanted.items():
            for s, e in _best_pairs(self.sales, sale_indexes, self.entries, waiting[value]):
                used_sales.add(s)
                used_entries.add(e)
                self.pairs.append((self.sales[s], self.entries[e], key))
        self.sales = [sale for index, sale in enumerate(self.sales) if index not in used_sales]
        self.entries = [entry for index, entry in enumerate(self.entries) if index not in used_entries]


def _best_pairs(
    sales: list[OurSale], sale_indexes: list[int], entries: list[_Entry], entry_indexes: list[int]
) -> Iterator[tuple[int, int]]:
    """Pair within one key value, nearly always one with one; where a key repeats, agreement decides, then order."""
    if len(sale_indexes) == 1 == len(entry_indexes):
        yield sale_indexes[0], entry_indexes[0]
        return
    ranked = sorted((_misfit(sales[s], entries[e].effective), s, e) for s in sale_indexes for e in entry_indexes)
    free_sales, free_entries = set(sale_indexes), set(entry_indexes)
    for _, s, e in ranked:
        if s in free_sales and e in free_entries:
            free_sales.remove(s)
            free_entries.remove(e)
            yield s, e


def _misfit(sale: OurSale, line: TheirLine) -> tuple[bool, ...]:
    """Order candidates of one key: other serials equal first, then account, outcome and amount.

    Of an attempt that failed and one that succeeded under one number, the one with the money ends an unknown sale.
    """
    expects_money = sale.status in {SaleStatus.CAPTURED, SaleStatus.HELD}
    return (
        sale.biller_no != line.biller_no,
        sale.our_no != line.our_no,
        sale.account_no != line.account_no,
        expects_money != is_their_money(line),
        sale.amount_fen != line.amount_fen,
    )


def match_day(day: BillerDay) -> tuple[Finding, ...]:
    """Return the findings of the day: every sale and line of it in exactly one, in a fixed order.

    Neighbours' open items appear only when this day closes or explains them. Raises `ValueError` when a sale or line
    is not of the date that its place in `day` says.
    """
    _check_dates(day)
    own = _paired_off(sorted(day.sales, key=_sale_order), _entries(day.lines))
    late_lines = _paired_off(own.sales, _entries(day.open_lines))
    late_sales = _paired_off(sorted(day.open_sales, key=_sale_order), own.entries)
    settled = sorted(day.settled_sales, key=_sale_order)
    taken_back = _paired_off(
        (sale for sale in settled if sale.status is SaleStatus.CAPTURED),
        (entry for entry in late_sales.entries if not is_their_money(entry.effective)),
    )
    pairs = own.pairs + late_lines.pairs + late_sales.pairs + taken_back.pairs
    explained = {id(entry) for _, entry, _ in taken_back.pairs}
    findings = [_paired(sale, entry, key) for sale, entry, key in pairs]
    keys = _keys_of_pairs(pairs, day.settled_sales)
    findings += _left_sales(late_lines.sales, set(keys))
    findings += _left_entries((entry for entry in late_sales.entries if id(entry) not in explained), set(keys))
    return tuple(sorted(findings, key=_finding_order))


def _paired_off(sales: Iterable[OurSale], entries: Iterable[_Entry]) -> _Board:
    board = _Board(sales, entries)
    board.pair_by(MatchKey.OUR_SERIAL)
    board.pair_by(MatchKey.BILLER_SERIAL)
    return board


def _check_dates(day: BillerDay) -> None:
    for own in _items(day.sales, day.lines):
        if own.business_date != day.business_date:
            raise ValueError(f"{own.our_no or 'A line'} is of {own.business_date}, not of {day.business_date}.")
    for other in _items(day.open_sales, day.open_lines):
        if not 0 < abs((other.business_date - day.business_date).days) <= SHIFT_DAYS_MAX:
            raise ValueError(f"{other.our_no or 'A line'} of {other.business_date} is not near {day.business_date}.")
    for settled in day.settled_sales:
        if settled.business_date == day.business_date:
            raise ValueError(f"{settled.our_no} belongs to the day's own sales.")


def _items(sales: Iterable[OurSale], lines: Iterable[TheirLine]) -> Iterator[OurSale | TheirLine]:
    yield from sales
    yield from lines


def _entries(lines: Iterable[TheirLine]) -> list[_Entry]:
    """Join each REV line to the successful PAY line of our same serial, account and amount; others stand alone.

    Gives them in canonical order.
    """
    ordered = sorted(lines, key=_line_order)
    given_back = [(index, line) for index, line in enumerate(ordered) if is_given_back(line)]
    if not given_back:
        return [_Entry(line) for line in ordered]
    payments: dict[tuple[object, ...], list[int]] = {}
    for index, line in enumerate(ordered):
        if line.our_no and is_their_money(line):
            payments.setdefault(_same_payment(line), []).append(index)
    reversal_of: dict[int, TheirLine] = {}
    joined: set[int] = set()
    for index, line in given_back:
        if waiting := payments.get(_same_payment(line)):
            reversal_of[waiting.pop(0)] = line
            joined.add(index)
    return [_Entry(line, reversal_of.get(index)) for index, line in enumerate(ordered) if index not in joined]


def _same_payment(line: TheirLine) -> tuple[object, ...]:
    return (line.our_no, line.account_no, line.amount_fen)


def _paired(sale: OurSale, entry: _Entry, key: MatchKey) -> Finding:
    theirs = entry.effective
    found = classify(sale, theirs)
    evidence = None
    about_this = (sale.account_no, sale.amount_fen) == (theirs.account_no, theirs.amount_fen)
    if sale.status is SaleStatus.HELD and found in (BreakClass.MATCHED, BreakClass.CUTOFF_SHIFT) and about_this:
        evidence = SettlesUnknown(sale.station_code, sale.our_no, entry.line.biller_no, is_their_money(theirs))
    return Finding(found, sale, entry.line, key, difference_fen(sale, theirs), entry.reversal, evidence)


_Key = tuple[MatchKey, str]


def _sale_keys(sale: OurSale) -> set[_Key]:
    keys = {(MatchKey.OUR_SERIAL, sale.our_no)}
    return keys | {(MatchKey.BILLER_SERIAL, sale.biller_no)} if sale.biller_no else keys


def _line_keys(line: TheirLine) -> set[_Key]:
    keys = {(MatchKey.BILLER_SERIAL, line.biller_no)} if line.biller_no else set()
    return keys | {(MatchKey.OUR_SERIAL, line.our_no)} if line.our_no else keys


def _keys_of_pairs(pairs: Iterable[tuple[OurSale, _Entry, MatchKey]], settled: Iterable[OurSale]) -> set[_Key]:
    keys = {key for sale in settled for key in _sale_keys(sale)}
    for sale, entry, _ in pairs:
        keys |= _sale_keys(sale) | _line_keys(entry.line)
    return keys


def _left_sales(sales: Iterable[OurSale], seen: set[_Key]) -> Iterator[Finding]:
    """Name what no line answers: a repetition of something seen, or ours only. A refused sale repeats nothing."""
    for sale in sales:
        found = classify(sale, None)
        if found is BreakClass.OURS_ONLY:
            found = found if seen.isdisjoint(_sale_keys(sale)) else BreakClass.DUPLICATE_OURS
            seen |= _sale_keys(sale)
        yield Finding(found, sale, None, MatchKey.NONE, difference_fen(sale, None))


def _left_entries(entries: Iterable[_Entry], seen: set[_Key]) -> Iterator[Finding]:
    """Name what no sale answers: a repetition of something seen, or theirs only. A reversed line repeats nothing."""
    for entry in entries:
        theirs = entry.effective
        # A payment and its taking back on two lines leave nothing.
        found = classify(None, theirs) if entry.reversal is None else BreakClass.MATCHED
        if found is BreakClass.THEIRS_ONLY:
            found = found if seen.isdisjoint(_line_keys(entry.line)) else BreakClass.DUPLICATE_THEIRS
            seen |= _line_keys(entry.line)
        difference = difference_fen(None, theirs) if entry.reversal is None else 0
        yield Finding(found, None, entry.line, MatchKey.NONE, difference, entry.reversal)


def _sale_order(sale: OurSale) -> tuple[object, ...]:
    rest = (sale.biller_no or "", sale.account_no, sale.amount_fen, sale.status, sale.taken_at)
    return (sale.business_date, sale.station_code, sale.our_no, *rest)


def _line_order(line: TheirLine) -> tuple[object, ...]:
    rest = (line.our_no or "", line.account_no, line.amount_fen, line.kind, line.status, line.at)
    return (line.business_date, line.file_seq, line.line_seq, line.biller_no, *rest)


def _finding_order(finding: Finding) -> tuple[object, ...]:
    """Sales in their order first, then lines without one."""
    if finding.sale is not None:
        return (0, *_sale_order(finding.sale))
    if finding.line is None:
        raise ValueError("A finding is about a sale or a line.")
    return (1, *_line_order(finding.line))
