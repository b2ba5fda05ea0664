"""Reading a file as evidence, with a title, and figures that may be below zero."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING

from hq_server.wording import RefusedError
from station_journal.evidence_paper import EVIDENCE_BYTES_MAX, TEXT_TYPE, TITLE_MAX, EvidencePaper
from station_journal.money import parse_yuan

if TYPE_CHECKING:
    from pathlib import Path


def read_evidence_file(path: Path, title: str = "") -> EvidencePaper:
    """Read a file; without a title it is called by its name. What is UTF-8 text the station can show.

    Raises:
        RefusedError: it cannot be read, or is larger than a station can be sent.
    """
    try:
        if path.stat().st_size > EVIDENCE_BYTES_MAX:
            raise RefusedError(
                "evidence",
                f"证据文件大于 {EVIDENCE_BYTES_MAX // 1024} KB",
                f"the evidence is larger than {EVIDENCE_BYTES_MAX // 1024} KB",
            )
        content = path.read_bytes()
    except OSError as error:
        raise RefusedError(
            "evidence", f"证据文件 {path} 读不出: {error}", f"the evidence {path} cannot be read: {error}"
        ) from error
    try:
        content.decode()
        media_type = TEXT_TYPE
    except UnicodeDecodeError:
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return EvidencePaper(title or path.name[:TITLE_MAX], media_type, content)


def read_figure(text: str) -> int:
    """Read a figure in yuan, which may be below zero, into fen.

    Raises:
        RefusedError: it is none.
    """
    bare = text.strip().removeprefix("-")
    try:
        fen = parse_yuan(bare)
    except ValueError as error:
        raise RefusedError("amount", f"金额 {text} 不对, 例: 500.00", f"{text} is no amount such as 500.00") from error
    return -fen if text.strip().startswith("-") else fen
