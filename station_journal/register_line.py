"""One line of the withdrawal register 登记簿, the same at the station and at HQ (domain rule 2.2, item 2).

The signature is on paper; whether there must be one follows from the state. Of the card the last four digits alone, of
a document what the record holds, which is masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.withdrawals import FeePayer, PersonalId
from station_journal.rules.withdrawal import WithdrawalState
from station_journal.subject import CHINA

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.rules.withdrawal import Withdrawal

REGISTER_HEADER = (
    "station",
    "no",
    "time",
    "business_date",
    "state",
    "amount",
    "fee",
    "fee_payer",
    "terminal_no",
    "merchant_no",
    "batch_no",
    "trace_no",
    "reference_no",
    "receipt_no",
    "auth_code",
    "issuer",
    "card",
    "payee",
    "name",
    "id_kind",
    "id",
    "operator",
    "signed_slip",
    "notes_exchanged",
    "bank",
    "reason",
)


def register_line(station_code: str, withdrawal: Withdrawal, yuan: Callable[[int], str]) -> tuple[str, ...]:
    """Give the cells of a withdrawal, in the order of ``REGISTER_HEADER``; ``yuan`` writes an amount."""
    word = withdrawal.last_word
    bank = "" if word is None else "CONFIRMED" if word.debited else "DENIED"
    told = bool(withdrawal.approved_seq)
    return (
        station_code,
        str(withdrawal.seq),
        f"{withdrawal.recorded_at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        withdrawal.business_date.isoformat(),
        withdrawal.state.name,
        yuan(withdrawal.amount_fen),
        yuan(withdrawal.fee_fen) if told else "",
        FeePayer(withdrawal.fee_payer).name if told else "",
        withdrawal.terminal_no,
        withdrawal.merchant_no,
        withdrawal.batch_no,
        withdrawal.trace_no,
        withdrawal.reference_no,
        withdrawal.receipt_no,
        withdrawal.auth_code,
        withdrawal.issuer,
        f"************{withdrawal.card_last4}" if withdrawal.card_last4 else "",
        "AGENT" if withdrawal.by_agent else "HOLDER",
        withdrawal.person_name,
        "" if withdrawal.id_kind is PersonalId.NOT_NOTED else withdrawal.id_kind.name,
        withdrawal.id_masked,
        str(withdrawal.operator_no),
        "YES" if withdrawal.state is WithdrawalState.PAID else "NO",
        "YES" if withdrawal.notes_exchanged else "NO",
        bank,
        withdrawal.reason,
    )
