"""The commands of commission and settlement, as a script would call them, from the list to the books."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import time_machine
from click.testing import CliRunner
from sqlalchemy import Engine

from hq_server.__main__ import cli
from hq_server.wording import RefusedError
from tests.hq_server.commission.test_runs import NOVEMBER, _sold_and_matched
from tests.hq_server.counter_side import CODE, FINANCE
from tests.hq_server.people import MAKER, PASSWORD, SECOND
from tests.hq_server.reconciliation.test_day_run import TODAY
from tests.hq_server.settlement.test_a_month import Money, result_file


class Shell:
    """Runs commands in this process on the test's database."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.folder = folder
        self.settings = {"HQ_DATABASE_URL": database_url, "HQ_DATA": str(folder), "HQ_PASSWORD": PASSWORD, "LANG": "en"}

    def run(self, by: int, *words: str) -> str:
        result = CliRunner().invoke(cli, list(words), env={**self.settings, "HQ_STAFF": str(by)})
        if isinstance(result.exception, RefusedError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    def json(self, by: int, *words: str) -> Any:
        return json.loads(self.run(by, *words, "--json"))


@time_machine.travel(datetime(2026, 11, 25, 4, 0, tzinfo=UTC))
def test_a_month_goes_from_the_list_to_the_books_by_commands(engine: Engine, database_url: str, tmp_path: Path):
    money = Money(engine, tmp_path)
    _sold_and_matched(money, 100_000, 50_000)
    shell, month, out = Shell(database_url, tmp_path), ("--month", str(NOVEMBER)), ("--out", str(tmp_path))
    maker, finance = MAKER.staff_no, FINANCE.staff_no

    assert shell.json(maker, "commission", "list", *month, "--early")["gross_fen"] == 72
    shell.run(finance, "commission", "approve", *month)
    shell.run(finance, "commission", "pay-file", *month, "--profile", "bank-fixed", *out)
    assert shell.json(maker, "commission", "recompute", *month)["same"]
    assert "2 x 0.36 = 0.72" in shell.run(maker, "commission", "show", *month)
    shell.run(maker, "commission", "statement", "--station", CODE, *month, *out)
    assert (tmp_path / f"commission_{CODE}_{NOVEMBER}.pdf").read_bytes().startswith(b"%PDF-")

    settled = shell.json(maker, "settlement", "day", "--date", str(TODAY))
    (window,) = settled["closed"]
    assert (window["party"], window["due_fen"]) == ("SCDL", 150_000)
    of = ("--kind", "BILLER", "--party", "SCDL", "--window", "1")
    assert sum(line["due_fen"] for line in shell.json(maker, "settlement", "explain", *of)) == 150_000
    order = shell.json(maker, "settlement", "order", "--kind", "BILLER", "--due", window["due_on"])
    number = ("--order", str(order["order_no"]))
    shell.run(finance, "settlement", "order-decide", *number)
    shell.run(finance, "settlement", "order-file", *number, *out)
    path = tmp_path / "result.txt"
    path.write_bytes(result_file(order["reference"], (1, 150_000, "PAID", "")))
    assert "paid 1, returned 0, not known 0" in shell.run(finance, "settlement", "result", str(path))
    assert [item["state"] for item in shell.json(maker, "settlement", "orders", *number)] == ["PAID"]
    assert shell.json(maker, "settlement", "windows") == []

    commission = ("--order", "1", "--item", "1")
    shell.run(maker, "settlement", "rule", *commission, "--outcome", "PAID", "--finding", "银行回单 118")
    shell.run(SECOND.staff_no, "settlement", "rule", *commission)
    money.counter.post()
    bank = shell.json(finance, "settlement", "bank")
    assert bank["unexplained_fen"] == 0
    books = shell.json(maker, "settlement", "books")
    assert books["agrees"]
    sums = {(row["account"], row["party"]): row["balance_fen"] for row in books["rows"]}
    assert (sums["BILLER_PAYABLE", "SCDL"], sums["COMMISSION_PAYABLE", ""], sums["BANK_ACCOUNT", ""]) == (
        0,
        0,
        -150_072,
    )
    assert shell.json(maker, "settlement", "fees", "--from", str(TODAY), "--to", str(TODAY)) == []

    term = ("--station", CODE, "--number", "WT-1")
    dates = ("--from", "2026-01-01", "--until", "2030-12-31")
    shell.run(maker, "settlement", "mandate", *term, "--holder", "张三", "--account", "62179900022", *dates)
    shell.run(SECOND.staff_no, "settlement", "mandate", *term)
    debit = shell.json(maker, "settlement", "debit", "--on", "2026-12-01", "--take", f"{CODE}=600.00")
    assert (debit["kind"], debit["amount_fen"], debit["state"]) == ("DEBIT", 60_000, "PROPOSED")
