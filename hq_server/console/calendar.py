"""The page of working days: which years are known, and entering the list of one that is not."""

from __future__ import annotations

from typing import Any

from hq_server import calendar_desk
from hq_server.console.form_fields import refusal_of
from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Leave, Shown, Visit
from hq_server.reference.working_days import business_date_of
from hq_server.reference.year_lists import shipped_years, working_days
from hq_server.statements.year_list import YEAR_LIST
from hq_server.wording import Sentence


def _values(visit: Visit) -> dict[str, Any]:
    table, today = working_days(visit.connection), business_date_of(visit.now)
    return {
        "missing": table.year_to_enter(today),
        "known": [(year, year in table.years) for year in (today.year, today.year + 1)],
        "shipped": shipped_years(),
    }


def _decide(visit: Visit) -> Shown:
    deed, form = visit.deed("enter", "approve", "withdraw", "refuse"), visit.form
    if deed != "enter":
        of = (min(visit.whole_number("year"), calendar_desk.LAST_YEAR), min(visit.whole_number("list_no"), 2**31 - 1))
        if deed == "withdraw":
            calendar_desk.withdraw_year(visit.connection, visit.member, of, visit.now)
            return Leave("/working-days?done=withdrawn")
        calendar_desk.decide_year(visit.connection, visit.member, of, visit.now, refusal=refusal_of(form))
        return Leave("/working-days?done=decided")
    year = visit.whole_number("year")
    draft = calendar_desk.YearDraft(year, form.get("off", ""), form.get("worked", ""), form.get("source", ""))
    calendar_desk.enter_year(visit.connection, visit.member, draft, visit.now)
    return Leave("/working-days?done=entered")


ROUTES = list_routes(
    "/working-days",
    YEAR_LIST,
    menu=Menu(MenuGroup.ADMINISTRATION, Sentence("工作日", "Working days"), "4"),
    template="working_days.html",
    more=_values,
    do=_decide,
)
