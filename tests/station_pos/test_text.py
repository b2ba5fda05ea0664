"""The language of the counter is chosen once, and no sentence exists in one language only."""

from __future__ import annotations

import pytest

from station_pos import text
from station_pos.text import Catalogue, Language, language_from


@pytest.fixture(autouse=True)
def chinese_again():
    yield
    text.choose(Language.ZH)


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, Language.ZH),
        ({"LANG": "C.UTF-8"}, Language.ZH),
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "en_GB.UTF-8"}, Language.EN),
        ({"LANG": "en"}, Language.EN),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, Language.EN),
        ({"STATION_POS_LANG": "zh", "LANG": "en_GB.UTF-8"}, Language.ZH),
        ({"STATION_POS_LANG": "EN", "LANG": "zh_CN.UTF-8"}, Language.EN),
        ({"STATION_POS_LANG": "", "LANG": "en"}, Language.EN),
    ],
)
def test_chinese_unless_english_is_asked_for(environment, language):
    assert language_from(environment) is language


def test_a_sentence_comes_in_the_chosen_language_with_its_figures():
    says = Catalogue({"short": ("还差 {short} 元", "{short} yuan short")})
    assert says("short", short="2.50") == "还差 2.50 元"
    text.choose(Language.EN)
    assert says("short", short="2.50") == "2.50 yuan short"
    assert says.in_language(Language.ZH, "short", short="1.00") == "还差 1.00 元"


def test_a_thing_with_two_names_shows_the_one_of_the_language():
    assert text.either("电费", "Electricity") == "电费"
    text.choose(Language.EN)
    assert text.either("电费", "Electricity") == "Electricity"
    assert text.either("电费", "") == "电费"


@pytest.mark.parametrize("pair", [("有", ""), ("", "there"), ("差 {a}", "short {b}"), ("差 {a}", "short")])
def test_a_sentence_that_differs_between_languages_is_refused_at_once(pair):
    with pytest.raises(ValueError, match="'x'"):
        Catalogue({"x": pair})
