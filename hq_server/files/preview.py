"""What a profile makes of a sample: the rows it reads, what they add up to, and the first thing that is wrong. Pure."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hq_server.files.opening import in_its_encoding, reader_of
from hq_server.files.profile import Totals as ControlSource
from hq_server.files.profile_text import read_profile
from hq_server.files.refusals import FileRefused
from hq_server.files.rows import BankEntry, FileFacts, FileRow, Totals
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from datetime import date

    from hq_server.files.profile import FileProfile

ROWS_SHOWN = 20
SAMPLE_BYTES_MAX = 1024 * 1024
UNPACKED_BYTES_MAX = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Preview:
    """Rows up to the first problem, `ROWS_SHOWN` of them at most, with what the whole sample adds up to, in fen.

    `problem` is the first thing wrong with the document or the sample; None means that the sample would be taken, if
    `missing` control totals are stated with it. `problem_line` is a line of the sample, 0 for none.
    """

    rows: tuple[FileRow | BankEntry, ...] = ()
    totals: Totals = field(default_factory=Totals)
    party: str = ""
    business_date: date | None = None
    seq: int | None = None
    problem: Sentence | None = None
    problem_line: int = 0
    missing: tuple[str, ...] = ()


def preview(document: str, sample: bytes, file_name: str, stated: FileFacts | None = None) -> Preview:
    """Read a sample by a profile that is being written; nothing is raised, nothing is kept.

    The file's name says whose it is and of which date where the profile reads these from it; `stated` adds what a
    person would state.
    """
    try:
        profile = read_profile(document, "preview")
    except RefusedError as refused:
        return Preview(problem=refused.sentence)
    named = profile.names_of(file_name)
    if named is None:
        shapes = " / ".join(pattern.text for pattern in profile.file_names)
        zh, en = f"文件名 {file_name} 不是 {shapes} 的样式", f"the file name {file_name} is not of the form {shapes}"
        return Preview(problem=Sentence(zh, en))
    stated = stated or FileFacts()
    expected = FileFacts(named.party, named.date or stated.date, named.seq, stated.sums, stated.sha256)
    missing: tuple[str, ...] = ()
    if profile.totals is not ControlSource.FILE and not stated.sha256:
        missing = tuple(sorted(profile.controls - set(stated.sums)))
    attempt = _Attempt(profile, sample, expected, missing)
    try:
        return in_its_encoding(profile, io.BytesIO(), attempt.read)
    except FileRefused as refused:
        return attempt.stopped(refused)


class _Attempt:
    """One reading of a sample, which keeps what it found until it fell over."""

    def __init__(self, profile: FileProfile, sample: bytes, expected: FileFacts, missing: tuple[str, ...]) -> None:
        self._profile, self._sample, self._expected, self._missing = profile, sample, expected, missing
        self._rows: list[FileRow | BankEntry] = []
        self._totals = Totals()
        self._whose: tuple[str, date | None, int | None] = (expected.party, expected.date, expected.seq)

    def read(self, encoding: str) -> Preview:
        self._rows, self._totals = [], Totals()
        stream = io.BytesIO(self._sample)
        size = len(self._sample)
        with reader_of(stream, self._profile, self._expected, size, encoding, UNPACKED_BYTES_MAX) as reader:
            self._totals = reader.totals
            self._whose = (reader.party, reader.business_date, reader.seq)
            for row in reader:
                if len(self._rows) < ROWS_SHOWN:
                    self._rows.append(row)
        return Preview(tuple(self._rows), self._totals, *self._whose, missing=self._missing)

    def stopped(self, refused: FileRefused) -> Preview:
        problem = Sentence(refused.text_zh, refused.text_en)
        return Preview(
            tuple(self._rows), self._totals, *self._whose, problem, refused.line_no or 0, missing=self._missing
        )
