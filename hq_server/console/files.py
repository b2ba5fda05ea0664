"""Pages of files: what was received, taking one in, and the editor of profiles with its live preview."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from hq_server.console.form_fields import date_of, fen_of
from hq_server.console.listed import exported, list_page
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Download, Leave, Page, Route, Shown, Visit
from hq_server.files import received
from hq_server.files.intake import Upload
from hq_server.files.preview import SAMPLE_BYTES_MAX, Preview, preview
from hq_server.files.profiles import current_profiles, set_profile, store_shipped, stored_profile, versions_of
from hq_server.files.raw_content import open_content
from hq_server.files.rows import FileFacts
from hq_server.reconciliation.importing import import_upload
from hq_server.reference.staff import Role
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

UPLOAD_BYTES_MAX = 64 * 1024 * 1024
_READERS = frozenset({Role.ECOM, Role.FINANCE, Role.FIN_AGENCY, Role.SUPERVISION, Role.AUDITOR})
_SUMS = ("net", "fee", "charge")


def _stated(form: Mapping[str, str]) -> FileFacts:
    """Read what a person states of a file; empty fields state nothing.

    Raises:
        RefusedError: a field is no date, count or amount.
    """
    sums: dict[str, int] = {}
    count = form.get("count", "").strip()
    if count:
        if not count.isascii() or not count.isdigit() or len(count) > 9:  # noqa: PLR2004 - as a closing line's
            raise RefusedError("count", "笔数是数字", "the number of rows is digits")
        sums["count"] = int(count)
    for name in _SUMS:
        text = form.get(name, "").strip()
        if not text:
            continue
        sums[name] = fen_of(text, signed=True)
    day = form.get("day", "").strip()
    return FileFacts(date=date_of(day) if day else None, sums=sums)


def _files(visit: Visit) -> Shown:
    store_shipped(visit.connection, visit.now)
    names = [one.name for one in current_profiles(visit.connection)]
    return Page("files.html", {"list": list_page(visit, received.FILE_LIST), "profiles": names})


def _workbook(visit: Visit) -> Shown:
    return exported(visit, received.FILE_LIST, visit.query)


def _take(visit: Visit) -> Shown:
    upload = visit.upload
    if upload is None:
        raise RefusedError("upload", "请选择文件", "choose a file")
    name = upload.name.replace("\\", "/").rpartition("/")[2]
    arrived = Upload(name, io.BytesIO(upload.data))
    wanted = visit.form.get("profile", "")
    stated = _stated(visit.form)
    import_upload(visit.desk.engine, visit.member, arrived, visit.now, profile_name=wanted, stated=stated)
    return Leave("/files?done=taken")


def _file(visit: Visit) -> Shown:
    row = received.received_file(visit.connection, _number(visit))
    values = {
        "file": row,
        "stated": received.stated_of(row),
        "found": received.looked_at(visit.connection, row),
        "purpose": received.PURPOSES[row.purpose].said_in(visit.language),
        "state_words": received.STATES[row.state].said_in(visit.language),
        "refusal": Sentence(row.refusal_zh, row.refusal_en).said_in(visit.language),
    }
    return Page("file.html", values)


def _take_again(visit: Visit) -> Shown:
    """Take a refused file in once more, from its kept bytes, by the profile as it is now."""
    row = received.received_file(visit.connection, _number(visit))
    kept = Upload(row.file_name, io.BytesIO(received.content_of(visit.connection, row)))
    facts = _stated(visit.form)
    import_upload(visit.desk.engine, visit.member, kept, visit.now, profile_name=row.profile_name, stated=facts)
    return Leave("/files?done=taken")


def _content(visit: Visit) -> Shown:
    row = received.received_file(visit.connection, _number(visit))
    return Download(row.file_name, "application/octet-stream", received.content_of(visit.connection, row))


def _number(visit: Visit) -> int:
    text = str(visit.path["no"])
    if not text.isascii() or not text.isdigit() or len(text) > 15:  # noqa: PLR2004 - digits of a database number
        raise RefusedError("file_no", "没有这个文件", "there is no such file")
    return int(text)


def _profiles(visit: Visit) -> Shown:
    store_shipped(visit.connection, visit.now)
    return Page("file_profiles.html", {"rows": [(one, one.read()) for one in current_profiles(visit.connection)]})


def _editor(visit: Visit) -> Shown:
    return Page("file_profile.html", _editor_values(visit, None))


def _editor_values(visit: Visit, found: Preview | None) -> dict[str, Any]:
    store_shipped(visit.connection, visit.now)
    name = str(visit.path["name"])
    version = visit.query.get("version", "")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 6 else None  # noqa: PLR2004
    stored = stored_profile(visit.connection, name, number)
    sample_no = visit.form.get("file", "") or visit.query.get("file", "")
    document = visit.form.get("document") or stored.document
    found = found or _looked_at(visit, document)
    return {
        "profile": stored,
        "document": document,
        "versions": versions_of(visit.connection, name),
        "sample_no": sample_no,
        "found": found,
    }


def _looked_at(visit: Visit, document: str) -> Preview | None:
    """Read the sample that came with the form, or the kept file that the page is about, by a document."""
    sample_no = visit.form.get("file", "") or visit.query.get("file", "")
    upload = visit.upload
    try:
        facts = _stated(visit.form)
    except RefusedError as refused:
        return Preview(problem=refused.sentence)
    if upload is not None:
        return preview(document, upload.data[:SAMPLE_BYTES_MAX], upload.name, facts)
    if not sample_no.isascii() or not sample_no.isdigit() or len(sample_no) > 15:  # noqa: PLR2004 - as `_number`
        return None
    row = received.received_file(visit.connection, int(sample_no))
    if not facts.sums and facts.date is None:
        facts = received.stated_of(row)
    sample = open_content(visit.connection, row.sha256).read(SAMPLE_BYTES_MAX)
    return preview(document, sample, row.file_name, facts)


def _decide(visit: Visit) -> Shown:
    if visit.deed("preview", "set") == "preview":
        return _editor(visit)
    name = visit.form.get("name", "").strip() or str(visit.path["name"])
    document = visit.form.get("document", "").replace("\r\n", "\n")
    set_profile(visit.connection, visit.member, name, document, visit.now)
    return Leave(f"/file-profiles/{name}?done=set")


def _live(visit: Visit) -> Shown:
    document = visit.form.get("document", "").replace("\r\n", "\n")
    return Page("_file_preview.html", {"found": _looked_at(visit, document)})


ROUTES = (
    Route("/files.xlsx", _workbook, readers=_READERS),
    Route(
        "/files",
        _files,
        _take,
        Menu(MenuGroup.RECONCILIATION, Sentence("收到的文件", "Files"), "f"),
        _READERS,
        UPLOAD_BYTES_MAX,
    ),
    Route("/files/{no}/content", _content, readers=_READERS),
    Route("/files/{no}", _file, _take_again, readers=_READERS),
    Route(
        "/file-profiles",
        _profiles,
        menu=Menu(MenuGroup.RECONCILIATION, Sentence("文件解析方案", "File profiles"), "e"),
        readers=_READERS,
    ),
    Route("/file-profiles/{name}/preview", _live, readers=_READERS, upload_bytes_max=SAMPLE_BYTES_MAX, only_looks=True),
    Route("/file-profiles/{name}", _editor, _decide, readers=_READERS, upload_bytes_max=SAMPLE_BYTES_MAX),
)
