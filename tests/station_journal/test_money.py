"""Amounts: what is read, what is written, and that splitting loses nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.money import AmountRefusedError, format_yuan, parse_yuan, rate_of, split_fen, uppercase_rmb


@given(st.integers(0, 10**14 - 1))
def test_an_amount_written_is_read_back(fen: int):
    assert parse_yuan(format_yuan(fen, grouped=False)) == fen


@pytest.mark.parametrize(
    "text",
    ["", "-1", "+1", "1.234", "1234567890123", "1,000", "1.", ".5", "1e3", "１２", "٣", "1 2", "abc", "0x1", "\x1b[A"],
)
def test_what_is_not_an_amount_is_refused_with_a_sentence(text: str):
    with pytest.raises(AmountRefusedError, match="not an amount in yuan"):
        parse_yuan(text)


@pytest.mark.parametrize(
    ("text", "fen"), [("72.6", 7260), ("0.05", 5), (" 100 ", 10000), ("999999999999.99", 10**14 - 1)]
)
def test_amounts_as_shopkeepers_key_them(text: str, fen: int):
    assert parse_yuan(text) == fen


def test_an_amount_is_grouped_by_thousands():
    assert format_yuan(128_650) == "1,286.50"
    assert format_yuan(-1_480) == "-14.80"


@given(st.integers(0, 10**12), st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any))
def test_shares_sum_to_the_whole_and_none_is_off_by_more_than_a_fen(total: int, weights: list[int]):
    shares = split_fen(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share * sum(weights) - total * weight) < sum(weights)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1, 3]])
def test_weights_that_share_nothing_are_refused(weights: list[int]):
    with pytest.raises(ValueError, match="split by weights"):
        split_fen(100, weights)


@given(st.integers(-(10**10), 10**10), st.integers(0, 10**6))
def test_a_rate_rounds_half_away_from_zero_once(amount: int, rate: int):
    doubled = 2 * abs(rate_of(amount, rate)) * 10**6
    assert abs(doubled - 2 * abs(amount) * rate) <= 10**6
    assert rate_of(-amount, rate) == -rate_of(amount, rate)


def test_half_a_fen_rounds_up():
    assert rate_of(100, 5_000) == 1
    assert rate_of(99, 5_000) == 0


@pytest.mark.parametrize(
    ("yuan", "words"),
    [
        ("0.00", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角"),
        ("10.00", "壹拾元整"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("500.00", "伍佰元整"),
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("107000.53", "壹拾万零柒仟元伍角叁分"),
        ("200034.00", "贰拾万零叁拾肆元整"),
        ("10010000.00", "壹仟零壹万元整"),
        ("100000001.00", "壹亿零壹元整"),
    ],
)
def test_the_worked_examples_of_formal_uppercase(yuan: str, words: str):
    assert uppercase_rmb(parse_yuan(yuan)) == "人民币" + words


_VALUES = dict(zip("零壹贰叁肆伍陆柒捌玖", range(10), strict=True))
_UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def _read_words(words: str) -> int:
    """Read formal uppercase back by its grammar, written apart from the rule under test."""
    total = section = digit = 0
    fen = 0
    for letter in words.removeprefix("人民币").removesuffix("整"):
        if letter in _VALUES:
            digit = _VALUES[letter]
        elif letter in _UNITS:
            section += digit * _UNITS[letter]
            digit = 0
        elif letter in "亿万元":
            total += (section + digit) * {"亿": 10**8, "万": 10**4, "元": 1}[letter]
            section = digit = 0
        else:
            fen += digit * {"角": 10, "分": 1}[letter]
            digit = 0
    return total * 100 + fen


@given(st.integers(0, 10**14 - 1))
def test_words_read_back_as_the_amount_and_have_no_double_zero(fen: int):
    words = uppercase_rmb(fen)
    assert _read_words(words) == fen
    assert "零零" not in words
    assert not words.endswith("分整")


@pytest.mark.parametrize("fen", [-1, 10**14])
def test_what_cannot_be_written_in_words_is_refused(fen: int):
    with pytest.raises(ValueError, match="cannot be written"):
        uppercase_rmb(fen)
