"""What the control socket understands of the drawer's cash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_journal.facts.cash import CashReason, CloseVerdict, NoteLine
from station_pos.commands.cash_orders import (
    AcceptPouch,
    CancelPouch,
    CloseDay,
    CountDay,
    CountFloat,
    IssueTrial,
    MoveCash,
    SealPouch,
)
from station_pos.control_line import AskedWrongError, Lines, number, plain, text

if TYPE_CHECKING:
    from station_pos.services.day_close import Review

_PAIR = 2


class CashLines(Lines):
    """Float, cash in and out, counts, closes and pouches."""

    def _do_count_float(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(CountFloat(self._operator_no(asked), _notes(asked), number(asked, "coins_fen", 0)))

    def _do_move_cash(self, asked: dict[str, Any]) -> dict[str, Any]:
        operation_no = number(asked, "operation_no", 0) or self._counter.open_operation()
        reason = CashReason(number(asked, "reason"))
        return self._submit(MoveCash(self._operator_no(asked), operation_no, reason, number(asked, "amount_fen")))

    def _do_count_day(self, asked: dict[str, Any]) -> dict[str, Any]:
        count_no = number(asked, "count_no", 0) or self._counter.day_close.start().count_no
        order = CountDay(self._operator_no(asked), count_no, _notes(asked), number(asked, "coins_fen", 0))
        answer = self._submit(order)
        if answer["accepted"]:
            answer["review"] = _review(self._counter.day_close.review(answer["seq"]))
        return answer

    def _do_close_day(self, asked: dict[str, Any]) -> dict[str, Any]:
        verdict = CloseVerdict[text(asked, "verdict", CloseVerdict.AGREED.name)]
        return self._submit(CloseDay(self._operator_no(asked), number(asked, "count_seq"), verdict))

    def _do_issue_trial(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(IssueTrial(self._operator_no(asked)))

    def _do_seal_pouch(self, asked: dict[str, Any]) -> dict[str, Any]:
        label, coins_fen = text(asked, "label"), number(asked, "coins_fen", 0)
        return self._submit(SealPouch(self._operator_no(asked), label, _notes(asked), coins_fen))

    def _do_cancel_pouch(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._submit(CancelPouch(self._operator_no(asked), text(asked, "label")))

    def _do_accept_pouch(self, asked: dict[str, Any]) -> dict[str, Any]:
        label, counted_fen = text(asked, "label"), number(asked, "counted_fen")
        return self._submit(AcceptPouch(self._operator_no(asked), label, counted_fen))

    def _do_pouches(self, _asked: dict[str, Any]) -> dict[str, Any]:
        desk = self._counter.day_close
        return {"incoming": plain(desk.incoming()), "outgoing": plain(desk.outgoing())}

    def _do_figures(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"figures": plain(self._counter.day_close.figures())}

    def _do_drawer_entries(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._counter.day_close.entries(number(asked, "after_seq"), number(asked, "cut_seq"))
        return {"entries": plain(found)}

    def _do_closes(self, asked: dict[str, Any]) -> dict[str, Any]:
        rows = self._counter.day_close.closes(number(asked, "limit", 20))
        return {"closes": [{**plain(one), "difference_fen": one.difference_fen} for one in rows]}

    def _do_paper(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"text": self._counter.day_close.paper_text(number(asked, "of_seq"))}


def _review(review: Review | None) -> dict[str, Any] | None:
    if review is None:
        return None
    causes = [{"kind": cause.kind.value, "seqs": list(cause.seqs)} for cause in review.causes]
    return {
        "count_no": review.count_no,
        "counted_fen": review.counted_fen,
        "expected_fen": review.expected_fen,
        "difference_fen": review.difference_fen,
        "causes": causes,
    }


def _notes(asked: dict[str, Any]) -> tuple[NoteLine, ...]:
    found = asked.get("notes", [])
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, list) and len(row) == _PAIR and all(type(cell) is int for cell in row) for row in rows):
        raise AskedWrongError("'notes' is a list of [face_fen, pieces].")
    return tuple(NoteLine(*row) for row in rows)
