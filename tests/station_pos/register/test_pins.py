"""PINs under guessing and under a clock that jumps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from station_pos.register.pins import TRIES_MAX, Pins
from tests.station_pos.world import OWNER, World


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


@pytest.fixture
def pins(world):
    made = Pins(world.register, world.clock)
    made.set(OWNER, "4711")
    return made


def test_guesses_at_the_same_time_are_counted_like_guesses_one_by_one(pins):
    with ThreadPoolExecutor(TRIES_MAX) as pool:
        guesses = [pool.submit(pins.check, OWNER, "0000") for _ in range(TRIES_MAX)]
    assert not any(guess.result() for guess in guesses)
    assert not pins.check(OWNER, "4711"), "the number is locked now"


def test_a_lock_lasts_a_minute_even_if_the_clock_was_years_ahead_when_it_began(world, pins):
    world.clock.forward(days=3650)
    for _ in range(TRIES_MAX):
        assert not pins.check(OWNER, "0000")
    assert not pins.check(OWNER, "4711")
    world.clock.now -= timedelta(days=3650)
    assert pins.check(OWNER, "4711")
