"""Lists of tariffs: what was published, and which stations have not read yet what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, literal, select

from hq_server.db.ledger_tables import subjects
from hq_server.db.reference_tables import stations, tariff_publications, tariffs
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains
from hq_server.wording import RefusedError, Sentence
from station_journal.rules.notices import TariffNotice
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

_tariff, _told, _notice = tariffs.c, tariff_publications.c, subjects.c
_HASH: ColumnElement[Any] = func.encode(_tariff.tariff_hash, "hex")
_TOLD_TO = select(_told.tariff_hash, func.count().label("stations")).group_by(_told.tariff_hash).subquery("told")
_READ_AT = (
    select(_notice.key, func.count().label("stations"))
    .where(_notice.kind == TariffNotice.SUBJECT)
    .group_by(_notice.key)
    .subquery("read")
)
_TOLD: ColumnElement[Any] = func.coalesce(_TOLD_TO.c.stations, 0)
_READ: ColumnElement[Any] = func.coalesce(_READ_AT.c.stations, 0)

TARIFF_LIST = ListSpec(
    name="tariffs",
    title=Sentence("资费", "Tariffs"),
    source=tariffs.outerjoin(_TOLD_TO, _TOLD_TO.c.tariff_hash == _tariff.tariff_hash).outerjoin(
        _READ_AT, _READ_AT.c.key == _HASH
    ),
    columns=(
        ListColumn("version", Sentence("版本", "Version"), _tariff.version, link="/tariffs/{hash}"),
        ListColumn("hash", Sentence("摘要", "Digest"), _HASH, hidden=True),
        ListColumn("on", Sentence("生效日", "In force from"), _tariff.effective_on, Form.DAY),
        ListColumn("at", Sentence("发布时间", "Published at"), _tariff.published_at, Form.MOMENT),
        ListColumn("by", Sentence("发布人", "Published by"), _tariff.publisher_no, Form.NUMBER),
        ListColumn("told", Sentence("已送站点", "Stations told"), _TOLD, Form.NUMBER),
        ListColumn("read", Sentence("已看", "Have read it"), _READ, Form.NUMBER),
        ListColumn("unread", Sentence("未看", "Have not"), _TOLD - _READ, Form.NUMBER),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("at", "hash"), descending=True),),
    filters=(ListFilter("q", Sentence("版本", "Version"), contains(_tariff.version), is_search=True),),
    empty=Sentence("还没有发布资费", "No tariff was published"),
)
_STATES = {
    "unread": Sentence("还没有看", "not read yet"),
    "read": Sentence("已看", "read"),
}


def _notice_of(data: bytes) -> TariffNotice:
    return from_row_bytes(TariffNotice, data)


_READ_BY = (
    ListColumn(
        "record",
        Sentence("已看记录", "Read in record"),
        _notice.data,
        Form.NUMBER,
        link="/stations/{code}/records/S/{record}",
        read=lambda data: _notice_of(data).read_seq,
    ),
    ListColumn(
        "operator",
        Sentence("营业员", "Operator"),
        _notice.data,
        Form.NUMBER,
        read=lambda data: _notice_of(data).operator_no,
    ),
)


def tariff_readers(connection: Connection, hash_hex: str) -> ListSpec:
    """Make the list of the stations that were told of a tariff, with who read it there.

    Raises:
        RefusedError: there is no such tariff.
    """
    known = {
        row.tariff_hash.hex(): row.version for row in connection.execute(select(_tariff.tariff_hash, _tariff.version))
    }
    version = known.get(hash_hex)
    if version is None:
        raise RefusedError("no_tariff", "没有这个资费版本", "there is no such tariff")
    read_here = and_(
        _notice.station_code == _told.station_code, _notice.kind == TariffNotice.SUBJECT, _notice.key == hash_hex
    )
    # Asked by itself, so that the first page needs the first stations only.
    seen = subjects.alias("seen").c
    is_read = (
        select(seen.key)
        .where(
            seen.station_code == _told.station_code, seen.kind == TariffNotice.SUBJECT, seen.key == literal(hash_hex)
        )
        .exists()
    )
    return ListSpec(
        name="tariff_readers",
        title=Sentence(f"资费 {version}: 谁还没有看", f"Tariff {version}: who has not read it"),
        source=tariff_publications.join(stations, stations.c.station_code == _told.station_code).outerjoin(
            subjects, read_here
        ),
        only=(_told.tariff_hash == bytes.fromhex(hash_hex),),
        columns=(
            ListColumn("code", Sentence("站点", "Station"), _told.station_code, link="/stations/{code}"),
            ListColumn("name", Sentence("名称", "Name"), stations.c.name),
            ListColumn("branch", Sentence("支局", "Branch"), stations.c.branch),
            ListColumn("seen", Sentence("最近联络", "Last heard"), stations.c.last_seen_at, Form.MOMENT),
            *_READ_BY,
        ),
        orders=(ListOrder("code", Sentence("代码", "code"), ("code",)),),
        filters=(
            ListFilter(
                "state",
                Sentence("情况", "State"),
                lambda value: is_read if value == "read" else ~is_read,
                words=_STATES,
                default="unread",
            ),
            ListFilter(
                "q",
                Sentence("代码, 名称或支局", "Code, name or branch"),
                contains(_told.station_code, stations.c.name, stations.c.branch),
                is_search=True,
            ),
        ),
        empty=Sentence("都看过了", "Everybody has read it"),
    )
