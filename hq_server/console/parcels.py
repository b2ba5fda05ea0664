"""Pages of parcels: every item over all stations, and a station's quality indicators of a month."""

from __future__ import annotations

from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Page, Route, Shown, Visit
from hq_server.parcels.quality import INDICATORS, PRODUCTS, month_quality
from hq_server.reference.stations import station_profile
from hq_server.reference.working_days import business_date_of
from hq_server.statements.parcel_list import PARCEL_LIST
from hq_server.statements.station_services import TITLES
from hq_server.wording import RefusedError, Sentence


def _month(visit: Visit) -> tuple[int, int]:
    """Read the month asked for, the current one unless one is.

    Raises:
        RefusedError: it is no month.
    """
    text = visit.query.get("month", "").strip()
    if not text:
        today = business_date_of(visit.now)
        return today.year, today.month
    year, _, month = text.partition("-")
    if not (year.isascii() and year.isdigit() and len(year) == len("2026") and month.isascii() and month.isdigit()):
        raise RefusedError("month", "月份格式为 2026-11", "a month has the form 2026-11")
    if not 1 <= int(month[:3]) <= 12:  # noqa: PLR2004 - months of a year
        raise RefusedError("month", "月份格式为 2026-11", "a month has the form 2026-11")
    return int(year), int(month[:3])


def _quality(visit: Visit) -> Shown:
    code, (year, month) = str(visit.path["code"]), _month(visit)
    profile = station_profile(visit.connection, code)
    rows = [
        (PRODUCTS[one.product].said_in(visit.language), INDICATORS[one.rate.name].said_in(visit.language), one)
        for one in month_quality(visit.connection, code, year, month)
    ]
    values = {"profile": profile, "services": TITLES, "rows": rows, "month": f"{year:04d}-{month:02d}"}
    return Page("parcel_quality.html", values)


ROUTES = (
    *list_routes("/parcels", PARCEL_LIST, menu=Menu(MenuGroup.STATIONS, Sentence("包裹", "Parcels"), "j")),
    Route("/stations/{code}/quality", _quality),
)
