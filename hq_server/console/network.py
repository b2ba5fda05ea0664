"""Pages about the network: the day at a glance, the stations, one station's sheet, and its enrolment."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.console.charts import lying_bars, upright_bars
from hq_server.console.form_fields import date_of
from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Download, Leave, Page, Route, Shown, Visit
from hq_server.hq_journal import export_held
from hq_server.ledger.queries import station_position
from hq_server.reconciliation.causes import CAUSE_WORDS, Cause
from hq_server.reconciliation.chain_credit import purchase_behind
from hq_server.reconciliation.discrepancy import CLASS_WORDS
from hq_server.reference import enrolment
from hq_server.reference.staff import Role
from hq_server.reference.stations import station_profile
from hq_server.reference.working_days import business_date_of
from hq_server.statements.closes import close_lines, overdue_closes
from hq_server.statements.device_health import device_lines
from hq_server.statements.figures import counted
from hq_server.statements.overview import today
from hq_server.statements.record_sheet import record_sheet
from hq_server.statements.station_list import FLOAT_LIST, STATION_LIST
from hq_server.statements.station_services import TITLES, service_list
from hq_server.statements.station_sheet import enrolment_lines, first_after, journal_lines
from hq_server.statements.tariff_list import TARIFF_LIST, tariff_readers
from hq_server.wording import RefusedError, Sentence
from station_journal.money import format_yuan
from station_journal.side import Side

EVIDENCE_READERS = frozenset(
    {Role.ECOM, Role.FINANCE, Role.SUPERVISION, Role.BUREAU_ADMIN, Role.MARKETING, Role.AUDITOR}
)
"""Who may take a whole station's journals away."""
_LINES = 50
_CLOSES = 10


def _today(visit: Visit) -> Shown:
    seen, language = today(visit.connection, business_date_of(visit.now), visit.now), visit.language
    days = [(day.business_date.isoformat()[5:], day.amount_fen, format_yuan(day.amount_fen)) for day in seen.days]
    by_class = [(_class_name(name).said_in(language), count) for name, count in seen.breaks.by_class]
    by_age = [(Sentence(f"{age} 天起", f"from {age} d").said_in(language), n) for age, n in seen.breaks.by_age]
    by_cause = [(_cause_name(name).said_in(language), count) for name, count in seen.breaks.by_cause]
    links = [(name.said_in(language), count) for name, count in seen.links]
    values = {
        "today": seen,
        "collections": upright_bars(days),
        "by_class": lying_bars(by_class),
        "by_age": lying_bars(by_age),
        "by_cause": lying_bars(by_cause),
        "links": lying_bars(links),
    }
    return Page("today.html", values)


def _class_name(name: str) -> Sentence:
    known = {one.value: words for one, words in CLASS_WORDS.items()}
    return Sentence(*known.get(name, (name, name)))


def _cause_name(name: str) -> Sentence:
    return CAUSE_WORDS[Cause(name)] if name else Sentence("后来的记录或文件说明", "explained by later evidence")


def _station(visit: Visit) -> Shown:
    code = str(visit.path["code"])
    profile = station_profile(visit.connection, code)
    stop, position = "", None
    try:
        position = station_position(visit.connection, code)
    except RefusedError as error:
        stop = error.sentence.said_in(visit.language)
    side = Side.HQ if visit.query.get("side") == Side.HQ.value else Side.STATION
    lines = journal_lines(visit.connection, code, side, _before(visit, code, side), _LINES)
    enrolments = enrolment_lines(visit.connection, code)
    values = {
        "profile": profile,
        "services": TITLES,
        "position": position,
        "stop": stop,
        "side": side.value,
        "lines": lines,
        "older": lines[-1].seq if len(lines) == _LINES else None,
        "enrolments": enrolments,
        "devices": device_lines(visit.connection, code),
        "closes": close_lines(visit.connection, code)[:_CLOSES],
        "may_export": visit.member.role in EVIDENCE_READERS,
        "overdue": next(iter(overdue_closes(visit.connection, code)), None),
    }
    return Page("station.html", values)


def _before(visit: Visit, code: str, side: Side) -> int | None:
    """Read from where on the journal is shown: below a number, from a number, or from what was here on a day."""

    def number(name: str) -> int | None:
        text = visit.query.get(name, "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= _SEQ_DIGITS else None

    upto = number("upto")
    if upto is not None:
        return upto + 1
    day = visit.query.get("on", "").strip()
    return first_after(visit.connection, code, side, date_of(day)) if day else number("before")


def _services(visit: Visit) -> Shown:
    code = str(visit.path["code"])
    station_profile(visit.connection, code)
    return Leave(f"/stations/{quote(code, safe='')}/services/{next(iter(TITLES))}")


def _service(visit: Visit) -> dict[str, Any]:
    profile = station_profile(visit.connection, str(visit.path["code"]))
    return {"profile": profile, "services": TITLES, "service": str(visit.path["service"])}


def _record(visit: Visit) -> Shown:
    code, text = str(visit.path["code"]), str(visit.path["seq"])
    side = Side.HQ if visit.path["side"] == Side.HQ.value else Side.STATION
    seq = int(text) if text.isascii() and text.isdigit() and len(text) <= _SEQ_DIGITS else 0
    profile = station_profile(visit.connection, code)
    sheet = record_sheet(visit.connection, code, side, seq)
    has_chain = side is Side.STATION or purchase_behind(visit.connection, code, side, seq) is not None
    return Page("record.html", {"profile": profile, "sheet": sheet, "has_chain": has_chain})


def _evidence(visit: Visit) -> Shown:
    """Hand out both journals with proof, as HQ holds them, and note in the audit trail to whom."""
    code = station_profile(visit.connection, str(visit.path["code"])).station_code
    data = b"".join(export_held(visit.connection, visit.desk.journal.key, code))
    details = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    actor = audit.staff_actor(visit.member.staff_no)
    audit.note(visit.connection, AuditTag.JOURNAL_EXPORTED, actor, visit.now, details, code)
    return Download(f"{code}_{business_date_of(visit.now):%Y%m%d}.journal", "application/octet-stream", data)


_SEQ_DIGITS = 15


def _decide_enrolment(visit: Visit) -> Shown:
    """Approve or refuse a station's request; what was compared by both people is the key shown on the page."""
    code, key = str(visit.path["code"]), visit.desk.journal.key
    if visit.form.get("decision") == "approve":
        enrolment.approve(visit.connection, key, visit.member, code, visit.now)
    elif visit.form.get("decision") == "refuse":
        enrolment.refuse(visit.connection, visit.member, code, visit.now)
    else:
        raise RefusedError("form", "请选择批准或退回", "choose to approve or to refuse")
    return Leave(f"/stations/{code}?done=1")


ROUTES = (
    Route("/", _today, menu=Menu(MenuGroup.OVERVIEW, Sentence("今日", "Today"), "t")),
    *list_routes("/stations", STATION_LIST, menu=Menu(MenuGroup.STATIONS, Sentence("站点", "Stations"), "s")),
    *list_routes(
        "/float",
        FLOAT_LIST,
        menu=Menu(MenuGroup.STATIONS, Sentence("额度预测", "Credit forecast"), "q"),
        template="float.html",
        more=lambda visit: {"use": counted(visit.connection, "use")},
    ),
    Route("/stations/{code}/services", _services),
    *list_routes(
        "/stations/{code}/services/{service}",
        lambda visit: service_list(str(visit.path["service"]), str(visit.path["code"])),
        template="services.html",
        more=_service,
    ),
    *list_routes("/tariffs", TARIFF_LIST, menu=Menu(MenuGroup.STATIONS, Sentence("资费", "Tariffs"), "n")),
    *list_routes("/tariffs/{hash}", lambda visit: tariff_readers(visit.connection, str(visit.path["hash"]))),
    Route("/stations/{code}/records/{side}/{seq}", _record),
    Route("/stations/{code}/journal", _evidence, readers=EVIDENCE_READERS),
    Route("/stations/{code}", _station, _decide_enrolment),
)
