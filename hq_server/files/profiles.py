"""Profiles as stored: every version stays, so what a file said can be read again to the same rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import distinct_on

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.file_tables import file_profiles
from hq_server.files.profile_text import read_profile
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.files.profile import FileProfile
    from hq_server.reference.staff import StaffMember

_LOCK = 7_201_011
_NAME = re.compile("[a-z0-9][a-z0-9-]{0,39}")
SHIPPED = 0
"""Stands for the member of staff where a profile came with the program."""


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """A version of a profile as somebody wrote it."""

    name: str
    version: int
    document: str
    set_by: int
    set_at: datetime

    def read(self) -> FileProfile:
        """Make the profile of the document."""
        return _read(self.document, self.name, self.version)


@lru_cache(maxsize=64)
def _read(document: str, name: str, version: int) -> FileProfile:
    return read_profile(document, name, version)


def shipped_documents() -> dict[str, str]:
    """Give the layouts that come with the program, by name."""
    folder = files("hq_server.files.shipped")
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return {entry.name.removesuffix(".toml"): entry.read_text("utf-8") for entry in found}


def store_shipped(connection: Connection, now: datetime) -> None:
    """Store layouts that came with this version of the program; what staff has set stays on top."""
    known = {one.name: one for one in current_profiles(connection)}
    news = {
        name: document
        for name, document in shipped_documents().items()
        if name not in known or (known[name].set_by == SHIPPED and known[name].document != document)
    }
    if not news:
        return
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    known = {one.name: one for one in current_profiles(connection)}
    for name, document in news.items():
        version = known[name].version if name in known else 0
        if name not in known or known[name].document != document:
            row = {"name": name, "version": version + 1, "document": document, "set_by": SHIPPED, "set_at": now}
            connection.execute(insert(file_profiles).values(row))


def current_profiles(connection: Connection) -> list[StoredProfile]:
    """List the newest version of every profile, by name."""
    table = file_profiles
    newest = select(table).ext(distinct_on(table.c.name)).order_by(table.c.name, table.c.version.desc())
    return [StoredProfile(**row._mapping) for row in connection.execute(newest)]  # noqa: SLF001 - public in SQLAlchemy


def versions_of(connection: Connection, name: str) -> list[StoredProfile]:
    """List all versions of a profile, newest first."""
    table = file_profiles
    rows = connection.execute(select(table).where(table.c.name == name).order_by(table.c.version.desc()))
    return [StoredProfile(**row._mapping) for row in rows]  # noqa: SLF001 - as above


def stored_profile(connection: Connection, name: str, version: int | None = None) -> StoredProfile:
    """Give a version of a profile, the newest without a number.

    Raises:
        RefusedError: there is none.
    """
    for one in versions_of(connection, name):
        if version in (None, one.version):
            return one
    raise RefusedError("file_profile", f"没有解析方案 {name}", f"there is no profile {name}")


def set_profile(connection: Connection, by: StaffMember, name: str, document: str, now: datetime) -> StoredProfile:
    """Store a new version of a profile, or a new profile; files read from now on are read by it.

    Raises:
        RefusedError: no right to do so, a name of another form, a document that is no profile, or the same as before.
    """
    by.require(Deed.SET_FILE_PROFILE)
    if not _NAME.fullmatch(name):
        raise RefusedError(
            "file_profile",
            "方案名用小写字母、数字和连字符, 最多 40 个",
            "a profile's name is up to 40 small letters, digits and hyphens",
        )
    read_profile(document, name)
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before = versions_of(connection, name)
    if before and before[0].document == document:
        raise RefusedError("file_profile", "与现行版本相同, 没有改动", "it is the same as the present version")
    version = before[0].version + 1 if before else 1
    made = StoredProfile(name, version, document, by.staff_no, now)
    row = {"name": name, "version": version, "document": document, "set_by": by.staff_no, "set_at": now}
    connection.execute(insert(file_profiles).values(row))
    details = {"profile": name, "version": version}
    audit.note(connection, AuditTag.FILE_PROFILE_SET, audit.staff_actor(by.staff_no), now, details)
    return made


def choose_profile(profiles: Iterable[FileProfile], file_name: str, wanted: str = "") -> FileProfile:
    """Choose the profile whose pattern a file's name is of; where a party has one of its own, that.

    Raises:
        RefusedError: none is, or several are and nobody says which.
    """
    usable = [one for one in profiles if not wanted or one.name == wanted]
    fitting = [one for one in usable if one.names_of(file_name) is not None]
    fitting = [one for one in fitting if one.party] or fitting
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(one.name for one in fitting)
        raise RefusedError(
            "file_profile",
            f"文件 {file_name} 有几个方案可用 ({names}), 请指明一个",
            f"file {file_name} fits several profiles ({names}); name one",
        )
    shapes = " / ".join(pattern.text for one in usable[:3] for pattern in one.file_names[:1])
    raise RefusedError(
        "file_name",
        f"文件名 {file_name} 不是任何解析方案的样式, 例: {shapes}",
        f"the file name {file_name} is not of the form of any profile, such as {shapes}",
    )
