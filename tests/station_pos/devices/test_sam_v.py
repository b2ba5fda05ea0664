"""SAM-V frames: published traces, every cut and every wrong byte, and a parser that keeps name and number alone."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_pos.demo.outside.id_reader_simulator import card_block, permit_block
from station_pos.devices import sam_v
from station_pos.devices.sam_v import AnswerReader, IdReadError, IdTrouble
from station_pos.text import Language

NUMBER = "11010519491231002X"
PRE = "AAAAAA9669"


def answer(body):
    checked = (len(body) + 1).to_bytes(2, "big") + body
    check = 0
    for byte in checked:
        check ^= byte
    return bytes(sam_v.PREAMBLE + checked + bytes([check]))


def card_data(block, photo=b"WLf" + bytes(1021)):
    return len(block).to_bytes(2, "big") + len(photo).to_bytes(2, "big") + block + photo


def trouble_of(action) -> IdTrouble:
    with pytest.raises(IdReadError) as caught:
        action()
    return caught.value.trouble


class TestPublishedTraces:
    @pytest.mark.parametrize(
        ("code", "frame"),
        [
            (sam_v.STATUS, "000311FFED"),
            (b"\x12\xff", "000312FFEE"),
            (sam_v.FIND, "0003200122"),
            (sam_v.SELECT, "0003200221"),
            (sam_v.READ, "0003300132"),
            (b"\x30\x10", "0003301023"),
            (b"\x30\x03", "0003300330"),
        ],
    )
    def test_commands(self, code, frame):
        assert sam_v.command(code) == bytes.fromhex(PRE + frame)

    def test_the_answer_to_find(self):
        [body] = AnswerReader().feed(bytes.fromhex(PRE + "0008" + "00009F" + "00000000" + "97"))
        assert sam_v.check_status(body) == bytes(4)

    def test_the_answer_to_select(self):
        [body] = AnswerReader().feed(bytes.fromhex(PRE + "000C" + "000090" + "00" * 8 + "9C"))
        assert sam_v.check_status(body) == bytes(8)

    def test_a_card_with_photo_has_1295_bytes_on_the_line(self):
        frame = answer(b"\x00\x00\x90" + card_data(card_block("张三", NUMBER)))
        assert len(frame) == 1295
        assert frame[5:14] == bytes.fromhex("050800009001000400")


class TestAnswers:
    @given(st.lists(st.integers(1, 40), max_size=60), st.binary(max_size=12).filter(lambda noise: b"\xaa" not in noise))
    def test_a_card_is_read_however_the_bytes_are_cut_and_after_noise(self, cuts, noise):
        stream = noise + answer(b"\x00\x00\x90" + card_data(card_block("张三", NUMBER)))
        reader, at = AnswerReader(), 0
        found: list[bytes] = []
        for cut in [*cuts, len(stream)]:
            found += reader.feed(stream[at : at + cut])
            at += cut
        [body] = found
        assert sam_v.card_text(sam_v.check_status(body)).number == NUMBER

    @given(st.integers(7, 1294), st.integers(1, 255))
    def test_one_wrong_byte_is_never_a_card(self, place, change):
        frame = bytearray(answer(b"\x00\x00\x90" + card_data(card_block("张三", NUMBER))))
        frame[place] ^= change
        assert trouble_of(lambda: list(AnswerReader().feed(bytes(frame)))) is IdTrouble.GARBLED

    @given(st.binary(max_size=3000))
    def test_any_bytes_are_an_answer_or_one_trouble(self, data):
        reader = AnswerReader()
        with contextlib.suppress(IdReadError):
            for body in reader.feed(data):
                sam_v.card_text(sam_v.check_status(body))
        reader.forget()
        assert [bytes(4)] == [body[3:] for body in reader.feed(answer(b"\x00\x00\x9f" + bytes(4)))]

    def test_a_length_that_no_answer_has_is_garbled_at_once(self):
        assert trouble_of(lambda: list(AnswerReader().feed(sam_v.PREAMBLE + b"\xff\xff"))) is IdTrouble.GARBLED

    @pytest.mark.parametrize(
        ("sw3", "trouble"),
        [
            (0x10, IdTrouble.GARBLED),
            (0x11, IdTrouble.GARBLED),
            (0x21, IdTrouble.PROTOCOL),
            (0x31, IdTrouble.NOT_AUTHENTIC),
            (0x32, IdTrouble.NOT_AUTHENTIC),
            (0x41, IdTrouble.NOT_READ),
            (0x66, IdTrouble.NOT_AUTHORISED),
            (0x80, IdTrouble.NO_CARD),
            (0x81, IdTrouble.NOT_SELECTED),
            (0x77, IdTrouble.PROTOCOL),
        ],
    )
    def test_status_bytes(self, sw3, trouble):
        assert trouble_of(lambda: sam_v.check_status(bytes([0, 0, sw3]))) is trouble

    def test_every_trouble_has_words_in_both_languages(self):
        for trouble in IdTrouble:
            assert sam_v.ID_TROUBLES.in_language(Language.ZH, trouble)
            assert sam_v.ID_TROUBLES.in_language(Language.EN, trouble)


class TestCards:
    @given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=15))
    def test_name_and_number_are_taken_and_nothing_else(self, name):
        found = sam_v.card_text(card_data(card_block(name, NUMBER)))
        assert (found.name, found.number) == (name, NUMBER)
        assert set(type(found).__slots__) == {"name", "number"}
        assert NUMBER not in repr(found)
        assert name not in repr(found)

    def test_a_foreigners_permit_is_told_apart(self):
        assert trouble_of(lambda: sam_v.card_text(card_data(permit_block()))) is IdTrouble.FOREIGN_PERMIT

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\x01\x00\x04\x00",
            card_data(card_block("张三", NUMBER))[:-1],
            card_data(bytes(256)),
            card_data(b"x" * 255),
        ],
        ids=["nothing", "no block", "photo cut", "blank", "short block"],
    )
    def test_what_is_no_card_is_garbled(self, data):
        assert trouble_of(lambda: sam_v.card_text(data)) is IdTrouble.GARBLED
