"""Identity documents in words: what is wrong with a number that was typed, and what the card reader is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.parcels import IdentityShown
from station_journal.records import Equipment
from station_journal.resident_id import IdProblem, ResidentIdRefusedError, resident_id
from station_pos.commands.parcel_handoff import document_tail
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from datetime import date

    from station_pos.tui.desk import Desk

TEXT = Catalogue(
    {
        IdProblem.FORM: (
            "身份证号要 18 位, 最后一位是数字或 X; 照证件再输一次",
            "An ID number has 18 characters, the last a digit or X; type it again",
        ),
        IdProblem.CHECK: (
            "身份证号不对 (校验位不符), 照证件再输一次",
            "The ID number is wrong (check character); type it again from the card",
        ),
        IdProblem.BIRTH_DATE: (
            "身份证号不对 (没有这个出生日期), 照证件再输一次",
            "The ID number is wrong (no such birth date); type it again from the card",
        ),
        "document_form": (
            "证件号不对 (6 到 18 位字母数字), 照证件再输一次",
            "The number is wrong (6 to 18 letters and digits); type it again",
        ),
        "reader": (
            "   身份证放到阅读器上, 自动读; + 再读一次, 或手工输入",
            "   Put the card on the reader; + reads again, or type the number",
        ),
        "by_hand": ("   没有接身份证阅读器, 照证件手工输入", "   No card reader is set up: type the number"),
        "no_reader": (
            "没有接身份证阅读器 (设定 id_reader), 照证件手工输入",
            "No card reader is set up (setting id_reader); type the number",
        ),
        "waiting": ("请把身份证放到阅读器上", "Put the identity card on the reader"),
        "failed": ("读证件出错 ({fault}), 请手工输入", "Reading the card failed ({fault}); type the number"),
        "read": ("已读身份证 {name} 尾 {tail}", "Card read: {name}, tail {tail}"),
        "other_name": (
            "证件上是 {card}, 输的是 {typed}, 不符。照证件再输姓名, 或 Esc 不收",
            "The card says {card}, typed was {typed}. Type the card's name, or Esc",
        ),
        "not_recipient": (
            "证件是 {card}, 收件人是 {recipient}: 代取就先按 - 再按 1 记代取人",
            "The card is {card}'s, the item {recipient}'s: for an agent press - then 1",
        ),
    }
)
_BY_CHECK_CHARACTER = frozenset({IdentityShown.RESIDENT_ID, IdentityShown.RESIDENCE_PERMIT})


def number_problem(identity: IdentityShown, typed: str, today: date) -> str:
    """Say in one sentence what is wrong with a document's number; empty where nothing is (GB 11643-1999)."""
    if identity in _BY_CHECK_CHARACTER:
        try:
            resident_id(typed, today)
        except ResidentIdRefusedError as error:
            return TEXT(error.problem)
        return ""
    return "" if document_tail(identity, typed, today) else TEXT("document_form")


def has_reader(desk: Desk) -> bool:
    """Tell whether the settings name a card reader, well or not."""
    return any(row.equipment is Equipment.ID_READER for row in desk.state().devices)


def reader_words(desk: Desk) -> str:
    """Say how a number comes here: from the reader, or typed."""
    return TEXT("reader" if has_reader(desk) else "by_hand")
