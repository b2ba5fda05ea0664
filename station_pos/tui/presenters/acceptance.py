"""收寄 in words: waybill, sender's document, inspection, postage; nothing is recorded before the cash."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from station_journal.facts.parcels import IdentityShown
from station_journal.masking import mask_name
from station_journal.money import format_yuan
from station_journal.waybill import s10_is_valid
from station_pos.receipts.parcel_words import carrier_words
from station_pos.text import Catalogue
from station_pos.tui.presenters.id_card import reader_words
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule, wrap

if TYPE_CHECKING:
    from station_pos.tui.desk import Desk


class Step(IntEnum):
    """What the screen asks for."""

    WAYBILL = 1
    KIND = 2
    NAME = 3
    NUMBER = 4
    INSPECTION = 5
    POSTAGE = 6
    TENDER = 7


TEXT = Catalogue(
    {
        "title": (" 收寄", " Acceptance"),
        "waybill": ("   运单  {waybill}  {carrier}", "   Waybill  {waybill}  {carrier}"),
        "s10": ("  校验正确", "  check digit right"),
        "sender": ("   寄件人  {name}   证件尾 {tail}", "   Sender  {name}   document tail {tail}"),
        "inspected": ("   已开箱验视", "   Content inspected"),
        "postage": ("   资费  {yuan}", "   Postage  {yuan}"),
        "kinds": (
            "   出示哪种证件:  1 身份证   2 居住证   3 护照   4 军官证   0 没有证件, 不收",
            "   Document:  1 identity card  2 residence  3 passport  4 officer's  0 none",
        ),
        "inspect": (
            "   当面开箱看过没有违禁品:  1 看过, 相符   0 不让看或不符, 不收",
            "   Opened and looked through:  1 seen and in order   0 not: do not accept",
        ),
        "kept": (
            "   证件只记类型和尾 4 位, 姓名打码; 证件号不留",
            "   Kept: kind and last 4 characters, the name masked; never the number",
        ),
        "stopped": ("不收寄, 什么都没记", "Not accepted; nothing was recorded"),
        "not_waybill": (
            "运单号不对 (位数或校验不符), 没有收寄。照面单再扫一次",
            "No waybill number (length or check digit); not accepted. Scan again",
        ),
        "name_digits": ("这里输姓名; 证件号下一步再输", "The name goes here; the number is asked for next"),
        "postage_empty": ("照资费表输资费, 例如 12.00", "Type the postage by the tariff, as 12.00"),
        "name_empty": ("要输寄件人姓名", "The sender's name is needed"),
        "done": ("{waybill} 已收寄, 资费 {postage}, 找零 {change}", "{waybill} accepted, {postage}, change {change}"),
        "ask_waybill": ("   扫运单 > ", "   Scan the waybill > "),
        "ask": (" > ", " > "),
        "ask_name": ("   寄件人姓名 (照证件) > ", "   Sender's name (as on the document) > "),
        "ask_number": ("   证件号 > ", "   Document number > "),
        "ask_postage": ("   资费 (照资费表) > ", "   Postage (by the tariff) > "),
        "ask_tender": ("   实收 > ", "   Cash received > "),
        "say": ("请出示证件, 我要开箱看一下", "Your document, please; I have to look inside"),
        "say_postage": ("看好了, 我算一下邮费", "All in order; let me work out the postage"),
        "say_done": ("找您 {change}, 凭条请收好", "Change {change}; please keep the slip"),
        "say_sum": ("资费 {yuan}", "Postage {yuan}"),
        "keys": ("Enter 下一步   Esc 回, 什么都没记", "Enter goes on   Esc back, nothing recorded"),
        "keys_tender": ("输实收 Enter   + 正好   Esc 回", "Cash received, Enter   + exact   Esc back"),
    }
)


@dataclass(frozen=True, slots=True)
class Item:
    """An item as far as its acceptance is typed. ``document_no`` is shown to nobody and leaves with the screen.

    ``said`` is what to say to the customer before, until the next item is scanned.
    """

    waybill: str = ""
    carrier: str = ""
    identity: IdentityShown = IdentityShown.NONE
    name: str = ""
    document_no: str = ""
    document_name: str = ""
    inspected: bool = False
    postage_fen: int = 0
    said: str = ""


_PROMPTS = {
    Step.WAYBILL: "ask_waybill",
    Step.NAME: "ask_name",
    Step.NUMBER: "ask_number",
    Step.POSTAGE: "ask_postage",
    Step.TENDER: "ask_tender",
}


def acceptance_view(desk: Desk, item: Item, step: Step) -> View:
    """Give the acceptance screen at its step."""
    lines: list[Line] = [BLANK]
    if item.waybill:
        checked = TEXT("s10") if s10_is_valid(item.waybill) else ""
        lines.append(Line(TEXT("waybill", waybill=item.waybill, carrier=carrier_words(item.carrier)) + checked))
    if item.document_no:
        lines.append(Line(TEXT("sender", name=mask_name(item.name), tail=item.document_no[-4:])))
    if item.inspected:
        lines.append(Line(TEXT("inspected"), Tone.GOOD))
    if item.postage_fen:
        lines.append(Line(TEXT("postage", yuan=format_yuan(item.postage_fen)), Tone.STRONG))
    for at, key in ((Step.KIND, "kinds"), (Step.INSPECTION, "inspect")):
        if step is at:
            lines += [Line("   " + row, Tone.STRONG) for row in wrap(TEXT(key), 76)]
    if step in {Step.NAME, Step.NUMBER} and item.identity is IdentityShown.RESIDENT_ID:
        lines.append(Line(reader_words(desk), Tone.QUIET))
    lines += [BLANK, Line(TEXT("kept"), Tone.QUIET)]
    say = TEXT("say_postage") if step is Step.POSTAGE else item.said or TEXT("say")
    if step is Step.TENDER:
        say = TEXT("say_sum", yuan=format_yuan(item.postage_fen))
    return View(
        above=(Line(TEXT("title"), Tone.STRONG), rule()),
        prompt=TEXT(_PROMPTS.get(step, "ask")),
        below=tuple(lines),
        say=say,
        keys=TEXT("keys_tender" if step is Step.TENDER else "keys"),
        rail=() if desk.operator is None else (Line(desk.operator.name),),
    )
