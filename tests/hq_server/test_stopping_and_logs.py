"""How HQ's processes take a signal to stop at any moment, and what their logs never hold."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from collections.abc import Iterator

import pytest

from hq_server.api.bell import Bell
from hq_server.cli.running import stopping_in_order
from hq_server.logs import get_logger, log_libraries


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """The signals to stop that reach whoever listened before."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGTERM, before)


def test_a_signal_while_starting_ends_the_command(heard: list[int]) -> None:
    with pytest.raises(SystemExit) as ended, stopping_in_order():
        signal.raise_signal(signal.SIGTERM)
    assert ended.value.code == 0
    signal.raise_signal(signal.SIGTERM)
    assert heard == [signal.SIGTERM]


def test_a_signal_that_a_server_gives_back_lets_the_command_end_by_itself(heard: list[int]) -> None:
    with stopping_in_order() as took_over:
        took_over()
        signal.raise_signal(signal.SIGTERM)
    assert heard == []


def test_exchanges_that_wait_are_woken_before_the_server_waits_for_them(heard: list[int]) -> None:
    async def stopped_while_waiting() -> bool:
        bell = Bell("host=/nowhere", "news")
        async with bell.listening():
            with bell.waiting("ST-0417") as news:
                signal.raise_signal(signal.SIGTERM)
                await asyncio.wait_for(news.wait(), 30)
            return bell.closing

    assert asyncio.run(stopped_while_waiting())
    assert heard == [signal.SIGTERM]


def test_a_failure_is_logged_with_its_place_and_without_the_values(capsys: pytest.CaptureFixture[str]) -> None:
    def sign_in(password: str) -> None:
        raise ValueError(f"a password of {len(password)} characters")

    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    try:
        log_libraries()
        try:
            sign_in("Horse-9471")
        except ValueError:
            get_logger("jobs").exception("stage_failed", stage="ledger")
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    finally:
        root.handlers[:] = before
    said = capsys.readouterr().err
    ours, theirs = (json.loads(line) for line in said.splitlines())
    assert (ours["stage"], theirs["event"]) == ("ledger", "Exception in ASGI application")
    for line in (ours, theirs):
        assert line["exception"][0]["frames"][-1]["name"] == "sign_in"
    assert "Horse-9471" not in said
