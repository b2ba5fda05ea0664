"""The note beside the live counter: it stands on one small screen, and what it names can be typed."""

from __future__ import annotations

import re
import subprocess
from datetime import date

import pytest
from rich.cells import cell_len

from station_journal.resident_id import resident_id
from station_journal.sealed_code import CODE_DIGITS
from station_journal.waybill import read_waybill
from station_pos.demo.arranging import EXTRA_WAYBILL, ITEMS
from station_pos.demo.biller_line import BillerLine
from station_pos.demo.headquarters import Headquarters
from station_pos.demo.note import make_hands, note_of
from station_pos.demo.outside.courier_book import CourierBook
from station_pos.demo.shop import Shop
from station_pos.text import Language, choose, language

pytestmark = [pytest.mark.enable_socket]
COLUMNS, ROWS = 80, 24


@pytest.fixture
def shop(tmp_path):
    hq = Headquarters(tmp_path / "hq", tmp_path / "logs")
    made = Shop(hq, BillerLine("http://127.0.0.1:9"), tmp_path / "shop", "ST-0417", {})
    yield made
    made.stop()


@pytest.fixture(params=list(Language))
def chosen(request):
    before = language()
    choose(request.param)
    yield
    choose(before)


@pytest.mark.usefixtures("chosen")
def test_fits_a_small_screen(shop, tmp_path):
    courier = CourierBook("JYPOST", 101, "李师傅", "246810", "ST-0417", {one.waybill: one for one in ITEMS})
    lines = note_of(shop, courier, "7" * CODE_DIGITS, make_hands(shop, tmp_path / "hands")).splitlines()
    paths = [line for line in lines if str(tmp_path) in line]  # as long as the folder that was chosen
    assert [line for line in lines if cell_len(line) > COLUMNS and line not in paths] == []
    assert len(lines) < ROWS


def test_names_items_that_the_counter_takes():
    assert [read_waybill(one) for one in (*(item.waybill for item in ITEMS), EXTRA_WAYBILL)]


def test_a_hand_that_reaches_nobody_says_so(shop, tmp_path):
    scan = make_hands(shop, tmp_path / "hands") / "scan"
    done = subprocess.run([scan, EXTRA_WAYBILL], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "control_lines: " in done.stderr


def test_the_identity_card_on_the_counter_is_one_that_the_counter_takes(shop, tmp_path):
    card = (make_hands(shop, tmp_path / "hands") / "identity-card").read_text("utf-8")
    number = re.search(r"\d{17}[\dX]", card)
    assert number is not None
    assert resident_id(number[0], date(2026, 11, 26)).number == number[0]
