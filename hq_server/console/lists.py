"""Pages to read: revenue by service with its files, breaks by biller-day."""

from __future__ import annotations

import hashlib
from datetime import date

from hq_server.console.form_fields import date_of
from hq_server.console.listed import note_export
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Download, Page, Route, Shown, Visit
from hq_server.listing import digest_of_lines
from hq_server.reference.working_days import business_date_of
from hq_server.statements.revenue import HEADS, RevenueReport, as_csv, as_xlsx, revenue_report, screen_lines
from hq_server.wording import RefusedError, Sentence

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _day(text: str, otherwise: date) -> date:
    """Read a date of a form; an empty field means another date.

    Raises:
        RefusedError: it is no date.
    """
    return date_of(text) if text.strip() else otherwise


def _report(visit: Visit) -> RevenueReport:
    """Give the report that the fields ask for.

    Raises:
        RefusedError: a date is none, or the first is after the last.
    """
    current = business_date_of(visit.now)
    first = _day(visit.query.get("from", ""), current.replace(day=1))
    last = _day(visit.query.get("to", ""), current)
    if first > last:
        raise RefusedError("date", "开始日期在结束日期之后", "the first date is after the last")
    return revenue_report(visit.connection, first, last, visit.query.get("station", "").strip().upper())


def _revenue(visit: Visit) -> Shown:
    report, language = _report(visit), visit.language
    values = {
        "report": report,
        "heads": [head.said_in(language) for head in HEADS],
        "rows": [(line.is_sum, line.cells(language)) for line in report.lines],
        "fields": f"from={report.from_date}&to={report.to_date}&station={report.station_code}",
    }
    return Page("revenue.html", values)


def _file_name(report: RevenueReport, ending: str) -> str:
    return f"revenue_{report.from_date:%Y%m%d}_{report.to_date:%Y%m%d}{ending}"


def _revenue_csv(visit: Visit) -> Shown:
    report = _report(visit)
    return _noted(visit, report, ".csv", "text/csv; charset=utf-8", as_csv(report, visit.language))


def _revenue_xlsx(visit: Visit) -> Shown:
    report = _report(visit)
    return _noted(visit, report, ".xlsx", _XLSX, as_xlsx(report, visit.language))


def _noted(visit: Visit, report: RevenueReport, ending: str, media_type: str, data: bytes) -> Download:
    """Hand a file of the report out, and note in the audit trail what was in it and on the screen."""
    filters = {"from": str(report.from_date), "to": str(report.to_date), "station": report.station_code}
    total = report.total
    note_export(
        visit,
        ("revenue", {field: value for field, value in filters.items() if value}),
        len(report.lines),
        {"confirmed_fen": total.confirmed_fen, "fee_fen": total.fee_fen, "held_fen": total.held_fen},
        (digest_of_lines(screen_lines(report, visit.language)), hashlib.sha256(data).hexdigest()),
    )
    return Download(_file_name(report, ending), media_type, data)


ROUTES = (
    Route("/revenue", _revenue, menu=Menu(MenuGroup.SETTLEMENT, Sentence("营收报表", "Revenue"), "v")),
    Route("/revenue.csv", _revenue_csv),
    Route("/revenue.xlsx", _revenue_xlsx),
)
