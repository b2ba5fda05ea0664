"""The chain behind bought credit: slip, decision, the bank's line, postings, grant, the station's part, the balance."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, insert

from hq_server import credit, sealed_credit, sealed_grants
from hq_server.console.app import console_router
from hq_server.console.visits import ConsoleDesk
from hq_server.db.file_tables import received_files
from hq_server.ledger.queries import station_position
from hq_server.reconciliation.chain import chain_of_case, chain_of_hq_record, chain_of_record
from hq_server.reconciliation.chain_credit import chain_of_purchase
from hq_server.reconciliation.chain_desk import ChainDesk
from hq_server.reconciliation.chain_funds import Link
from hq_server.sealed_credit import Cost
from hq_server.settlement import bank_side, mandates
from hq_server.settlement.account_cases import keep_account_cases
from hq_server.wording import RefusedError
from station_journal.chain import CREDIT_ORDER, ChainStage, read_answer, write_question
from station_journal.facts.cash import CashMoved, CashReason
from station_journal.facts.grants import CodeRefusal, GrantCodeRefused, SealedGrantReleased
from station_journal.sealed_code import key_of
from station_journal.side import Side
from tests.hq_server.commission.test_runs import _sold_and_matched
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import BRANCH_HEAD, CLERK, CODE, FINANCE, HQ_KEY
from tests.hq_server.people import MAKER, NOON, SECOND
from tests.hq_server.reconciliation.test_day_run import TODAY, TOMORROW
from tests.hq_server.settlement.test_a_month import ACCOUNT, Money


@pytest.fixture
def money(engine: Engine, tmp_path: Path) -> Money:
    return Money(engine, tmp_path)


def bought(money: Money, fen: int, slip: str, *, by_code: bool = False) -> int:
    with money.engine.begin() as connection:
        made = credit.enter(connection, CLERK, CODE, fen, slip, money.clock(), by_code=by_code)
    with money.engine.begin() as connection:
        credit.approve(connection, money.counter.journal, BRANCH_HEAD, CODE, made.purchase_no, money.clock())
    money.counter.post()
    return made.purchase_no


def chain(money: Money, number: int) -> tuple[Link, ...]:
    with money.engine.connect() as connection:
        return chain_of_purchase(connection, CODE, number)


def free_fen(money: Money) -> int:
    with money.engine.connect() as connection:
        return station_position(connection, CODE).credit_free_fen


def stages(links: tuple[Link, ...]) -> list[ChainStage]:
    return list(dict.fromkeys(link.kind for link in links))


def of(links: tuple[Link, ...], stage: ChainStage) -> list[Link]:
    return [link for link in links if link.kind is stage]


def statement_file(money: Money, day: date = TODAY) -> None:
    """The statement that the bank's lines stand in, as it was taken in."""
    row = {"sha256": "ab" * 32, "byte_count": 9, "file_name": "camt053.xml", "purpose": "ACCOUNT", "state": "ACCEPTED"}
    row |= {"party_code": ACCOUNT, "business_date": day, "file_seq": 1, "imported_by": 31, "imported_at": NOON}
    row |= {"profile_name": "camt-053", "profile_version": 1, "line_count": 1}
    row |= dict.fromkeys(("amount_fen", "net_fen", "fee_fen"), 60_000)
    with money.engine.begin() as connection:
        connection.execute(insert(received_files).values(row))


def test_credit_granted_over_the_line_is_followed_from_the_slip_to_the_free_credit(money: Money) -> None:
    before = free_fen(money)
    number = bought(money, 60_000, "JK20261123-01")
    only_entered = chain(money, number)
    assert stages(only_entered) == [ChainStage.RECEIPT, ChainStage.PURCHASE, ChainStage.POSTING, ChainStage.GRANT]
    line = money.at_the_bank(60_000, "缴款 JK20261123-01")
    statement_file(money)
    money.read_statement()
    (seen,) = money.counter.send(CashMoved(7, CashReason.OWNER_IN, 100))
    later = bought(money, 50_000, "JK20261123-02")
    money.counter.send(CashMoved(8, CashReason.OWNER_IN, 100))
    links = chain(money, number)
    assert [stage for stage in CREDIT_ORDER if stage in stages(links)] == [
        ChainStage.RECEIPT,
        ChainStage.PURCHASE,
        ChainStage.FILE_LINE,
        ChainStage.BANK_LINE,
        ChainStage.POSTING,
        ChainStage.GRANT,
        ChainStage.RECORD,
        ChainStage.HELD,
        ChainStage.BALANCE,
        ChainStage.TRAIL,
    ]
    (slip,), (decided,) = of(links, ChainStage.RECEIPT), of(links, ChainStage.PURCHASE)
    assert (slip.reference, slip.amount_fen) == ("JK20261123-01", 60_000)
    assert decided.said.en == "entered by staff 21, approved by staff 22; granted over the line"
    (file,), (bank,) = of(links, ChainStage.FILE_LINE), of(links, ChainStage.BANK_LINE)
    assert (file.said.zh, file.address) == ("camt053.xml 第 1 行", f"/bank/{line}")
    assert (bank.reference, bank.amount_fen) == ("B1", 60_000)
    assert {(one.said.en, one.amount_fen) for one in of(links, ChainStage.POSTING)} == {
        ("HQ's own books: debit HQ's bank account, credit bank clearing", 60_000),
        ("debit bank clearing, credit free credit", 60_000),
    }
    (record,), (balance,) = of(links, ChainStage.RECORD), of(links, ChainStage.BALANCE)
    assert record.reference == f"{CODE} S{seen}"
    # What was bought after it is not in the figure: it is the credit as the station's record found it.
    assert balance.amount_fen == before + 60_000
    assert free_fen(money) == before + 110_000
    with money.engine.connect() as connection:
        (granted,) = of(links, ChainStage.GRANT)
        assert chain_of_hq_record(connection, CODE, int(granted.reference.rpartition("H")[2])) == links
        with pytest.raises(RefusedError, match="no bought credit"):
            chain_of_hq_record(connection, CODE, 1)
        with pytest.raises(RefusedError, match="no purchase"):
            chain_of_purchase(connection, CODE, later + 1)


def test_credit_by_code_is_followed_to_the_record_that_opened_it(money: Money) -> None:
    before, until = free_fen(money), NOON.date() + timedelta(days=30)
    with money.engine.begin() as connection:
        batch = sealed_credit.propose(connection, MAKER, CODE, [50_000], until, money.clock()).batch_no
    with money.engine.begin() as connection:
        now, journal = money.clock(), money.counter.journal
        sealed_credit.approve_batch(connection, journal, SECOND, CODE, batch, now, cost=Cost(8, 1))
    money.counter.send(GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT))
    number = bought(money, 50_000, "0002", by_code=True)
    sold = chain(money, number)
    assert [one.said.en for one in of(sold, ChainStage.GRANT)] == [
        f"sealed grant 1 sent, good until {until}",
        "sold: its code may be read out to the station",
    ]
    assert of(sold, ChainStage.RECORD) == []
    assert of(sold, ChainStage.BALANCE) == []
    with money.engine.begin() as connection:
        code = sealed_credit.read_code(connection, HQ_KEY, CLERK, CODE, number, money.clock())
        (grant,) = sealed_grants.grants_of(connection, CODE)
    key = key_of(code, grant.salt, grant.memory_kib, grant.passes)
    (opened,) = money.counter.send(SealedGrantReleased(grant.grant_no, key))
    links = chain(money, number)
    assert [one.said.en for one in of(links, ChainStage.POSTING)] == [
        "debit credit by code, credit free credit",
        "debit bank clearing, credit credit by code",
    ]
    (record,), (balance,) = of(links, ChainStage.RECORD), of(links, ChainStage.BALANCE)
    assert record.reference == f"{CODE} S{opened}"
    assert balance.amount_fen == before + 50_000
    with money.engine.connect() as connection:
        assert chain_of_record(connection, CODE, opened) == links


def test_a_line_that_brought_more_says_so_and_what_was_refused_stays_in_the_trail(money: Money) -> None:
    one, two = bought(money, 60_000, "slip 1"), bought(money, 70_000, "slip 2")
    line = money.at_the_bank(130_000, "缴款")
    with money.engine.begin() as connection:
        both = [(CODE, one), (CODE, two)]
        bank_side.propose_match(connection, MAKER, line, both, "柜员交款单", money.clock())
    with money.engine.begin() as connection:
        bank_side.decide_match(connection, FINANCE, line, money.clock(), refusal="看不清")
    refused = chain(money, one)
    assert of(refused, ChainStage.BANK_LINE) == []
    assert [link.said.zh for link in of(refused, ChainStage.TRAIL)] == [
        "工号 11 对应: 柜员交款单; 工号 31 退回: 看不清"
    ]
    with money.engine.begin() as connection:
        bank_side.propose_match(connection, MAKER, line, both, "柜员交款单 两张", money.clock())
    with money.engine.begin() as connection:
        bank_side.decide_match(connection, FINANCE, line, money.clock())
    links = chain(money, one)
    (bank,) = of(links, ChainStage.BANK_LINE)
    assert (bank.amount_fen, bank.said.zh) == (130_000, "张三 (含他笔)")
    assert len(of(links, ChainStage.TRAIL)) == 2


def test_the_station_asks_for_the_chain_behind_hqs_own_record_and_is_told_the_same(money: Money) -> None:
    number = bought(money, 60_000, "JK20261123-01")
    money.at_the_bank(60_000, "缴款 JK20261123-01")
    money.read_statement()
    links = chain(money, number)
    (granted,) = of(links, ChainStage.GRANT)
    seq, at = int(granted.reference.rpartition("H")[2]), int(money.clock().timestamp())
    desk, key = ChainDesk(money.engine, HQ_KEY, money.clock), money.counter.station.key
    data = desk.answer(write_question(key, CODE, seq, at, Side.HQ))
    told = read_answer(data, HQ_KEY.public_key().public_bytes_raw(), (CODE, seq), Side.HQ)
    assert [(one.stage, one.reference, one.amount_fen) for one in told.links] == [
        (one.kind, one.reference, one.amount_fen) for one in links
    ]
    with pytest.raises(RefusedError, match="no bought credit"):
        desk.answer(write_question(key, CODE, 1, at, Side.HQ))


def test_what_the_bank_debited_under_a_mandate_shows_its_order(money: Money) -> None:
    dates = (date(2026, 1, 1), date(2029, 12, 31))
    with money.engine.begin() as connection:
        terms = mandates.Mandate(CODE, "WT-001", "张三", "62179900022", 200_000, *dates)
        mandates.enter_mandate(connection, MAKER, terms, money.clock())
        mandates.decide_mandate(connection, SECOND, (CODE, "WT-001"), money.clock())
        order = mandates.order_debits(connection, MAKER, TOMORROW, [(CODE, 100_000)], money.clock())
    order = money.send_to_bank(order)
    money.result(order, (1, 100_000, "PAID", ""))
    money.at_the_bank(100_000, f"代扣 {order.reference}")
    money.read_statement()
    links = chain(money, 1)
    (slip,), (paid,), (bank,) = (of(links, one) for one in (ChainStage.RECEIPT, ChainStage.ORDER, ChainStage.BANK_LINE))
    assert slip.said.en == "debited by the bank under the mandate"
    assert (paid.reference, paid.said.en) == (f"{order.reference}-1", "paid")
    assert bank.amount_fen == 100_000


def test_a_purchase_that_no_line_brought_shows_its_break_and_the_break_its_purchase(money: Money) -> None:
    number = bought(money, 60_000, "JK9")
    statement_file(money, TODAY + timedelta(days=3))
    money.clock.step(days=5)
    keep_account_cases(money.engine, money.counter.journal, money.clock())
    links = chain(money, number)
    (case,) = of(links, ChainStage.BREAK)
    with money.engine.connect() as connection:
        assert chain_of_case(connection, int(case.reference)) == links


def test_the_console_leads_from_list_bank_line_grant_and_record_to_the_purchase(money: Money) -> None:
    made = FastAPI(openapi_url=None)
    made.include_router(console_router(ConsoleDesk(money.engine, money.counter.journal, money.clock)))
    browser = Browser(made)
    number = bought(money, 60_000, "JK20261123-01")
    line = money.at_the_bank(60_000, "缴款 JK20261123-01")
    money.read_statement()
    money.counter.send(CashMoved(7, CashReason.OWNER_IN, 100))
    browser.sign_in(FINANCE)
    page = f'href="/console/credit/{CODE}/{number}"'
    assert page in browser.get("/credit?state=").text
    assert page in browser.get(f"/bank/{line}").text
    shown = browser.get(f"/credit/{CODE}/{number}").text
    assert "JK20261123-01" in shown
    assert f'href="/console/bank/{line}"' in shown
    granted = re.search(rf'href="/console/stations/{CODE}/records/H/(\d+)"', shown)
    assert granted is not None
    followed = f"/stations/{CODE}/records/H/{granted[1]}/chain"
    assert f'href="/console{followed}"' in browser.get(f"/stations/{CODE}/records/H/{granted[1]}").text
    assert page in browser.get(followed).text
    assert browser.get(f"/stations/{CODE}/records/H/1/chain").status_code == 409
    assert browser.get(f"/credit/{CODE}/99").status_code == 409
    assert browser.get("/credit/nowhere/1").status_code == 409
    browser.post("/language", language="en")
    english = re.sub(
        r"四川电力|张三|王五|李四|太平镇便民服务站|江油支局|中文|缴款", "", browser.get(f"/credit/{CODE}/{number}").text
    )
    assert re.findall(r"[一-鿿]+", english) == []


def test_each_place_that_a_chain_names_opens_in_the_console(money: Money) -> None:
    (seq,) = _sold_and_matched(money, 20_000)
    money.clock.step(days=1)
    money.settle(TODAY)
    order = money.send_to_bank(money.order(TOMORROW))
    money.at_the_bank(-order.amount_fen, f"付款 {order.reference}")
    money.read_statement()
    number = bought(money, 60_000, "JK20261123-01")
    money.at_the_bank(60_000, "缴款 JK20261123-01")
    money.read_statement()
    made = FastAPI(openapi_url=None)
    made.include_router(console_router(ConsoleDesk(money.engine, money.counter.journal, money.clock)))
    browser = Browser(made)
    browser.sign_in(FINANCE)
    with money.engine.connect() as connection:
        links = (*chain_of_record(connection, CODE, seq), *chain_of_purchase(connection, CODE, number))
    without = {link.kind for link in links if not link.address}
    assert without <= {ChainStage.RECEIPT, ChainStage.ANSWER, ChainStage.FILE_LINE, ChainStage.POSTING}
    for address in {link.address for link in links if link.address}:
        assert browser.get(address).status_code == 200, address
    shown = browser.get(f"/stations/{CODE}/records/S/{seq}/chain").text
    assert f'href="/console/settlement/orders/{order.order_no}"' in shown
    assert 'href="/console/settlement/windows/BILLER/SCDL/1"' in shown
