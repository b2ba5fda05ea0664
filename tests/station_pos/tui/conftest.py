"""At the counter of a test a PIN costs next to nothing to check."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from station_pos.register import pins


@pytest.fixture(autouse=True)
def quick_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a guess costs is a test of the PINs themselves."""
    monkeypatch.setattr(pins, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
