"""The HQ and the billers of practice: a key made here, records sealed by it, answers that always come in the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from station_journal.codec import encode
from station_journal.facts.withdrawals import BankAnswered, BankWordSource
from station_journal.payment import PaymentStatus
from station_journal.records import (
    RULES_VERSION,
    SYSTEM,
    AnswerSource,
    BillerAnswered,
    CreditGranted,
    Outcome,
    Record,
    ReversalAnswered,
    Side,
    TariffPublished,
)
from station_journal.rules.withdrawal import WithdrawalState
from station_journal.seal import extend, seal
from station_journal.tariff import CommissionBasis, CommissionRate, OfflineAllowance, Product, Service, Tariff
from station_pos.config import PRACTICE_CODE
from station_pos.counter import InquiryAnswer, OpenBill
from station_pos.durable_file import write_durably

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from station_journal.payment import Payment
    from station_journal.records import HqFact
    from station_journal.rules.withdrawal import Withdrawal
    from station_pos.register import Register

KEY_NAME = "practice_hq.key"
CREDIT_FEN = 200_000
ELECTRICITY, MOBILE = 101, 104
_COMMISSION = CommissionRate(CommissionBasis.PER_ITEM, 36, "practice")


def tariff(effective_on: date) -> Tariff:
    """Give the tariff that practice sells by: a bill that is asked for, and a top-up without undo."""
    bill = Product(
        code=ELECTRICITY,
        biller_code="LXDL",
        biller_name="练习电力",
        biller_name_en="Practice Power",
        service=Service.ELECTRICITY,
        name="电费",
        name_en="Electricity",
        initials=("df", "lxdl"),
        account_pattern=r"[0-9]{10}",
        query_first=True,
        fee_fen=0,
        amount_min_fen=1,
        amount_max_fen=500_000,
        part_payment=False,
        reversal_minutes=30,
        offline=OfflineAllowance(count=5, value_fen=80_000, hours=24),
        commission=_COMMISSION,
    )
    top_up = replace(
        bill,
        code=MOBILE,
        biller_code="LXYD",
        biller_name="练习移动",
        biller_name_en="Practice Mobile",
        service=Service.MOBILE,
        name="话费",
        name_en="Top-up",
        initials=("hf", "lxyd"),
        account_pattern=r"1[3-9][0-9]{9}",
        query_first=False,
        amount_min_fen=1_000,
        amount_max_fen=50_000,
        reversal_minutes=0,
        offline=None,
    )
    return Tariff("practice", effective_on, (bill, top_up))


def answer_inquiry(product_code: int, account_no: str) -> InquiryAnswer:
    """Give the bill of any account: its sum follows from the number, so that each customer's is another."""
    if product_code != ELECTRICITY:
        return InquiryAnswer(account_no, "", "", ())
    amount_fen = 2_000 + int(account_no[-4:] or "0") % 90 * 100
    return InquiryAnswer(account_no, "*三", "练习村 3 组", (OpenBill(f"LX{account_no[-4:]}", "", amount_fen),))


class PracticeHq:
    """Writes the HQ side of the practice journals."""

    def __init__(self, folder: Path) -> None:
        """Take up the key of an earlier practice, or make one.

        Raises:
            OSError: the disk refused.
        """
        kept = folder / KEY_NAME
        if not kept.exists():
            write_durably(kept, Ed25519PrivateKey.generate().private_bytes_raw())
        self.key = Ed25519PrivateKey.from_private_bytes(kept.read_bytes())

    def endow(self, register: Register, now: datetime) -> bytes:
        """Publish the tariff and grant a credit to practise with; gives the tariff's hash."""
        sold = tariff(now.date())
        register.keep_document(sold.to_bytes())
        self.write(register, now, TariffPublished(sold.hash, sold.effective_on), CreditGranted(CREDIT_FEN, 1, 1, 2))
        return sold.hash

    def write(self, register: Register, now: datetime, *facts: HqFact) -> None:
        """Append records of the practice HQ, sealed by its key, as a sync would bring them."""
        seen, before = register.head(Side.STATION).seq, register.head(Side.HQ)
        run = [encode(Record(now, now.date(), SYSTEM, seen, RULES_VERSION, fact)) for fact in facts]
        after = before._replace(seq=before.seq + len(run), digest=extend(before, run)[-1])
        register.receive_hq(run, before, seal(self.key, Side.HQ, PRACTICE_CODE, after))

    def confirm_payouts(self, register: Register, now: datetime, withdrawals: tuple[Withdrawal, ...]) -> None:
        """Give the bank's word for what was paid out, as its daily file would: practice never runs into the limit."""
        for one in withdrawals:
            if one.state is WithdrawalState.PAID and not one.words:
                word = BankAnswered(
                    withdrawal_seq=one.seq,
                    debited=True,
                    source=BankWordSource.FILE,
                    bank_no=f"LX{one.seq:06d}",
                    fee_fen=one.fee_fen,
                    reason="practice",
                )
                self.write(register, now, word)

    def answer(self, register: Register, now: datetime, payments: tuple[Payment, ...]) -> None:
        """Answer what waits for the biller, and what waits to be undone."""
        for payment in payments:
            if payment.status is PaymentStatus.HELD:
                fact: HqFact = BillerAnswered(
                    payment.seq, Outcome.CONFIRMED, AnswerSource.REPLY, f"LX{payment.seq:06d}", ""
                )
                self.write(register, now, fact)
            elif payment.status is PaymentStatus.CONFIRMED and payment.reversal_seq:
                self.write(register, now, ReversalAnswered(payment.seq, accepted=True, reason=""))


def credit_low(free_fen: int) -> bool:
    """Tell whether the practice credit should be filled up again: practice never ends for want of it."""
    return free_fen < CREDIT_FEN // 4
