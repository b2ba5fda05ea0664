"""Records of withdrawals for tests."""

from __future__ import annotations

from station_journal.facts.withdrawals import (
    BankAnswered,
    BankWordSource,
    FailureKind,
    FeePayer,
    FirstFreeScope,
    PersonalId,
    WithdrawalApproved,
    WithdrawalFailed,
    WithdrawalIntended,
    WithdrawalNumbersTold,
    WithdrawalTermsAgreed,
)
from tests.factories import journal


def intended(operation_no: int = 1, **changes: object) -> WithdrawalIntended:
    """An intent of 500.00 by the card's holder."""
    values: dict[str, object] = {
        "operation_no": operation_no,
        "amount_fen": 50_000,
        "known_receipt_no": "",
        "known_trace_no": "",
        "by_agent": False,
        "person_name": "",
        "id_kind": PersonalId.NOT_NOTED,
        "id_masked": "",
    }
    return WithdrawalIntended(**{**values, **changes})  # type: ignore[arg-type]


def approved(withdrawal_seq: int, **changes: object) -> WithdrawalApproved:
    """The terminal's approval for a card that ends in 8841."""
    values: dict[str, object] = {
        "withdrawal_seq": withdrawal_seq,
        "card_last4": "8841",
        "issuer": "农业银行",
        "card_token": "",
        "trace_no": f"{withdrawal_seq:06d}",
        "reference_no": "",
        "auth_code": "A12345",
        "batch_no": "000001",
        "receipt_no": f"{withdrawal_seq:04d}",
        "terminal_no": "29001234",
        "merchant_no": "100653059999001",
        "terminal_time": "2026-11-23 12:00:00",
        "fee_fen": 100,
        "fee_payer": FeePayer.CUSTOMER,
        "asked_again": False,
    }
    return WithdrawalApproved(**{**values, **changes})  # type: ignore[arg-type]


def numbers_told(withdrawal_seq: int) -> WithdrawalNumbersTold:
    """The terminal's numbers of the reversal that undid a withdrawal."""
    return WithdrawalNumbersTold(withdrawal_seq, "000124", "0046", "000123")


def failed(withdrawal_seq: int, failure: FailureKind = FailureKind.DECLINED) -> WithdrawalFailed:
    """The bank said no."""
    return WithdrawalFailed(withdrawal_seq, failure, "declined", "银行未批准")


def bank(withdrawal_seq: int, *, debited: bool = True, fee_fen: int = 100) -> BankAnswered:
    """The acquirer's daily file has it, or has it not."""
    return BankAnswered(withdrawal_seq, debited, BankWordSource.FILE, "", fee_fen, "WD100-20261123 line 2")


def terms(**changes: object) -> WithdrawalTermsAgreed:
    """Terms as they are by default, from today on."""
    values: dict[str, object] = {
        "effective_on": journal.TODAY,
        "acquirer_code": "100",
        "acquirer_name": "邮政储蓄银行",
        "acquirer_name_en": "Postal Savings Bank",
        "payout_allowance_fen": 500_000,
        "restores_credit": False,
        "card_day_cap_fen": 200_000,
        "least_fen": 1_000,
        "fee_fen": 100,
        "fee_payer": FeePayer.CUSTOMER,
        "first_free_scope": FirstFreeScope.SUBSIDY_CARDS,
        "maker_no": 11,
        "approver_no": 12,
    }
    return WithdrawalTermsAgreed(**{**values, **changes})  # type: ignore[arg-type]
