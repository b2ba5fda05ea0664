"""Files as they were received: the list of them, one of them with its bytes, and taking one in once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hq_server.db.file_tables import received_files
from hq_server.files.preview import SAMPLE_BYTES_MAX, Preview, preview
from hq_server.files.profile import Purpose
from hq_server.files.profiles import stored_profile
from hq_server.files.raw_content import open_content
from hq_server.files.rows import FileFacts
from hq_server.listing import Form, ListColumn, ListFilter, ListOrder, ListSpec, contains, from_day, is_one_of, to_day
from hq_server.wording import RefusedError, Sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

DOWNLOAD_BYTES_MAX = 64 * 1024 * 1024
PURPOSES = {
    Purpose.BILLER.value: Sentence("收费单位和渠道", "billers and channels"),
    Purpose.ACQUIRER.value: Sentence("收单机构取款", "acquirers' withdrawals"),
    Purpose.ACCOUNT.value: Sentence("银行账户", "bank accounts"),
}
STATES = {"ACCEPTED": Sentence("已收", "taken"), "REFUSED": Sentence("整份不收", "refused")}
_table = received_files.c

FILE_LIST = ListSpec(
    name="files",
    title=Sentence("收到的文件", "Files received"),
    source=received_files,
    columns=(
        ListColumn("no", Sentence("编号", "No."), _table.file_no, Form.NUMBER, link="/files/{no}"),
        ListColumn("name", Sentence("文件名", "File name"), _table.file_name, link="/files/{no}"),
        ListColumn("purpose", Sentence("用途", "Purpose"), _table.purpose, words=PURPOSES),
        ListColumn("party", Sentence("对方", "Party"), _table.party_code),
        ListColumn("day", Sentence("日期", "Date"), _table.business_date, Form.DAY),
        ListColumn("state", Sentence("状态", "State"), _table.state, words=STATES),
        ListColumn("lines", Sentence("行数", "Rows"), _table.line_count, Form.NUMBER),
        ListColumn("net", Sentence("净额", "Net"), _table.net_fen, Form.MONEY),
        ListColumn("profile", Sentence("方案", "Profile"), _table.profile_name, link="/file-profiles/{profile}"),
        ListColumn("at", Sentence("收到时间", "Received"), _table.imported_at, Form.MOMENT),
    ),
    orders=(ListOrder("new", Sentence("新的在前", "newest first"), ("no",), descending=True),),
    filters=(
        ListFilter(
            "q",
            Sentence("文件名或对方", "Name or party"),
            contains(_table.file_name, _table.party_code),
            is_search=True,
        ),
        ListFilter("state", Sentence("状态", "State"), is_one_of(_table.state), words=STATES),
        ListFilter("purpose", Sentence("用途", "Purpose"), is_one_of(_table.purpose), words=PURPOSES),
        ListFilter("from", Sentence("日期从", "Date from"), from_day(_table.business_date), Form.DAY),
        ListFilter("to", Sentence("到", "to"), to_day(_table.business_date), Form.DAY),
    ),
    empty=Sentence("还没有收到文件", "No file was received yet"),
)


def received_file(connection: Connection, file_no: int) -> Row[Any]:
    """Find a file by number.

    Raises:
        RefusedError: there is none.
    """
    row = connection.execute(select(received_files).where(_table.file_no == file_no)).one_or_none()
    if row is None:
        raise RefusedError("file_no", f"没有编号 {file_no} 的文件", f"there is no file {file_no}")
    return row


def content_of(connection: Connection, file: Row[Any]) -> bytes:
    """Give the bytes of a file as they were received.

    Raises:
        RefusedError: it is too large for a browser.
    """
    if file.byte_count > DOWNLOAD_BYTES_MAX:
        raise RefusedError("file_size", "文件过大, 不能从浏览器取", "the file is too large for a browser")
    return open_content(connection, file.sha256).read()


def sample_of(connection: Connection, file: Row[Any]) -> bytes | None:
    """Give the bytes of a file where they are few enough to look at, else None."""
    return content_of(connection, file) if file.byte_count <= SAMPLE_BYTES_MAX else None


def stated_of(file: Row[Any]) -> FileFacts:
    """Give what a person stated of a file."""
    sums = {name: value for name, value in file.stated.items() if name != "date"}
    return FileFacts(date=file.business_date if "date" in file.stated else None, sums=sums)


def looked_at(connection: Connection, file: Row[Any]) -> Preview | None:
    """Read a kept file again by the version that judged it, for people to look at; None where it is too large."""
    sample = sample_of(connection, file)
    if sample is None or file.profile_version == 0:
        return None
    profile = stored_profile(connection, file.profile_name, file.profile_version)
    return preview(profile.document, sample, file.file_name, stated_of(file))
