"""来龙去脉 over the real books: what the station knows, what HQ states when it is asked, and the slip."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from station_journal.account_words import posting_words
from station_journal.chain import ChainAnswer, ChainLink, ChainStage, write_answer
from station_journal.codec import decode
from station_journal.facts.chain import ChainPrinted
from station_journal.facts.grants import SealedGrantSold
from station_journal.own_postings import postings_of
from station_journal.records import Side
from station_journal.rules.withdrawal import withdrawal_key
from station_pos import chain_queries
from station_pos.commands.chain_orders import PrintChain
from station_pos.commands.grant_orders import ReleaseSealedGrant
from station_pos.commands.outcome import Refusal, Refused
from station_pos.queries import Queries
from station_pos.receipts.paper import from_bytes, to_text
from station_pos.store import journal, queues, reference, subject_rows
from station_pos.text import Language
from tests.factories import withdrawal as wd
from tests.station_pos.register.test_sealed_grants import KEY, sealed
from tests.station_pos.register.test_withdrawals import paid
from tests.station_pos.tui.test_over_the_register import real
from tests.station_pos.world import STATION, World

DAY = date(2026, 11, 24)


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def made(world, subject):
    """The postings that the rules make of a subject's own records."""
    with world.database.reading() as connection:
        found = postings_of(subject, lambda side, seq: journal.record_of(connection, side, seq))
    return [one.posting for one in found]


def stated(world, seq, *more, left_out=None):
    """What HQ signs: its postings of the payment as the rules make them, the file's line, and the settlement."""
    payment = Queries(world.database, world.register.tariffs).payment(seq)
    assert payment is not None
    links = [
        ChainLink(ChainStage.POSTING, DAY, "", one.amount_fen, *posting_words(one))
        for one in made(world, payment)
        if one.debit.account is not left_out
    ]
    links += [
        ChainLink(ChainStage.HELD, DAY, f"{STATION} S{seq}", None, "总部收到", "held"),
        ChainLink(ChainStage.FILE_LINE, DAY, "2026-11-24 1/7", 7_260, "SCDL_20261124.txt 第 7 行", "line 7"),
        ChainLink(ChainStage.WINDOW, DAY, "BILLER 3", 99_260, "SCDL 合计 12 笔", "SCDL, 12 lines"),
        *more,
    ]
    answer = ChainAnswer(STATION, seq, int(world.clock().timestamp()), tuple(links), cut=False)
    return write_answer(world.hq_key, answer)


def sold(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq)
    return seq


async def test_the_chain_is_two_keys_from_the_evidence_and_says_what_is_not_there_yet(world):
    seq = sold(world)
    async with real(world) as till:
        till.counter.played.stated[seq] = stated(world, seq)
        await till.keys("f9")
        kept = next(n for n, row in enumerate(till.rows()) if "收缴费现金" in row)
        await till.keys(*["down"] * (kept - 5))
        before = till.keys_pressed
        await till.type("c")
        await till.until(lambda: "总部签名" in till.shown)
        assert till.keys_pressed - before == 1
        assert "来龙去脉" in till.row(3)
        assert "抽屉现金" in till.shown
        assert "SCDL_20261124.txt 第 7 行" in till.shown
        await till.keys("plus")
        assert "清算批次" in till.shown
        assert "还没有付款" in till.shown
        assert "银行流水里还没有" in till.shown
        await till.type("p")
        await till.until(lambda: "来龙去脉单已送打印机" in till.shown)

    entry = world.register.read(lambda connection: journal.entry(connection, Side.STATION, newest(connection)))
    fact = decode(entry.data, Side.STATION).fact
    assert isinstance(fact, ChainPrinted)
    assert fact.of_seq == seq
    with world.database.reading() as connection:
        assert reference.document(connection, fact.answer_hash) is not None
        job = queues.job_of_issue(connection, entry.epoch, entry.seq)
    assert job is not None
    paper = to_text(from_bytes(job.paper))
    for words in ("来龙去脉单", "SCDL_20261124.txt 第 7 行", "992.60", "还没有付款", fact.answer_hash[:8].hex()):
        assert words in paper
    assert "没有问到总部" not in paper


def newest(connection):
    return connection.exec_driver_sql("SELECT max(seq) FROM journal WHERE side='S'").scalar()


async def test_without_the_link_it_shows_what_the_station_knows_and_when_hq_was_last_heard(world):
    seq = sold(world)
    async with real(world, language=Language.EN) as till:
        till.counter.played.up = False
        await till.keys("f7", "enter")
        await till.type("c")
        await till.until(lambda: "HQ was not heard" in till.shown)
        assert "held credit" in till.shown
        await till.keys("plus")
        assert "HQ not heard, not known" in till.shown
        till.counter.played.up = True
        till.counter.played.stated[seq] = stated(world, seq)
        await till.type("r")
        await till.until(lambda: "HQ stated this at" in till.shown)
        await till.keys("minus")
        assert "line 7" in till.shown
        till.counter.played.up = False
        await till.keys("escape")
        await till.type("c")
        await till.until(lambda: "Above is as of" in till.shown)
        assert "line 7" in till.shown


async def test_a_posting_that_only_one_side_has_is_said(world):
    seq = sold(world)
    async with real(world) as till:
        payment = till.counter.payment(seq)
        dropped = made(world, payment)[0].debit.account
        extra = ChainLink(ChainStage.POSTING, DAY, "", 1, "借 挂账 贷 可用额度", "debit suspense, credit free credit")
        till.counter.played.stated[seq] = stated(world, seq, extra, extra, left_out=dropped)
        chain = till.counter.chain.ask(seq).result(30)
    said = [step.said for step in chain.steps if step.stage is ChainStage.POSTING]
    assert [one for one in said if one.endswith("(总部所述里没有)")] == [said[0]]
    assert [one for one in said if one.endswith("(只在总部所述里)")] == 2 * ["借 挂账 贷 可用额度 (只在总部所述里)"], (
        "what HQ has twice is shown twice"
    )


async def test_an_answer_that_hq_did_not_sign_is_not_taken_and_not_kept(world):
    seq = sold(world)
    async with real(world) as till:
        real_answer = stated(world, seq)
        till.counter.played.stated[seq] = stated(world, seq)[:-1] + bytes([real_answer[-1] ^ 1])
        chain = till.counter.chain.ask(seq).result(30)
        assert chain.problem == "总部的回答没有通过核对, 没有采用"
        assert chain.heard_at is None
        assert chain.answer == b""
        assert till.counter.chain.known(seq).heard_at is None


async def test_a_withdrawal_is_followed_to_the_acquirers_line_and_printed(world):
    seq = paid(world)
    world.from_hq(wd.bank(seq, fee_fen=100))
    links = [ChainLink(ChainStage.POSTING, DAY, "", 1, "借 挂账 贷 可用额度", "debit suspense, credit free credit")]
    links += [
        ChainLink(ChainStage.POSTING, DAY, "", one.amount_fen, *posting_words(one))
        for one in made(world, of(world, seq))
    ]
    links += [
        ChainLink(ChainStage.FILE_LINE, DAY, "2026-11-24 1/3", 50_000, "WD_100.csv 第 3 行 取款", "line 3"),
        ChainLink(ChainStage.BANK_LINE, None, "100", 50_100, "银行直接付到店主账户", "paid to the owner"),
    ]
    answer = ChainAnswer(STATION, seq, int(world.clock().timestamp()), tuple(links), cut=False)
    async with real(world) as till:
        till.counter.played.stated[seq] = write_answer(world.hq_key, answer)
        await till.keys("f7", "enter")
        await till.type("c")
        await till.until(lambda: "总部签名" in till.shown)
        assert "取款 *8841  500.00" in till.row(3)
        assert "待付取款" in till.shown
        steps = till.counter.chain.known(seq).steps
        said = {stage: [step.said for step in steps if step.stage is stage] for stage in ChainStage}
        assert said[ChainStage.FILE_LINE] == ["WD_100.csv 第 3 行 取款"]
        assert said[ChainStage.BANK_LINE] == ["银行直接付到店主账户"]
        assert said[ChainStage.ANSWER] == ["银行称已扣款"]
        assert said[ChainStage.ORDER] == []  # HQ pays nothing here
        # Approval, payout, the bank's word and its fee: the same on both sides, and one line that only HQ named.
        assert len(said[ChainStage.POSTING]) == 5
        assert [one for one in said[ChainStage.POSTING] if "总部所述" in one] == [
            "借 挂账 贷 可用额度 (只在总部所述里)"
        ]
        await till.type("p")
        await till.until(lambda: "来龙去脉单已送打印机" in till.shown)
    with world.database.reading() as connection:
        (stored,) = connection.exec_driver_sql("SELECT paper FROM print_jobs ORDER BY job_no DESC LIMIT 1").one()
    paper = to_text(from_bytes(stored))
    for words in ("来龙去脉单", "取款记录", "WD_100.csv 第 3 行 取款", "501.00", "银行直接付到店主账户"):
        assert words in paper
    assert "还没有付款" not in paper


def of(world, seq):
    with world.database.reading() as connection:
        return subject_rows.find(connection, withdrawal_key(seq))


async def test_any_record_of_a_withdrawal_leads_to_its_chain_from_the_evidence(world):
    paid(world)
    async with real(world) as till:
        till.counter.played.up = False
        await till.keys("f9")
        place = next(n for n, row in enumerate(till.rows()) if "付" in row and "取款" in row)
        await till.keys(*["down"] * (place - 5))
        await till.type("c")
        await till.until(lambda: "来龙去脉 > 取款" in till.shown)


def test_a_record_that_is_no_payment_has_no_slip(world):
    outcome = world.register.execute(PrintChain(1, 1))
    assert isinstance(outcome, Refused)
    assert outcome.reason is Refusal.NO_SUCH_PAYMENT


def links_of_credit(world, subject):
    """What HQ states of bought credit: its postings as the rules make them, the bank's line, and the free credit."""
    links = [
        ChainLink(ChainStage.POSTING, DAY, "", one.amount_fen, *posting_words(one)) for one in made(world, subject)
    ]
    return (
        *links,
        ChainLink(ChainStage.RECEIPT, DAY, "JK20261124-01", subject.amount_fen, "网点缴款凭证", "slip"),
        ChainLink(ChainStage.BANK_LINE, DAY, "B1", subject.amount_fen, "张三", "张三"),
        ChainLink(ChainStage.BALANCE, DAY, f"{STATION} S5", 300_000, "可用额度增加, 到此为", "free credit grew"),
    )


async def place_of(till, words):
    await till.keys("f9")
    place = next(n for n, row in enumerate(till.rows()) if words in row)
    await till.keys(*["down"] * (place - 5))


async def test_credit_granted_over_the_line_is_followed_from_hqs_record_and_printed_once_hq_was_heard(world):
    async with real(world) as till:
        till.counter.played.up = False
        await place_of(till, "额度到账")
        await till.type("c")
        await till.until(lambda: "没有问到总部" in till.shown)
        assert "来龙去脉 > 额度 到账  1,000.00" in till.row(3)
        assert "借 银行清算 贷 可用额度" in till.shown
        assert "没问到总部, 不知道" in till.shown
        assert "还没有付款" not in till.shown  # no stage of a sale
        await till.type("p")
        await till.until(lambda: "总部答复后才能打印" in till.shown)

        with world.database.reading() as connection:
            granted = chain_queries.bought(connection, Side.HQ, 2)
        answer = ChainAnswer(STATION, 2, 1_764_000_000, links_of_credit(world, granted), cut=False, side=Side.HQ)
        till.counter.played.up = True
        till.counter.played.stated[Side.HQ, 2] = write_answer(world.hq_key, answer)
        await till.type("r")
        await till.until(lambda: "总部签名" in till.shown)
        assert "3,000.00" in till.shown
        assert "只在总部所述里" not in till.shown
        await till.type("p")
        await till.until(lambda: "来龙去脉单已送打印机" in till.shown)
    entry = world.register.read(lambda connection: journal.entry(connection, Side.STATION, newest(connection)))
    fact = decode(entry.data, Side.STATION).fact
    assert fact == ChainPrinted(0, hashlib.sha256(till.counter.played.stated[Side.HQ, 2]).digest())
    paper = last_paper(world)
    for words in ("额度记录", "H2", "JK20261124-01", "银行流水", "3,000.00"):
        assert words in paper


def last_paper(world):
    with world.database.reading() as connection:
        (stored,) = connection.exec_driver_sql("SELECT paper FROM print_jobs ORDER BY job_no DESC LIMIT 1").one()
    return to_text(from_bytes(stored))


async def test_credit_by_code_is_followed_from_the_entry_that_opened_it_offline_and_from_hqs_sale(world):
    world.from_hq(sealed())
    seq = world.accepted(ReleaseSealedGrant(1, 1, KEY)).seq
    async with real(world) as till:
        till.counter.played.up = False
        await till.keys("f7", "enter")
        assert "C 来龙去脉" in till.shown
        await till.type("c")
        await till.until(lambda: "没有问到总部" in till.shown)
        assert "来龙去脉 > 额度 凭证码  2,000.00" in till.row(3)
        assert "密封额度 1 号" in till.shown
        assert "总部还没有说是哪一笔购买" in till.shown
        assert "借 凭证码额度 贷 可用额度" in till.shown
        assert "还没有传到总部" in till.shown
        await till.type("p")  # of the station's own record it prints what the station knows
        await till.until(lambda: "来龙去脉单已送打印机" in till.shown)
    assert "密封额度 1 号" in last_paper(world)
    assert "没有问到总部" in last_paper(world)
    world.from_hq(SealedGrantSold(1, 3, 7, 8))
    with world.database.reading() as connection:
        sold = chain_queries.bought(connection, Side.HQ, 4)
        opened = chain_queries.bought(connection, Side.STATION, seq)
    assert sold is not None
    assert opened is not None
    assert (sold.purchase_no, sold.grant, sold.opened_seq) == (3, opened.grant, seq)
    assert [(one.debit.account.name, one.credit.account.name) for one in made(world, sold)] == [
        ("CREDIT_CODES", "CREDIT_FREE"),
        ("BANK_CLEARING", "CREDIT_CODES"),
    ]
    refused = world.register.execute(PrintChain(1, seq + 1, b"", 1))
    assert isinstance(refused, Refused)


def test_hqs_answer_to_a_sale_leads_to_the_sale_whatever_its_own_number(world):
    seq = sold(world)
    rows = Queries(world.database, world.register.tariffs).hq_rows(50)
    followed = {row.kind: (row.followed_side, row.followed_seq) for row in rows}
    assert followed["BillerAnswered"] == ("S", seq)
    assert followed["CreditGranted"] == ("H", 2)
    assert followed["TariffPublished"] == ("S", 0)
