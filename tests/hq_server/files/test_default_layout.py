from __future__ import annotations

import hashlib
import io
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq_server.files.opening import in_its_encoding
from hq_server.files.profile import FileProfile
from hq_server.files.profile_text import read_profile
from hq_server.files.profiles import shipped_documents
from hq_server.files.reading import FileReader
from hq_server.files.refusals import FileRefused, RefusalCode
from hq_server.files.rows import FileFacts, LineKind, LineStatus

DOCUMENT = shipped_documents()["default-1"]
DAY = date(2026, 11, 23)
PAY = "A1-{0}|B{0}|5107001234|20261123093015|PAY|7260|SUCCESS"
EXPECTED = FileFacts("SCDL", DAY, 1)


def profile_with(*changes: tuple[str, str]) -> FileProfile:
    """The default layout with parts of its document replaced."""
    document = DOCUMENT
    for old, new in changes:
        assert old in document
        document = document.replace(old, new)
    return read_profile(document, "changed")


DEFAULT = read_profile(DOCUMENT, "default-1")
UTF8 = profile_with(('["utf-8", "gb18030"]', '["utf-8"]'))
GB18030 = profile_with(('["utf-8", "gb18030"]', '["gb18030"]'))
YUAN = ("delimiter =", 'amount = { unit = "yuan" }\ndelimiter =')


def trailer(body: bytes, count: int, amount: int | str, end: str = "\n") -> bytes:
    return f"T|{count}|{amount}|{hashlib.sha256(body).hexdigest()}{end}".encode()


def file_of(*details: str, header: str = "H|SCDL|20261123|1|1", end: str = "\n", encoding: str = "utf-8") -> bytes:
    """A sound file; a detail without a leading `D|` is numbered."""
    lines = [d if d.startswith("D|") else f"D|{n}|{d}" for n, d in enumerate(details, 1)]
    body = "".join(line + end for line in (header, *lines)).encode(encoding)
    fen = sum(int(line.split("|")[7]) for line in lines if line.split("|")[7].lstrip("-").isdigit())
    return body + trailer(body, len(lines), fen, end)


class Read:
    """A whole file, read to its end."""

    def __init__(self, content: bytes, profile: FileProfile, encoding: str) -> None:
        self.reader = FileReader(io.BytesIO(content), profile, EXPECTED, encoding)
        self.lines = tuple(self.reader)
        self.totals = self.reader.totals


def read(content: bytes, profile: FileProfile = UTF8) -> Read:
    return in_its_encoding(profile, io.BytesIO(), lambda encoding: Read(content, profile, encoding))


def refusal(content: bytes, profile: FileProfile = UTF8) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        read(content, profile)
    error = refused.value
    assert error.text_zh.endswith("。")
    assert error.text_en.endswith(".")
    assert "\n" not in error.text_en + error.text_zh
    return error


SOUND = file_of(PAY.format(1), PAY.format(2).replace("PAY|7260|SUCCESS", "REV|100|REVERSED"))


class TestASoundFile:
    @pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_is_read_in_either_encoding_with_either_line_end(self, encoding, end):
        content = file_of(PAY.format(1), PAY.format(2).replace("5107001234", "户号㐂"), end=end, encoding=encoding)
        found = read(content, DEFAULT)
        assert [line.account_no for line in found.lines] == ["5107001234", "户号㐂"]
        assert (found.totals.count, found.totals.total) == (2, 14520)

    def test_gives_every_field_its_meaning(self):
        found = read(SOUND)
        assert (found.reader.party, found.reader.business_date, found.reader.seq) == ("SCDL", DAY, 1)
        first, second = found.lines
        assert (first.row_no, first.our_no, first.their_no, first.account_no) == (1, "A1-1", "B1", "5107001234")
        assert first.at == datetime(2026, 11, 23, 1, 30, 15, tzinfo=UTC)
        assert (first.kind, first.amount_fen, first.status) == (LineKind.PAY, 7260, LineStatus.SUCCESS)
        assert (second.kind, second.amount_fen, second.status) == (LineKind.REV, 100, LineStatus.REVERSED)

    def test_may_have_no_line_at_all(self):
        assert read(file_of()).lines == ()

    def test_may_lack_our_number_and_the_last_line_end(self):
        content = file_of("|B1|5107001234|20261123093015|PAY|7260|SUCCESS")
        assert read(content.removesuffix(b"\n")).lines[0].our_no == ""

    def test_keeps_a_character_whose_second_byte_is_the_delimiter(self):
        tricky = next(c for c in map(chr, range(0x4E00, 0x9FA5)) if c.encode("gb18030")[1:] == b"|")
        content = file_of(PAY.format(1).replace("5107001234", tricky), encoding="gb18030")
        assert read(content, GB18030).lines[0].account_no == tricky

    def test_may_state_yuan_and_words_of_its_own(self):
        profile = profile_with(YUAN, ('SUCCESS = "SUCCESS"', '"成功" = "SUCCESS"'))
        body = "H|SCDL|20261123|1|1\nD|1|A1|B1|5107001234|20261123093015|PAY|72.6|成功\n".encode()
        found = read(body + trailer(body, 1, "72.60"), profile)
        assert (found.lines[0].amount_fen, found.lines[0].status) == (7260, LineStatus.SUCCESS)

    def test_streams_and_is_read_once(self):
        reader = FileReader(io.BytesIO(SOUND), DEFAULT, EXPECTED, "utf-8")
        lines = iter(reader)
        assert next(lines).row_no == 1
        assert [line.row_no for line in lines] == [2]
        assert reader.totals.count == 2
        with pytest.raises(RuntimeError, match="read once"):
            list(reader)


H, D1 = b"H|SCDL|20261123|1|1\n", b"D|1|A1-1|B1|5107001234|20261123093015|PAY|7260|SUCCESS\n"
C = RefusalCode


class TestABadFileIsRefusedWhole:
    @pytest.mark.parametrize(
        ("content", "code", "line_no"),
        [
            (b"", C.EMPTY_FILE, None),
            (b"\n", C.HEADER_MISSING, 1),
            (D1, C.HEADER_MISSING, 1),
            (b"\xef\xbb\xbf" + H, C.BAD_FIELD, 1),
            (H[:12], C.HALF_LINE, 1),
            (file_of(header="H|JYSW|20261123|1|1"), C.WRONG_BILLER, 1),
            (file_of(header="H|SCDL|20261122|1|1"), C.WRONG_DATE, 1),
            (file_of(header="H|SCDL|20261131|1|1"), C.BAD_FIELD, 1),
            (file_of(header="H|SCDL|20261123|0|1"), C.BAD_FIELD, 1),
            (file_of(header="H|SCDL|20261123|1|2"), C.VERSION_NOT_KNOWN, 1),
            (file_of(header="H|SCDL|20261123|2|1"), C.WRONG_NUMBER, 1),
            (H + D1.replace(b"5107001234", b"51070\xff1234"), C.BAD_BYTE, 2),
            (H + D1[:30], C.HALF_LINE, 2),
            (H + D1[:-1], C.HALF_LINE, 2),
            (H + D1[:-1] + b"\r", C.HALF_LINE, 2),
            (SOUND[:-10], C.HALF_LINE, 4),
            (SOUND[: SOUND.index(b"T|") + 1], C.HALF_LINE, 4),
            (H + D1[:-1] + b"\r\n", C.LINE_END_MIXED, 2),
            (H + D1.replace(b"5107001234", b"5" * 2000), C.LINE_TOO_LONG, 2),
            (H + b"D|" + b"1" * 5_000_000, C.LINE_TOO_LONG, 2),
            (H + D1.replace(b"|PAY", b""), C.BAD_FIELD, 2),
            (H + D1.replace(b"PAY", b"GIFT"), C.BAD_FIELD, 2),
            (H + D1.replace(b"SUCCESS", b"PERHAPS"), C.BAD_FIELD, 2),
            (H + D1.replace(b"|B1|", b"||"), C.BAD_FIELD, 2),
            (H + D1.replace(b"|B1|", b"| B1|"), C.BAD_FIELD, 2),
            (H + D1.replace(b"|B1|", b"|B\x1b1|"), C.BAD_FIELD, 2),
            (H + D1.replace(b"A1-1", b"A" * 33), C.BAD_FIELD, 2),
            (H + D1.replace(b"093015", b"246015"), C.BAD_FIELD, 2),
            (H + D1.replace(b"20261123093015", b"00010101000000"), C.BAD_FIELD, 2),
            (H + D1.replace(b"D|1|", b"D|2|"), C.SEQ_BROKEN, 2),
            (H + D1.replace(b"D|1|", b"D|01|"), C.BAD_FIELD, 2),
            (H + D1 + D1, C.DUPLICATE_SEQ, 3),
            (H + D1, C.TRAILER_MISSING, None),
            (H, C.TRAILER_MISSING, None),
            (H + D1 + b"\n", C.BAD_FIELD, 3),
            (H + D1 + trailer(H + D1, 2, 7260), C.FILE_TOTAL_MISMATCH, 3),
            (H + D1 + trailer(H + D1, 1, 7261), C.FILE_TOTAL_MISMATCH, 3),
            (H + D1 + trailer(H, 1, 7260), C.FILE_HASH_MISMATCH, 3),
            (SOUND.replace(b"5107001234", b"5107001235", 1), C.FILE_HASH_MISMATCH, 4),
            (SOUND + b"\n", C.AFTER_TRAILER, 5),
            (SOUND + D1, C.AFTER_TRAILER, 5),
        ],
    )
    def test_with_the_code_and_the_line_at_fault(self, content, code, line_no):
        error = refusal(content)
        assert (error.code, error.line_no) == (code, line_no)
        assert line_no is None or (f"第 {line_no} 行" in error.text_zh and f"Line {line_no}" in error.text_en)

    @pytest.mark.parametrize("amount", ["0", "-100", "72.60", "", "1e3", "+5", "07", "1234567890123", "٧٢", " 7"])
    def test_when_an_amount_is_no_positive_number_of_fen(self, amount):
        assert refusal(file_of(PAY.format(1).replace("7260", amount))).code is C.BAD_AMOUNT

    @pytest.mark.parametrize("amount", ["0", "0.00", "-1", "72.605", "1234567890123", " 7"])
    def test_when_an_amount_is_no_positive_number_of_yuan(self, amount):
        body = f"H|SCDL|20261123|1|1\nD|1|A1|B1|5107001234|20261123093015|PAY|{amount}|SUCCESS\n".encode()
        assert refusal(body, profile_with(YUAN)).code is C.BAD_AMOUNT

    def test_when_the_profile_says_another_encoding_or_line_end(self):
        content = file_of(PAY.format(1).replace("5107001234", "户号"), encoding="gb18030")
        assert refusal(content).code is C.BAD_BYTE
        assert refusal(SOUND, profile_with(("delimiter =", 'newline = "crlf"\ndelimiter ='))).code is C.LINE_END_MIXED

    def test_and_what_it_held_cannot_act_on_a_terminal(self):
        assert "\x1b" not in refusal(H + D1.replace(b"PAY", b"\x1b[2J")).text_en

    @given(st.integers(0, len(SOUND) - 2))
    def test_wherever_it_is_cut(self, length):
        refusal(SOUND[:length])

    @given(st.integers(0, len(SOUND) - 1), st.integers(1, 255))
    def test_whichever_byte_is_flipped(self, position, flip):
        damaged = bytearray(SOUND)
        damaged[position] ^= flip
        try:
            found = read(bytes(damaged))
        except FileRefused:
            return
        # Only the trailer's own letter case and last line end carry no meaning.
        assert found.lines == read(SOUND).lines
        assert position >= SOUND.index(b"T|")

    @given(st.binary(max_size=200))
    def test_and_garbage_never_raises_anything_else(self, garbage):
        refusal(garbage)
        refusal(H + garbage)
        refusal(garbage, GB18030)


class TestTheName:
    def test_says_biller_date_and_seq(self):
        named = DEFAULT.names_of("SCDL_20261123_2.txt")
        assert named is not None
        assert (named.party, named.date, named.seq) == ("SCDL", DAY, 2)

    @pytest.mark.parametrize(
        "name", ["SCDL_20261123_2.txt.ok", "SCDL_20261131_2.txt", "../SCDL_20261123_2.txt", "SCDL_20261123_0.txt", ""]
    )
    def test_anything_else_is_no_settlement_file(self, name):
        assert DEFAULT.names_of(name) is None
