"""What a second person refused bars nothing: the same date or number is entered again, and the refused one stays."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import IntegrityError

from hq_server.commission import branch_figures
from hq_server.commission.rate_tables import rates_now
from hq_server.db.commission_tables import branch_rates
from hq_server.db.settlement_tables import debit_mandates, payees
from hq_server.listing import read_page
from hq_server.settlement import mandates
from hq_server.settlement import payees as payee_desk
from hq_server.settlement.master_lists import PAYEE_LIST, mandate_list
from hq_server.settlement.payees import Cycle, Payee, PayeeKind
from hq_server.settlement.running_dues import running_list
from hq_server.statements.rate_list import RATE_LIST
from hq_server.wording import RefusedError
from station_journal.facts.commission import DISTRIBUTION_PRODUCT
from tests.hq_server.commission.test_runs import _sold_and_matched
from tests.hq_server.counter_side import CODE
from tests.hq_server.people import MAKER, SECOND
from tests.hq_server.reconciliation.test_day_run import TODAY
from tests.hq_server.settlement.test_a_month import Money

FROM = date(2026, 2, 1)


@pytest.fixture
def money(engine: Engine, tmp_path: Path) -> Money:
    return Money(engine, tmp_path)


def test_terms_of_a_payee_that_were_refused_are_entered_again_from_the_same_date(money: Money) -> None:
    def name(account: str) -> None:
        with money.engine.begin() as connection:
            terms = Payee(PayeeKind.BILLER, "SCDL", FROM, "四川电力", account, Cycle.DAY, 1)
            payee_desk.name_payee(connection, MAKER, terms, money.clock())

    def decide(refusal: str = "") -> None:
        with money.engine.begin() as connection:
            of = (PayeeKind.BILLER, "SCDL", FROM)
            payee_desk.decide_payee(connection, SECOND, of, money.clock(), refusal=refusal)

    _sold_and_matched(money, 10_000)
    name("5100777")
    with pytest.raises(RefusedError, match="entered already"):
        name("5100888")  # one waits
    decide("账号不符")
    with pytest.raises(RefusedError, match="no terms"):
        decide()
    name("5100888")
    decide()
    with pytest.raises(RefusedError, match="entered already"):
        name("5100999")  # one holds
    with money.engine.connect() as connection:
        assert payee_desk.payee_on(connection, PayeeKind.BILLER, "SCDL", TODAY).account_no == "5100888"
        listed = read_page(connection, PAYEE_LIST, {"q": "SCDL"}, page_rows=1)
        seen = [*listed.rows, *read_page(connection, PAYEE_LIST, {"q": "SCDL", "after": listed.after}).rows]
        assert [(row["from"], row["entry"], row["state"]) for row in seen] == [
            (date(2026, 1, 1), 1, "APPROVED"),
            (FROM, 1, "REFUSED"),
            (FROM, 2, "APPROVED"),
        ]
        (due,) = [row for row in read_page(connection, running_list(TODAY), {}).rows if row["party"] == "SCDL"]
        assert due["running"] == 10_000


def test_a_mandate_that_was_refused_is_entered_again_under_its_number(money: Money) -> None:
    def enter(account: str) -> None:
        terms = mandates.Mandate(CODE, "WT-1", "张三", account, 200_000, date(2026, 1, 1), date(2029, 12, 31))
        with money.engine.begin() as connection:
            mandates.enter_mandate(connection, MAKER, terms, money.clock())

    def decide(refusal: str = "") -> None:
        with money.engine.begin() as connection:
            mandates.decide_mandate(connection, SECOND, (CODE, "WT-1"), money.clock(), refusal=refusal)

    enter("6217001")
    decide("没有签字")
    enter("6217002")
    with pytest.raises(RefusedError, match="entered already"):
        enter("6217003")
    decide()
    with money.engine.begin() as connection:
        order = mandates.order_debits(connection, MAKER, TODAY, [(CODE, 60_000)], money.clock())
        rows = read_page(connection, mandate_list(TODAY), {}).rows
        assert [(row["entry"], row["state"], row["account"]) for row in rows] == [
            (1, "REFUSED", "6217001"),
            (2, "APPROVED", "6217002"),
        ]
        mandates.end_mandate(connection, MAKER, (CODE, "WT-1"), TODAY, money.clock())
        states = connection.execute(select(debit_mandates.c.state, debit_mandates.c.valid_until)).all()
        assert sorted(states) == [("APPROVED", TODAY), ("REFUSED", date(2029, 12, 31))]
    assert order.amount_fen == 60_000


def test_a_rate_that_was_refused_is_entered_again_from_the_same_date(money: Money) -> None:
    def enter(value: int) -> None:
        document = f'{{"basis": "PER_ITEM", "value": {value}, "version": "d1"}}'
        with money.engine.begin() as connection:
            branch_figures.enter_rate(connection, MAKER, DISTRIBUTION_PRODUCT, FROM, document, money.clock())

    def decide(refusal: str = "") -> None:
        with money.engine.begin() as connection:
            of = (DISTRIBUTION_PRODUCT, FROM)
            branch_figures.decide_rate(connection, SECOND, of, money.clock(), refusal=refusal)

    enter(100)
    decide("协议是 2 元")
    enter(200)
    with pytest.raises(RefusedError, match="entered already"):
        enter(300)
    decide()
    with money.engine.connect() as connection:
        (rate,) = [one for one in rates_now(connection).rates if one.product_code == DISTRIBUTION_PRODUCT]
        assert rate.value == 200
        assert [row["state"] for row in read_page(connection, RATE_LIST, {}).rows] == ["REFUSED", "APPROVED"]


def test_the_database_itself_lets_only_one_of_a_name_stand(money: Money) -> None:
    at = {"maker_no": 11, "made_at": money.clock()}
    terms = {"payee_name": "x", "account_no": "1", "cycle": "DAY", "settle_days": 1}
    mandate = {"station_code": CODE, "mandate_no": "M", "holder_name": "x", "account_no": "1", "each_max_fen": 50_000}
    mandate |= {"valid_from": FROM, "valid_until": FROM}
    for table, row in (
        (payees, {"kind": "BILLER", "party": "X", "valid_from": FROM, **terms}),
        (debit_mandates, mandate),
        (branch_rates, {"product_code": 1, "valid_from": FROM, "rate": {}}),
    ):
        with money.engine.begin() as connection:
            connection.execute(insert(table).values(**row, **at, entry_no=1))
        with pytest.raises(IntegrityError), money.engine.begin() as connection:
            connection.execute(insert(table).values(**row, **at, entry_no=2))
