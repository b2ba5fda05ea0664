"""A file of lines read as a stream by its profile: head, rows, closing lines, and the control totals at the end.

No row may take effect before the iteration has ended: only then count, sums and hash are known to agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NoReturn

from hq_server.files.cutting import LineCutter
from hq_server.files.numbers import TOTAL_DIGITS
from hq_server.files.refusals import FileRefused, RefusalCode
from hq_server.files.row_reading import RowReader
from hq_server.files.rows import FileFacts, Totals
from hq_server.files.templates import COUNTS, MONEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from hq_server.files.profile import FileProfile, LineRule
    from hq_server.files.rows import FileRow
    from hq_server.files.templates import Template


class FileReader:
    """Reads one file in constant memory: the head at once, the rows by iteration, once.

    Everything raises `FileRefused`. `totals` is whole when the iteration has ended.
    """

    def __init__(self, stream: BinaryIO, profile: FileProfile, expected: FileFacts, encoding: str) -> None:
        """Read the head and hold it against what is expected.

        Raises:
            FileRefused: the head is not the profile's or not of the expected party, date or number, or whose file it is
                of which date nobody says.
        """
        self._profile, self._expected = profile, expected
        self._lines = LineCutter(stream, profile, encoding)
        self._total_form = profile.total_form.reader(TOTAL_DIGITS)
        self._stated: dict[str, int] = dict(expected.sums)
        self._sha256_before = ""
        self._is_read = False
        self.party, self._date, self.seq = expected.party, expected.date, expected.seq
        self.totals = Totals()
        self._body = self._lines.next_body()
        self._is_empty = self._read_emptiness()
        if not self._is_empty:
            for rule in profile.heads:
                self._read_stating(rule, is_head=True)
                self._body = self._lines.next_body()
        if not self.party:
            raise FileRefused(RefusalCode.PARTY_MISSING)
        if self._date is None:
            raise FileRefused(RefusalCode.DATE_MISSING)
        self.business_date: date = self._date

    @property
    def line_no(self) -> int:
        """The line read last."""
        return self._lines.line_no

    def __iter__(self) -> Iterator[FileRow]:
        """Yield the rows in order, then hold them against what is stated of them."""
        if self._is_read:
            raise RuntimeError("A file is read once.")
        self._is_read = True
        if not self._is_empty:
            yield from self._rows()
        self._finish()

    def _read_emptiness(self) -> bool:
        """Tell whether the file says that there was nothing, in the way its profile allows."""
        profile = self._profile
        if self._body is None:
            if profile.empty_is_no_sales:
                return True
            raise FileRefused(RefusalCode.EMPTY_FILE)
        if profile.empty_text and self._lines.text_of(self._body).strip() == profile.empty_text:
            if self._lines.next_body() is not None:
                self._lines.refuse(RefusalCode.AFTER_TRAILER)
            return True
        return False

    def _rows(self) -> Iterator[FileRow]:
        lines, profile, totals = self._lines, self._profile, self.totals
        reader = RowReader(profile, self.business_date)
        cut = self._fixed_cells if profile.form == "fixed" else lambda _body, text: lines.cells_of(text)
        body = self._body
        while body is not None:
            text = lines.text_of(body)
            if profile.tails and self._is_tail(profile.tails[0], text):
                self._body = body
                self._read_tails()
                return
            if not lines.is_whole:
                lines.refuse(RefusalCode.HALF_LINE)
            if totals.count >= profile.rows_max:
                lines.refuse(RefusalCode.TOO_MANY_ROWS, expected=str(profile.rows_max))
            row = reader.read(cut(body, text), totals.count + 1, lines.line_no)
            totals.add(row)
            yield row
            body = lines.next_body()
        if profile.tails:
            raise FileRefused(RefusalCode.TRAILER_MISSING, expected=profile.tails[0].begins)

    def _fixed_cells(self, body: bytes, _text: str) -> list[str]:
        """Slice a record at its byte widths, then decode: a character may not lie across two fields."""
        columns = self._profile.detail.columns if self._profile.detail else ()
        separator = self._profile.separator.encode()
        length = sum(column.width for column in columns) + len(separator) * (len(columns) - 1)
        if len(body) != length:
            self._lines.refuse(RefusalCode.WRONG_LENGTH, found=str(len(body)), expected=str(length))
        cells, start = [], 0
        for column in columns:
            end = start + column.width
            try:
                cells.append(body[start:end].decode(self._lines.encoding))
            except UnicodeDecodeError:
                self._lines.refuse(RefusalCode.BAD_FIELD, field=column.name or f"byte {start}", found=_text)
            if separator and end < length and body[end : end + len(separator)] != separator:
                self._lines.refuse(RefusalCode.BAD_FIELD, field=f"byte {end + 1}", found=_text)
            start = end + len(separator)
        return cells

    def _is_tail(self, rule: LineRule, text: str) -> bool:
        if not text.startswith(rule.begins):
            return False
        return rule.text is not None or rule.cells[0].match(self._lines.cells_of(text)[0]) is not None

    def _read_tails(self) -> None:
        for number, rule in enumerate(self._profile.tails):
            if number:
                self._body = self._lines.next_body()
            is_last = number == len(self._profile.tails) - 1
            self._read_stating(rule, is_head=False)
            if not self._lines.is_whole and not is_last:
                self._lines.refuse(RefusalCode.HALF_LINE)
        self._check_sums()
        if self._sha256_before and self._sha256_before != self._lines.digest.hexdigest():
            self._lines.refuse(RefusalCode.FILE_HASH_MISMATCH)
        if self._lines.next_body() is not None:
            self._lines.refuse(RefusalCode.AFTER_TRAILER)

    def _read_stating(self, rule: LineRule, *, is_head: bool) -> None:
        """Read a line of the head or the end, and keep or check what it states."""
        lines = self._lines
        if self._body is None:
            code = RefusalCode.HEADER_MISSING if is_head else RefusalCode.TRAILER_MISSING
            raise FileRefused(code, found="", expected=str(rule))
        text = lines.text_of(self._body)
        if is_head and not lines.is_whole:
            lines.refuse(RefusalCode.HALF_LINE)
        pairs = [(rule.text, text)] if rule.text else self._paired(rule, text, is_head=is_head)
        for pattern, part in pairs:
            found = pattern.match(part)
            if found is None:
                self._refuse_part(pattern, part, is_head=is_head)
            for name, value in found.items():
                self._take(name, value, pattern)

    def _paired(self, rule: LineRule, text: str, *, is_head: bool) -> list[tuple[Template, str]]:
        cells = self._lines.cells_of(text)
        if self._profile.trim:
            cells = [cell.strip(self._profile.trim) for cell in cells]
        if len(cells) != len(rule.cells):
            if not self._lines.is_whole:
                self._lines.refuse(RefusalCode.HALF_LINE)
            code = RefusalCode.HEADER_MISSING if is_head else RefusalCode.BAD_FIELD
            self._lines.refuse(code, field=rule.begins, found=text, expected=str(rule))
        return list(zip(rule.cells, cells, strict=True))

    def _refuse_part(self, pattern: Template, part: str, *, is_head: bool) -> NoReturn:
        if not self._lines.is_whole:
            self._lines.refuse(RefusalCode.HALF_LINE)
        if pattern.sole or not is_head:
            self._lines.refuse(RefusalCode.BAD_FIELD, field=pattern.sole or pattern.text, found=part)
        self._lines.refuse(RefusalCode.HEADER_MISSING, found=part, expected=pattern.text)

    def _take(self, name: str, value: str, pattern: Template) -> None:
        lines = self._lines
        if name == "party":
            if self.party and value != self.party:
                lines.refuse(RefusalCode.WRONG_BILLER, found=value, expected=self.party)
            self.party = value
        elif name == "date":
            self._take_date(value, pattern)
        elif name == "seq":
            if self.seq is not None and int(value) != self.seq:
                lines.refuse(RefusalCode.WRONG_NUMBER, found=value, expected=str(self.seq))
            self.seq = int(value)
        elif name == "version":
            if value != self._profile.layout_version:
                lines.refuse(RefusalCode.VERSION_NOT_KNOWN, found=value, expected=self._profile.layout_version)
        elif name == "sha256":
            self._sha256_before = value.lower()
        else:
            self._take_sum(name, value)

    def _take_date(self, value: str, pattern: Template) -> None:
        moment = pattern.day.read(value, None) if pattern.day else None
        if moment is None:
            self._lines.refuse(RefusalCode.BAD_FIELD, field="date", found=value)
        if self._date is not None and moment.date() != self._date:
            self._lines.refuse(RefusalCode.WRONG_DATE, found=value, expected=f"{self._date:%Y%m%d}")
        self._date = moment.date()

    def _take_sum(self, name: str, value: str) -> None:
        fen = int(value) if name in COUNTS else self._total_form.read(value)
        if fen is None:
            self._lines.refuse(RefusalCode.BAD_FIELD, field=name, found=value)
        fen = abs(fen) if name == "rev" else fen  # some write what they took back with a minus
        if self._stated.setdefault(name, fen) != fen:
            self._refuse_sum(name, self._stated[name], fen)

    def _check_sums(self) -> None:
        for name in (*COUNTS, *MONEY):
            if name in self._stated and self._stated[name] != getattr(self.totals, name):
                self._refuse_sum(name, self._stated[name], getattr(self.totals, name))

    def _refuse_sum(self, name: str, stated: int, found: int) -> NoReturn:
        written = str if name in COUNTS else self._total_form.written
        unit = "" if name in COUNTS else f" {self._total_form.form.unit}"
        words = {"field": name, "found": f"{written(found)}{unit}", "expected": f"{written(stated)}{unit}"}
        self._lines.refuse(RefusalCode.FILE_TOTAL_MISMATCH, **words)

    def _finish(self) -> None:
        """Hold the whole against what was stated beside the file."""
        self._check_sums()
        if self._expected.sha256 and self._expected.sha256.lower() != self._lines.digest.hexdigest():
            raise FileRefused(RefusalCode.FILE_HASH_MISMATCH)
