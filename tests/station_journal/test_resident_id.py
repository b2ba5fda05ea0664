"""Resident identity numbers: check character, birth date, masking; nothing shows a number by accident."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from station_journal.resident_id import (
    IdCard,
    IdProblem,
    ResidentIdRefusedError,
    check_character,
    mask_resident_id,
    mask_resident_id_for_all,
    resident_id,
)

TODAY = date(2026, 11, 25)
births = st.dates(date(1900, 1, 1), TODAY)


@st.composite
def numbers(draw, birth=births):
    area, order = draw(st.integers(100_000, 999_999)), draw(st.integers(0, 999))
    first = f"{area}{draw(birth):%Y%m%d}{order:03d}"
    return first + check_character(first)


def problem_of(text, today=TODAY):
    with pytest.raises(ResidentIdRefusedError) as caught:
        resident_id(text, today)
    assert text.strip() == "" or text.strip() not in str(caught.value)
    return caught.value.problem


class TestKnownNumbers:
    @pytest.mark.parametrize("number", ["11010519491231002X", "510781188801010019", "510703188802290025"])
    def test_valid_ones_are_taken(self, number):
        assert resident_id(number, TODAY).number == number

    def test_an_area_that_was_never_assigned_is_no_reason(self):
        assert resident_id("440524188001010014", TODAY).birth_date == date(1880, 1, 1)

    def test_a_day_that_does_not_exist_is_refused_although_the_check_fits(self):
        assert check_character("51078119000229999") == "8"
        assert problem_of("510781190002299998") is IdProblem.BIRTH_DATE

    def test_a_small_x_and_blanks_around_are_taken(self):
        assert resident_id(" 11010519491231002x ", TODAY).number == "11010519491231002X"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "110105194912310021",
            "1101051949123100",
            "11010519491231002",
            "X1010519491231002X",
            "１１０１０５１９４９１２３１００２X",
        ],
    )
    def test_what_is_no_number(self, text):
        expected = IdProblem.CHECK if text == "110105194912310021" else IdProblem.FORM
        assert problem_of(text) is expected

    def test_sex_and_birth(self):
        man = resident_id("510781188801010019", TODAY)
        assert (man.is_male, man.birth_date) == (True, date(1888, 1, 1))
        assert not resident_id("510703188802290025", TODAY).is_male


class TestRules:
    @given(numbers())
    def test_a_number_made_by_the_rule_is_taken(self, number):
        assert resident_id(number, TODAY).number == number

    @given(numbers(), st.integers(0, 17), st.sampled_from("0123456789X"))
    def test_one_wrong_character_is_always_noticed(self, number, place, other):
        assume(number[place] != other)
        problem_of(number[:place] + other + number[place + 1 :])

    @given(numbers(), st.integers(0, 15))
    def test_two_neighbours_swapped_are_noticed(self, number, place):
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        assume(swapped != number)
        assert problem_of(swapped) in {IdProblem.CHECK, IdProblem.BIRTH_DATE}

    @given(numbers(st.dates(TODAY + timedelta(days=1), date(2099, 12, 31))))
    def test_nobody_is_born_tomorrow(self, number):
        assert problem_of(number) is IdProblem.BIRTH_DATE

    @given(st.text(max_size=30))
    def test_any_text_is_a_number_or_one_sentence(self, text):
        with contextlib.suppress(ResidentIdRefusedError):
            assert len(resident_id(text, TODAY).number) == 18


class TestMasking:
    def test_as_the_rules_write_it(self):
        assert mask_resident_id("510781188801010019") == "510781********0019"
        assert mask_resident_id_for_all("510781188801010019") == "5***************19"

    @given(numbers())
    def test_a_mask_keeps_the_length_and_hides_the_birth_date(self, number):
        for mask in (mask_resident_id, mask_resident_id_for_all):
            assert len(mask(number)) == 18
            assert mask(number)[6:14] == "*" * 8

    def test_what_is_too_short_is_hidden_whole(self):
        assert mask_resident_id("5107811888") == "*" * 10
        assert mask_resident_id_for_all("123") == "***"

    @given(numbers())
    def test_neither_repr_nor_str_nor_format_shows_a_number_or_a_whole_name(self, number):
        card = IdCard("张三", resident_id(number, TODAY))
        for shown in (repr(card), str(card), f"{card}", f"{card.resident_id}", repr([card.resident_id]), f"{card!r}"):
            assert number not in shown
            assert number[6:14] not in shown
            assert "张三" not in shown
