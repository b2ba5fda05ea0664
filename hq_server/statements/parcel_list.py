"""The list of items over all stations: where each is, what is to be collected for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, or_, select

from hq_server.db.ledger_tables import subjects
from hq_server.db.reference_tables import stations
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, is_one_of
from hq_server.statements.record_wording import VALUES, worded
from hq_server.wording import Sentence
from station_journal.facts.parcels import Place
from station_journal.parcel import Parcel
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_item = subjects.c
_PLACES = {str(int(place)): worded(VALUES, place.name) for place in Place}
_WHERE: ColumnElement[Any] = cast(_item.state, Text)


def _read(data: bytes) -> Parcel:
    return from_row_bytes(Parcel, data)


def _is_sought(text: str) -> ColumnElement[bool]:
    """A part of a waybill, whose letters are capital, or an item at a station that is sought by code or branch."""
    at = select(stations.c.station_code).where(contains(stations.c.station_code, stations.c.branch)(text))
    return or_(_item.key.contains(text.upper(), autoescape=True), _item.station_code.in_(at))


PARCEL_LIST = ListSpec(
    name="parcels",
    title=Sentence("包裹", "Parcels"),
    source=subjects.join(stations, stations.c.station_code == _item.station_code),
    only=(_item.kind == Parcel.SUBJECT,),
    columns=(
        ListColumn("code", Sentence("站点", "Station"), _item.station_code, link="/stations/{code}/services/parcels"),
        ListColumn("branch", Sentence("支局", "Branch"), stations.c.branch),
        ListColumn("waybill", Sentence("运单", "Waybill"), _item.key),
        ListColumn("where", Sentence("在哪里", "Where"), _WHERE, words=_PLACES),
        ListColumn("manifest", Sentence("清单", "Manifest"), _item.data, read=lambda data: _read(data).manifest_no),
        ListColumn(
            "cod",
            Sentence("代收款 (元)", "On delivery (yuan)"),
            _item.data,
            Form.MONEY,
            read=lambda data: _read(data).cod_fen,
        ),
        ListColumn(
            "paid",
            Sentence("已收 (元)", "Collected (yuan)"),
            _item.data,
            Form.MONEY,
            read=lambda data: _read(data).paid_fen,
        ),
        ListColumn("recipient", Sentence("收件人", "Recipient"), _item.data, read=lambda data: _read(data).recipient),
        ListColumn(
            "record",
            Sentence("记录", "Record"),
            _item.data,
            Form.NUMBER,
            link="/stations/{code}/records/S/{record}",
            read=lambda data: _read(data).custody_seq or None,
        ),
    ),
    orders=(ListOrder("code", Sentence("站点", "station"), ("code", "waybill")),),
    filters=(
        ListFilter(
            "q",
            Sentence("运单, 站点或支局", "Waybill, station or branch"),
            _is_sought,
            is_search=True,
        ),
        ListFilter("where", Sentence("在哪里", "Where"), is_one_of(_WHERE), words=_PLACES),
    ),
    empty=Sentence("没有包裹", "No parcels"),
)
