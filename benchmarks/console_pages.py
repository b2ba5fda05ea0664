"""The addresses of every page of the console, found as a reader finds them: from page to page by their links.

Nobody lists them. Each page that a role may open has to be met: a list by its own address, a page about one thing by a
link that leads to it, or by the place of the thing that another page is about. One that is not met is an error: a page
that nobody measured would be as good as one that is slow.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from starlette.routing import compile_path

from hq_server.console.answering import BASE
from hq_server.console.pages import all_routes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from hq_server.reference.staff import Role

SEARCHED = "417"
"""What is typed into the search field of every list."""
_LINK = re.compile(rf'href="{BASE}(/[^"#]*)"')
_CHOICE = re.compile(r'<select name="(\w+)"><option value="">(.*?)</select>', re.DOTALL)
_ORDERS = re.compile(r'<select name="order">(.*?)</select>', re.DOTALL)
_VALUE = re.compile(r'value="([^"]+)"')
_NEXT = re.compile(r'rel="next" href="(\?[^"]+)"')
_FILES = (".xlsx", ".csv", "/content", "/journal")
_PLACES = ("/commission/statements/", "/evidence/")


class NotMetError(Exception):
    """Pages that no address is known for."""


def is_file(pattern: str) -> bool:
    """Tell whether a route gives a file to keep instead of a page."""
    return pattern.endswith(_FILES) or pattern.startswith(_PLACES) or "/results/" in pattern


async def every_address(role: Role, read: Callable[[str], Awaitable[str]]) -> list[str]:
    """List an address of every page that a role may open, and of each list searched, ordered, unfiltered and turned.

    ``read`` gives the text of the page at an address.

    Raises:
        NotMetError: a page has no address, since nothing in the books leads to it.
    """
    open_to = [route.path for route in all_routes() if route.is_open_to(role)]
    patterns = {path: compile_path(path)[0] for path in open_to}
    pages = [path for path in open_to if not is_file(path)]
    met = {path: path for path in pages if "{" not in path}
    looks: list[str] = []
    places: dict[str, str] = {}
    waiting = list(met)
    while waiting:
        pattern = waiting.pop(0)
        text = await read(met[pattern])
        looks += _looks(met[pattern], text)
        for link in (unescape(found).partition("?")[0] for found in _LINK.findall(text)):
            leads_to = next((one for one in open_to if patterns[one].match(link)), None)
            if leads_to is None:
                continue
            places |= _places(patterns[leads_to], link)
            if leads_to in pages and leads_to not in met:
                met[leads_to] = link
                waiting.append(leads_to)
        if not waiting:
            beside = {path: _filled(path, places) for path in pages if path not in met}
            found = {path: address for path, address in beside.items() if address}
            met |= found
            waiting += found
    missing = [path for path in pages if path not in met]
    if missing:
        raise NotMetError(f"nothing in the books leads to {', '.join(missing)}")
    return [*met.values(), *looks]


def _places(pattern: re.Pattern[str], link: str) -> dict[str, str]:
    """Read which thing an address is about."""
    found = pattern.match(link)
    return found.groupdict() if found else {}


def _filled(path: str, places: dict[str, str]) -> str:
    """Make an address of a pattern from things that other pages are about; empty where one of them is not known."""
    named = re.findall(r"\{(\w+)\}", path)
    return path.format(**places) if set(named) <= set(places) else ""


def _looks(address: str, text: str) -> Iterator[str]:
    """Give the other ways to look at a list: searched, without the filter that stands, in each order, the next page."""
    if "data-search" in text:
        yield f"{address}?q={SEARCHED}"
    for name, options in _CHOICE.findall(text):
        if " selected" in options:
            yield f"{address}?{name}="
    for options in _ORDERS.findall(text):
        yield from (f"{address}?order={order}" for order in _VALUE.findall(options)[1:])
    for query in _NEXT.findall(text)[:1]:
        yield address + unescape(query)
