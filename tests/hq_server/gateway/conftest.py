from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from hq_server.gateway.dispatch import Dispatcher
from tests.hq_server.counter_side import Counter, set_road
from tests.hq_server.people import SteppingClock
from tests.outside.processes import running


class BillerSide:
    """The biller's own view: its book, its faults."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, method: str, path: str, **body: Any) -> Any:
        data = json.dumps(body).encode() if method == "POST" else None
        request = urllib.request.Request(self.url + path, data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())

    def fault(self, kind: str, biller: str = "SCDL", **more: Any) -> None:
        self.ask("POST", "/control/fault", biller=biller, kind=kind, **more)

    def booked(self, biller: str = "SCDL") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.ask("GET", f"/control/payments?biller={biller}")["payments"]
        return rows

    def bill(self, nth: int = 0, biller: str = "SCDL") -> tuple[str, str, int]:
        """Account, number and amount of an open bill."""
        found = []
        for account in accounts(biller):
            answer = self.ask("POST", f"/{biller}/inquiry", account_no=account)
            found += [(account, bill["bill_no"], bill["amount_fen"]) for bill in answer["bills"]]
            if len(found) > nth:
                break
        return found[nth]


def accounts(biller: str) -> list[str]:
    from station_pos.demo.outside.biller_seed import demo_seed

    entries = next(entry for entry in demo_seed()["billers"] if entry["code"] == biller)
    return [account["account_no"] for account in entries["accounts"]]


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def counter(engine: Engine, clock: SteppingClock) -> Counter:
    return Counter(engine, clock)


@pytest.fixture
def biller(tmp_path: Path, engine: Engine) -> Iterator[BillerSide]:
    """A biller simulator of this test's own, with its road set."""
    with running("biller_simulator", "--book", tmp_path / "book.sqlite3", "--seed", "demo") as process:
        url = process.hello["url"]
        for code in process.hello["billers"]:
            set_road(engine, code, base_url=f"{url}/{code}")
        yield BillerSide(url)


@pytest.fixture
def dispatcher(counter: Counter) -> Iterator[Dispatcher]:
    with Dispatcher(counter.engine, counter.journal, counter.clock) as made:
        yield made
