from __future__ import annotations

import pytest

from tests.station_pos.parcels.shop import Shop
from tests.station_pos.world import World


@pytest.fixture
def shop(tmp_path):
    world = World(tmp_path).ready(credit_fen=30_000)
    yield Shop(world)
    world.close()
