"""All pages of the console in the order of the menu: a new page's module is added here."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hq_server.console import (
    bank,
    branch_cash,
    breaks,
    calendar,
    chains,
    commission,
    desks,
    disputes,
    files,
    integrity,
    lists,
    network,
    parcels,
    payees,
    people,
    rates,
    settlement,
    withdrawals,
)
from hq_server.console.menu import menu_for

if TYPE_CHECKING:
    from hq_server.console.menu import MenuEntry
    from hq_server.console.visits import Route
    from hq_server.reference.staff import Role
    from hq_server.wording import Sentence


@lru_cache(maxsize=1)
def all_routes() -> tuple[Route, ...]:
    """Give every page."""
    routes = (
        *network.ROUTES,
        *parcels.ROUTES,
        *desks.ROUTES,
        *branch_cash.ROUTES,
        *chains.ROUTES,
        *breaks.ROUTES,
        *integrity.ROUTES,
        *lists.ROUTES,
        *disputes.ROUTES,
        *files.ROUTES,
        *withdrawals.ROUTES,
    )
    return (
        *routes,
        *commission.ROUTES,
        *rates.ROUTES,
        *settlement.ROUTES,
        *payees.ROUTES,
        *bank.ROUTES,
        *people.ROUTES,
        *calendar.ROUTES,
    )


@lru_cache
def menu_of(role: Role) -> list[tuple[Sentence, list[MenuEntry]]]:
    """Give the menu of a role."""
    return menu_for(role, all_routes())
