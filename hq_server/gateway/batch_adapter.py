"""The road to a biller that takes files: request files out, result files in. Format and folders; no database.

A file is UTF-8 text, fields separated by ``|``, every line ended by a line feed, one header, dense lines, one trailer::

    H|<biller>|<YYYYMMDD>|<number>|1
    D|<n>|<our_no>|<PAY or REV>|<account>|<bill_no>|<amount_fen>                      (request)
    D|<n>|<our_no>|<PAY or REV>|<DONE or REFUSED>|<biller_no>|<amount_fen>|<reason>   (result)
    T|<count of D>|<sum of amount_fen>|<SHA-256 of all lines before, in hexadecimal>

Next to it an empty file ``<name>.ok`` says that it is whole; it is made last and looked for first.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hq_server.gateway.answers import plain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from hq_server.gateway.answers import Asked

FILE_BYTES_MAX = 32 * 1024 * 1024
_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")
_DAY = re.compile(r"[0-9]{8}")
_RESULT_FIELDS = 8


class BatchRefusedError(ValueError):
    """A result file is not taken, as a whole; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class RequestLine:
    """One thing asked by file; ``reverse`` asks to undo."""

    asked: Asked
    reverse: bool


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One thing answered by file."""

    line_no: int
    our_no: str
    reverse: bool
    done: bool
    biller_no: str
    amount_fen: int
    reason: str


@dataclass(frozen=True, slots=True)
class ResultFile:
    """A whole result file whose totals agree."""

    biller_code: str
    result_no: int
    lines: tuple[ResultLine, ...]
    amount_fen: int
    sha256: str


def request_name(biller_code: str, day: date, run_no: int) -> str:
    """Name a request file."""
    return f"{biller_code}_REQ_{day:%Y%m%d}_{run_no:06d}.txt"


def expressible(asked: Asked) -> bool:
    """Tell whether a payment's fields can stand in a line: no separator, no control character."""
    return all("|" not in text and plain(text) == text for text in (asked.our_no, asked.account_no, asked.bill_no))


def write_request(biller_code: str, day: date, run_no: int, lines: Sequence[RequestLine]) -> bytes:
    """Compose a request file; the same lines give the same bytes."""
    rows = [f"H|{biller_code}|{day:%Y%m%d}|{run_no}|1"]
    for number, line in enumerate(lines, 1):
        kind, asked = ("REV" if line.reverse else "PAY"), line.asked
        rows.append(f"D|{number}|{asked.our_no}|{kind}|{asked.account_no}|{asked.bill_no}|{asked.amount_fen}")
    body = "".join(f"{row}\n" for row in rows).encode()
    total_fen = sum(line.asked.amount_fen for line in lines)
    return body + f"T|{len(lines)}|{total_fen}|{hashlib.sha256(body).hexdigest()}\n".encode()


def read_result(data: bytes) -> ResultFile:
    """Read a result file, whole or not at all.

    Raises:
        BatchRefusedError: it is cut, altered, of another form, or its totals disagree; the sentence names the line.
    """
    if len(data) > FILE_BYTES_MAX:
        raise BatchRefusedError(f"the file is longer than {FILE_BYTES_MAX} bytes")
    if not data.endswith(b"\n"):
        raise BatchRefusedError("the last line is cut")
    *raw, trailer_bytes = data[:-1].split(b"\n")
    try:
        rows = [line.decode("utf-8").split("|") for line in raw]
        trailer = trailer_bytes.decode("utf-8").split("|")
    except UnicodeDecodeError as error:
        raise BatchRefusedError("the file is not UTF-8 text") from error
    if not rows or len(rows[0]) != 5 or rows[0][0] != "H" or rows[0][4] != "1":  # noqa: PLR2004 - fields of H
        raise BatchRefusedError("line 1 is no header of this format")
    if not _DAY.fullmatch(rows[0][2]) or not _NUMBER.fullmatch(rows[0][3]):
        raise BatchRefusedError("line 1: date or number is not readable")
    lines = tuple(_result_line(number, row) for number, row in enumerate(rows[1:], 1))
    body = data[: len(data) - len(trailer_bytes) - 1]
    total_fen = sum(line.amount_fen for line in lines)
    if trailer != ["T", str(len(lines)), str(total_fen), hashlib.sha256(body).hexdigest()]:
        raise BatchRefusedError("the trailer's count, amount or digest differs from the lines")
    _check_each_once(lines)
    return ResultFile(rows[0][1], int(rows[0][3]), lines, total_fen, hashlib.sha256(data).hexdigest())


def _result_line(number: int, row: list[str]) -> ResultLine:
    at = number + 1
    if len(row) != _RESULT_FIELDS or row[0] != "D" or row[1] != str(number):
        raise BatchRefusedError(f"line {at} is no detail line numbered {number}")
    _, _, our_no, kind, word, biller_no, amount, reason = row
    if kind not in {"PAY", "REV"} or word not in {"DONE", "REFUSED"}:
        raise BatchRefusedError(f"line {at}: neither PAY nor REV, or neither DONE nor REFUSED")
    if not _NUMBER.fullmatch(amount) or amount == "0":
        raise BatchRefusedError(f"line {at}: the amount is not a whole number of fen above zero")
    if kind == "PAY" and word == "DONE" and not biller_no:
        raise BatchRefusedError(f"line {at}: done without the biller's number")
    return ResultLine(at, our_no, kind == "REV", word == "DONE", biller_no, int(amount), plain(reason))


def _check_each_once(lines: Sequence[ResultLine]) -> None:
    seen: set[tuple[str, bool]] = set()
    for line in lines:
        if (line.our_no, line.reverse) in seen:
            raise BatchRefusedError(f"line {line.line_no}: {line.our_no} is answered twice")
        seen.add((line.our_no, line.reverse))


def put_file(folder: Path, name: str, data: bytes) -> None:
    """Put a file into a folder durably, its ``.ok`` last; the same again leaves the same.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.draft"
    _write_durably(draft, data)
    draft.rename(folder / name)
    _write_durably(folder / f"{name}.ok", b"")
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def waiting_files(folder: Path) -> list[Path]:
    """List the files of a folder that their ``.ok`` calls whole, by name."""
    if not folder.is_dir():
        return []
    flags = sorted(path for path in folder.iterdir() if path.name.endswith(".ok") and not path.is_symlink())
    files = [flag.with_name(flag.name.removesuffix(".ok")) for flag in flags]
    return [file for file in files if file.is_file() and not file.is_symlink()]


def read_whole(path: Path) -> bytes:
    """Read a file, no more of it than a file may have."""
    with path.open("rb") as file:
        return file.read(FILE_BYTES_MAX + 1)


def set_aside(path: Path, folder_name: str) -> None:
    """Move a file with its ``.ok`` into a folder below its own; one of that name there is kept beside it."""
    folder = path.parent / folder_name
    folder.mkdir(exist_ok=True)
    target, copy = folder / path.name, 1
    while target.exists():
        target, copy = folder / f"{path.name}.{copy}", copy + 1
    path.rename(target)
    path.with_name(f"{path.name}.ok").unlink(missing_ok=True)
