"""The board of known faults as a list of the console."""

from __future__ import annotations

from sqlalchemy import Text, case, cast, func, select

from hq_server.db.dispute_tables import fault_tellings, known_faults
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, is_one_of
from hq_server.wording import Sentence

_table, _told = known_faults.c, fault_tellings.c
_COUNTS = select(_told.fault_no, func.count().label("many")).group_by(_told.fault_no).subquery()
_STATE = case((_table.ended_at.is_(None), "OPEN"), else_="ENDED")
_STATES = {"OPEN": Sentence("未修好", "open"), "ENDED": Sentence("已修好", "put right")}

FAULT_LIST = ListSpec(
    name="faults",
    title=Sentence("已知问题", "Known faults"),
    source=known_faults.outerjoin(_COUNTS, _COUNTS.c.fault_no == _table.fault_no),
    columns=(
        ListColumn("no", Sentence("问题 K-", "Fault K-"), _table.fault_no, Form.NUMBER),
        ListColumn("title", Sentence("名称", "Title (Chinese)"), _table.title, Form.LONG),
        ListColumn("title_en", Sentence("英文名", "Title"), _table.title_en, Form.LONG),
        ListColumn("predicate", Sentence("规则", "Rule"), _table.predicate),
        ListColumn("parameters", Sentence("参数", "Parameters"), cast(_table.parameters, Text), Form.LONG),
        ListColumn("since", Sentence("起", "Since"), _table.since, Form.DAY),
        ListColumn("stations", Sentence("已通知站点", "Stations told"), func.coalesce(_COUNTS.c.many, 0), Form.NUMBER),
        ListColumn("state", Sentence("状态", "State"), _STATE, words=_STATES),
    ),
    orders=(ListOrder("newest", Sentence("新的在前", "newest first"), ("no",), descending=True),),
    filters=(ListFilter("state", Sentence("状态", "State"), is_one_of(_STATE), words=_STATES),),
    empty=Sentence("没有已知问题", "No known faults"),
)
