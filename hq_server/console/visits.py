"""One visit to a page: who comes, with which fields, and what may be answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from hq_server.reference.staff import PASSWORD_MEMORY_MIB, Deed, Role, may
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Engine

    from hq_server.console.menu import Menu
    from hq_server.db import Clock
    from hq_server.hq_journal import HqJournal
    from hq_server.reference.console_sessions import Session
    from hq_server.reference.staff import StaffMember
    from hq_server.wording import Language


@dataclass(frozen=True, slots=True)
class ConsoleDesk:
    """What every page may use. Where the desk ``needs_codes``, nobody gets past setting one-time codes up."""

    engine: Engine
    journal: HqJournal
    clock: Clock
    needs_codes: bool = False
    password_memory_mib: int = PASSWORD_MEMORY_MIB
    correction_stale_days: int = 60


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form as it came. Of a field named twice the last counts, but for ``pick``: what was ticked in a list."""

    fields: Mapping[str, str] = field(default_factory=dict)
    picked: tuple[str, ...] = ()
    upload: Upload | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A signed-in person's request, in one transaction. ``problem`` is what the form just sent was refused for."""

    desk: ConsoleDesk
    connection: Connection
    session: Session
    token: str
    now: datetime
    path: Mapping[str, Any]
    query: Mapping[str, str]
    form: Mapping[str, str]
    problem: Sentence | None = None
    picked: tuple[str, ...] = ()
    upload: Upload | None = None
    route: Route | None = None

    @property
    def member(self) -> StaffMember:
        """Who acts."""
        return self.session.member

    @property
    def language(self) -> Language:
        """The language of the page."""
        return self.session.language

    @property
    def address(self) -> str:
        """The page's own path below /console, as templates write it into links."""
        path = self.route.path if self.route else "/"
        return "/".join(
            quote(str(self.path[part[1:-1]]), safe="") if part.startswith("{") else part for part in path.split("/")
        )

    def may(self, deed: str) -> bool:
        """Tell whether this person has the right to a deed; pages offer no other."""
        return may(self.member.role, Deed(deed))

    def deed(self, *known: str) -> str:
        """Give what the form's button asks for.

        Raises:
            RefusedError: it is none of those the page offers: nothing is ever done by being the only thing left.
        """
        asked = self.form.get("deed", "")
        if asked not in known:
            raise RefusedError("form", "请选择要办的事项", "choose what is to be done")
        return asked

    def whole_number(self, name: str) -> int:
        """Read a field of digits.

        Raises:
            RefusedError: it is none.
        """
        text = self.form.get(name, "").strip()
        if not text.isascii() or not text.isdigit() or len(text) > len(str(10**15)):
            raise RefusedError("form", "表单不完整, 请重新填写", "the form is not complete: fill it in again")
        return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """A page to show."""

    template: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leave:
    """Go on to another page, so that a reload sends nothing twice."""

    to: str


@dataclass(frozen=True, slots=True)
class Download:
    """A file to keep."""

    name: str
    media_type: str
    data: bytes


Shown = Page | Leave | Download


ALL_READERS = frozenset(Role)
"""Whoever is signed in."""


@dataclass(frozen=True, slots=True)
class Route:
    """A page's address with what shows it and, for forms sent to it, what does the deed.

    After a refused deed the page is shown again with the sentence and what was typed. Only ``readers`` may open it.
    A page with a ``menu`` stands in the menu. ``upload_bytes_max`` above zero lets a form bring one file. A page
    which ``only_looks`` takes forms that change nothing, so they may be sent again and by an auditor. A page
    ``of_own_account`` is open before the account is set up, and to an auditor's forms too: it is about nobody else.
    """

    path: str
    show: Callable[[Visit], Shown]
    do: Callable[[Visit], Shown] | None = None
    menu: Menu | None = None
    readers: frozenset[Role] = ALL_READERS
    upload_bytes_max: int = 0
    of_own_account: bool = False
    only_looks: bool = False

    def is_open_to(self, role: Role) -> bool:
        """Tell whether a role may open the page."""
        return role in self.readers
