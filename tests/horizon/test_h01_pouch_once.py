"""H01: an unfinished screen booked one remittance three more times; each copy had a receipt and a line in the log.

A pouch is booked at most once per station, whatever keys are pressed on a screen that does not answer. Nobody waits ten
seconds here: what decides is which keys lie unread when the screen answers again, and when each was pressed. The real
program is held still until all twenty lie unread; over the real register the twenty carry the times of ten seconds, or
of twenty with each key let go in between, and are worked off at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from station_journal.codec import decode
from station_journal.facts.cash import NoteLine, PouchAccepted, PouchSent
from station_journal.records import Side
from station_pos.demo.headquarters import BRANCH, CLERK
from station_pos.demo.processes import until
from tests.horizon.harness import Case, books_agree
from tests.horizon.terminal import ENTER, ESCAPE, Terminal
from tests.station_pos.tui.test_over_the_register import real
from tests.station_pos.world import World

POUCH_FEN = 800_000
HAMMERED = 20


def scan(counter: Terminal, code: str) -> None:
    """As a keyboard scanner does: the whole code within milliseconds."""
    counter.press_at_once(code + ENTER)


def test_h01_a_pouch_on_a_stalled_screen_is_booked_once_and_a_rescan_names_the_entry(drawer_case: Case) -> None:
    case = drawer_case
    label = f"PK{case.shop.code[-4:]}000001"
    entered = case.world.hq.ask(CLERK, "pouch", "send", case.shop.code, label, "100x80")
    case.world.hq.run(BRANCH, "pouch", "approve", case.shop.code, entered["entry_no"])
    case.heard(lambda: case.station.ask("pouches")["incoming"])
    before_fen = case.station.state()["drawer_fen"]
    papers = len(case.slips())
    case.station.stop()

    known = case.station.secrets
    with Terminal(case.station.environment) as counter:
        counter.shows("口令", 60.0)
        counter.keys(known.pass_phrase + ENTER, then="工号")
        counter.keys("2" + ENTER, then="密码")
        counter.keys(known.pins[2] + ENTER, then="今天")
        scan(counter, label)
        counter.shows("清单 8,000.00")
        with counter.stalled():
            for _ in range(HAMMERED):
                counter.press_at_once(ENTER)
            until("every key to lie unread", lambda: counter.unread() == HAMMERED, 30.0, 0.01)
        counter.answered("已收", ENTER)
        counter.keys(ESCAPE, then="首字母")
        counter.keys("/12" + ENTER, then="已锁")
        counter.keys(known.pins[2] + ENTER, then="首字母")
        scan(counter, label)
        counter.shows("已经办完 (第")
    case.station.start()
    case.moved_fen += POUCH_FEN

    again = case.station.ask("accept_pouch", label=label, counted_fen=POUCH_FEN)
    journals = books_agree(case)
    (entry,) = [seq for seq, fact in journals.facts(PouchAccepted) if fact == PouchAccepted(label, POUCH_FEN)]
    assert (again["refused"], again["detail"]) == ("pouch_accepted", {"entry_seq": entry})
    assert case.station.state()["drawer_fen"] == before_fen + POUCH_FEN
    receipts = [slip for slip in case.slips()[papers:] if "调拨现金收妥单" in slip.text]
    assert len(receipts) == 1
    assert "8,000.00" in receipts[0].text


@pytest.fixture
def register_world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


@pytest.mark.parametrize("apart_s", [0.5, 1.0])
async def test_h01_twenty_enters_over_the_seconds_of_a_stall_book_one_pouch(
    register_world: World, apart_s: float
) -> None:
    world = register_world
    world.from_hq(PouchSent("PK-20260001", (NoteLine(10_000, 80),), 0, 7, 8))
    async with real(world) as till:
        await till.scan("PK-20260001")
        assert till.screen == "PouchScreen"
        await till.settle()
        drawer_fen = till.counter.state().drawer_fen
        begun_s = monotonic()
        for number in range(HAMMERED):
            till.send("enter", begun_s + number * apart_s)  # the screen works none of them off yet
        await till.until(lambda: _accepted(world) and not till.app.screen.busy)
        assert len(_accepted(world)) == 1
        assert till.counter.state().drawer_fen == drawer_fen + POUCH_FEN
        await till.keys("escape", "escape")
        await till.scan("PK-20260001")
        assert f"已经办完 (第 {_accepted(world)[0]}" in till.shown
        assert len(_accepted(world)) == 1


def _accepted(world: World) -> list[int]:
    rows = world.rows("SELECT seq, bytes FROM journal WHERE side='S' ORDER BY seq")
    return [seq for seq, data in rows if isinstance(decode(data, Side.STATION).fact, PouchAccepted)]
