"""The commands by which whoever entered it takes it back before a second person decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import Engine

from hq_server.wording import RefusedError
from tests.hq_server.counter_side import CODE
from tests.hq_server.people import NOON
from tests.hq_server.settlement.test_a_month import Money
from tests.hq_server.settlement.test_cli import Shell
from tests.hq_server.test_taken_back import DESKS, FROM


def _command(kind: str, named: Any, money: Money) -> tuple[str, ...]:
    since = ("--from", str(FROM), "--take-back")
    if kind == "bank match":
        return ("settlement", "bank", "--line", _waiting_line(money), "--take-back")
    if kind == "payee":
        return ("settlement", "payee", "--kind", "BILLER", "--party", "ZYRQ", *since)
    if kind == "debit mandate":
        return ("settlement", "mandate", "--station", CODE, "--number", "WT-1", "--take-back")
    if kind == "branch rate":
        return ("commission", "rate", "--product", "900001", *since)
    return {
        "credit purchase": ("credit", "withdraw", CODE, str(named)),
        "pouch": ("pouch", "withdraw", CODE, str(named)),
        "sealed batch": ("credit", "seal-withdraw", CODE, str(named)),
        "ruling on a withdrawal": ("withdrawal", "ruling", "withdraw", CODE, str(named)),
        "withdrawal terms": ("withdrawal", "terms", "withdraw", CODE, str(named)),
        "ruling on a payment": ("payment", "withdraw", "--our-no", str(named)),
        "branch figure": ("commission", "figure-decide", "--station", CODE, "--figure", str(named), "--take-back"),
    }[kind]


def _waiting_line(money: Money) -> str:
    with money.engine.connect() as connection:
        line: str = connection.exec_driver_sql("SELECT DISTINCT bank_line FROM purchase_matches").scalar_one()
    return line


@time_machine.travel(NOON)
def test_each_kind_is_taken_back_by_a_command(engine: Engine, database_url: str, tmp_path: Path) -> None:
    money = Money(engine, tmp_path)
    shell = Shell(database_url, tmp_path)
    for kind, made in DESKS.items():
        desk = made(money)
        maker = desk.people[0]
        money.counter.post()
        with engine.begin() as connection:
            named = desk.enter(connection, maker)
        words = _command(kind, named, money)
        shell.run(maker.staff_no, *words)
        with engine.begin() as connection, pytest.raises(RefusedError) as refused:
            desk.approve(connection, desk.people[1], named)
        assert refused.value.code in {"decided", "nothing_proposed"}, kind
