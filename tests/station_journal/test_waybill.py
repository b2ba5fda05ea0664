"""Waybill numbers, pickup codes and what is shown of a phone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.masking import mask_phone, mask_phone_on_label, phone_key
from station_journal.shelf_code import LEVELS_MAX, SERIALS_MAX, SHELVES, ShelfCode, read_code
from station_journal.waybill import (
    WaybillRefusedError,
    likely_carrier,
    read_waybill,
    s10_check_digit,
    s10_is_valid,
    waybill_tail,
)

S10_VECTORS = ("RR123456785CN", "RB473124829CN", "CP100000140CN", "EA100000025CN", "LP202601140CN")


@pytest.mark.parametrize("waybill", S10_VECTORS)
def test_numbers_of_the_s10_form_with_a_right_check_digit_are_taken(waybill: str):
    assert s10_is_valid(waybill)
    assert read_waybill(f" {waybill.lower()} ") == waybill


@pytest.mark.parametrize("waybill", S10_VECTORS)
def test_every_other_check_digit_is_refused_and_the_right_one_named(waybill: str):
    for digit in set("0123456789") - {waybill[10]}:
        wrong = waybill[:10] + digit + waybill[11:]
        with pytest.raises(WaybillRefusedError, match=rf"{waybill[10]} belongs there"):
            read_waybill(wrong)


@given(st.text("0123456789", min_size=8, max_size=8), st.integers(0, 7), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(serial: str, at: int, step: int):
    # The two remainders that have no digit of their own map to 0 and 5, which other remainders have too.
    other = serial[:at] + str((int(serial[at]) + step) % 10) + serial[at + 1 :]
    pair = {s10_check_digit(serial), s10_check_digit(other)}
    assert len(pair) == 2 or pair <= {0, 5}


@pytest.mark.parametrize(
    ("waybill", "carrier"),
    [
        ("RR123456785CN", "POST"),
        ("9876543210123", "POST"),
        ("SF1234567890123", "SF"),
        ("JDVC12345678901", "JD"),
        ("YT1234567890123", "YTO"),
        ("JT1234567890123", "JT"),
        ("773123456789012", "ZTO"),
        ("XX1", ""),
    ],
)
def test_a_carrier_is_guessed_from_the_form(waybill: str, carrier: str):
    assert likely_carrier(waybill) == carrier


@pytest.mark.parametrize("text", ["", "12", "A" * 33, "12345 678", "运单12345678", "1234567\x00", "--12345678"])
def test_what_is_no_waybill_is_refused(text: str):
    with pytest.raises(WaybillRefusedError):
        read_waybill(text)


def test_unknown_forms_are_taken():
    assert read_waybill("ab-1234567") == "AB-1234567"


def test_a_waybill_is_looked_up_by_its_last_five_digits():
    assert waybill_tail("YT0000000078124") == "78124"
    assert waybill_tail("RR123456785CN") == "56785"


@given(st.sampled_from(SHELVES), st.integers(1, LEVELS_MAX), st.integers(1, SERIALS_MAX), st.sampled_from(("-", "")))
def test_a_code_is_one_however_it_is_typed(shelf: str, level: int, serial: int, dash: str):
    code = ShelfCode(shelf, level, serial)
    number = SHELVES.index(shelf) + 1
    for first in (shelf, shelf.lower(), str(number)):
        assert read_code(f"{first}{dash}{level:02d}{dash}{serial:03d}") == code
    assert read_code(str(code)) == code


@pytest.mark.parametrize("text", ["", "A-00-001", "A-01-000", "J-01-001", "0-01-001", "A-1-1", "78124", "A-01-0011"])
def test_what_is_no_code_is_none(text: str):
    assert read_code(text) is None


def test_a_phone_on_a_label_hides_six_digits_and_on_the_operators_screen_four():
    kept = phone_key("138 0000-6621")
    assert kept == "1386621"
    assert mask_phone_on_label(kept) == "138******21"
    assert mask_phone(kept) == "138****6621"
    assert mask_phone_on_label("6621") == "***" + "*" * 6 + "21"
    assert mask_phone("") == mask_phone_on_label("") == ""


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_label_never_shows_more_than_five_digits_of_a_phone(number: str):
    label = mask_phone_on_label(phone_key(number))
    assert len(label) == len(number)
    assert label.count("*") == 6
    assert label[:3] == number[:3]
    assert label[-2:] == number[-2:]
