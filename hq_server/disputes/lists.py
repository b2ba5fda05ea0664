"""Lists of corrections and cases for the console: filtered, ordered and paged in SQL."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, Integer, Text, and_, case, cast, func, literal

from hq_server.db.dispute_tables import case_clocks, corrections
from hq_server.db.ledger_tables import subjects
from hq_server.disputes.cases import OPEN_STATES
from hq_server.four_eyes import PROPOSED_STATES
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.wording import Sentence
from station_journal.facts.disputes import CitedSide, CorrectedBook
from station_journal.rules.case import CaseState, DisputeCase, number_of_case
from station_journal.rules.disputes import Correction, CorrectionState
from station_journal.side import Side
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_BOOKS = {
    str(CorrectedBook.CREDIT.value): Sentence("额度", "credit"),
    str(CorrectedBook.COMMISSION.value): Sentence("酬金", "commission"),
    str(CorrectedBook.CURRENT.value): Sentence("站点往来", "current account"),
}
_DESK_STATES = {
    **PROPOSED_STATES,
    "APPROVED": Sentence("已送站点", "sent to the station"),
}
_ANSWERS = {
    "": Sentence("", ""),
    str(CorrectionState.PROPOSED.value): Sentence("未答复", "not answered"),
    str(CorrectionState.DISPUTED.value): Sentence("争议中, 未查明", "disputed, unexplained"),
    str(CorrectionState.ACCEPTED.value): Sentence("已认可", "accepted"),
    str(CorrectionState.RULED.value): Sentence("已裁定", "ruled"),
}
_made = corrections.c
_side: ColumnElement[Any] = case((_made.cited_side == CitedSide.STATION.value, Side.STATION.value), else_=Side.HQ.value)
_answer: ColumnElement[Any] = func.coalesce(cast(subjects.c.state, Text), "")
_answered = and_(
    subjects.c.station_code == _made.station_code,
    subjects.c.kind == Correction.SUBJECT,
    cast(subjects.c.key, Integer) == _made.correction_no,
)

CORRECTION_LIST = ListSpec(
    name="corrections",
    title=Sentence("更正", "Corrections"),
    source=corrections.outerjoin(subjects, _answered),
    columns=(
        ListColumn("code", Sentence("站点", "Station"), _made.station_code, link="/stations/{code}"),
        ListColumn("no", Sentence("更正", "No."), _made.correction_no, Form.NUMBER),
        ListColumn("book", Sentence("账目", "Book"), cast(_made.book, Text), words=_BOOKS),
        ListColumn("side", Sentence("所引日志", "Journal"), _side, hidden=True),
        ListColumn(
            "cited",
            Sentence("所引记录", "Record"),
            _made.cited_seq,
            Form.NUMBER,
            link="/stations/{code}/records/{side}/{cited}",
        ),
        ListColumn("old", Sentence("原数", "From"), _made.old_fen, Form.MONEY),
        ListColumn("new", Sentence("改为", "To"), _made.new_fen, Form.MONEY),
        ListColumn("why", Sentence("原因", "Reason"), _made.explanation, Form.LONG),
        ListColumn("hash", Sentence("证据", "Evidence"), func.encode(_made.evidence_hash, "hex"), hidden=True),
        ListColumn("evidence", Sentence("证据", "Evidence"), _made.evidence_title, link="/evidence/{code}/{hash}"),
        ListColumn("state", Sentence("总部", "HQ"), _made.state, words=_DESK_STATES),
        ListColumn("answer", Sentence("站点答复", "Station"), _answer, words=_ANSWERS),
        ListColumn("maker", Sentence("提议人", "By"), _made.maker_no, Form.NUMBER),
        ListColumn("stale", Sentence("待签批", "To sign"), and_(_made.stale, _made.signer_no.is_(None)), hidden=True),
        ListColumn("made", Sentence("时间", "Time"), _made.made_at, Form.MOMENT),
    ),
    orders=(ListOrder("newest", Sentence("新的在前", "newest first"), ("made", "code", "no"), descending=True),),
    filters=(
        ListFilter("q", Sentence("站点", "Station"), contains(_made.station_code), is_search=True),
        ListFilter("state", Sentence("总部办理", "HQ's part"), is_one_of(_made.state), words=_DESK_STATES),
    ),
    empty=Sentence("没有更正", "No corrections"),
)

_CASE_STATES = {
    str(CaseState.ASKED.value): Sentence("站点在问", "the station asks"),
    str(CaseState.DISPUTED.value): Sentence("争议中, 未查明", "disputed, unexplained"),
    str(CaseState.RULED.value): Sentence("已裁定", "ruled"),
    str(CaseState.ACCEPTED.value): Sentence("已认可", "accepted"),
}
_OPEN = Sentence("未了结", "open")
_case, _clock = subjects.c, case_clocks.c
_given = and_(_clock.station_code == _case.station_code, _clock.case_no == cast(_case.key, Integer))
_due: ColumnElement[Any] = func.coalesce(_clock.due_on, literal(date(1970, 1, 1), Date))


_ABOUT = {
    "CORRECTION": Sentence("更正", "correction"),
    "CLOSE": Sentence("日终差额", "difference at a close"),
    "COMMISSION": Sentence("酬金清单", "commission statement"),
    "STATION_RECORD": Sentence("站点记录", "record of the station"),
    "HQ_RECORD": Sentence("总部记录", "record of HQ"),
}


def _read(data: bytes) -> DisputeCase:
    return from_row_bytes(DisputeCase, data)


def _in_state(value: str) -> ColumnElement[bool]:
    return _case.state.in_(OPEN_STATES) if value == "OPEN" else cast(_case.state, Text) == value


def is_case(station_code: str, case_no: int) -> ColumnElement[bool]:
    """Name one case of the list."""
    return and_(_case.station_code == station_code, cast(_case.key, Integer) == case_no)


CASE_LIST = ListSpec(
    name="disputes",
    title=Sentence("争议", "Disputes"),
    source=subjects.outerjoin(case_clocks, _given),
    columns=(
        ListColumn("code", Sentence("站点", "Station"), _case.station_code, link="/stations/{code}"),
        ListColumn("no", Sentence("争议", "Case"), cast(_case.key, Integer), Form.NUMBER, hidden=True),
        ListColumn(
            "number",
            Sentence("争议", "Case"),
            cast(_case.key, Integer),
            link="/disputes/{code}/{no}",
            read=number_of_case,
        ),
        ListColumn(
            "opened", Sentence("提出日", "Opened on"), _case.data, Form.DAY, read=lambda data: _read(data).opened_on
        ),
        ListColumn(
            "about", Sentence("事由", "About"), _case.data, words=_ABOUT, read=lambda data: _read(data).about.name
        ),
        ListColumn("record", Sentence("记录", "Record"), _case.data, Form.NUMBER, read=lambda data: _read(data).of_seq),
        ListColumn(
            "amount",
            Sentence("金额 (元)", "Sum (yuan)"),
            _case.data,
            Form.MONEY,
            read=lambda data: _read(data).amount_fen,
        ),
        ListColumn("state", Sentence("状态", "State"), cast(_case.state, Text), words=_CASE_STATES),
        ListColumn("owner", Sentence("负责人", "Owner"), _clock.owner_no, Form.NUMBER),
        ListColumn("due", Sentence("答复期限", "Due"), _clock.due_on, Form.DAY),
        ListColumn("due_key", Sentence("答复期限", "Due"), _due, Form.DAY, hidden=True),
    ),
    orders=(
        ListOrder("due", Sentence("先到期的在前", "due first"), ("due_key", "code", "no")),
        ListOrder("station", Sentence("按站点", "by station"), ("code", "no")),
    ),
    filters=(
        ListFilter("q", Sentence("站点", "Station"), contains(_case.station_code), is_search=True),
        ListFilter(
            "state", Sentence("状态", "State"), _in_state, words={"OPEN": _OPEN, **_CASE_STATES}, default="OPEN"
        ),
        ListFilter("owner", Sentence("负责人工号", "Owner's number"), is_one_of(_clock.owner_no), Form.NUMBER),
    ),
    only=(_case.kind == DisputeCase.SUBJECT,),
    empty=Sentence("没有争议", "No disputes"),
)
