"""Lists of the branch desk over all stations: pouches of cash as entered there, and batches of sealed grants."""

from __future__ import annotations

from sqlalchemy import func

from hq_server.db.cash_tables import cash_pouches
from hq_server.db.desk_tables import seal_batches
from hq_server.db.reference_tables import stations
from hq_server.four_eyes import ENTERED_STATES
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, from_day, is_one_of, to_day
from hq_server.statements.service_wording import PURPOSES
from hq_server.wording import Sentence

_pouch, _batch = cash_pouches.c, seal_batches.c
_WAYS = {name: PURPOSES[name] for name in ("RECEIVED", "SENT")}
_SEAL_STATES = {name: said for name, said in ENTERED_STATES.items() if name != "REFUSED"}
_CODE, _NO = Sentence("站点", "Station"), Sentence("序号", "No.")
_STATE, _AMOUNT = Sentence("状态", "State"), Sentence("金额 (元)", "Amount (yuan)")
_BY, _DECIDED = Sentence("录入人", "Entered by"), Sentence("审批人", "Decided by")
_ENTERED = Sentence("录入时间", "Entered at")

POUCH_LIST = ListSpec(
    name="pouches",
    title=Sentence("款袋", "Pouches of cash"),
    source=cash_pouches.join(stations, stations.c.station_code == _pouch.station_code),
    columns=(
        ListColumn("code", _CODE, _pouch.station_code, link="/stations/{code}/services/pouches"),
        ListColumn("branch", Sentence("支局", "Branch"), stations.c.branch),
        ListColumn("no", _NO, _pouch.entry_no, Form.NUMBER),
        ListColumn("label", Sentence("袋号", "Label"), _pouch.label),
        ListColumn("way", Sentence("方向", "Way"), _pouch.direction, words=_WAYS),
        ListColumn("amount", _AMOUNT, _pouch.amount_fen, Form.MONEY, total=True),
        ListColumn("state", _STATE, _pouch.state, words=ENTERED_STATES),
        ListColumn("stated", _STATE, _pouch.state, hidden=True),
        ListColumn("maker", _BY, _pouch.maker_no, Form.NUMBER),
        ListColumn("approver", _DECIDED, _pouch.approver_no, Form.NUMBER),
        ListColumn("entered", _ENTERED, _pouch.entered_at, Form.MOMENT),
        ListColumn("refusal", Sentence("退回原因", "Reason"), _pouch.refusal),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("entered", "code", "no"), descending=True),),
    filters=(
        ListFilter(
            "q",
            Sentence("站点, 支局或袋号", "Station, branch or label"),
            contains(_pouch.station_code, stations.c.branch, _pouch.label),
            is_search=True,
        ),
        ListFilter("state", _STATE, is_one_of(_pouch.state), words=ENTERED_STATES, default="ENTERED"),
        ListFilter("way", Sentence("方向", "Way"), is_one_of(_pouch.direction), words=_WAYS),
        ListFilter("from", Sentence("自", "From"), from_day(_pouch.entered_at), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(_pouch.entered_at), Form.DAY),
    ),
    empty=Sentence("没有待审批的款袋", "No pouch waits"),
)

SEAL_LIST = ListSpec(
    name="sealed_batches",
    title=Sentence("密封额度", "Sealed grants"),
    source=seal_batches.join(stations, stations.c.station_code == _batch.station_code),
    columns=(
        ListColumn("code", _CODE, _batch.station_code, link="/stations/{code}/services/grants"),
        ListColumn("branch", Sentence("支局", "Branch"), stations.c.branch),
        ListColumn("no", Sentence("批次", "Batch"), _batch.batch_no, Form.NUMBER),
        ListColumn("grants", Sentence("份数", "Grants"), func.cardinality(_batch.amounts_fen), Form.NUMBER),
        ListColumn("amount", _AMOUNT, _batch.amounts_fen, Form.MONEY, read=sum),
        ListColumn("until", Sentence("有效至", "Valid until"), _batch.valid_until, Form.DAY),
        ListColumn("state", _STATE, _batch.state, words=_SEAL_STATES),
        ListColumn("stated", _STATE, _batch.state, hidden=True),
        ListColumn("maker", _BY, _batch.maker_no, Form.NUMBER),
        ListColumn("approver", _DECIDED, _batch.approver_no, Form.NUMBER),
        ListColumn("entered", _ENTERED, _batch.entered_at, Form.MOMENT),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("entered", "code", "no"), descending=True),),
    filters=(
        ListFilter(
            "q",
            Sentence("站点或支局", "Station or branch"),
            contains(_batch.station_code, stations.c.branch),
            is_search=True,
        ),
        ListFilter("state", _STATE, is_one_of(_batch.state), words=_SEAL_STATES, default="ENTERED"),
    ),
    empty=Sentence("没有待审批的密封额度", "No batch waits"),
)
