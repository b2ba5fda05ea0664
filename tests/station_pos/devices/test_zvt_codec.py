"""ZVT frames and messages against published vectors, and what the parser never lets out."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_pos.config import ZONE
from station_pos.devices.card_privacy import mask_card_data
from station_pos.devices.zvt import apdu
from station_pos.devices.zvt.frames import Frame, FrameReader, Signal, crc16, frame_of
from station_pos.devices.zvt.printing import printed_block, printed_line
from station_pos.devices.zvt.result_codes import reason_of
from station_pos.devices.zvt.status_information import parse_status_information

NOW = datetime(2026, 11, 23, 10, 20, tzinfo=ZONE)
PASSWORD = "000000"
APPROVED = bytes.fromhex(
    "040F3A270004000000050000 0B000123 0C101530 0D1123 22F0F9 6228EEEEEEEEEE1234 2929001234 3B4131323334350000"
    "490156 870045 88000123 8A05".replace(" ", "")
)
APPROVED_WIRE = (
    "10 02 04 0F 3A 27 00 04 00 00 00 05 00 00 0B 00 01 23 0C 10 10 15 30 0D 11 23 22 F0 F9 62 28 EE EE EE EE EE"
    "12 34 29 29 00 12 34 3B 41 31 32 33 34 35 00 00 49 01 56 87 00 45 88 00 01 23 8A 05 10 03 03 B7"
)
# APDU and the frame around it, as computed with an independent client (ecrterm) for the same commands.
VECTORS = [
    (apdu.registration(PASSWORD), "10 02 06 00 08 00 00 00 BE 01 56 03 00 10 03 03 DD"),
    (apdu.authorisation(50_000), "10 02 06 01 0A 04 00 00 00 05 00 00 49 01 56 10 03 D5 AD"),
    (apdu.authorisation(1_010), "10 02 06 01 0A 04 00 00 00 00 10 10 10 10 49 01 56 10 03 86 AB"),
    (apdu.ACCEPTED, "10 02 80 00 00 10 03 F5 1F"),
    (apdu.NOT_ISSUED, "10 02 84 66 00 10 03 8D BE"),
    (apdu.PLEASE_WAIT, "10 02 84 9C 00 10 03 C3 41"),
    (bytes.fromhex("04FF020A01"), "10 02 04 FF 02 0A 01 10 03 B9 84"),
    (APPROVED, APPROVED_WIRE),
    (bytes.fromhex("040F07276C2929001234"), "10 02 04 0F 07 27 6C 29 29 00 12 34 10 03 18 67"),
    (apdu.apdu(apdu.COMPLETION), "10 02 06 0F 00 10 03 C6 33"),
    (bytes.fromhex("061E016C"), "10 02 06 1E 01 6C 10 03 C9 F2"),
    (apdu.reversal(PASSWORD, "0045"), "10 02 06 30 06 00 00 00 87 00 45 10 03 C4 8D"),
    (apdu.repeat_receipt(PASSWORD), "10 02 06 20 05 00 00 00 03 00 10 03 B3 3F"),
    (apdu.status_enquiry(PASSWORD), "10 02 05 01 05 00 00 00 03 00 10 03 FB DE"),
    (apdu.refund(PASSWORD, 50_000), "10 02 06 31 0A 00 00 00 04 00 00 00 05 00 00 10 03 F5 A6"),
    (apdu.apdu(apdu.BALANCE), "10 02 06 03 00 10 03 65 96"),
    (apdu.with_password(apdu.END_OF_DAY, PASSWORD), "10 02 06 50 03 00 00 00 10 03 FB 37"),
    (apdu.apdu(apdu.ABORT_BY_COUNTER), "10 02 06 B0 00 10 03 43 F3"),
    (apdu.apdu(apdu.LOG_OFF), "10 02 06 02 00 10 03 B9 CC"),
]


class TestFrames:
    @pytest.mark.parametrize(
        ("message", "wire"), VECTORS, ids=lambda value: value[:24] if isinstance(value, str) else ""
    )
    def test_are_the_published_bytes_and_come_back(self, message, wire):
        assert frame_of(message) == bytes.fromhex(wire)
        assert FrameReader().feed(bytes.fromhex(wire)) == [Frame(message)]

    def test_have_the_checksum_of_the_standard(self):
        assert crc16(b"123456789") == 0x2189

    @given(st.binary(max_size=300))
    def test_carry_any_bytes(self, message):
        assert FrameReader().feed(frame_of(message)) == [Frame(message)]

    @given(st.binary(max_size=300))
    def test_have_the_checksum_that_a_table_of_another_make_gives(self, message):
        assert crc16(message) == table_crc(message)

    @given(st.binary(min_size=3, max_size=40), st.data())
    def test_with_one_byte_changed_are_never_taken_for_whole(self, message, data):
        wire = bytearray(frame_of(message))
        at = data.draw(st.integers(0, len(wire) - 1))
        wire[at] ^= data.draw(st.integers(1, 255))
        found = FrameReader().feed(bytes(wire))
        assert [one for one in found if isinstance(one, Frame)] == []

    @given(st.binary(max_size=60))
    def test_after_noise_are_found_once_it_is_quiet(self, noise):
        reader = FrameReader()
        reader.feed(noise)
        reader.reset()
        assert reader.feed(b"\x06\x15" + frame_of(apdu.ACCEPTED)) == [Signal.ACK, Signal.NAK, Frame(apdu.ACCEPTED)]


def table_crc(data: bytes) -> int:
    """The same sum by halves of a byte, after the table of RFC 1662's neighbour, with no code of ours."""
    table = [0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387]
    table += [0x8408, 0x9489, 0xA50A, 0xB58B, 0xC60C, 0xD68D, 0xE70E, 0xF78F]
    crc = 0
    for byte in data:
        crc = (crc >> 4) ^ table[(crc ^ byte) & 0x0F]
        crc = (crc >> 4) ^ table[(crc ^ (byte >> 4)) & 0x0F]
    return crc


class TestStatusInformation:
    def test_of_an_approval_is_read_field_by_field(self):
        told = parse_status_information(APPROVED[3:], NOW)
        assert told.approved
        assert told.whole
        record = told.record
        assert (record.amount_fen, record.trace_no, record.receipt_no) == (50_000, "000123", "0045")
        assert (record.card_last4, record.issuer, record.terminal_no) == ("1234", "card type 05", "29001234")
        assert (record.auth_code, record.reference_no) == ("A12345", "000123")
        assert record.terminal_time == datetime(2026, 11, 23, 10, 15, 30, tzinfo=ZONE)

    def test_of_a_decline_keeps_its_code(self):
        told = parse_status_information(bytes.fromhex("276C2929001234"), NOW)
        assert (told.result, told.approved) == (0x6C, False)

    def test_ends_at_a_tag_that_nobody_knows(self):
        told = parse_status_information(bytes.fromhex("2700 7F 04000000050000"), NOW)
        assert (told.result, told.record.amount_fen, told.whole) == (0, None, False)

    def test_cut_anywhere_never_gains_a_field(self):
        whole = parse_status_information(APPROVED[3:], NOW)
        for cut in range(1, len(APPROVED) - 3):
            told = parse_status_information(APPROVED[3:-cut], NOW)
            assert told.result in {None, 0}
            for name in ("amount_fen", "trace_no", "receipt_no", "card_last4"):
                assert getattr(told.record, name) in {None, "", getattr(whole.record, name)}

    @given(st.binary(max_size=120))
    def test_of_any_bytes_is_read_without_an_error(self, data):
        parse_status_information(data, NOW)

    def test_over_new_year_gets_the_year_before(self):
        data = bytes.fromhex("27000C2359590D1231")
        told = parse_status_information(data, datetime(2027, 1, 1, 0, 0, 5, tzinfo=ZONE))
        assert told.record.terminal_time == datetime(2026, 12, 31, 23, 59, 59, tzinfo=ZONE)

    def test_lets_no_card_number_expiry_or_track_out(self):
        number, track = "6222021234567890128", b";6222021234567890128=30122011234500001?"
        data = bytes.fromhex("2700" + "0E3012" + "22F1F0" + number + "F")
        data += bytes.fromhex("23F3F9") + track + bytes.fromhex("24F0F3F9") + track + bytes.fromhex("2DF3F9") + track
        data += bytes.fromhex("3CF0F3F1") + b"CARD 6222021234567890128 12/30 "
        data += bytes.fromhex("8BF1F9") + number.encode() + bytes.fromhex("870045")
        told = parse_status_information(data, NOW)
        assert (told.record.card_last4, told.record.receipt_no) == ("0128", "0045")
        seen = repr(told)
        assert number[:-4] not in seen
        assert "3012" not in seen
        assert "12/30" not in seen

    def test_totals_count_only_when_they_agree_with_the_sum(self):
        totals = "60F0F1F8" + "00010007" + "03000000012000" + "01000000000500"
        agreed = parse_status_information(bytes.fromhex("2700" + "04000000012500" + totals), NOW)
        assert agreed.totals is not None
        assert (agreed.totals.count, agreed.totals.amount_fen) == (4, 12_500)
        assert parse_status_information(bytes.fromhex("2700" + "04000000012400" + totals), NOW).totals is None


class TestMessages:
    def test_longer_than_a_byte_counts_have_three_length_bytes(self):
        message = apdu.apdu(apdu.PRINT_BLOCK, bytes(300))
        assert message[:5] == bytes.fromhex("06D3FF2C01")
        assert apdu.whole_length(message) == len(message)
        assert apdu.command_and_data(message) == (apdu.PRINT_BLOCK, bytes(300))

    @pytest.mark.parametrize("cut", [b"", b"\x06", b"\x06\x0f", b"\x06\x0f\x02\x00", b"\x06\x0f\xff\x01"])
    def test_cut_short_are_refused(self, cut):
        with pytest.raises(apdu.ApduError):
            apdu.command_and_data(cut)

    @pytest.mark.parametrize("receipt_no", ["", "12345", "4A", "²"])
    def test_refuse_a_receipt_number_that_is_none(self, receipt_no):
        with pytest.raises(apdu.ApduError):
            apdu.reversal(PASSWORD, receipt_no)

    def test_bring_receipt_lines_with_the_card_cut_down(self):
        assert printed_line(b"\x00CARD 6222 0212 3456 7890 128", "cp437") == "CARD ***************0128"
        block = bytes.fromhex("0611" + "1F070102" + "250B") + b"\x07\x03abc\x07\x04defg"
        assert printed_block(block, "cp437") == ["abc", "defg"]

    @given(st.binary(max_size=80))
    def test_with_nonsense_to_print_print_nothing_wrong(self, data):
        printed_block(data, "cp437")


class TestWords:
    def test_every_code_has_a_sentence_in_both_languages(self):
        reasons = [reason_of(code) for code in range(256)]
        assert len({reason.code for reason in reasons}) == 256
        assert all(reason.chinese and reason.english.isascii() for reason in reasons)

    def test_the_banks_codes_are_told_from_the_terminals(self):
        assert reason_of(51).code == "host_51"
        assert reason_of(0x6C).code == "zvt_6C"


@given(st.text(alphabet="0123456789 -=/AB", max_size=60))
def test_no_text_keeps_twelve_digits_in_a_row(text):
    kept = mask_card_data(text)
    run = 0
    for char in kept:
        run = run + 1 if char.isdigit() else 0
        assert run < 12
