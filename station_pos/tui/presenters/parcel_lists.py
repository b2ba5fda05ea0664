"""退件, 交寄, 催领, 缺件 in words: lists of parcels that a person works off."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from station_journal.facts.parcels import ReturnReason
from station_journal.waybill import waybill_tail
from station_pos.commands.parcel_days import days_missing, lost_after_days
from station_pos.receipts.parcel_words import carrier_words
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, rule, table_row
from station_pos.tui.presenters.lists import PAGE_ROWS, marker, on_page
from station_pos.tui.presenters.lists import Place as ListPlace
from station_pos.tui.presenters.parcel_lines import PLACES, parcel_row, person_words
from station_pos.tui.presenters.sentences import TEXT as SENTENCES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.parcel import Parcel
    from station_pos.tui.desk import Desk

TEXT = Catalogue(
    {
        "returns": (" 退件交投递员", " Returns to the courier"),
        "uplift": (" 寄件交投递员", " Accepted items to the courier"),
        "reminders": (" 催领", " Reminders"),
        "losses": (" 缺件和争议件", " Missing and disputed items"),
        "run": ("已扫 {scanned} / {due} ", "scanned {scanned} of {due} "),
        "reason": ("原因: {reason}", "reason: {reason}"),
        "OVERDUE": ("逾期", "overdue"),
        "REFUSED": ("拒收", "refused"),
        "DAMAGED": ("破损", "damaged"),
        "WRONG_STATION": ("送错站", "wrong station"),
        "RECALLED": ("寄件人撤回", "recalled"),
        "none_returns": (
            "   没有要退的。放满 {give_back} 天的、拒收的, 自己列到这里",
            "   Nothing goes back. After {give_back} days, or refused, an item lists itself here",
        ),
        "none_uplift": ("   没有要交寄的。F6 再按 *4 收寄", "   Nothing was accepted. F6, then *4, accepts"),
        "none_reminders": (
            "   没有要催的。到站第 {remind} 天还没取的, 自己列到这里",
            "   Nobody to remind. Not collected by day {remind}, an item lists itself here",
        ),
        "none_losses": ("   没有缺件, 也没有争议件", "   Nothing is missing or under dispute"),
        "not_yet": (
            "{tail} 才 {passed} 天, 过了 {limit} 天才能认定丢失。先找, 再问投递员",
            "{tail}: {passed} days; lost only after {limit}. Search, ask the courier",
        ),
        "run_hint": (
            "   逐件扫给投递员; 扫完按 + 两人各按密码, 印交接单两联",
            "   Scan each to the courier, then + and both PINs; the slip has two copies",
        ),
        "scanned_now": ("{tail} 交投递员", "{tail} goes to the courier"),
        "whole": (
            "要扫条码, 或输整个运单号: 只输尾号不作凭据",
            "Scan the barcode, or type the whole number: a tail alone proves nothing",
        ),
        "not_due": ("{tail} 不在这张单里, 没有交出", "{tail} is not on this list; it stays"),
        "twice": ("{tail} 刚才扫过", "{tail} was scanned already"),
        "nothing": ("还没有扫件", "Nothing was scanned yet"),
        "run_done": ("{count} 件已交投递员, 交接单两联", "{count} items given to the courier; two slips"),
        "call": ("   {name}   电话 {phone}", "   {name}   phone {phone}"),
        "no_contact": ("   姓名电话不在本机, 只有 {who}", "   Name and phone are not here, only {who}"),
        "remind_hint": (
            "   打电话后记结果:  1 已通知   2 没通知到",
            "   Call, then note it:  1 reminded   2 not reached",
        ),
        "reminded": ("{code} 已记催领", "Reminder of {code} noted"),
        "lost_columns": (
            "     运单尾 承运   所在       已过天数   认定丢失",
            "     tail   carr.  where      days       lost after",
        ),
        "lost_hint": (
            "   到了天数, 由人核实后按 Enter 认定丢失; 系统不会自己认定",
            "   Once its days are up a person confirms by Enter; no timer does",
        ),
        "lost_ask": (
            "   {tail} 认定丢失?  1 认定   Esc 不认定",
            "   Is {tail} lost?  1 it is   Esc it is not",
        ),
        "lost": ("{tail} 已认定丢失, 总部会看到", "{tail} is recorded as lost; HQ sees it"),
        "ask_scan": ("   扫给投递员的件 > ", "   Scan what goes to the courier > "),
        "ask_courier": ("   投递员工号 > ", "   The courier's number > "),
        "ask_courier_pin": ("   投递员 {name} 密码 > ", "   PIN of courier {name} > "),
        "ask_own_pin": ("   站方 {name} 密码 > ", "   PIN of {name} > "),
        "keys_run": ("扫件   + 扫完签字   Esc 返回", "Scan   + sign   Esc back"),
        "keys_list": ("上下键选   Enter 看   Esc 返回", "Arrows choose   Enter opens   Esc back"),
        "keys_pick": ("输数字选   Esc 回", "A digit chooses   Esc back"),
        "keys_enter": ("Enter 确认   Esc 回", "Enter confirms   Esc back"),
    }
)


class RunStep(IntEnum):
    """What a run to the courier asks for."""

    SCAN = 1
    COURIER = 2
    COURIER_PIN = 3
    OWN_PIN = 4


@dataclass(slots=True)
class Run:
    """Items that go to the courier: what is due, what was scanned to him, and who he is."""

    kind: str
    due: tuple[Parcel, ...]
    scanned: dict[str, Parcel] = field(default_factory=dict)
    courier_no: int = 0
    courier_name: str = ""


def reason_of(parcel: Parcel) -> ReturnReason:
    """Give why an item goes back: what is known of it, else that its days are up."""
    return parcel.reason or ReturnReason.OVERDUE


def run_view(desk: Desk, run: Run, step: RunStep) -> View:
    """Give a run to the courier at its step."""
    prompts = {
        RunStep.SCAN: TEXT("ask_scan"),
        RunStep.COURIER: TEXT("ask_courier"),
        RunStep.COURIER_PIN: TEXT("ask_courier_pin", name=run.courier_name),
        RunStep.OWN_PIN: TEXT("ask_own_pin", name=desk.operator.name if desk.operator else ""),
    }
    head = between(TEXT(run.kind), TEXT("run", scanned=len(run.scanned), due=len(run.due)))
    left = [one for one in run.due if one.waybill not in run.scanned]
    rows = [_run_row(run, one) for one in (*left, *run.scanned.values())[:PAGE_ROWS]]
    couriers = "   ".join(f"{one.courier_no} {one.name}" for one in desk.counter.parcels.couriers()[:5])
    lead = Line("   " + couriers) if step is RunStep.COURIER else Line(TEXT("run_hint"), Tone.QUIET)
    return View(
        above=(Line(head, Tone.STRONG), rule()),
        prompt=prompts.get(step, " > "),
        below=(lead, BLANK, *(rows or [_none(run.kind, desk)])),
        keys=TEXT("keys_run" if step is RunStep.SCAN else "keys_enter"),
    )


def _none(kind: str, desk: Desk) -> Line:
    """Say that a list is empty, and when something comes into it."""
    days = desk.counter.parcels.days
    return Line(TEXT(f"none_{kind}", give_back=days.give_back, remind=", ".join(map(str, days.remind))))


def not_yet_lost(desk: Desk, parcel: Parcel) -> str:
    """Say why an item cannot be declared lost yet; empty once its days are up."""
    passed = days_missing(parcel, desk.state().business_date)
    limit = lost_after_days(parcel.product, desk.counter.parcels.days.lost)
    tail = waybill_tail(parcel.waybill)
    return "" if passed > limit else TEXT("not_yet", tail=tail, passed=passed, limit=limit)


def _run_row(run: Run, parcel: Parcel) -> Line:
    box = "[x]" if parcel.waybill in run.scanned else "[ ]"
    why = TEXT("reason", reason=TEXT(reason_of(parcel).name)) if run.kind == "returns" else parcel.recipient
    cells = ((f"   {box}", 7), (parcel.code, 9), (carrier_words(parcel.carrier), 6), (parcel.waybill, 20), (why, 24))
    return Line(table_row(cells).rstrip())


def reminders_view(desk: Desk, due: Sequence[Parcel], place: ListPlace, opened: tuple[str, str] | None) -> View:
    """Give the list of recipients to remind; ``opened`` is name and phone of the chosen one."""
    parcels, today = desk.counter.parcels, desk.state().business_date
    shown = on_page(due, place)
    rows = [parcel_row(one, parcels.days, today, marker(line, place)) for line, one in enumerate(shown, 1)]
    below: list[Line] = []
    if opened is not None and place.index < len(due):
        name, phone = opened
        who = person_words(due[place.index])
        words = TEXT("call", name=name, phone=phone) if phone else TEXT("no_contact", who=who)
        below = [Line(words, Tone.STRONG), Line(TEXT("remind_hint"), Tone.STRONG)]
    rows = rows or [_none("reminders", desk)]
    return _list_view("reminders", rows, len(due), place, below, "keys_pick" if opened else "keys_list")


def losses_view(desk: Desk, found: Sequence[Parcel], place: ListPlace, *, asking: bool) -> View:
    """Give missing and disputed items with their days; a person confirms a loss once they are up."""
    today, days = desk.state().business_date, desk.counter.parcels.days
    rows = [Line(TEXT("lost_columns"), Tone.QUIET) if found else _none("losses", desk)]
    for line, one in enumerate(on_page(found, place), 1):
        passed, limit = days_missing(one, today), lost_after_days(one.product, days.lost)
        cells = (
            (marker(line, place), 4),
            (waybill_tail(one.waybill), 6),
            (carrier_words(one.carrier), 6),
            (PLACES(one.where.name), 10),
            (str(passed), 10),
            (str(limit), 8),
        )
        rows.append(Line(table_row(cells), Tone.ALERT if passed > limit else Tone.NORMAL))
    below = [Line(TEXT("lost_hint"), Tone.QUIET)]
    if asking and place.index < len(found):
        below = [Line(TEXT("lost_ask", tail=waybill_tail(found[place.index].waybill)), Tone.ALERT)]
    return _list_view("losses", rows, len(found), place, below, "keys_pick" if asking else "keys_list")


def _list_view(  # the parts of one picture
    title: str, rows: Sequence[Line], count: int, place: ListPlace, below: Sequence[Line], keys: str
) -> View:
    page, pages = place.page(count)
    head = between(TEXT(title), SENTENCES("page", page=page, pages=pages) + " ")
    return View(
        above=(Line(head, Tone.STRONG), rule(), *rows, BLANK),
        prompt=" > ",
        below=tuple(below),
        keys=TEXT(keys),
    )
