"""What papers say: every field of a collection receipt, in both languages, and the marks of copies and voids."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.posting import CashStatus, Payment, PaymentStatus
from station_journal.records import BillPaymentTaken, CashReturned, PendingSlipIssued, ReceiptIssued
from station_pos import text
from station_pos.receipts.paper import Paper, Qr, Text, display_columns, from_bytes, to_bytes, to_text
from station_pos.receipts.receipt import IssueFacts, Issuer, receipt
from station_pos.receipts.slip import paper_of, pending_slip, returned_slip
from station_pos.text import Language
from tests.station_pos.world import product

PAYMENT = Payment(
    seq=42,
    operation_no=7,
    recorded_at=datetime(2026, 10, 23, 6, 30, 5, tzinfo=UTC),
    business_date=date(2026, 10, 23),
    operator_no=2,
    product_code=101,
    biller_code="SCDL",
    account_no="0081234567",
    bill_no="B1",
    bill_period="2026-09",
    payer_name="*三",
    amount_fen=7_260,
    fee_fen=50,
    tendered_fen=10_000,
    offline=False,
    status=PaymentStatus.CONFIRMED,
    cash=CashStatus.SHOPS,
    biller_no="SC778",
    receipt_seq=44,
    receipt_no=17,
)
FACTS = IssueFacts(
    issuer=Issuer("5107-0427", "张家坝便民服务站", "江油支局", "11183"),
    payment=PAYMENT,
    product=product(101),
    payment_digest=bytes.fromhex("aabbccdd") + bytes(28),
    head=bytes.fromhex("9c2e71b04411a0fe") + bytes(24),
    issued_at=datetime(2026, 10, 23, 6, 30, 9, tzinfo=UTC),
    operator_name="李四",
)


@pytest.fixture(autouse=True)
def in_chinese():
    text.choose(Language.ZH)
    yield
    text.choose(Language.ZH)


def lines(paper):
    return [" ".join(line.split()) for line in to_text(paper).splitlines()]


def test_a_receipt_has_every_field_that_the_rules_ask_for():
    found = lines(receipt(FACTS))
    for line in (
        "代收费收据",
        "张家坝便民服务站",
        "机构 5107-0427",
        "收据号 00000017",
        "收费单位 四川电力",
        "业务 电费",
        "户号 0081234567",
        "户名 *三",
        "账期 2026-09",
        "金额 72.60",
        "人民币柒拾贰元陆角",
        "手续费 (资费) 0.50",
        "合计 73.10",
        "付款方式 现金",
        "实收现金 100.00",
        "找零 26.90",
        "营业日 2026-10-23",
        "时间 2026-10-23 14:30:05",
        "5107-0427-000042-aabbccdd",
        "收费单位流水 SC778",
        "操作员 李四 (2)",
        "凭此收据到邮政网点补打发票。",
        "投诉 11183 监管 12305",
        "链头 9C2E-71B0-4411-A0FE",
    ):
        assert line in found, line


def test_the_amount_is_in_double_size_and_the_code_names_payment_amount_and_head():
    items = receipt(FACTS).items
    [amount] = [item for item in items if isinstance(item, Text) and item.text.startswith("金额")]
    assert amount.size == (2, 2)
    [code] = [item for item in items if isinstance(item, Qr)]
    assert code.data == "5107-0427-000042-aabbccdd|7260|9C2E-71B0-4411-A0FE"


def test_a_copy_differs_from_the_original_by_its_mark_in_double_size_alone():
    original, copy = receipt(FACTS).items, receipt(replace(FACTS, copy_no=2)).items
    [mark] = [item for item in copy if item not in original]
    assert isinstance(mark, Text)
    assert (mark.text, mark.size) == ("【补打】第 2 次", (2, 2))
    assert tuple(item for item in copy if item is not mark) == original


def test_a_copy_of_a_reversed_receipt_says_that_it_is_void():
    reversed_ = replace(FACTS, payment=replace(PAYMENT, status=PaymentStatus.REVERSED), copy_no=1)
    assert "【已冲正 作废】" in lines(receipt(reversed_))
    assert "【已冲正 作废】" not in lines(receipt(FACTS))


def test_an_offline_sale_says_so_where_the_billers_number_would_stand():
    offline = replace(FACTS, payment=replace(PAYMENT, offline=True, biller_no=""))
    assert "收费单位流水 断网先收" in lines(receipt(offline))


def test_a_pending_slip_is_no_receipt_and_tells_nobody_to_pay_again():
    found = to_text(pending_slip(replace(FACTS, payment=replace(PAYMENT, status=PaymentStatus.HELD, receipt_no=0))))
    assert "待定凭条" in found
    assert "收据号" not in found
    assert "请不要重复缴费" in "".join(found.split())
    assert "补打发票" not in found


def test_slips_for_cash_handed_back_tell_a_decline_from_a_reversal():
    declined = replace(FACTS, payment=replace(PAYMENT, status=PaymentStatus.DECLINED, reason="户号已销"))
    found = lines(returned_slip(declined))
    assert "退款凭条" in found
    assert "原因 户号已销" in found
    assert "退还现金 73.10" in found
    undone = replace(FACTS, payment=replace(PAYMENT, status=PaymentStatus.REVERSED))
    assert "冲正凭条" in lines(returned_slip(undone))


def test_every_paper_is_complete_in_english():
    text.choose(Language.EN)
    for kind in (ReceiptIssued.KIND, PendingSlipIssued.KIND, CashReturned.KIND):
        found = to_text(paper_of(kind, FACTS))
        own_words = found.replace("张家坝便民服务站", "").replace("江油支局", "").replace("*三", "").replace("李四", "")
        chinese = [line for line in own_words.splitlines() if not line.isascii()]
        assert [line.strip() for line in chinese if "人民币" not in line] == []
    assert "COLLECTION RECEIPT" in to_text(receipt(FACTS))
    # A biller's own words stay as it said them; its code in front names the reason to whoever cannot read them.
    declined = replace(FACTS, payment=replace(PAYMENT, status=PaymentStatus.DECLINED, reason="E03 账单已缴"))
    found = lines(returned_slip(declined))
    assert "Reason E03 账单已缴" in found
    assert "The biller did not accept this payment; the cash was handed back." in " ".join(found)


def test_other_records_issue_no_paper():
    with pytest.raises(ValueError, match="issue no paper"):
        paper_of(BillPaymentTaken.KIND, FACTS)


@given(
    name=st.text(max_size=64),
    account=st.text(min_size=1, max_size=64),
    amount_fen=st.integers(1, 10**12),
    copy_no=st.integers(0, 99),
    kind=st.sampled_from([ReceiptIssued.KIND, PendingSlipIssued.KIND, CashReturned.KIND]),
)
def test_whatever_a_record_holds_its_paper_fits_the_width_and_reads_back(name, account, amount_fen, copy_no, kind):
    payment = replace(PAYMENT, payer_name=name, account_no=account, amount_fen=amount_fen, tendered_fen=amount_fen + 50)
    paper = paper_of(kind, replace(FACTS, payment=payment, copy_no=copy_no))
    assert isinstance(paper, Paper)
    assert from_bytes(to_bytes(paper)) == paper
    assert max(display_columns(line) for line in to_text(paper).splitlines()) <= paper.columns
