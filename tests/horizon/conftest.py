"""One HQ with its database and billers for the session; each test opens a shop of its own in it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from station_pos.demo.counter_day import CounterDay
from station_pos.demo.world import World
from tests.horizon.harness import SHARED_QUEUE, Case, close, new_folder
from tests.warm_commands import warm_commands

_codes = itertools.count(500)
PATIENCE_S = 120
"""How long a counter waits for a biller before it prints a pending slip: no loaded machine makes it print one."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They start real processes: sockets are theirs to use, and a loaded machine takes its time."""
    for item in items:
        if "tests/horizon/" in str(item.path):
            item.add_marker(pytest.mark.enable_socket)
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    # A guess at a password costs as little as the settings let it.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HQ_PASSWORD_MEMORY_MIB", "19")
        yield from _world()


def _world() -> Iterator[World]:
    with World(runner=warm_commands(), starter=warm_commands().start) as made:
        made.start()
        made.wait_past_cut_off()
        yield made


@pytest.fixture
def open_case(world: World) -> Iterator[Callable[..., Case]]:
    """Open a shop: enrolled, with credit, an operator signed in; arguments go to ``Shop.begin``."""
    with ExitStack() as opened:

        def make(credit_fen: int = 200_000, **begin: Any) -> Case:
            return _opened(world, opened, credit_fen, begin)

        yield make
        world.biller_faults_cleared()


@pytest.fixture(scope="session")
def drawer_shop(world: World) -> Iterator[Case]:
    with ExitStack() as opened:
        yield _opened(world, opened, 2_000_000, {})


@pytest.fixture
def drawer_case(drawer_shop: Case) -> Case:
    """One shop for every test that counts, closes and moves cash: each begins from what the books say it holds."""
    case = drawer_shop
    if not case.station.runs:
        case.station.start()
    case.moved_fen = case.station.state()["drawer_fen"] - case.day.till.drawer_fen()
    return case


def _opened(world: World, opened: ExitStack, credit_fen: int, begin: dict[str, Any]) -> Case:
    shop = world.make_shop(f"ST-{next(_codes):04d}", new_folder())
    opened.callback(close, shop)
    opened.callback(world.shops.remove, shop)
    with_terminal = begin.pop("card_terminal", False)
    shop.begin(png=False, key_memory_mib=19, **{"answer_wait_s": PATIENCE_S, **begin})
    if with_terminal:
        shop.put_card_terminal(answer_s=1.0, acknowledge_s=0.5)
    shop.enrol()
    shop.open()
    shop.buy_credit(credit_fen)
    case = Case(world, shop, CounterDay(shop))
    case.day.queue = SHARED_QUEUE
    return case
