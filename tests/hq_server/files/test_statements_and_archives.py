"""Bank statements in camt.053 and archives: to the fen or not at all, whatever strangers put in them."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hq_server.files.camt import StatementReader
from hq_server.files.opening import reader_of
from hq_server.files.profile_text import read_profile
from hq_server.files.profiles import shipped_documents
from hq_server.files.refusals import FileRefused, RefusalCode
from hq_server.files.rows import BankEntry, FileFacts
from tests.outside.layout_writers import DAY, Booking, alipay_day, alipay_text, camt_053, zipped

DOCUMENT = shipped_documents()["camt-053"]
STATEMENT = read_profile(DOCUMENT, "camt-053")
ARCHIVE = read_profile(shipped_documents()["alipay-day"], "alipay-day")
ACCOUNT = FileFacts("6222000001", DAY, 1)
BOOKINGS = (
    Booking(50_000),
    Booking(-12_345, reversal=True),
    Booking(7_260, details=((7_000, "SETTLE-A"), (300, "SETTLE-B"), (-40, "FEE"))),
    Booking(99_999, booked=False),
)
SOUND = camt_053(BOOKINGS)


def entries(content: bytes, document: str = DOCUMENT, expected: FileFacts = ACCOUNT) -> tuple[BankEntry, ...]:
    return tuple(StatementReader(io.BytesIO(content), read_profile(document, "camt-053"), expected))


def refusal(content: bytes, document: str = DOCUMENT, expected: FileFacts = ACCOUNT) -> RefusalCode:
    with pytest.raises(FileRefused) as refused:
        entries(content, document, expected)
    assert "\n" not in refused.value.text_zh + refused.value.text_en
    return refused.value.code


class TestAStatement:
    def test_has_every_booked_movement_with_its_sign_and_batches_in_their_details(self):
        found = entries(SOUND)
        assert [(one.entry_no, one.amount_fen) for one in found] == [
            (1, 50_000),
            (2, -12_345),
            (3, 7_000),
            (3, 300),
            (3, -40),
        ]
        assert [one.is_reversal for one in found] == [False, True, False, False, False]
        assert [one.end_to_end_id for one in found] == ["E2E-1", "E2E-2", "SETTLE-A", "SETTLE-B", "FEE"]
        assert found[2].batch_no == "SETTLE-3"
        assert (found[0].their_name, found[0].text, found[0].bank_no) == ("李四", f"SCDL {DAY}", "B00001")
        assert (found[0].booked_on, found[0].valued_on, found[0].statement_no) == (DAY, DAY, "STMT-0327")

    def test_says_of_a_payment_that_came_back_why_whose_it_was_and_everything_beside_it(self):
        (back,) = entries(camt_053((Booking(8_800, name="张三", returned=("AC04", "账户已销户")),)))
        assert (back.amount_fen, back.return_code, back.their_name) == (8_800, "AC04", "张三")
        assert back.text == f"SCDL {DAY} 账户已销户"
        assert {one.return_code for one in entries(SOUND)} == {""}

    def test_has_its_two_balances(self):
        reader = StatementReader(io.BytesIO(SOUND), STATEMENT, ACCOUNT)
        assert (reader.party, reader.business_date) == ("6222000001", DAY)
        assert sum(one.amount_fen for one in reader) == 44_915
        assert (reader.totals.opening, reader.totals.closing) == (100_000, 144_915)

    def test_of_a_quiet_day_has_none(self):
        assert entries(camt_053(())) == ()
        assert refusal(camt_053((), wrong_fen=1)) is RefusalCode.BALANCE_MISMATCH

    def test_may_come_from_a_bank_that_means_the_opposite_by_a_reversal(self):
        opposite = DOCUMENT.replace('reversal = "as stated"', 'reversal = "opposite"')
        assert refusal(SOUND, opposite) is RefusalCode.BALANCE_MISMATCH
        assert entries(camt_053(BOOKINGS, wrong_fen=2 * 12_345), opposite)[1].amount_fen == 12_345

    @settings(max_examples=15)
    @given(st.lists(st.integers(-(10**10), 10**10).filter(bool), max_size=8), st.integers(-(10**9), 10**12))
    def test_is_read_back_as_it_was_written(self, amounts, opening_fen):
        found = entries(camt_053([Booking(fen) for fen in amounts], opening_fen))
        assert [one.amount_fen for one in found] == amounts

    def test_loses_no_byte_and_changes_none_unseen(self):
        sound = [(one.amount_fen, one.booked_on) for one in entries(SOUND)]
        digits = [place for place, byte in enumerate(SOUND) if chr(byte).isdigit()]
        changed = [
            SOUND[:place] + bytes([SOUND[place] ^ 1]) + SOUND[place + 1 :]
            for place in {*digits, *range(0, len(SOUND), 7)}
        ]
        for damaged in (*changed, *(SOUND[:length] for length in range(0, len(SOUND), 23))):
            try:
                found = entries(damaged)
            except FileRefused:
                continue
            assert [one.amount_fen for one in found] == [fen for fen, _ in sound], damaged


class TestABadStatement:
    @pytest.mark.parametrize(
        ("old", "new", "code"),
        [
            (b"camt.053", b"camt.054", RefusalCode.NOT_A_STATEMENT),
            (b"<Cd>OPBD</Cd>", b"<Cd>ITAV</Cd>", RefusalCode.NOT_A_STATEMENT),
            (b"6222000001", b"6222000002", RefusalCode.WRONG_BILLER),
            (b"<Dt><Dt>2026-11-23</Dt></Dt></Bal>", b"<Dt><Dt>2026-11-22</Dt></Dt></Bal>", RefusalCode.WRONG_DATE),
            (b'Ccy="CNY">500.00', b'Ccy="USD">500.00', RefusalCode.WRONG_CURRENCY),
            (b">500.00<", b">500.01<", RefusalCode.BALANCE_MISMATCH),
            (b">70.00<", b">70.01<", RefusalCode.BATCH_MISMATCH),
            (b"<NbOfTxs>3<", b"<NbOfTxs>4<", RefusalCode.BATCH_MISMATCH),
            (b"<NbOfNtries>3<", b"<NbOfNtries>2<", RefusalCode.FILE_TOTAL_MISMATCH),
            (b">500.00<", b">5e2<", RefusalCode.BAD_AMOUNT),
            (b"<Cd>BOOK<", b"<Cd>MAYB<", RefusalCode.BAD_FIELD),
            (b"  </Stmt>", b"  </Stmt><Stmt></Stmt>", RefusalCode.SEVERAL_STATEMENTS),
            ("李四".encode(), "李四".encode("gb18030"), RefusalCode.XML_BROKEN),
            ("李四".encode(), b"x" * 5_000, RefusalCode.XML_TOO_DEEP),
            ("李四".encode(), b"<a>" * 40 + b"</a>" * 40, RefusalCode.XML_TOO_DEEP),
            (b"</Document>", b"", RefusalCode.XML_BROKEN),
            (SOUND, b"", RefusalCode.XML_BROKEN),
        ],
    )
    def test_is_refused_whole(self, old, new, code):
        assert old in SOUND
        assert refusal(SOUND.replace(old, new)) is code

    @pytest.mark.parametrize(
        "declaration",
        [
            b'<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
            b'<!DOCTYPE Document SYSTEM "http://127.0.0.1/x.dtd">',
            b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
            b"<!DOCTYPE Document>",
        ],
    )
    def test_that_declares_anything_is_refused_before_anything_of_it_acts(self, declaration):
        head, _, rest = SOUND.partition(b"\n")
        bad = head + b"\n" + declaration + rest.replace("李四".encode(), b"&x;")
        assert refusal(bad) is RefusalCode.XML_DECLARES


class TestAnArchive:
    def read(self, content: bytes) -> RefusalCode:
        with (
            pytest.raises(FileRefused) as refused,
            reader_of(io.BytesIO(content), ARCHIVE, FileFacts("SCDL", DAY), len(content), "gb18030") as reader,
        ):
            list(reader)
        return refused.value.code

    def test_with_other_members_than_agreed_is_refused(self):
        text = alipay_text(())
        assert self.read(zipped(**{"a业务明细.csv": text, "b业务明细.csv": text})) is RefusalCode.ZIP_MEMBERS
        assert self.read(zipped(**{"a业务明细.csv": text, "x.exe": b"MZ"})) is RefusalCode.ZIP_MEMBERS
        assert self.read(zipped()) is RefusalCode.ZIP_MEMBERS

    @pytest.mark.parametrize("name", ["../业务明细.csv", "a/业务明细.csv", "..\\业务明细.csv", "C:业务明细.csv"])
    def test_whose_names_lead_elsewhere_is_refused(self, name):
        assert self.read(zipped(**{name: alipay_text(())})) is RefusalCode.ZIP_PATH

    def test_that_unpacks_to_far_more_than_text_does_is_refused(self):
        assert self.read(zipped(**{"业务明细.csv": b"0" * 20_000_000})) is RefusalCode.ZIP_BOMB

    def test_that_lies_about_its_size_is_stopped_at_the_bound(self):
        honest = zipped(**{"业务明细.csv": b"#" * 20_000_000})
        lying = honest.replace((20_000_000).to_bytes(4, "little"), (400).to_bytes(4, "little"))
        assert lying != honest
        assert self.read(lying) in {RefusalCode.ZIP_BOMB, RefusalCode.ZIP_BROKEN, RefusalCode.LINE_TOO_LONG}

    def test_that_is_locked_damaged_or_none_is_refused(self):
        whole = alipay_day(()).content
        locked = bytearray(whole)
        locked[6] |= 1
        locked[whole.rindex(b"PK\x01\x02") + 8] |= 1
        locked[whole.index(b"PK\x01\x02") + 8] |= 1
        assert self.read(bytes(locked)) is RefusalCode.ZIP_LOCKED
        assert self.read(b"PK\x03\x04 no archive") is RefusalCode.ZIP_BROKEN
        assert self.read(b"") is RefusalCode.ZIP_BROKEN
        assert self.read(whole[:-30]) is RefusalCode.ZIP_BROKEN

    def test_within_an_archive_is_not_opened(self):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("x.csv", b"1")
        assert self.read(zipped(**{"业务明细.csv": inner.getvalue()})) in {
            RefusalCode.BAD_BYTE,
            RefusalCode.BAD_FIELD,
            RefusalCode.HEADER_MISSING,
            RefusalCode.HALF_LINE,
        }


def test_a_statement_by_its_files_name_is_of_that_account_only():
    named = STATEMENT.names_of("6222000001_20261123_1.xml")
    assert named is not None
    assert refusal(SOUND, expected=replace(ACCOUNT, party="6222000009")) is RefusalCode.WRONG_BILLER
    own = DOCUMENT.replace('number = ""', 'number = "6222000001"')
    assert entries(SOUND, own, replace(ACCOUNT, party="MAIN"))
