"""station days: when the branch is closed and when bills fall due; joins the group ``station``."""

from __future__ import annotations

import click

from hq_server import branch_days
from hq_server.cli.footing import Footing, json_option, pass_footing, show_json
from hq_server.cli.masters import station
from hq_server.reference.year_lists import working_days
from hq_server.wording import RefusedError


def _due(given: tuple[str, ...]) -> dict[int, int]:
    """Read ``101:28`` as: bills of product 101 fall due on the 28th."""
    found: dict[int, int] = {}
    for one in given:
        product, _, day = one.partition(":")
        if not (product.isascii() and product.isdigit() and day.isascii() and day.isdigit()):
            raise RefusedError("due_day", f"账单日 {one} 不对, 例: 101:28", f"{one} is no due day such as 101:28")
        found[int(product)] = int(day)
    return found


@station.command("days")
@click.argument("year", type=click.IntRange(2000, 2200))
@click.option("--station", "station_code", default=None, help="One station instead of all.")
@click.option("--due", multiple=True, help="Product and day of the month on which its bills fall due, such as 101:28.")
@json_option
@pass_footing
def station_days(footing: Footing, year: int, station_code: str | None, due: tuple[str, ...], *, as_json: bool) -> None:
    """Tell stations on which days of a year the branch is closed and bills fall due.

    Example: hq-server station days 2026 --due 101:28
    """
    with footing.headquarters() as hq:
        by = footing.signed_in(hq)
        with hq.engine.connect() as connection:
            table = working_days(connection)
        fact = branch_days.days_of_year(table, year, _due(due))
        told = branch_days.state_days(hq.engine, hq.journal, by, fact, station_code, hq.clock())
    if as_json:
        show_json({"year": year, "closed": len(fact.closed), "due": len(fact.due), "stations_told": told})
    else:
        footing.say(
            f"{year} 年: 不办 {len(fact.closed)} 天, 账单日 {len(fact.due)} 天, 已告知 {told} 个站点",
            f"{year}: closed on {len(fact.closed)} days, {len(fact.due)} due days; {told} stations told",
        )
