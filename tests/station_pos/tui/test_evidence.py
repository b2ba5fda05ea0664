"""F9: who wrote what, what may still be sold without the link, and the packet of a record."""

from __future__ import annotations

from datetime import date

from station_journal.records import Outcome
from station_journal.rules.integrity import LastCheck
from tests.station_pos.tui.at_counter import serving
from tests.station_pos.tui.books_counter import BooksCounter, take_bill


async def test_evidence_makes_a_packet_and_shows_what_others_wrote():
    counter = BooksCounter()
    take_bill(counter, "0081234567", Outcome.CONFIRMED)
    counter.cut_link()
    async with serving(counter) as till:
        await till.keys("f9")
        assert "断网还能收" in till.shown
        assert "通断 06 ========. 14" in till.shown
        await till.type("e")
        await till.until(lambda: "证据包在 /data/evidence/" in till.shown)
        assert len(counter.packets) == 1
        await till.type("l")
        assert "只看不是本站写的" in till.shown
        assert "本人" not in "\n".join(till.rows()[5:14])
        await till.type("l")
        assert "收缴费现金" in till.shown


async def test_evidence_shows_how_hqs_last_check_of_this_station_went():
    counter = BooksCounter()
    async with serving(counter) as till:
        await till.keys("f9")
        assert "总部核对   还没有核过" in till.shown
        counter.checked = LastCheck(date(2026, 11, 24), 812, 0, b"", 40)
        await till.keys("escape", "f9")
        assert "总部核对   11-24 夜里核到本站第 0812 条: 一致" in till.shown
        counter.checked = LastCheck(date(2026, 11, 25), 830, 2, b"", 44)
        await till.keys("escape", "f9")
        assert "0830 条: 2 处不一致" in till.shown
