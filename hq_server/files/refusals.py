"""Why a file is refused: one code and one clear sentence, in Chinese and English.

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
    WRONG_NUMBER = "WRONG_NUMBER"
    VERSION_NOT_KNOWN = "VERSION_NOT_KNOWN"
    BAD_BYTE = "BAD_BYTE"
    HALF_LINE = "HALF_LINE"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    LINE_END_MIXED = "LINE_END_MIXED"
    WRONG_LENGTH = "WRONG_LENGTH"
    BAD_FIELD = "BAD_FIELD"
    BAD_AMOUNT = "BAD_AMOUNT"
    NET_MISMATCH = "NET_MISMATCH"
    SEQ_BROKEN = "SEQ_BROKEN"
    DUPLICATE_SEQ = "DUPLICATE_SEQ"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    TRAILER_MISSING = "TRAILER_MISSING"
    AFTER_TRAILER = "AFTER_TRAILER"
    FILE_TOTAL_MISMATCH = "FILE_TOTAL_MISMATCH"
    FILE_HASH_MISMATCH = "FILE_HASH_MISMATCH"
    ONE_AMOUNT = "ONE_AMOUNT"
    PARTY_MISSING = "PARTY_MISSING"
    DATE_MISSING = "DATE_MISSING"
    ZIP_BROKEN = "ZIP_BROKEN"
    ZIP_MEMBERS = "ZIP_MEMBERS"
    ZIP_PATH = "ZIP_PATH"
    ZIP_LOCKED = "ZIP_LOCKED"
    ZIP_BOMB = "ZIP_BOMB"
    XML_BROKEN = "XML_BROKEN"
    XML_DECLARES = "XML_DECLARES"
    XML_TOO_DEEP = "XML_TOO_DEEP"
    NOT_A_STATEMENT = "NOT_A_STATEMENT"
    SEVERAL_STATEMENTS = "SEVERAL_STATEMENTS"
    WRONG_CURRENCY = "WRONG_CURRENCY"
    BALANCE_MISMATCH = "BALANCE_MISMATCH"
    BATCH_MISMATCH = "BATCH_MISMATCH"


_SENTENCES: dict[RefusalCode, tuple[str, str]] = {
    RefusalCode.EMPTY_FILE: ("文件是空的。", "The file is empty."),
    RefusalCode.HEADER_MISSING: (
        "这里应为文件头 {expected}，实为 {found}。",
        "The file's head should read {expected} here, not {found}.",
    ),
    RefusalCode.WRONG_BILLER: (
        "文件属于 {found}，应为 {expected}。",
        "The file belongs to {found}, not to {expected}.",
    ),
    RefusalCode.WRONG_DATE: ("日期是 {found}，应为 {expected}。", "The date is {found}, not {expected}."),
    RefusalCode.WRONG_NUMBER: (
        "文件序号是 {found}，应为 {expected}。",
        "The file's number is {found}, not {expected}.",
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
    RefusalCode.WRONG_LENGTH: (
        "这一行有 {found} 字节，应为 {expected} 字节。",
        "The line has {found} bytes where the layout has {expected}.",
    ),
    RefusalCode.BAD_FIELD: ("字段 {field} 的内容 {found} 不符合规定。", "Field {field} may not hold {found}."),
    RefusalCode.BAD_AMOUNT: (
        "字段 {field} 的金额 {found} 不是规定的{expected}数。",
        "Field {field} holds {found}, which is no amount in {expected} as the layout writes it.",
    ),
    RefusalCode.NET_MISMATCH: (
        "净额 {found} 不等于金额减手续费 {expected}。",
        "The net amount {found} is not the amount less the charge, {expected}.",
    ),
    RefusalCode.SEQ_BROKEN: (
        "行号是 {found}，应为 {expected}。",
        "The line number is {found} where {expected} should follow.",
    ),
    RefusalCode.DUPLICATE_SEQ: ("行号 {found} 重复。", "The line number {found} appears twice."),
    RefusalCode.DUPLICATE_ROW: (
        "{field} 为 {found} 的记录重复。",
        "The file holds {field} {found} twice.",
    ),
    RefusalCode.TOO_MANY_ROWS: ("明细超过 {expected} 行。", "The file has more than {expected} rows."),
    RefusalCode.TRAILER_MISSING: (
        "没有结尾行 {expected}，文件不完整。",
        "The closing line {expected} is missing; the file is incomplete.",
    ),
    RefusalCode.AFTER_TRAILER: ("结尾行之后还有内容。", "There is something after the closing line."),
    RefusalCode.FILE_TOTAL_MISMATCH: (
        "总分不符：{field} 写明 {expected}，明细合计为 {found}。",
        "The totals disagree: {field} is stated as {expected}, the rows make {found}.",
    ),
    RefusalCode.FILE_HASH_MISMATCH: (
        "校验值不符，文件内容被改动或损坏。",
        "The SHA-256 stated for the file is not that of its content, which was altered or damaged.",
    ),
    RefusalCode.ONE_AMOUNT: (
        "金额与退款金额应只有一项不为零，实为 {found}。",
        "Either the amount or the refund is above zero, not {found}.",
    ),
    RefusalCode.PARTY_MISSING: (
        "文件和文件名都没有写明对方代码，请在解析方案里写明。",
        "Neither the file nor its name says whose it is; say so in the profile.",
    ),
    RefusalCode.DATE_MISSING: (
        "文件和文件名都没有写明日期，请在收文件时填写。",
        "Neither the file nor its name says of which date it is; state it when taking the file in.",
    ),
    RefusalCode.ZIP_BROKEN: ("压缩包损坏或不是 ZIP。", "The archive is damaged or no ZIP file."),
    RefusalCode.ZIP_MEMBERS: (
        "压缩包里应只有一个 {expected}，实为 {found}。",
        "The archive should hold one file {expected}, but holds {found}.",
    ),
    RefusalCode.ZIP_PATH: (
        "压缩包里的文件名 {found} 带有路径。",
        "The archive's file name {found} carries a path.",
    ),
    RefusalCode.ZIP_LOCKED: (
        "压缩包加了密码或压缩方式不认识。",
        "The archive is encrypted or packed in a way that is not known.",
    ),
    RefusalCode.ZIP_BOMB: (
        "压缩包解开后过大（上限 {expected}），疑为压缩炸弹。",
        "The archive unpacks to more than {expected}; it may be a zip bomb.",
    ),
    RefusalCode.XML_BROKEN: ("XML 不完整或不合格：{found}。", "The XML is incomplete or not well-formed: {found}."),
    RefusalCode.XML_DECLARES: (
        "XML 里有 DTD 或实体声明，一律不收。",
        "The XML declares a document type or entities, which is never accepted.",
    ),
    RefusalCode.XML_TOO_DEEP: ("XML 嵌套过深或字段过长。", "The XML is nested too deep or a field is too long."),
    RefusalCode.NOT_A_STATEMENT: (
        "这不是 camt.053 银行对账单：缺 {expected}。",
        "This is no camt.053 bank statement: {expected} is missing.",
    ),
    RefusalCode.SEVERAL_STATEMENTS: (
        "文件里有不止一份对账单，请每份单独一个文件。",
        "The file holds more than one statement; each must come in a file of its own.",
    ),
    RefusalCode.WRONG_CURRENCY: ("币种是 {found}，应为 {expected}。", "The currency is {found}, not {expected}."),
    RefusalCode.BALANCE_MISMATCH: (
        "期末余额不平：期初加发生额为 {expected}，对账单写 {found}。",
        "The closing balance is stated as {found}, but opening balance and entries make {expected}.",
    ),
    RefusalCode.BATCH_MISMATCH: (
        "第 {field} 笔的明细合计 {found} 不等于 {expected}。",
        "The details of entry {field} make {found}, not {expected}.",
    ),
}

_FOUND_MAX = 40


class FileRefused(ValueError):  # noqa: N818 (named for what the reader must hear)
    """The whole file is refused and no row of it may be used.

    `code` says why; `line_no` counts from 1, None when the file as a whole is meant; `text_zh` and `text_en` are one
    sentence each, the line number included. `str()` gives the English one.
    """

    def __init__(
        self, code: RefusalCode, line_no: int | None = None, *, field: str = "", found: str = "", expected: str = ""
    ) -> None:
        """Put the sentences together."""
        words = {"field": field, "found": shown(found), "expected": expected}
        chinese, english = (sentence.format(**words) for sentence in _SENTENCES[code])
        self.code = code
        self.line_no = line_no
        self.text_zh = chinese if line_no is None else f"第 {line_no} 行：{chinese}"
        self.text_en = english if line_no is None else f"Line {line_no}: {english}"
        super().__init__(self.text_en)


def shown(found: str) -> str:
    """Return what was found, short and with nothing in it that could act on a terminal or a page."""
    cut = found[:_FOUND_MAX] + ("…" if len(found) > _FOUND_MAX else "")
    return "".join(c if c.isprintable() else "?" for c in cut) or '""'
