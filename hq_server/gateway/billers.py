"""How each biller is reached: settings kept as reference data, one row a biller."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.gateway_tables import billers
from hq_server.reference.staff import Deed
from hq_server.wording import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.reference.staff import StaffMember

TIMEOUT_MAX_S = 60
DEFAULT_TIMEOUT_S = 20
_BILLER_CODE = re.compile(r"[A-Z0-9]{2,16}")


class RoadKind(StrEnum):
    """The kinds of road to a biller."""

    HTTP = "http"
    BATCH = "batch"


@dataclass(frozen=True, slots=True)
class Biller:
    """A biller's road.

    ``base_url`` is for HTTP; ``outbox`` and ``inbox`` are folders for batch files. ``resend_safe`` says that by its
    contract a payment sent again under our number is booked once; without it nothing is ever sent a second time.
    """

    biller_code: str
    name: str
    adapter: RoadKind
    base_url: str = ""
    outbox: str = ""
    inbox: str = ""
    timeout_s: int = DEFAULT_TIMEOUT_S
    resend_safe: bool = False


def set_biller(connection: Connection, by: StaffMember, biller: Biller, now: datetime) -> None:
    """Enter or change how a biller is reached.

    Raises:
        RefusedError: no right, or a setting makes no sense.
    """
    by.require(Deed.SET_BILLER)
    _check(biller)
    row = asdict(biller)
    changed = {name: value for name, value in row.items() if name != "biller_code"}
    statement = insert(billers).values(row).on_conflict_do_update(index_elements=["biller_code"], set_=changed)
    connection.execute(statement)
    audit.note(connection, AuditTag.BILLER_SET, audit.staff_actor(by.staff_no), now, row)


def _check(biller: Biller) -> None:
    if not _BILLER_CODE.fullmatch(biller.biller_code):
        raise RefusedError(
            "biller_code",
            "收费单位代码为 2 至 16 位大写字母或数字",
            "a biller code has 2 to 16 capital letters or digits",
        )
    if not 1 <= biller.timeout_s <= TIMEOUT_MAX_S:
        raise RefusedError(
            "timeout", f"超时为 1 至 {TIMEOUT_MAX_S} 秒", f"the timeout is between 1 and {TIMEOUT_MAX_S} seconds"
        )
    if biller.adapter is RoadKind.HTTP and not _is_http(biller.base_url):
        raise RefusedError("base_url", "接口地址必须以 http:// 或 https:// 开头", "the address begins with http(s)://")
    if biller.adapter is RoadKind.BATCH:
        folders = Path(biller.outbox), Path(biller.inbox)
        if not all(folder.is_absolute() for folder in folders) or folders[0] == folders[1]:
            raise RefusedError(
                "folders",
                "批量文件需要两个不同的绝对路径文件夹",
                "batch files need two different folders, each by its whole path",
            )


def _is_http(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def all_billers(connection: Connection) -> list[Biller]:
    """List every biller's road, by code."""
    rows = connection.execute(select(billers).order_by(billers.c.biller_code)).mappings()
    return [Biller(**{**row, "adapter": RoadKind(row["adapter"])}) for row in rows]


def find_biller(connection: Connection, biller_code: str) -> Biller | None:
    """Find a biller's road by code; None where none was entered."""
    return next((biller for biller in all_billers(connection) if biller.biller_code == biller_code), None)
