"""The commands: what may be asked of the register, in the imperative. A command changes nothing by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_pos.commands.cash_orders import CashCommand
from station_pos.commands.chain_orders import PrintChain
from station_pos.commands.dispute_orders import DisputeCommand
from station_pos.commands.distribution_orders import DistributionCommand
from station_pos.commands.grant_orders import ReleaseSealedGrant
from station_pos.commands.parcel_orders import ParcelCommand
from station_pos.commands.tariff_orders import ReadTariffNotice
from station_pos.commands.withdrawal_orders import WithdrawalCommand

if TYPE_CHECKING:
    from datetime import date

    from station_journal.records import DrawerReason, Equipment, OperatorRole, ReversalReason


@dataclass(frozen=True, slots=True)
class TakeBillPayment:
    """Take a customer's cash for a bill.

    ``operation_no`` comes from ``Register.open_operation`` when the payment screen opens, so the same job asked twice
    takes effect once. ``payer_name`` is masked already. ``offline`` asks for a sale within the offline allowance;
    without it the payment waits for the biller.
    """

    operator_no: int
    operation_no: int
    product_code: int
    account_no: str
    bill_no: str
    bill_period: str
    payer_name: str
    amount_fen: int
    tendered_fen: int
    offline: bool = False


@dataclass(frozen=True, slots=True)
class ReturnCash:
    """Hand the customer of a declined or reversed payment the cash back."""

    operator_no: int
    payment_seq: int


@dataclass(frozen=True, slots=True)
class ResubmitPayment:
    """Send a declined payment, whose cash the station still holds, to the biller again."""

    operator_no: int
    operation_no: int
    payment_seq: int


@dataclass(frozen=True, slots=True)
class RequestReversal:
    """Ask for a whole confirmed payment to be reversed, within its product's window."""

    operator_no: int
    payment_seq: int
    reason: ReversalReason


@dataclass(frozen=True, slots=True)
class IssueCopy:
    """Print a marked copy of the receipt or pending slip issued by record ``of_seq``."""

    operator_no: int
    of_seq: int


@dataclass(frozen=True, slots=True)
class EnrolOperator:
    """Open an operator's account or change its name or role. ``by_operator_no`` is 0 for the first owner only."""

    by_operator_no: int
    operator_no: int
    name: str
    role: OperatorRole


@dataclass(frozen=True, slots=True)
class ConfirmClock:
    """State, as operator, that today is the date the clock shows although HQ's last time is more than a day behind."""

    operator_no: int
    confirmed_date: date


@dataclass(frozen=True, slots=True)
class IssuePendingSlip:
    """Print, as the system, that a payment's result is unknown."""

    payment_seq: int


@dataclass(frozen=True, slots=True)
class AdoptTariff:
    """Sell by a published tariff from now on; the system does so once its content is verified and its date has come."""

    tariff_hash: bytes


@dataclass(frozen=True, slots=True)
class EndBusinessDay:
    """End a business date, as the system, at cut-off or at the next start."""

    ended_date: date


@dataclass(frozen=True, slots=True)
class OpenOutage:
    """Note, as the system, that equipment stopped answering."""

    equipment: Equipment


@dataclass(frozen=True, slots=True)
class CloseOutage:
    """Note, as the system, that equipment answers again."""

    equipment: Equipment


@dataclass(frozen=True, slots=True)
class OpenDrawer:
    """Open the cash drawer without a sale; who did it and why goes on record first."""

    operator_no: int
    reason: DrawerReason


Command = (
    TakeBillPayment
    | ReturnCash
    | ResubmitPayment
    | RequestReversal
    | IssueCopy
    | EnrolOperator
    | ConfirmClock
    | IssuePendingSlip
    | AdoptTariff
    | EndBusinessDay
    | OpenOutage
    | CloseOutage
    | OpenDrawer
    | CashCommand
    | ParcelCommand
    | ReleaseSealedGrant
    | ReadTariffNotice
    | PrintChain
    | DistributionCommand
    | DisputeCommand
    | WithdrawalCommand
)
