"""One pure decision for every command: what is recorded, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from station_journal.records import (
    SYSTEM,
    Actor,
    ActorKind,
    BusinessDayEnded,
    OutageClosed,
    OutageOpened,
    PendingSlipIssued,
    ReceiptIssued,
    TariffAdopted,
)
from station_pos.commands import (
    cash,
    cash_orders,
    chain,
    chain_orders,
    day,
    day_close,
    dispute_orders,
    disputes,
    distribution,
    distribution_orders,
    grants,
    operators,
    orders,
    parcel_care,
    parcel_handoff,
    parcel_orders,
    payments,
    pouches,
    reversals,
    tariff_notice,
    tariff_orders,
    tariffs,
    withdrawal_orders,
    withdrawals,
)
from station_pos.commands.grant_orders import ReleaseSealedGrant
from station_pos.commands.outcome import Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Fact
    from station_pos.commands.orders import Command
    from station_pos.commands.view import Moment, StationView

_DECISIONS: dict[type, Callable[[Any, StationView, Moment], list[Fact] | Refused]] = {
    orders.TakeBillPayment: payments.take,
    orders.ResubmitPayment: payments.resubmit,
    orders.IssuePendingSlip: payments.pending_slip,
    orders.ReturnCash: cash.return_cash,
    orders.IssueCopy: cash.issue_copy,
    orders.RequestReversal: reversals.request,
    orders.EnrolOperator: operators.enrol,
    orders.ConfirmClock: day.confirm_clock,
    orders.EndBusinessDay: day.end_day,
    orders.OpenOutage: day.open_outage,
    orders.CloseOutage: day.close_outage,
    orders.OpenDrawer: cash.open_drawer,
    orders.AdoptTariff: tariffs.adopt,
    chain_orders.PrintChain: chain.print_chain,
    tariff_orders.ReadTariffNotice: tariff_notice.read_notice,
    cash_orders.CountFloat: day_close.count_float,
    cash_orders.MoveCash: day_close.move_cash,
    cash_orders.CountDay: day_close.count_day,
    cash_orders.IssueTrial: day_close.issue_trial,
    cash_orders.CloseDay: day_close.close_day,
    cash_orders.SealPouch: pouches.seal,
    cash_orders.CancelPouch: pouches.cancel,
    cash_orders.AcceptPouch: pouches.accept,
    parcel_orders.ScanInParcel: parcel_care.scan_in,
    parcel_orders.SignBatch: parcel_care.sign_batch,
    parcel_orders.ReshelveParcel: parcel_care.reshelve,
    parcel_orders.NoteReminder: parcel_care.note_reminder,
    parcel_orders.HandOffParcels: parcel_handoff.hand_off,
    parcel_orders.RefuseParcel: parcel_care.refuse,
    parcel_orders.OpenParcelCase: parcel_care.open_case,
    parcel_orders.ReturnParcels: parcel_care.give_back,
    parcel_orders.DeclareLost: parcel_care.declare_lost,
    parcel_orders.AcceptParcel: parcel_handoff.accept,
    parcel_orders.SignUplift: parcel_care.sign_uplift,
    parcel_orders.GiveConsent: parcel_care.give_consent,
    parcel_orders.RevokeConsent: parcel_care.revoke_consent,
    parcel_orders.NoteFailedTry: parcel_care.note_failed_try,
    parcel_orders.ReturnCod: parcel_handoff.return_cod,
    parcel_orders.CountShelves: parcel_care.count_shelves,
    ReleaseSealedGrant: grants.release,
    distribution_orders.OrderGoods: distribution.order,
    distribution_orders.ReceiveGoods: distribution.receive,
    distribution_orders.TakeLead: distribution.take_lead,
    distribution_orders.CancelOrder: distribution.cancel,
    dispute_orders.AnswerCorrection: disputes.answer,
    dispute_orders.RaiseDispute: disputes.dispute,
    dispute_orders.NoteCase: disputes.note,
    withdrawal_orders.IntendWithdrawal: withdrawals.intend,
    withdrawal_orders.RecordApproval: withdrawals.approve,
    withdrawal_orders.InstructPayout: withdrawals.instruct,
    withdrawal_orders.PayOut: withdrawals.pay_out,
    withdrawal_orders.FailWithdrawal: withdrawals.fail,
    withdrawal_orders.CloseRefuted: withdrawals.close_refuted,
    withdrawal_orders.IssueWithdrawalSlip: withdrawals.pending_slip,
    withdrawal_orders.RequestVoid: withdrawals.request_void,
    withdrawal_orders.RefuseVoid: withdrawals.refuse_void,
}
_SYSTEM_FACTS = (ReceiptIssued, PendingSlipIssued, TariffAdopted, BusinessDayEnded, OutageOpened, OutageClosed)
_BY_CLOCK = (
    orders.TakeBillPayment,
    orders.ResubmitPayment,
    orders.RequestReversal,
    orders.ReturnCash,
    *get_args(cash_orders.CashCommand),
    parcel_orders.HandOffParcels,
    parcel_orders.ReturnCod,
    parcel_orders.AcceptParcel,
    parcel_orders.DeclareLost,
    distribution_orders.TakeLead,
    ReleaseSealedGrant,
    withdrawal_orders.IntendWithdrawal,
)


def decide(command: Command, view: StationView, moment: Moment) -> list[Fact] | Refused:
    """Decide on a command by the books as they stand; changes nothing."""
    operator_no = getattr(command, "operator_no", None)
    if operator_no is not None and not isinstance(command, orders.EnrolOperator) and view.operator(operator_no) is None:
        return Refused(Refusal.OPERATOR_UNKNOWN, (("operator_no", operator_no),))
    if moment.clock_doubtful and isinstance(command, _BY_CLOCK):
        return Refused(Refusal.CLOCK_TO_CONFIRM, (("business_date", moment.business_date.isoformat()),))
    return _DECISIONS[type(command)](command, view, moment)


def documents_of(command: Command) -> tuple[bytes, ...]:
    """Give the documents that an accepted command's records name; they are kept in the same transaction."""
    if isinstance(command, chain_orders.PrintChain):
        return chain.documents_of(command)
    return (distribution.contact_document(command),) if isinstance(command, distribution_orders.TakeLead) else ()


def author_of(fact: Fact, command: Command) -> Actor:
    """Tell who made a fact: what the machine does by itself is never an operator's."""
    if isinstance(fact, _SYSTEM_FACTS):
        return SYSTEM
    if isinstance(command, orders.EnrolOperator):
        return Actor(ActorKind.PERSON, command.by_operator_no or command.operator_no)
    operator_no = getattr(command, "operator_no", 0)
    return Actor(ActorKind.PERSON, operator_no) if operator_no else SYSTEM
