"""Templates: everything escaped, every text in both languages, amounts and times in one form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined

from hq_server.four_eyes import ENTERED_STATES, PROPOSED_STATES
from hq_server.listing import cell_text, month_text
from hq_server.statements.role_words import ROLE_WORDS
from hq_server.wording import Language, Sentence
from station_journal.money import format_yuan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hq_server.listing import ListColumn, ListPage

CHINA = timezone(timedelta(hours=8))

STATES = {
    **ENTERED_STATES,
    **PROPOSED_STATES,
    "CODE_ISSUED": Sentence("已发开通码", "code issued"),
    "PENDING": Sentence("待审批", "waiting"),
    "CONFIRMED": Sentence("成功", "confirmed"),
    "DECLINED": Sentence("失败", "declined"),
    "NEW": Sentence("未送出", "not sent"),
    "SENT": Sentence("已送出", "sent"),
    "PAY": Sentence("缴费", "payment"),
    "REVERSE": Sentence("冲正", "reversal"),
    "LISTED": Sentence("已列单", "listed"),
    "PAID": Sentence("已付", "paid"),
    **ROLE_WORDS,
    "": Sentence("", ""),
}


def moment(at: datetime | None) -> str:
    """Show a time as clocks in China do; nothing for none."""
    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def waited(at: datetime, now: datetime) -> Sentence:
    """Say how long something has waited, by its two largest units: 04:05 would be read as a time of the day."""
    minutes = max(0, int((now.astimezone(UTC) - at.astimezone(UTC)).total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return Sentence(f"{days} 天 {hours} 小时", f"{days} d {hours} h")
    return (
        Sentence(f"{hours} 小时 {minutes} 分", f"{hours} h {minutes} min")
        if hours
        else Sentence(f"{minutes} 分", f"{minutes} min")
    )


def link_of(column: ListColumn, row: Mapping[str, Any]) -> str:
    """Give the address that a cell leads to; what stands in the row cannot leave its place in it."""
    return "/console" + column.link.format(**{name: quote(str(value), safe="") for name, value in row.items()})


def list_query(page: ListPage, **more: str) -> str:
    """Give the fields of an address that show this list, on another page of it."""
    order = {"order": page.order.name} if page.order is not page.spec.orders[0] else {}
    return urlencode({**page.asked, **order, **{name: value for name, value in more.items() if value}})


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("hq_server.console"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.filters["yuan"] = format_yuan
    made.filters["moment"] = moment
    made.filters["month"] = month_text
    made.globals.update(link_of=link_of, list_query=list_query)
    return made


def render(template: str, language: Language, values: Mapping[str, Any]) -> str:
    """Make a page's text."""

    def say(zh: str, en: str) -> str:
        return Sentence(zh, en).said_in(language)

    def state(name: str) -> str:
        return STATES.get(name, Sentence(name, name)).said_in(language)

    def cell(column: ListColumn, value: Any) -> str:  # noqa: ANN401 - any type a column has
        return cell_text(column, value, language)

    def age(at: datetime, now: datetime) -> str:
        return waited(at, now).said_in(language)

    shared = {"say": say, "age": age, "state": state, "cell": cell, "language": language.value, "lang": language}
    return _environment().get_template(template).render({**shared, **values})
