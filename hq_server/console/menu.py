"""The menu at the left of every page: groups in the order of the day's work, entries declared by the pages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from hq_server.wording import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hq_server.console.visits import Route
    from hq_server.reference.staff import Role


class MenuGroup(Enum):
    """Groups of pages, in the menu's order."""

    OVERVIEW = Sentence("总览", "Overview")
    STATIONS = Sentence("站点", "Stations")
    DESK = Sentence("支局柜台", "Branch desk")
    RECONCILIATION = Sentence("对账", "Reconciliation")
    CASES = Sentence("争议与更正", "Cases")
    SETTLEMENT = Sentence("结算与酬金", "Settlement")
    ADMINISTRATION = Sentence("管理", "Administration")


@dataclass(frozen=True, slots=True)
class Menu:
    """A page's entry: its group, its name, and the letter that follows G on the keyboard."""

    group: MenuGroup
    name: Sentence
    key: str


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """An entry as a template shows it; ``path`` is below /console."""

    path: str
    name: Sentence
    key: str


def menu_for(role: Role, routes: Iterable[Route]) -> list[tuple[Sentence, list[MenuEntry]]]:
    """Give the menu of a role: groups that hold pages it may read."""
    open_to = [route for route in routes if route.menu is not None and route.is_open_to(role)]
    groups = [
        (
            group.value,
            [MenuEntry(r.path, r.menu.name, r.menu.key) for r in open_to if r.menu and r.menu.group is group],
        )
        for group in MenuGroup
    ]
    return [(name, entries) for name, entries in groups if entries]
