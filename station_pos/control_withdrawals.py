"""What the control socket understands of withdrawals at the card terminal, and of what is in flight."""

from __future__ import annotations

from typing import Any

from station_journal.facts.withdrawals import PersonalId
from station_pos.commands.outcome import Accepted
from station_pos.commands.withdrawal_orders import CloseRefuted, IntendWithdrawal, PayOut, RequestVoid
from station_pos.control_line import Lines, number, plain
from station_pos.services.withdrawals import TerminalAwayError


class WithdrawalLines(Lines):
    """Withdrawals: asked for, paid out, undone, looked at."""

    def _do_withdraw(self, asked: dict[str, Any]) -> dict[str, Any]:
        order = IntendWithdrawal(
            operator_no=self._operator_no(asked),
            operation_no=number(asked, "operation_no", 0) or self._counter.open_operation(),
            amount_fen=number(asked, "amount_fen"),
            by_agent=False,
            person_name="",
            id_kind=PersonalId.NOT_NOTED,
            id_masked="",
        )
        try:
            outcome = self._counter.withdrawals.begin(order).result()
        except TerminalAwayError as away:
            return {"accepted": False, "refused": "terminal_away", "detail": {"sentence": str(away)}}
        if isinstance(outcome, Accepted):
            return {"accepted": True, "seq": outcome.seq}
        return {"accepted": False, "refused": outcome.reason.value, "detail": dict(outcome.detail)}

    def _do_pay_out(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(PayOut(self._operator_no(asked), number(asked, "withdrawal_seq")))

    def _do_void_withdrawal(self, asked: dict[str, Any]) -> dict[str, Any]:
        order = RequestVoid(self._operator_no(asked), number(asked, "withdrawal_seq"))
        outcome = self._counter.withdrawals.void(order).result()
        return {"accepted": isinstance(outcome, Accepted)}

    def _do_close_refuted(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(CloseRefuted(self._operator_no(asked), number(asked, "withdrawal_seq")))

    def _do_withdrawals(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"withdrawals": plain(self._counter.withdrawals.recent(number(asked, "limit", 20)))}

    def _do_withdrawal(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"withdrawal": plain(self._counter.withdrawals.withdrawal(number(asked, "withdrawal_seq")))}

    def _do_ask_terminal(self, _asked: dict[str, Any]) -> dict[str, Any]:
        self._counter.withdrawals.ask_now()
        return {"work": plain(self._counter.withdrawals.work())}

    def _do_in_flight(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"items": plain(self._counter.in_flight())}
