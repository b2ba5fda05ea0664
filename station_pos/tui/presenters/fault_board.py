"""已知问题 in words: faults that touch this station with how many others, and what HQ's checks found here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_journal.records import AlarmCode
from station_journal.rules.known_faults import KnownFault, StationAlarm, number_of_fault
from station_pos.text import Catalogue, either
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, cut, plain, rule, table_row, wrap
from station_pos.tui.presenters.lists import PAGE_ROWS, Place, marker, on_page

if TYPE_CHECKING:
    from collections.abc import Sequence

TEXT = Catalogue(
    {
        "title": (" 已知问题与核对提示", " Known faults and findings"),
        "none": (
            "   没有已知问题涉及本站, 总部的核对也没有发现不符",
            "   No known fault touches this station, and HQ's checks found nothing",
        ),
        "yours": ("不只您一家: 涉及 {count} 个站点", "not only you: {count} stations"),
        "alone": ("目前只见于本站", "seen here alone so far"),
        "ended": ("已修好", "put right"),
        "alarm": ("核对提示 {code}", "finding {code}"),
        "keys": ("Enter 或 *n 打开   Esc 回", "Enter or *n opens   Esc back"),
        "prompt": (" > ", " > "),
        "title_fault": (" {number} {title}", " {number} {title}"),
        "since": ("   起    {day}   涉及 {count} 个站点", "   Since     {day}, {count} stations"),
        "touched": ("   本站  {count} 笔: 记录 {seqs}", "   Here      {count}: records {seqs}"),
        "work_around": ("   先这样做:", "   Meanwhile:"),
        "remedy": ("   已修好:", "   Put right:"),
        "title_alarm": (" 核对提示 {code}", " Finding {code}"),
        "about": ("   所涉  本站记录 {seq}   金额 {sum}", "   Record    {seq}   sum {sum}"),
        "raised": ("   日期  {day}   总部记录 {seq}", "   Date      {day}   HQ record {seq}"),
        "same": (
            "   总部看到的就是这一条: 同样的代码, 同样的金额。不因此向本站要钱",
            "   HQ sees the same code and the same sum; nothing is asked of you for it",
        ),
        "dispute": ("按 - 对这一条提争议", "- disputes it"),
        "keys_alarm": ("- 提争议   Esc 回", "- dispute   Esc back"),
        "keys_fault": ("Esc 回", "Esc back"),
    }
)
WHAT = Catalogue(
    {
        AlarmCode.DAY_DIGEST_DIFFERS.name: (
            "总部按同样的记录算出的账与本站日终时不同, 正在查",
            "HQ's figures from the same records differ at a day end; being examined",
        ),
        AlarmCode.RULE_BROKEN.name: (
            "一条记录不合记账规则, 金额挂账, 谁也不欠",
            "A record fits no posting rule; its sum rests in suspense, owed by nobody",
        ),
        AlarmCode.STATION_FORKED.name: (
            "本站流水出现两个版本 (多半是恢复了旧备份)",
            "Two histories of this station were seen, mostly after a restored image",
        ),
        AlarmCode.LATE_CONFIRMATION.name: (
            "收费单位对已退的缴费又说成功, 由总部去谈",
            "A biller confirmed a payment that was given back; HQ takes it up there",
        ),
        AlarmCode.PAYOUT_REFUTED.name: (
            "银行否认一笔已付的取款, 金额挂在总部, 不动抽屉",
            "The bank denies a paid withdrawal; the sum rests at HQ, not in your drawer",
        ),
        AlarmCode.LIMIT_EVASION.name: (
            "几笔取款像是绕过单日限额, 总部在看, 不动账",
            "Withdrawals look like getting around the daily limit; no figure changes",
        ),
        AlarmCode.CASE_OVERDUE.name: (
            "总部对争议的答复已逾期, 总部自己也收到提示",
            "HQ's answer to a dispute is late, and HQ was told so too",
        ),
        AlarmCode.BOOKS_DIFFER.name: (
            "总部自己的账与日志算出的不同, 由总部改; 您的数以日志为准",
            "HQ's own books are not what the journals say; your figures stand",
        ),
        AlarmCode.OBJECT_TWICE.name: (
            "同一件包裹, 封袋或发票在两处出现, 总部在查",
            "One parcel, pouch or invoice was seen in two places; being examined",
        ),
        AlarmCode.CLOSE_MISSING.name: (
            "好几天没有日终了, 有空请做一次",
            "No close for some days; please close when you can",
        ),
        AlarmCode.KEY_TWICE.name: (
            "本站的密钥也在别处用, 请马上打总部电话",
            "The station's key is used elsewhere too: call HQ at once",
        ),
        AlarmCode.UNMATCHED_CREDIT.name: (
            "有一笔同额的钱没写流水号, 可能是本站的; 请看有没有顾客来要, 或买额度的款没对上",
            "Money of this sum came without a number; it may be this station's",
        ),
        AlarmCode.SHELVES_FULL.name: ("货架满了, 总部已知道", "The shelves are full, and HQ knows it"),
        AlarmCode.COURIER_MISSED.name: ("投递员该来没来, 总部已知道", "A courier did not come, and HQ knows it"),
        "other": ("总部核对时发现不符", "HQ's check found a difference"),
    }
)
_SEQS_SHOWN = 8
BoardEntry = KnownFault | StationAlarm


def list_view(entries: Sequence[BoardEntry], place: Place) -> View:
    """Give a page of the board."""
    rows = [_row(number, one, place) for number, one in enumerate(on_page(entries, place), 1)]
    shown = rows or [Line(TEXT("none"))]
    return View(
        above=(Line(TEXT("title"), Tone.STRONG), rule()),
        prompt=TEXT("prompt"),
        below=(*shown, *([BLANK] * (PAGE_ROWS - len(shown)))),
        keys=TEXT("keys"),
    )


def _row(number: int, entry: BoardEntry, place: Place) -> Line:
    if isinstance(entry, KnownFault):
        reach = TEXT("yours", count=entry.station_count) if entry.station_count > 1 else TEXT("alone")
        state = TEXT("ended") if entry.ended_seq else reach
        name, day = plain(either(entry.title, entry.title_en)), entry.told_on
        first, tone = number_of_fault(entry.fault_no), Tone.NORMAL if entry.ended_seq else Tone.ALERT
    else:
        state, name, day = format_yuan(entry.amount_fen), what_words(entry.code), entry.raised_on
        first, tone = f"A-{int(entry.code)}", Tone.NORMAL
    cells = ((first, 6), (f"{day:%m-%d}", 6), (name, 34), (state, 28))
    return Line(marker(number, place) + table_row(cells), tone)


def what_words(code: AlarmCode) -> str:
    """Say what a finding means; one that this version has no words for is named by its code."""
    return WHAT(code.name if code.name in WHAT else "other")


def entry_view(entry: BoardEntry) -> View:
    """Give one fault or finding in full."""
    if isinstance(entry, KnownFault):
        return _fault_view(entry)
    lines = [
        Line(TEXT("title_alarm", code=f"A-{int(entry.code)} {entry.code.name}"), Tone.STRONG),
        rule(),
        *(Line("   " + row) for row in wrap(what_words(entry.code), 74)),
        Line(TEXT("about", seq=entry.station_seq, sum=format_yuan(entry.amount_fen)), Tone.STRONG),
        Line(TEXT("raised", day=entry.raised_on.isoformat(), seq=entry.raised_seq)),
        rule(),
    ]
    return View(tuple(lines), TEXT("prompt"), (Line(TEXT("same")),), keys=TEXT("keys_alarm"))


def _fault_view(fault: KnownFault) -> View:
    title = TEXT(
        "title_fault", number=number_of_fault(fault.fault_no), title=plain(either(fault.title, fault.title_en))
    )
    seqs = ", ".join(str(one.station_seq) for one in fault.touched[-_SEQS_SHOWN:])
    words = either(fault.work_around, fault.work_around_en)
    lines = [
        Line(cut(title, 79), Tone.STRONG),
        rule(),
        Line(TEXT("since", day=fault.since.isoformat(), count=fault.station_count)),
        Line(cut(TEXT("touched", count=len(fault.touched), seqs=seqs), 79), Tone.STRONG),
        Line(TEXT("work_around")),
        *(Line("     " + row) for row in wrap(plain(words), 72)),
    ]
    if fault.ended_seq:
        lines += [Line(TEXT("remedy"), Tone.GOOD)]
        lines += [Line("     " + row) for row in wrap(plain(either(fault.remedy, fault.remedy_en)), 72)]
    return View(tuple(lines[:17]), TEXT("prompt"), (), keys=TEXT("keys_fault"))
