"""Makes screens. Each is imported when it is first opened, so that the first picture waits for none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from station_journal.side import Side
from station_pos.tui.actions import Action
from station_pos.tui.messages import CaseAsked, CodeAsked, ItemAsked, ParcelsAsked, PaymentAsked, PouchAsked, PrintAsked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.app import App
    from textual.screen import Screen

    from station_journal.payment import Payment
    from station_pos.tui.desk import Desk
    from station_pos.tui.messages import ScreenAsked
    from station_pos.tui.screens.result import ResultScreen
    from station_pos.tui.widgets.frame import FrameScreen

PAYMENT, RESULT = "payment", "result"
"""Topics of the screens that hold a job under way."""


def find(app: App[None], topic: str) -> FrameScreen | None:
    """Find the screen with this topic that lies highest in the stack."""
    return next((cast("FrameScreen", one) for one in reversed(app.screen_stack) if topic == _topic(one)), None)


def _topic(screen: Screen[Any]) -> str:
    return str(getattr(screen, "TOPIC", ""))


def screen_of(action: Action, desk: Desk, topic: str) -> FrameScreen:
    """Make the screen of a function key; ``topic`` is what the help is asked about."""
    if action is Action.PENDING:
        from station_pos.tui.screens.pending import PendingScreen

        return PendingScreen(desk)
    if action is Action.PICKUP:
        from station_pos.tui.screens.pickup import PickupScreen

        return PickupScreen(desk)
    if action is Action.RECEIVING:
        from station_pos.tui.screens.receiving import ReceivingScreen

        return ReceivingScreen(desk)
    if action is Action.HISTORY:
        from station_pos.tui.screens.history import HistoryScreen

        return HistoryScreen(desk)
    if action is Action.CREDIT:
        from station_pos.tui.screens.credit import CreditScreen

        return CreditScreen(desk)
    if action is Action.EVIDENCE:
        from station_pos.tui.screens.evidence import EvidenceScreen

        return EvidenceScreen(desk)
    if action is Action.PALETTE:
        from station_pos.tui.screens.palette import PaletteScreen

        return PaletteScreen(desk, topic)
    if action is Action.DAY_CLOSE:
        from station_pos.tui.screens.day_close import DayCloseScreen

        return DayCloseScreen(desk)
    if action is Action.PRACTICE:
        from station_pos.tui.screens.practice import PracticeScreen

        return PracticeScreen(desk)
    if action is Action.WITHDRAWAL:
        from station_pos.tui.screens.withdrawal import WithdrawalScreen

        return WithdrawalScreen(desk)
    if action is Action.DRAWER:
        from station_pos.tui.screens.drawer import DrawerScreen

        return DrawerScreen(desk)
    from station_pos.tui.screens.help import HelpScreen

    return HelpScreen(desk, topic)


def made_for(message: ScreenAsked, desk: Desk) -> FrameScreen | None:
    """Make the screen that a message asks for; None where what it is about is gone."""
    if isinstance(message, ItemAsked):
        return ITEM_SCREENS[message.service](desk, message.ref)
    if isinstance(message, ParcelsAsked):
        from station_pos.tui.screens.pickup import PickupScreen

        return PickupScreen(desk, message.text)
    if isinstance(message, PaymentAsked):
        from station_pos.tui.screens.payment import PaymentScreen

        return PaymentScreen(desk, message.candidate)
    if isinstance(message, CodeAsked):
        from station_pos.tui.screens.credit import CreditScreen

        return CreditScreen(desk, message.code)
    if isinstance(message, PouchAsked):
        return _pouches(desk, message.label)
    if isinstance(message, CaseAsked):
        return result_screen(desk, message.payment, fresh=False)
    if isinstance(message, PrintAsked):
        from station_pos.tui.screens.doubtful import DoubtfulScreen

        return DoubtfulScreen(desk, message.doubtful)
    from station_pos.tui.screens.clock import ClockScreen

    return ClockScreen(desk)


def result_screen(desk: Desk, payment: Payment, *, fresh: bool) -> ResultScreen:
    """Make the screen that follows a payment."""
    from station_pos.tui.screens.result import ResultScreen

    return ResultScreen(desk, payment, fresh=fresh)


def in_flight_screen(desk: Desk) -> FrameScreen:
    """Make the list of what is in flight, as it is shown at sign-in."""
    from station_pos.tui.screens.in_flight import InFlightScreen

    return InFlightScreen(desk)


def _bill(desk: Desk, payment_seq: int) -> FrameScreen | None:
    payment = desk.counter.payment(payment_seq)
    return None if payment is None else result_screen(desk, payment, fresh=False)


def _kept(desk: Desk, job_no: int) -> FrameScreen | None:
    from station_pos.tui.presenters.kept_bill import candidate_of, read_kept
    from station_pos.tui.screens.payment import PaymentScreen

    job = next((one for one in desk.counter.kept_jobs.jobs() if one.job_no == job_no), None)
    candidate = candidate_of(desk, read_kept(job)) if job is not None and not job.doubtful else None
    return None if candidate is None else PaymentScreen(desk, candidate, job)


def _pouches(desk: Desk, label: str) -> FrameScreen:
    from station_pos.tui.screens.pouches import PouchScreen

    return PouchScreen(desk, label)


def _cash_job(name: str) -> Callable[[Desk, int], FrameScreen]:
    def made(desk: Desk, _ref: int) -> FrameScreen:
        if name == "cash_move":
            from station_pos.tui.screens.cash_move import CashMoveScreen

            return CashMoveScreen(desk)
        if name == "float":
            from station_pos.tui.screens.cash_float import CashFloatScreen

            return CashFloatScreen(desk)
        from station_pos.tui.screens.closes import ClosesScreen

        return ClosesScreen(desk)

    return made


def _parcel_screen(kind: str) -> Callable[[Desk, int], FrameScreen | None]:
    """Give who makes a screen beside receiving: a run to the courier, a list to work off, acceptance."""

    def make(desk: Desk, _ref: int) -> FrameScreen:
        if kind == "acceptance":
            from station_pos.tui.screens.acceptance import AcceptanceScreen

            return AcceptanceScreen(desk)
        if kind in {"returns", "uplift"}:
            from station_pos.tui.screens.parcel_run import ParcelRunScreen

            return ParcelRunScreen(desk, kind)
        from station_pos.tui.screens.parcel_worklist import ParcelWorklistScreen

        return ParcelWorklistScreen(desk, kind)

    return make


def _withdrawal(desk: Desk, seq: int) -> FrameScreen | None:
    from station_pos.tui.screens.withdrawal_case import WithdrawalCaseScreen, asked_just_now

    found = desk.counter.withdrawals.withdrawal(seq)
    return None if found is None else WithdrawalCaseScreen(desk, found, fresh=asked_just_now(desk, found))


def _goods(desk: Desk, _ref: int) -> FrameScreen:
    from station_pos.tui.screens.goods import GoodsScreen

    return GoodsScreen(desk)


def _lead(desk: Desk, _ref: int) -> FrameScreen:
    from station_pos.tui.screens.lead import LeadScreen

    return LeadScreen(desk)


def _drill_record(desk: Desk, _ref: int) -> FrameScreen:
    from station_pos.tui.screens.drill_record import DrillRecordScreen

    return DrillRecordScreen(desk)


def _disputes(about: str) -> Callable[[Desk, int], FrameScreen]:
    """Give who makes the screen of disputes: its list, or one record of either journal that is to be disputed."""

    def make(desk: Desk, ref: int) -> FrameScreen:
        from station_journal.facts.disputes import DisputeAbout
        from station_pos.tui.screens.disputes import Disputed, DisputesScreen

        return DisputesScreen(desk, Disputed(DisputeAbout[about], ref) if about else None)

    return make


def _chain(side: Side) -> Callable[[Desk, int], FrameScreen | None]:
    """Give who makes the screen of the chain behind a record of a journal."""

    def make(desk: Desk, seq: int) -> FrameScreen | None:
        from station_pos.tui.screens.chain import ChainScreen

        chain = desk.counter.chain.known(seq, side)
        return None if chain is None else ChainScreen(desk, chain)

    return make


def _tally(desk: Desk, _ref: int) -> FrameScreen:
    from station_pos.tui.screens.tally import TallyScreen
    from station_pos.tui.tally import Tally

    desk.tally = desk.tally or Tally(desk.state().as_of_seq)
    return TallyScreen(desk, desk.tally)


def _faults(desk: Desk, _ref: int) -> FrameScreen:
    from station_pos.tui.screens.fault_board import FaultBoardScreen

    return FaultBoardScreen(desk)


def _tariff_notice(desk: Desk, _ref: int) -> FrameScreen:
    from station_pos.tui.screens.tariff_notice import TariffNoticeScreen

    return TariffNoticeScreen(desk)


ITEM_SCREENS: Mapping[str, Callable[[Desk, int], FrameScreen | None]] = {
    "bill": _bill,
    "kept": _kept,
    "pouches": lambda desk, _ref: _pouches(desk, ""),
    **{name: _cash_job(name) for name in ("cash_move", "float", "closes")},
    **{kind: _parcel_screen(kind) for kind in ("returns", "uplift", "reminders", "losses", "acceptance")},
    "withdrawal": _withdrawal,
    "receiving": lambda desk, _batch_no: screen_of(Action.RECEIVING, desk, ""),
    "day_close": lambda desk, _ref: screen_of(Action.DAY_CLOSE, desk, ""),
    "goods": _goods,
    "lead": _lead,
    "disputes": _disputes(""),
    "dispute_record": _disputes("STATION_RECORD"),
    "dispute_close": _disputes("CLOSE"),
    "dispute_commission": _disputes("COMMISSION"),
    "dispute_hq": _disputes("HQ_RECORD"),
    "chain": _chain(Side.STATION),
    "chain_hq": _chain(Side.HQ),
    "faults": _faults,
    "drill_record": _drill_record,
    "tariff_notice": _tariff_notice,
    "tally": _tally,
}
"""Who makes the screen of an item, by its service; the number is the service's own."""
