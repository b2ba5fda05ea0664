"""F9: who wrote what, what may still be sold without the link, and the packet of a record."""

from __future__ import annotations

from station_journal.records import Outcome
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
