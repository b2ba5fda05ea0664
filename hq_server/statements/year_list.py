"""The list of working-day lists that staff entered, year by year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hq_server.db.reference_tables import year_lists
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, is_one_of
from hq_server.settlement.lists import STATES
from hq_server.wording import Sentence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

_list = year_lists.c
_STATE = Sentence("状态", "State")


def _days(days: Sequence[date]) -> str:
    return ", ".join(f"{day:%m-%d}" for day in days)


YEAR_LIST = ListSpec(
    name="working_days",
    title=Sentence("工作日安排", "Working days"),
    source=year_lists,
    columns=(
        ListColumn("year", Sentence("年份", "Year"), _list.year, Form.TEXT),
        ListColumn("no", Sentence("序号", "No."), _list.list_no, Form.NUMBER),
        ListColumn("off", Sentence("放假 (周末除外)", "Off (beside weekends)"), _list.rest_days, Form.LONG, read=_days),
        ListColumn("worked", Sentence("调休上班", "Weekend days worked"), _list.make_up_days, Form.LONG, read=_days),
        ListColumn("source", Sentence("依据", "Taken from"), _list.source, Form.LONG),
        ListColumn("state", _STATE, _list.state, words=STATES),
        ListColumn("stated", _STATE, _list.state, hidden=True),
        ListColumn("maker", Sentence("录入人", "Entered by"), _list.maker_no, Form.NUMBER),
        ListColumn("approver", Sentence("审批人", "Decided by"), _list.approver_no, Form.NUMBER),
        ListColumn("refusal", Sentence("退回原因", "Refused because"), _list.refusal, Form.LONG),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("year", "no"), descending=True),),
    filters=(
        ListFilter("year", Sentence("年份", "Year"), is_one_of(_list.year), Form.NUMBER),
        ListFilter("state", _STATE, is_one_of(_list.state), words=STATES),
    ),
    empty=Sentence("还没有录入过", "Nothing was entered yet"),
)
