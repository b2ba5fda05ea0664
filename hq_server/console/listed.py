"""Pages that are one list: the page itself with filters, and its Excel file, whose digests the audit trail keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.console.visits import ALL_READERS, Download, Page, Route, Shown, Visit
from hq_server.listing import XLSX_TYPE, ListPage, ListSpec, export, read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hq_server.console.menu import Menu
    from hq_server.reference.staff import Role

    Specified = ListSpec | Callable[[Visit], ListSpec]


def list_routes(
    path: str,
    spec: Specified,
    *,
    menu: Menu | None = None,
    readers: frozenset[Role] = ALL_READERS,
    template: str = "list.html",
    more: Callable[[Visit], dict[str, Any]] | None = None,
    do: Callable[[Visit], Shown] | None = None,
) -> tuple[Route, ...]:
    """Make the routes of a list: ``path`` and ``path.xlsx``.

    ``spec`` may depend on the visit (a station's code in the path). ``more`` gives the template what it shows beside
    the list; a template of one's own shows the list by ``lists.show(list)`` of ``_list.html``.
    """

    def show(visit: Visit) -> Shown:
        return Page(template, {"list": list_page(visit, spec), **(more(visit) if more else {})})

    def download(visit: Visit) -> Shown:
        return exported(visit, spec(visit) if callable(spec) else spec, visit.query)

    return (
        Route(f"{path}.xlsx", download, readers=readers),
        Route(path, show, do, menu, readers),
    )


def list_page(visit: Visit, spec: Specified, query: Mapping[str, str] | None = None) -> ListPage:
    """Read the page of a list that a visit asks for, as the values of a page need it."""
    chosen = spec(visit) if callable(spec) else spec
    return read_page(visit.connection, chosen, visit.query if query is None else query)


def asked_again(visit: Visit, spec: ListSpec, **more: str) -> str:
    """Give the fields of an address that keep the list's filters and order as the visit has them."""
    kept = {name: visit.query[name] for name in (*(one.name for one in spec.filters), "order") if name in visit.query}
    return urlencode({**kept, **more})


def exported(visit: Visit, spec: ListSpec, query: Mapping[str, str]) -> Download:
    """Write a list as an Excel file and note in the audit trail what was in it and on the screen."""
    made = export(visit.connection, spec, query, visit.language, visit.now)
    filters = {one.name: query[one.name] for one in spec.filters if query.get(one.name)}
    note_export(visit, (spec.name, filters), made.rows, made.totals, (made.screen_sha256, made.file_sha256))
    return Download(made.file_name, XLSX_TYPE, made.data)


def note_export(
    visit: Visit, what: tuple[str, Mapping[str, str]], rows: int, totals: Mapping[str, int], digests: tuple[str, str]
) -> None:
    """Note who took a list away: ``what`` is its name and filters, ``digests`` those of the screen and of the file."""
    details = {
        "list": what[0],
        "filters": dict(what[1]),
        "rows": rows,
        "totals": dict(totals),
        "screen_sha256": digests[0],
        "file_sha256": digests[1],
    }
    audit.note(visit.connection, AuditTag.LIST_EXPORTED, audit.staff_actor(visit.member.staff_no), visit.now, details)
