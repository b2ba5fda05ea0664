"""Lists of what checks found: alarms, each station's nightly check with its faults, forks, nightly digests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, cast, func, literal
from sqlalchemy.dialects.postgresql import array

from hq_server.db.integrity_tables import integrity_checks, integrity_faults, network_digests
from hq_server.db.journal_tables import alarms, branch_cases
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, from_day, is_one_of, to_day
from hq_server.statements.alarm_wording import ALARMS
from hq_server.wording import Sentence, kept_sentence
from station_journal.records import AlarmCode

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import ColumnElement

_alarm, _check, _fault, _fork, _digest = (
    alarms.c,
    integrity_checks.c,
    integrity_faults.c,
    branch_cases.c,
    network_digests.c,
)
_STATION, _NIGHT = Sentence("站点", "Station"), Sentence("夜", "Night")
_CODES = {str(int(code)): ALARMS.get(code.name, Sentence(code.name, code.name)) for code in AlarmCode}
_CODE: ColumnElement[Any] = cast(_alarm.code, Text)
_SIDES = {"S": Sentence("站点流水", "station's journal"), "H": Sentence("总部流水", "HQ's journal")}

ALARM_LIST = ListSpec(
    name="alarms",
    title=Sentence("一致性警示", "Integrity alarms"),
    source=alarms,
    columns=(
        ListColumn("raised", Sentence("发现时间", "Found at"), _alarm.raised_at, Form.MOMENT),
        ListColumn("code", _STATION, _alarm.station_code, link="/stations/{code}"),
        ListColumn("alarm", Sentence("警示", "Alarm"), _CODE, words=_CODES),
        ListColumn(
            "record",
            Sentence("站点记录", "Station's record"),
            func.nullif(_alarm.station_seq, 0),
            Form.NUMBER,
            link="/stations/{code}/records/S/{record}",
        ),
        ListColumn(
            "of_hq",
            Sentence("总部记录", "HQ's record"),
            func.nullif(_alarm.about_hq_seq, 0),
            Form.NUMBER,
            link="/stations/{code}/records/H/{of_hq}",
        ),
        ListColumn("amount", Sentence("金额 (元)", "Amount (yuan)"), func.nullif(_alarm.amount_fen, 0), Form.MONEY),
        ListColumn(
            "told",
            Sentence("已告知站点 (记录)", "Told in record"),
            _alarm.hq_seq,
            Form.NUMBER,
            link="/stations/{code}/records/H/{told}",
        ),
        ListColumn("code_no", Sentence("类别号", "Code"), _alarm.code, Form.NUMBER, hidden=True),
        ListColumn("seq", Sentence("记录号", "Record"), _alarm.station_seq, Form.NUMBER, hidden=True),
        ListColumn("about", Sentence("总部记录号", "HQ's record"), _alarm.about_hq_seq, Form.NUMBER, hidden=True),
    ),
    orders=(
        ListOrder("newest", Sentence("最新", "newest"), ("raised", "code", "code_no", "seq", "about"), descending=True),
        ListOrder("station", Sentence("站点", "station"), ("code", "code_no", "seq", "about")),
    ),
    filters=(
        ListFilter("q", _STATION, contains(_alarm.station_code), is_search=True),
        ListFilter("alarm", Sentence("警示", "Alarm"), is_one_of(_CODE), words=_CODES),
        ListFilter(
            "told",
            Sentence("是否已告知", "Told"),
            lambda value: _alarm.hq_seq.is_not(None) if value == "yes" else _alarm.hq_seq.is_(None),
            words={"yes": Sentence("已告知", "told"), "no": Sentence("尚未告知", "not told yet")},
        ),
        ListFilter("from", Sentence("自", "From"), from_day(_alarm.raised_at), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(_alarm.raised_at), Form.DAY),
    ),
    empty=Sentence("没有警示", "No alarms"),
)


def check_list(night: date) -> ListSpec:
    """Make the list of nightly checks; without another night asked for, those of one night."""
    return ListSpec(
        name="nightly_checks",
        title=Sentence("每夜核对", "Nightly checks"),
        source=integrity_checks,
        columns=(
            ListColumn("night", _NIGHT, _check.checked_on, Form.DAY),
            ListColumn("code", _STATION, _check.station_code, link="/stations/{code}"),
            ListColumn(
                "faults",
                Sentence("问题", "Faults"),
                _check.fault_count,
                Form.NUMBER,
                link="/integrity/faults?q={code}",
            ),
            ListColumn("station_seq", Sentence("站点流水至", "Station's up to"), _check.station_seq, Form.NUMBER),
            ListColumn("hq_seq", Sentence("总部流水至", "HQ's up to"), _check.hq_seq, Form.NUMBER),
            ListColumn("at", Sentence("核对时间", "Checked at"), _check.checked_at, Form.MOMENT),
            ListColumn("took", Sentence("用时 (毫秒)", "Took (ms)"), _check.took_ms, Form.NUMBER),
        ),
        orders=(
            ListOrder(
                "faults", Sentence("问题多的在前", "most faults first"), ("faults", "code", "at"), descending=True
            ),
        ),
        filters=(
            ListFilter("night", _NIGHT, is_one_of(_check.checked_on), Form.DAY, default=night.isoformat()),
            ListFilter("q", _STATION, contains(_check.station_code), is_search=True),
            ListFilter(
                "found",
                Sentence("结果", "Result"),
                lambda value: _check.fault_count > 0 if value == "faulty" else _check.fault_count == 0,
                words={"faulty": Sentence("有问题", "with faults"), "clean": Sentence("一致", "agrees")},
            ),
        ),
        empty=Sentence("这一夜没有核对", "Nothing was checked that night"),
    )


FAULT_LIST = ListSpec(
    name="integrity_faults",
    title=Sentence("核对发现的问题", "What the checks found"),
    source=integrity_faults,
    columns=(
        ListColumn("at", Sentence("核对时间", "Checked at"), _fault.checked_at, Form.MOMENT),
        ListColumn("code", _STATION, _fault.station_code, link="/stations/{code}"),
        ListColumn("no", Sentence("序号", "No."), _fault.fault_no, Form.NUMBER),
        ListColumn("side_code", Sentence("流水", "Journal"), _fault.side, hidden=True),
        ListColumn("side", Sentence("流水", "Journal"), _fault.side, words=_SIDES),
        ListColumn(
            "record",
            Sentence("记录", "Record"),
            func.nullif(_fault.seq, 0),
            Form.NUMBER,
            link="/stations/{code}/records/{side_code}/{record}",
        ),
        ListColumn("amount", Sentence("账差 (元)", "Off by (yuan)"), _fault.amount_fen, Form.MONEY),
        ListColumn(
            "what",
            Sentence("核对发现", "What the check found"),
            array([_fault.what_zh, _fault.what]),
            Form.LONG,
            read=kept_sentence,
        ),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("at", "code", "no"), descending=True),),
    filters=(
        ListFilter("q", _STATION, contains(_fault.station_code), is_search=True),
        ListFilter("from", Sentence("自", "From"), from_day(_fault.checked_at), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(_fault.checked_at), Form.DAY),
    ),
    empty=Sentence("没有发现问题", "Nothing was found"),
)

FORK_LIST = ListSpec(
    name="forks",
    title=Sentence("分叉案件", "Forked journals"),
    source=branch_cases,
    columns=(
        ListColumn("at", Sentence("收到时间", "Received"), _fork.received_at, Form.MOMENT),
        ListColumn("code", _STATION, _fork.station_code, link="/stations/{code}"),
        ListColumn("epoch", Sentence("期", "Epoch"), _fork.epoch, Form.NUMBER),
        ListColumn("first", Sentence("自记录", "From record"), _fork.from_seq, Form.NUMBER),
        ListColumn("last", Sentence("至记录", "To record"), _fork.to_seq, Form.NUMBER),
        ListColumn("held_epoch", Sentence("总部持有期", "Held epoch"), _fork.held_epoch, Form.NUMBER),
        ListColumn("held", Sentence("总部持有至", "Held up to"), _fork.held_seq, Form.NUMBER),
        ListColumn("digest", Sentence("摘要", "Digest"), func.encode(_fork.to_digest, literal("hex")), Form.LONG),
        ListColumn("frame", Sentence("帧", "Frame"), func.encode(_fork.frame_hash, literal("hex")), hidden=True),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("at", "code", "frame"), descending=True),),
    filters=(ListFilter("q", _STATION, contains(_fork.station_code), is_search=True),),
    empty=Sentence("没有分叉", "No forks"),
)

DIGEST_LIST = ListSpec(
    name="network_digests",
    title=Sentence("每夜摘要", "Nightly digests"),
    source=network_digests,
    columns=(
        ListColumn("night", _NIGHT, _digest.checked_on, Form.DAY),
        ListColumn("stations", Sentence("站点", "Stations"), _digest.station_count, Form.NUMBER),
        ListColumn(
            "digest",
            Sentence("全部流水末端的摘要", "Digest of all heads"),
            func.encode(_digest.digest, literal("hex")),
            Form.LONG,
        ),
        ListColumn("at", Sentence("生成时间", "Made at"), _digest.made_at, Form.MOMENT),
    ),
    orders=(ListOrder("newest", Sentence("最新", "newest"), ("night",), descending=True),),
    filters=(
        ListFilter("from", Sentence("自", "From"), from_day(_digest.checked_on), Form.DAY),
        ListFilter("to", Sentence("至", "To"), to_day(_digest.checked_on), Form.DAY),
    ),
    empty=Sentence("还没有摘要", "No digests yet"),
)
