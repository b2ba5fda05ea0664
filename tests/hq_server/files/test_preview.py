"""The editor's preview: what a profile makes of a sample, while both are being worked on."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hq_server.files.preview import preview
from hq_server.files.profiles import shipped_documents
from hq_server.files.rows import FileFacts
from hq_server.files.templates import template
from tests.hq_server.files.test_layouts import SAMPLE
from tests.outside.layout_writers import DAY, LAYOUTS, Booking, camt_053, footer_totals

DOCUMENTS = shipped_documents()
SOUND = footer_totals(SAMPLE)


def test_shows_rows_totals_and_whose_file_it_is():
    found = preview(DOCUMENTS["footer-totals"], SOUND.content, SOUND.name)
    assert found.problem is None
    assert [row.amount_fen for row in found.rows] == [claim.amount_fen for claim in SAMPLE]
    assert (found.party, found.business_date, found.totals.net) == ("SCDL", DAY, 7_260 - 100 + 99_999_999)


def test_shows_the_rows_up_to_the_first_problem_and_its_line():
    content = SOUND.content.replace(b",999999.99", b",999999,99")
    found = preview(DOCUMENTS["footer-totals"], content, SOUND.name)
    assert found.problem is not None
    assert found.problem.en.startswith("Line 4:")
    assert found.problem.zh.startswith("第 4 行")
    assert (found.problem_line, len(found.rows)) == (4, 2)


def test_says_what_is_wrong_with_the_document_or_the_name():
    wrong = preview(DOCUMENTS["footer-totals"].replace('delimiter = ","', "delimiter = 3"), b"", SOUND.name).problem
    assert wrong is not None
    assert "delimiter has a value of the wrong type" in wrong.en
    named = preview(DOCUMENTS["footer-totals"], SOUND.content, "bill.txt").problem
    assert named is not None
    assert "{party}.{date}.{seq}.dat" in named.en


def test_says_which_totals_a_person_will_have_to_state():
    written = LAYOUTS["end-mark"](SAMPLE)
    assert preview(DOCUMENTS["end-mark"], written.content, written.name).missing == ("charge", "count", "net")
    stated = FileFacts(sums=written.notice)
    assert preview(DOCUMENTS["end-mark"], written.content, written.name, stated).missing == ()


def test_shows_movements_of_a_statement():
    found = preview(DOCUMENTS["camt-053"], camt_053((Booking(500),)), "6222000001_20261123.xml")
    assert found.problem is None
    assert [row.amount_fen for row in found.rows] == [500]


def test_refuses_what_would_be_slow_or_break_in_one_sentence():
    document = DOCUMENTS["footer-totals"]
    for text in (
        "x = " + "[" * 30_000,
        "rows_max = " + "9" * 5_000,
        document.replace('delimiter = ","', 'delimiter = ", "'),
        document.replace('delimiter = ","', "delimiter = '\"'"),
        document.replace('delimiter = ","', 'delimiter = ""'),
        document.replace('"HDR"', '"{-}{-}{-}{-}{-}"'),
        document.replace('"YYYYMMDDhhmmss"', '"YYYYMM"'),
    ):
        problem = preview(text, SOUND.content, SOUND.name).problem
        assert problem is not None
        assert "\n" not in problem.en + problem.zh
        assert problem.en.startswith("the profile cannot be used")


def test_a_pattern_of_anything_takes_time_by_the_length_of_a_line_alone():
    slow = template("{-}a{-}a{-}a{-}b", "YYYYMMDD")
    assert slow.match("a" * 60_000) is None
    assert slow.match("a" * 60_000 + "b") == {}
    mixed = template("{-}业务{-}_{date}.csv", "YYYYMMDD")
    assert mixed.match("2088_业务明细_x_20261123.csv") == {"date": "20261123"}
    assert mixed.match("2088_业务明细_x_20261123.csv.exe") is None
    assert template("{seq}x", "YYYYMMDD").match("12x\n") is None


@settings(max_examples=25)
@given(st.sampled_from(sorted(DOCUMENTS)), st.binary(max_size=200), st.text(max_size=60), st.integers(0, 2_000))
def test_never_falls_over(name, content, text, at):
    document = DOCUMENTS[name]
    preview(document, content, "SCDL_20261123_1.txt")
    preview(document[: at % len(document)] + text + document[at % len(document) :], content, SOUND.name)
    preview(text, content, text)
