"""H42: each shop thought it was alone; calls were closed singly and nobody looked for the same elsewhere.

A fault seen at one station is matched against all, and each one that it touches is told how many there are and what
to do meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from station_journal.facts.cash import CashReason, CloseVerdict
from station_journal.records import OperatorRole
from station_pos.bootstrap import Station, enrol_station, open_station
from station_pos.commands.cash_orders import CloseDay, CountDay, MoveCash
from station_pos.commands.orders import EnrolOperator
from station_pos.commands.outcome import Accepted
from station_pos.config import Settings, write_settings
from station_pos.demo.headquarters import ECOM
from station_pos.demo.processes import until
from station_pos.demo.world import World
from station_pos.workers.syncer import Syncer
from tests.horizon.harness import Case

SHORT_FEN = 321
PASS_PHRASE = "blue sky over the village"
RULE = json.dumps({"reason": "CASH_DISPUTED", "amount_min_fen": SHORT_FEN, "amount_max_fen": SHORT_FEN})


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def neighbour(world: World, opened: ExitStack, code: str, folder: Path) -> tuple[Station, Syncer]:
    """Another shop of the county: enrolled with the same HQ, its counter without a screen in this process."""
    folder.mkdir()
    write_settings(folder, Settings(key_memory_mib=19))
    secret = world.hq.add_station(code)
    where = (folder, code, f"http://127.0.0.1:{world.hq.port}", (secret, PASS_PHRASE))
    enrol_station(*where, start_over=False, wait=False, announced=lambda: None)
    world.hq.approve_station(code)
    assert enrol_station(*where, start_over=False, wait=False, announced=lambda: None) is not None
    station = open_station(folder)
    opened.callback(station.stop)
    first = station.register.execute(EnrolOperator(0, 1, "张三", OperatorRole.OWNER))
    assert isinstance(first, Accepted), first
    syncer = station.link.prepare(PASS_PHRASE)
    assert syncer is not None
    return station, syncer


def closes_short(station: Station) -> None:
    execute = station.register.execute
    execute(MoveCash(1, station.register.open_operation(), CashReason.OWNER_IN, 10_000))
    count = execute(CountDay(1, 1, (), 10_000 - SHORT_FEN))
    assert isinstance(count, Accepted), count
    assert isinstance(execute(CloseDay(1, count.seq, CloseVerdict.DISPUTED)), Accepted)


def test_h42_a_fault_at_three_stations_is_one_notice_and_all_three_are_told(
    drawer_case: Case, opened: ExitStack, tmp_path: Path
) -> None:
    case, hq = drawer_case, drawer_case.world.hq
    neighbours = [neighbour(case.world, opened, code, tmp_path / code) for code in ("ST-0901", "ST-0902")]
    for station, syncer in neighbours:
        closes_short(station)
        syncer.sync_once()
    case.put_in(5_000)
    closed = case.close_day(case.count(case.drawer_fen() - SHORT_FEN), "DISPUTED")
    case.day.all_sent()
    codes = {case.shop.code, "ST-0901", "ST-0902"}

    def matched() -> bool:
        return set(hq.ask(None, "fault", "preview", "SUSPENSE", RULE)) == codes

    until("HQ to have all three", matched, 60.0, 0.3)
    said = {"title": "日终少 3.21", "title-en": "Short by 3.21", "since": "2026-11-01"}
    said |= {"work-around": "先不要补钱", "work-around-en": "Put nothing in"}
    words = [word for name, value in said.items() for word in (f"--{name}", value)]
    entered = hq.ask(ECOM, "fault", "enter", "SUSPENSE", RULE, *words)
    assert entered["stations_told"] == 3
    board = [one for one in hq.ask(None, "fault", "list") if one["fault_no"] == entered["fault_no"]]
    assert [one["station_count"] for one in board] == [3], "one notice"

    def told() -> bool:
        return any(one["fault_no"] == entered["fault_no"] for one in case.station.ask("board")["faults"])

    case.heard(told)
    (mine,) = [one for one in case.station.ask("board")["faults"] if one["fault_no"] == entered["fault_no"]]
    assert (mine["station_count"], mine["touched"], mine["work_around"]) == (3, [closed["seq"]], "先不要补钱")
    for station, syncer in neighbours:
        syncer.sync_once()
        (fault,) = station.counter.disputes.faults()
        assert (fault.station_count, len(fault.touched)) == (3, 1), "not only you"
