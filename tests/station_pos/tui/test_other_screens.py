"""Sign-in and lock, pending, history, credit, evidence, help, papers in doubt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from station_journal.records import CommissionLine, CommissionStated, CopyIssued, ReversalRequested, Side
from station_pos.commands.outcome import Refusal, Refused
from station_pos.counter import DoubtfulPrint
from station_pos.text import Language
from station_pos.tui.actions import FUNCTION_KEYS, function_bar
from station_pos.tui.presenters.sentences import refused
from tests.station_pos.tui.at_counter import WIDE, columns, serving
from tests.station_pos.tui.books_counter import PASS_PHRASE, PIN, START, BooksCounter


def facts(counter, kind):
    return [record.fact for record in counter.records[Side.STATION] if isinstance(record.fact, kind)]


async def pay(till, account="0081234567"):
    await till.scan(account)
    await till.keys("plus")
    await till.seen()


async def test_the_day_starts_with_pass_phrase_number_and_pin():
    counter = BooksCounter(open_key=False)
    async with serving(counter, signed_in=False) as till:
        assert "口令" in till.row(9)
        await till.type("wrong words")
        assert "wrong" not in till.shown
        await till.keys("enter")
        assert "口令不对" in till.shown
        await till.type(PASS_PHRASE)
        await till.keys("enter")
        await till.type("7")
        await till.keys("enter")
        assert "没有这个工号" in till.shown
        await till.type("1")
        await till.keys("enter")
        await till.type("9999")
        assert "9999" not in till.shown
        await till.keys("enter")
        assert "工号或密码不对" in till.shown
        await till.type(PIN)
        await till.keys("enter")
        assert till.screen == "HomeScreen"
        assert "李四" in till.row(23)


async def test_scans_and_function_keys_do_nothing_before_somebody_signed_in():
    async with serving(signed_in=False) as till:
        await till.scan("0081234567")
        await till.keys("f7", "f5", "f12")
        assert till.screen == "SignInScreen"


@pytest.mark.parametrize("open_key", [True, False])
async def test_the_program_ends_from_the_sign_in_screen_only(open_key):
    async with serving(BooksCounter(open_key=open_key), signed_in=False) as till:
        await till.keys("0")
        till.send("enter", 1e9)
        await till.settle()
        assert not till.app.is_running


async def test_the_lock_keeps_the_half_typed_job():
    async with serving() as till:
        await till.scan("0081234567")
        await till.type("10")
        await till.keys("f12")
        assert "72.60" not in till.shown
        await till.type("0000")
        await till.keys("enter")
        assert till.screen == "SignInScreen"
        await till.type(PIN)
        await till.keys("enter")
        await till.type("0")
        await till.keys("enter")
        assert till.counter.recent(1)[0].tendered_fen == 10_000


async def test_the_one_who_opens_the_lock_is_the_one_who_signs_what_follows():
    async with serving() as till:
        await till.scan("0081234567")
        await till.keys("f12", "escape", "2", "enter", *PIN, "enter")
        await till.keys("plus")
        assert till.counter.recent(1)[0].operator_no == 2


async def test_a_copy_is_asked_for_from_the_history_and_is_numbered():
    async with serving() as till:
        await till.keys("f7", "enter", "plus", "plus")
        assert [fact.copy_no for fact in facts(till.counter, CopyIssued)] == [1, 2]
        assert "标明 补打" in till.shown


async def test_the_reversal_clock_is_shown_and_shuts():
    async with serving() as till:
        till.app.desk.idle_lock_s = 1e6
        await pay(till)
        await till.keys("f7")
        assert "可撤销 3:00" in till.row(7)
        till.counter.time = START + timedelta(minutes=1)
        await till.tick()
        assert "可撤销 2:59" in till.row(7)
        till.counter.time = START + timedelta(minutes=181)
        await till.tick()
        assert "可撤销" not in till.row(7)
        await till.keys("enter", "minus")
        assert "已过撤销时间, 没有撤。请顾客带凭条到网点办退费" in till.shown
        assert facts(till.counter, ReversalRequested) == []


@pytest.mark.parametrize(
    ("accepted", "said"), [(True, "撤销办成了: 按 F5 退现金"), (False, "没有撤成, 这笔仍然有效, 不要退现金")]
)
async def test_what_to_do_until_a_reversal_is_answered_gives_way_to_the_answer(accepted, said):
    async with serving() as till:
        await pay(till)
        await till.keys("f7", "enter", "minus", "4", *PIN, "enter")
        assert "先不要退现金" in till.shown
        till.counter.answer_reversal(12, accepted=accepted)
        await till.until(lambda: said in till.shown)
        assert "先不要退现金" not in till.shown


async def test_a_refused_account_gives_way_to_the_next_digits():
    async with serving() as till:
        await till.type("99")
        await till.keys("enter")
        assert "没有相符的业务" in till.shown
        assert "99" in till.row(5), "it can still be read"
        await till.type("0081234567")
        await till.keys("enter")
        assert till.screen == "PaymentScreen"
        await till.keys("escape", "escape")
        await till.type("99")
        await till.keys("enter", "backspace")
        assert "> 9" in till.row(5)
        assert "> 99" not in till.row(5), "a backspace takes one character off, as ever"


async def test_a_reversal_needs_the_pin_and_ends_with_the_cash_back():
    async with serving() as till:
        await pay(till)
        await till.keys("f7", "enter", "minus", "4", *"0000", "enter")
        assert "工号或密码不对" in till.shown
        assert facts(till.counter, ReversalRequested) == []
        await till.keys(*PIN, "enter")
        assert "先不要退现金" in till.shown
        await till.keys("escape", "f5")
        assert "撤销中" in till.row(7)
        assert "结果未知" not in till.shown
        records = len(till.counter.records[Side.STATION])
        await till.keys("enter")
        assert "先不要退现金" in till.shown
        await till.keys("plus", "minus", "enter")
        assert len(till.counter.records[Side.STATION]) == records
        till.counter.answer_reversal(12, accepted=True)
        await till.tick()
        assert "已撤销, 现金还没退给顾客。按 F5" in till.row(2)
        await till.keys("f5", "enter")
        assert "已 撤 销     把 现 金 退 给 顾 客" in till.shown
        await till.keys("enter")
        assert "现 金 已 退" in till.shown
        assert till.counter.open_cases() == ()


async def test_pending_lists_unknown_ones_for_information_only():
    counter = BooksCounter(biller_says=None)
    async with serving(counter) as till:
        await till.scan("0081234567")
        await till.keys("plus")
        counter.time_up()
        await till.seen()
        records = len(counter.records[Side.STATION])
        await till.keys("f5")
        assert "待定" in till.row(7)
        await till.keys("enter", "plus", "minus", "enter")
        assert len(counter.records[Side.STATION]) == records


async def test_a_paper_in_doubt_is_asked_about_at_sign_in():
    counter = BooksCounter()
    counter.doubtful = [DoubtfulPrint(7, "代收费收据 No.4", 7260, START)]
    async with serving(counter, signed_in=False) as till:
        await till.keys("1", "enter", *PIN, "enter")
        assert till.screen == "DoubtfulScreen"
        await till.keys("2")
        assert counter.settled == [(7, False, 1)]
        assert till.screen == "HomeScreen"


async def test_credit_shows_three_sums_and_each_commission_line_with_rate_and_formula():
    counter = BooksCounter()
    lines = tuple(
        CommissionLine(code, 118, 856_680, "2026-v7", f"8,566.80 x 0.{code}%", 4283 + code) for code in (1, 2, 3, 1, 2)
    )
    counter.hq(CommissionStated(202609, 21_424, 1_285, "2019", lines))
    async with serving(counter) as till:
        assert "账户 201.39" in till.row(22)
        await till.keys("f8")
        assert "账户 201.39" in till.row(22)
        for words in ("可用   2,000.00   冻结 0.00", "抽屉应有 279.10", "酬金未付 201.39"):
            assert words in till.shown
        await till.keys("plus")
        shown = till.shown
        for words in ("可用 2,000.00   冻结 0.00", "抽屉应有 279.10", "账户   酬金已出清单未付 201.39"):
            assert words in shown
        assert "2026-09   应得 214.24   代扣税 12.85   实付 201.39" in shown
        assert "8,566.80 x 0.1%" in shown
        assert "费率 2026-v7" in shown
        assert "另有 1 行" in shown
        await till.keys("plus")
        assert "42.85" in till.shown


async def test_evidence_tells_the_four_kinds_of_authors_apart():
    async with serving() as till:
        await pay(till)
        await till.keys("f9")
        rows = till.rows()[5:14]
        by = {words: [row for row in rows if words in row] for words in ("本人", "系统", "总部")}
        assert "收缴费现金" in by["本人"][0]
        assert "开凭条" in by["系统"][0]
        assert any("收费单位答复" in row for row in by["总部"])
        assert "未传" in by["本人"][0]
        assert "总部已存到 0011" in till.shown
        assert till.counter.head.hex()[:16].upper() in till.shown
        assert till.counter.syncs == 1


async def test_help_explains_the_screen_it_was_asked_from_and_goes_back_to_it():
    async with serving() as till:
        await till.scan("0081234567")
        await till.keys("f1")
        assert "念出户主和金额" in till.shown
        await till.keys("escape")
        assert till.screen == "PaymentScreen"


async def test_f2_goes_back_to_the_job_under_way_or_lists_the_services():
    async with serving() as till:
        await till.keys("f2")
        assert "话费 移动" in till.row(9)
        await till.type("*3")
        await till.keys("f7", "f2")
        assert till.screen == "PaymentScreen"


async def test_a_line_of_the_list_is_taken_behind_what_was_typed():
    counter = BooksCounter()
    async with serving(counter) as till:
        await till.type("df*2")
        assert "没有第 2 行" in till.shown
        assert "电费" in till.row(7)
        assert till.app.screen.entry.text == "df"
        await till.type("*1")
        assert till.screen == "PaymentScreen"
        await till.keys("escape")
        await till.type("00812*")
        await till.keys("enter")
        assert "这个键在这里不用" in till.shown
        await till.type("/5")
        assert till.screen == "PendingScreen"
        await till.keys("escape")
        assert till.app.screen.entry.text == "00812"


async def test_the_wide_screen_shows_the_slip_and_the_steps_of_a_payment():
    async with serving(size=WIDE) as till:
        await pay(till)
        assert "代收费收据 No.5" in till.shown
        rows = till.rows()[24:34]
        assert "收现金 72.60" in rows[1]
        assert "凭条 5 号已开" in rows[4]


def test_no_sentence_of_any_screen_is_longer_than_a_row():
    import importlib
    import pkgutil
    import re

    from station_pos import tui
    from station_pos.text import Catalogue

    too_long = []
    for module in pkgutil.walk_packages(tui.__path__, "station_pos.tui."):
        for catalogue in vars(importlib.import_module(module.name)).values():
            for key in catalogue if isinstance(catalogue, Catalogue) else ():
                for sentence in catalogue.sentences[key]:
                    fixed = re.sub(r"\{[^}]*\}", "", sentence)
                    if columns(fixed) > 80:
                        too_long.append((module.name, key, columns(fixed)))
    assert too_long == []


@pytest.mark.parametrize("language", list(Language))
def test_every_refusal_has_one_sentence_of_one_row(language):
    from station_pos import text
    from station_pos.tui.presenters.lines import width

    text.choose(language)
    try:
        for reason in Refusal:
            assert 0 < width(refused(Refused(reason))) <= 78, reason
    finally:
        text.choose(Language.ZH)


def test_the_bar_lists_only_keys_that_exist():
    assert function_bar() == "F1帮助 F2缴费 F3取款 F4取件 F5待定 F6收件 F7流水 F8额度 F9证据 F10日终 F12锁"
    assert function_bar().count("F") == len(FUNCTION_KEYS) - 2, "the drawer and parking are named where they serve"
