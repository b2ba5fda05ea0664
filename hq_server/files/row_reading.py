"""One row read by a profile: cells in, a claim out, everything checked on the way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from hq_server.files.refusals import FileRefused, RefusalCode
from hq_server.files.rows import FileRow, LineKind, LineStatus
from hq_server.files.times import CHINA, utc

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from hq_server.files.profile import FileProfile
    from hq_server.files.times import TimeForm

_TEXTS = ("our_no", "their_no", "account_no", "batch_no", "original_no", "terminal_no", "trace_no", "text")
_LAST = 4
_CARD = re.compile("(?:[0-9*xX]{9,15})?[0-9]{4}")
"""The last four digits alone, or a card number of 13 to 19 places (ISO/IEC 7812-1), masked or not."""


class RowReader:
    """Reads rows of one file, whose date is known by then. The cells are those of the profile's columns."""

    def __init__(self, profile: FileProfile, business_date: date) -> None:
        """Prepare for a profile.

        Raises:
            ValueError: the profile has no rows.
        """
        rule = profile.detail
        if rule is None:
            raise ValueError("this layout has no rows")
        self._profile, self._rule, self._date = profile, rule, business_date
        self._at = {column.name: index for index, column in enumerate(rule.columns) if column.is_read}
        self._literals = [(index, column.literal) for index, column in enumerate(rule.columns) if column.literal]
        self._texts = [(name, self._at[name]) for name in _TEXTS if name in self._at]
        self._numbers = {name: form.reader() for name, form in rule.numbers.items() if name in self._at}
        self._seen: set[tuple[str, ...]] = set()
        self._line_no = 0

    def read(self, cells: Sequence[str], row_no: int, line_no: int) -> FileRow:
        """Read a row.

        Raises:
            FileRefused: a cell is not as the profile says.
        """
        self._line_no = line_no
        if len(cells) != len(self._rule.columns):
            self._refuse(RefusalCode.BAD_FIELD, f"1-{len(self._rule.columns)}", self._profile.delimiter.join(cells))
        cells = self._plain(cells)
        for index, literal in self._literals:
            if cells[index] != literal:
                self._refuse(RefusalCode.BAD_FIELD, literal, self._profile.delimiter.join(cells))
        if "seq" in self._at:
            self._check_seq(cells[self._at["seq"]], row_no)
        texts = {name: self._text(name, cells[index]) for name, index in self._texts}
        kind, amount_fen, sums = self._money(cells)
        row = FileRow(
            row_no=row_no,
            line_no=line_no,
            kind=kind,
            amount_fen=amount_fen,
            status=self._status(cells),
            at=self._when(cells),
            fee_fen=sums.get("fee"),
            charge_fen=sums.get("charge"),
            net_fen=sums.get("net"),
            card_last4=self._card(cells),
            **texts,
        )
        if self._rule.unique:
            self._check_unique(tuple(cells[self._at[name]] for name in self._rule.unique))
        return row

    def _plain(self, cells: Sequence[str]) -> Sequence[str]:
        """Take off what surrounds every cell of this layout."""
        prefix, trim = self._profile.cell_prefix, self._profile.trim
        if prefix:
            bare = next((cell for cell in cells if not cell.startswith(prefix)), None)
            if bare is not None:
                self._refuse(RefusalCode.BAD_FIELD, prefix, bare)
            cells = [cell[len(prefix) :] for cell in cells]
        return [cell.strip(trim) for cell in cells] if trim else cells

    def _check_seq(self, text: str, expected: int) -> None:
        if text == str(expected):
            return
        if not (text.isascii() and text.isdigit() and text[0] != "0" and len(text) < 10):  # noqa: PLR2004 - as the head's
            self._refuse(RefusalCode.BAD_FIELD, "seq", text)
        code = RefusalCode.DUPLICATE_SEQ if int(text) < expected else RefusalCode.SEQ_BROKEN
        self._refuse(code, "seq", text, str(expected))

    def _text(self, name: str, value: str) -> str:
        if not value and name not in self._rule.optional:
            self._refuse(RefusalCode.BAD_FIELD, name, value)
        if len(value) > self._profile.text_chars_max or value != value.strip():
            self._refuse(RefusalCode.BAD_FIELD, name, value)
        if name == "trace_no" and value and not (value.isascii() and value.isdigit()):
            self._refuse(RefusalCode.BAD_FIELD, name, value)
        return value

    def _card(self, cells: Sequence[str]) -> str:
        """Keep the last four digits of a card and nothing else of it (PCI DSS 3.4.1)."""
        if "card" not in self._at:
            return ""
        text = cells[self._at["card"]]
        if not text and "card" in self._rule.optional:
            return ""
        if not _CARD.fullmatch(text):
            self._refuse(RefusalCode.BAD_FIELD, "card", text[-_LAST:])
        return text[-_LAST:]

    def _number(self, name: str, cells: Sequence[str]) -> int | None:
        """Read an amount in fen, None where the row has none."""
        text = cells[self._at[name]]
        if not text and name in self._rule.optional:
            return None
        value = self._numbers[name].read(text)
        if value is None:
            self._refuse(RefusalCode.BAD_AMOUNT, name, text, self._rule.numbers[name].unit)
        return value

    def _money(self, cells: Sequence[str]) -> tuple[LineKind, int, dict[str, int]]:
        """Read which way the money went, how much, and what else is stated beside it."""
        found = {name: self._number(name, cells) for name in self._numbers}
        sums = {name: value for name, value in found.items() if value is not None}
        amount, by = sums.get("amount", 0), self._rule.kind_by
        kind = LineKind.PAY
        if by == "kind":
            word = cells[self._at["kind"]]
            if word not in self._rule.kinds:
                self._refuse(RefusalCode.BAD_FIELD, "kind", word)
            kind = self._rule.kinds[word]
        elif by == "refund":
            refund = abs(sums.get("refund", 0))
            if bool(refund) is bool(amount):
                self._refuse(RefusalCode.ONE_AMOUNT, "refund", f"{amount} / {refund}")
            kind, amount = (LineKind.REV, refund) if refund else (LineKind.PAY, amount)
        elif by:
            kind = LineKind.REV if sums.get(by, 0) < 0 else LineKind.PAY
        signed_form = self._rule.numbers["amount"].says_direction
        contradicts = by == "kind" and signed_form and (amount < 0) is not (kind is LineKind.REV)
        if amount == 0 or contradicts or (amount < 0 and by not in {"kind", "amount"}):
            text = cells[self._at["amount"]]
            self._refuse(RefusalCode.BAD_AMOUNT, "amount", text, self._rule.numbers["amount"].unit)
        signed = -abs(amount) if kind is LineKind.REV else abs(amount)
        if "net" in sums and "charge" in sums and sums["net"] != signed - sums["charge"]:
            self._refuse(RefusalCode.NET_MISMATCH, "net", str(sums["net"]), str(signed - sums["charge"]))
        return kind, abs(amount), sums

    def _status(self, cells: Sequence[str]) -> LineStatus:
        if "status" not in self._at:
            return LineStatus.SUCCESS
        word = cells[self._at["status"]]
        if word not in self._rule.statuses:
            self._refuse(RefusalCode.BAD_FIELD, "status", word)
        return self._rule.statuses[word]

    def _when(self, cells: Sequence[str]) -> datetime | None:
        """Read the time, in UTC, and hold its day against the file's."""
        times = self._rule.times
        day: date | None = None
        if "date" in times:
            day = self._moment("date", times["date"], cells, self._date).date()
            self._check_day(day, self._rule.days or 0)
        at = None
        if "at" in times:
            at = self._moment("at", times["at"], cells, self._date)
        elif "time" in times:
            at = self._moment("time", times["time"], cells, day or self._date)
        if at is None:
            return None
        if self._rule.days is not None:
            self._check_day(at.astimezone(CHINA).date(), self._rule.days)
        return utc(at)

    def _moment(self, name: str, form: TimeForm, cells: Sequence[str], near: date) -> datetime:
        text = cells[self._at[name]]
        moment = form.read(text, near)
        if moment is None:
            self._refuse(RefusalCode.BAD_FIELD, name, text)
        return moment

    def _check_day(self, day: date, days: int) -> None:
        if abs((day - self._date).days) > days:
            expected = f"{self._date:%Y-%m-%d}" + (f" +/- {days}" if days else "")
            self._refuse(RefusalCode.WRONG_DATE, "date", f"{day:%Y-%m-%d}", expected)

    def _check_unique(self, key: tuple[str, ...]) -> None:
        if key in self._seen:
            self._refuse(RefusalCode.DUPLICATE_ROW, ", ".join(self._rule.unique), ", ".join(key))
        self._seen.add(key)

    def _refuse(self, code: RefusalCode, field: str, found: str, expected: str = "") -> NoReturn:
        raise FileRefused(code, self._line_no, field=field, found=found, expected=expected) from None
