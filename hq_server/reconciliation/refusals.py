"""Why a settlement file is refused: one code and one clear sentence, in Chinese and English.

A file is taken whole or not at all, so the first fault found refuses it; the raw file is kept by whoever received it.
"""

from __future__ import annotations

from enum import StrEnum


class RefusalCode(StrEnum):
    """What is wrong with the file; the value is stored and shown, so it never changes."""

    EMPTY_FILE = "EMPTY_FILE"
    HEADER_MISSING = "HEADER_MISSING"
    WRONG_BILLER = "WRONG_BILLER"
    WRONG_DATE = "WRONG_DATE"
    VERSION_NOT_KNOWN = "VERSION_NOT_KNOWN"
    BAD_BYTE = "BAD_BYTE"
    HALF_LINE = "HALF_LINE"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    LINE_END_MIXED = "LINE_END_MIXED"
    BAD_FIELD = "BAD_FIELD"
    BAD_AMOUNT = "BAD_AMOUNT"
    SEQ_BROKEN = "SEQ_BROKEN"
    DUPLICATE_SEQ = "DUPLICATE_SEQ"
    TRAILER_MISSING = "TRAILER_MISSING"
    AFTER_TRAILER = "AFTER_TRAILER"
    FILE_TOTAL_MISMATCH = "FILE_TOTAL_MISMATCH"
    FILE_HASH_MISMATCH = "FILE_HASH_MISMATCH"


_SENTENCES: dict[RefusalCode, tuple[str, str]] = {
    RefusalCode.EMPTY_FILE: ("文件是空的。", "The file is empty."),
    RefusalCode.HEADER_MISSING: (
        "首行不是完整的 H 行：{found}。",
        "The first line is no complete H line: {found}.",
    ),
    RefusalCode.WRONG_BILLER: (
        "文件属于收费单位 {found}，应为 {expected}。",
        "The file belongs to biller {found}, not {expected}.",
    ),
    RefusalCode.WRONG_DATE: (
        "文件日期是 {found}，应为 {expected}。",
        "The file is of {found}, not of {expected}.",
    ),
    RefusalCode.VERSION_NOT_KNOWN: (
        "文件版本 {found} 不认识，应为 {expected}。",
        "The file's layout version is {found}; only {expected} can be read.",
    ),
    RefusalCode.BAD_BYTE: ("有不属于 {expected} 编码的字节。", "A byte does not belong to the {expected} encoding."),
    RefusalCode.HALF_LINE: ("这一行不完整，文件可能被截断。", "The line is cut short; the file may be incomplete."),
    RefusalCode.LINE_TOO_LONG: ("这一行超过 {expected} 字节。", "The line is longer than {expected} bytes."),
    RefusalCode.LINE_END_MIXED: (
        "换行符应为 {expected}，这一行不是。",
        "The line does not end in {expected} as it should.",
    ),
    RefusalCode.BAD_FIELD: (
        "字段 {field} 的内容 {found} 不符合规定。",
        "Field {field} may not hold {found}.",
    ),
    RefusalCode.BAD_AMOUNT: (
        "金额 {found} 不是大于零的{expected}数。",
        "The amount {found} is not a positive amount in {expected}.",
    ),
    RefusalCode.SEQ_BROKEN: (
        "行号是 {found}，应为 {expected}。",
        "The line number is {found} where {expected} should follow.",
    ),
    RefusalCode.DUPLICATE_SEQ: ("行号 {found} 重复。", "The line number {found} appears twice."),
    RefusalCode.TRAILER_MISSING: ("没有 T 结尾行，文件不完整。", "The T line is missing; the file is incomplete."),
    RefusalCode.AFTER_TRAILER: ("T 结尾行之后还有内容。", "There is something after the T line."),
    RefusalCode.FILE_TOTAL_MISMATCH: (
        "总分不符：结尾行为 {expected}，明细合计为 {found}。",
        "The totals disagree: the T line says {expected}, the lines add up to {found}.",
    ),
    RefusalCode.FILE_HASH_MISMATCH: (
        "校验值不符，文件内容被改动或损坏。",
        "The file's SHA-256 disagrees with its T line; the content was altered or damaged.",
    ),
}

_FOUND_MAX = 40


class SettlementFileRefused(ValueError):  # noqa: N818 (named for what the reader must hear)
    """The whole file is refused and no line of it may be used.

    `code` says why; `line_no` counts from 1, None when the file as a whole is meant; `text_zh` and `text_en` are one
    sentence each, the line number included. `str()` gives the English one.
    """

    def __init__(
        self, code: RefusalCode, line_no: int | None, *, field: str = "", found: str = "", expected: str = ""
    ) -> None:
        words = {"field": field, "found": _shown(found), "expected": expected}
        chinese, english = (sentence.format(**words) for sentence in _SENTENCES[code])
        self.code = code
        self.line_no = line_no
        self.text_zh = chinese if line_no is None else f"第 {line_no} 行：{chinese}"
        self.text_en = english if line_no is None else f"Line {line_no}: {english}"
        super().__init__(self.text_en)


def _shown(found: str) -> str:
    """Return what was found, short and with nothing in it that could act on a terminal or a page."""
    cut = found[:_FOUND_MAX] + ("…" if len(found) > _FOUND_MAX else "")
    return "".join(c if c.isprintable() else "?" for c in cut) or '""'
