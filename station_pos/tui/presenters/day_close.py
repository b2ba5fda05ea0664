"""日终 in words: the blind count, the difference with its causes, the verdict, and what was closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_journal.rules.case import number_of_case
from station_pos.commands.cash_causes import CauseKind
from station_pos.receipts.cash_wording import kind_name, signed
from station_pos.text import Catalogue
from station_pos.tui.presenters import cash_form
from station_pos.tui.presenters.evidence import kind_words
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, cut, left, rule, wrap
from station_pos.tui.presenters.state_rows import clock

if TYPE_CHECKING:
    from station_pos.commands.cash_causes import Cause
    from station_pos.counter import JournalRow
    from station_pos.services.day_close import CloseRow, CloseStart, PeriodFigures, Review
    from station_pos.tui.presenters.cash_form import CashForm

CAUSES_SHOWN = 3
TEXT = Catalogue(
    {
        "title": (" 日终 {day}", " Day close {day}"),
        "steps": ("1 数钱 > 2 看差异 > 3 签认", "1 count > 2 difference > 3 sign"),
        "step_1": (" 第 1 步  只填张数, 系统数先不给看", " Step 1  the notes only; the books' figure is not shown"),
        "confirm": ("数完了, Enter 交给系统对", "Counted; Enter compares"),
        "unsent": (
            "   未传 {count} 笔, 可以日终, 补传后仍归 {day}",
            "   {count} unsent: you can close; they keep their day {day}",
        ),
        "pouches": (
            "   网点有 {count} 个封袋在路上, 到了按 *2 收",
            "   {count} pouches from the branch are under way: *2 accepts",
        ),
        "menu": (
            "   *1 现金进出   *2 封袋   *3 打 X 报表   *4 备用金   *5 历次日终",
            "   *1 cash in/out   *2 pouches   *3 print X   *4 float   *5 closes",
        ),
        "count_keys": ("Enter 下一格   - 上一格   Esc 不数了", "Enter next   - back   Esc leave"),
        "figures": (
            " 第 2 步  应有 {expected}    实有 {counted}    差 {difference}",
            " Step 2  expected {expected}    counted {counted}    difference {difference}",
        ),
        "as_of": (
            "          截至本站第 {seq} 条; 之后的算下一期",
            "          as of record {seq}; later ones fall into the next period",
        ),
        "agrees": ("   相符, 输密码签认", "   Agrees; sign with your PIN"),
        "why": (
            " 可能的原因 (系统按账找, 不下结论)",
            " What may explain it (from the entries, no verdict)",
        ),
        "no_cause": (
            "   账上找不到能说明这个差额的一笔。原因未查明",
            "   No single entry explains this difference. Unexplained",
        ),
        "look_one": (" 按 1 看全部证据", " 1 shows the evidence"),
        "look": (" 按 1 到 {count} 看全部证据", " 1 to {count} shows the evidence"),
        "counts": ("   数过: {counts}", "   Counts: {counts}"),
        "one_count": ("第{number}次 {sum}", "no. {number} {sum}"),
        "step_3": (" 第 3 步  选一个:", " Step 3  choose:"),
        "a": (
            "   A 认可, 差额归本店 {difference}          (小键盘 +)",
            "   A agree: the shop bears {difference}          (numpad +)",
        ),
        "b": (
            "   B 不认可, 记争议: 照常日终, 裁定前不扣款  (小键盘 -)",
            "   B disagree: closes all the same, nothing is charged  (numpad -)",
        ),
        "c": (
            "   C 再数一次, 两次的数都留着              (小键盘 0)",
            "   C count again, both counts stay          (numpad 0)",
        ),
        "choose_prompt": ("   A, B 或 C > ", "   A, B or C > "),
        "choose_keys": ("A/B/C   Esc 不签, 数的留着", "A/B/C   Esc leave, the count stays"),
        "choose_keys_1": ("A/B/C   1 看证据   Esc 不签, 数的留着", "A/B/C   1 evidence   Esc leave, the count stays"),
        "choose_keys_n": (
            "A/B/C   1-{count} 看证据   Esc 不签, 数的留着",
            "A/B/C   1-{count} evidence   Esc leave, the count stays",
        ),
        "pin_prompt": ("   {name} 密码 > ", "   PIN of {name} > "),
        "pin_keys": ("密码 Enter 签认并打印   Esc 回", "PIN Enter signs and prints   Esc back"),
        "agreed": (" 意见: 认可, 差额 {difference} 归本店", " Verdict: agreed, the shop bears {difference}"),
        "disputed": (
            " 意见: 不认可, {difference} 记争议, 原因未查明, 不欠任何人",
            " Verdict: disputed, {difference} unexplained, owed by nobody",
        ),
        "z_next": (
            "   Z 报表 {number:04d} 号: 印一联自留, 一联贴登记簿。改过的另起一号, 旧的不删",
            "   Z {number:04d}: one copy to keep, one for the book. A new close gets a new number",
        ),
        "closed": (
            " 已日终: Z {number:04d} 号    差 {difference}",
            " Closed: Z {number:04d}    difference {difference}",
        ),
        "closed_case": (
            " 争议号 {number}   原因未查明, 裁定前不扣款; 总部 5 个工作日内答复",
            " Dispute {number}: unexplained, nothing is charged; HQ answers in 5 working days",
        ),
        "closed_more": (
            "   现在起的每一笔算下一期。凭条在打印, 要补打按 *5",
            "   What comes now falls into the next period. Copies: *5",
        ),
        "done_prompt": ("   Enter 回主页 > ", "   Enter goes home > "),
        "done_keys": ("Enter 回主页", "Enter home"),
        "evidence": (" 证据: 本站第 {seq} 条   {title}   {sum}", " Evidence: record {seq}   {title}   {sum}"),
        "evidence_keys": ("Enter 或 Esc 回", "Enter or Esc back"),
        "evidence_prompt": ("   Enter 回 > ", "   Enter back > "),
        "record": ("{side}{seq:>6}  {time}  {kind}  {who}", "{side}{seq:>6}  {time}  {kind}  {who}"),
        "system": ("系统", "system"),
        "S": ("本站", "station"),
        "H": ("总部", "HQ"),
        "x_printed": ("X 报表在打印, 不是日终", "The X report prints; it is no close"),
        "x_rail": ("X 报表 (随时看)", "X report"),
        "recent_rail": ("近几次差额", "Recent differences"),
        "pending": ("待定 {count}", "pending {count}"),
    }
)
WHY = Catalogue(
    {
        CauseKind.CASH_BACK_UNRECORDED: (
            "{at} {title} {sum} 没缴成, 该退的现金可能已退、没记",
            "{at} {title} {sum} failed: the cash may be back with the customer, not recorded",
        ),
        CauseKind.CASH_BACK_TOO_EARLY: (
            "{at} {title} {sum} 待定; 可能已先退给顾客",
            "{at} {title} {sum} is unknown: the cash may have been given back",
        ),
        CauseKind.ENTERED_TWICE: (
            "{at} {title} {sum} 和前一笔金额相同, 可能记了两次、只收一次",
            "{at} {title} {sum}: the same amount twice, cash perhaps taken once",
        ),
        CauseKind.CHANGE_TWICE: (
            "{at} {title} {sum} 收 {tendered}, 找零可能找了两次",
            "{at} {title} {sum} of {tendered}: change perhaps given twice",
        ),
        CauseKind.CHANGE_NOT_GIVEN: (
            "{at} {title} {sum} 收 {tendered}, 找零可能没给",
            "{at} {title} {sum} of {tendered}: change perhaps not given",
        ),
        CauseKind.CHANGE_SWAPPED: (
            "{at} {title} {sum} 收 {tendered}, 找零可能两位数字对调",
            "{at} {title} {sum} of {tendered}: digits of the change perhaps swapped",
        ),
        CauseKind.RETURN_NOT_HANDED: (
            "{at} {title} {sum} 记了退款, 现金可能没退",
            "{at} {title} {sum}: return recorded, cash perhaps not handed over",
        ),
        CauseKind.DONE_TWICE: (
            "{at} {title} {sum} 现金可能收付了两次",
            "{at} {title} {sum}: cash perhaps moved twice",
        ),
        CauseKind.NOT_DONE: (
            "{at} {title} {sum} 记了账, 现金可能没动",
            "{at} {title} {sum}: recorded, cash perhaps not moved",
        ),
        CauseKind.WRONG_WAY: (
            "{at} {title} {sum} 进出可能记反",
            "{at} {title} {sum}: in and out perhaps swapped",
        ),
        CauseKind.TIMES_TEN: (
            "{at} {title} {sum} 金额可能多打或少打一个零",
            "{at} {title} {sum}: perhaps a zero too many or too few",
        ),
        CauseKind.SWAPPED: (
            "{at} {title} {sum} 金额可能两位数字对调",
            "{at} {title} {sum}: two digits perhaps swapped",
        ),
        CauseKind.WRONG_NOTE: (
            "{count} 笔收 {note} 的, 有一笔收的可能是 {other}; 最近 {at} {title}",
            "{count} bills took {note}: one was perhaps {other}; latest {at} {title}",
        ),
        CauseKind.MISCOUNTED: (
            "{note} 元的可能数错 {other} 张。再数一次",
            "{other} notes of {note} perhaps miscounted. Count again",
        ),
        CauseKind.COUNTS_SWAPPED: (
            "{note} 元和 {other} 元的张数可能填反。再数一次",
            "Numbers of {note} and {other} notes perhaps swapped. Count again",
        ),
        CauseKind.MOVE_UNRECORDED: (
            "可能有一笔现金进出没记 (自己取放, 去银行): 按 *1 先补记",
            "Cash in or out perhaps not recorded: *1 records it",
        ),
    }
)


def _title(day: str) -> tuple[Line, ...]:
    return Line(between(TEXT("title", day=day), TEXT("steps")), Tone.STRONG), rule()


def count_view(start: CloseStart, form: CashForm) -> View:
    """Give step 1: the fields, and nothing of what the drawer should hold."""
    day = f"{start.business_date:%m-%d}"
    above = (*_title(day), Line(TEXT("step_1")), *cash_form.form_lines(form), BLANK)
    below = [rule()]
    if start.unsent:
        below.append(Line(TEXT("unsent", count=start.unsent, day=day)))
    if start.pouches_waiting:
        below.append(Line(TEXT("pouches", count=start.pouches_waiting)))
    below += [BLANK, Line(TEXT("menu"), Tone.QUIET)]
    return View(above, cash_form.prompt(form, TEXT("confirm")), tuple(below), keys=TEXT("count_keys"))


def _compared(start: CloseStart, review: Review) -> tuple[Line, ...]:
    figures = {"expected": format_yuan(review.expected_fen), "counted": format_yuan(review.counted_fen)}
    found = TEXT("figures", **figures, difference=signed(review.difference_fen))
    return (
        *_title(f"{start.business_date:%m-%d}"),
        Line(found, Tone.STRONG),
        Line(TEXT("as_of", seq=review.count_seq), Tone.QUIET),
    )


def verdict_view(start: CloseStart, review: Review, figures: PeriodFigures, closes: tuple[CloseRow, ...]) -> View:
    """Give steps 2 and 3: the difference, what may explain it, and the three ways on."""
    above = [*_compared(start, review), Line(TEXT("why"))]
    shown = review.causes[:CAUSES_SHOWN]
    above += [Line(f"  {place} {cause_words(cause, review)}") for place, cause in enumerate(shown, 1)]
    look = TEXT("look", count=len(shown)) if len(shown) > 1 else TEXT("look_one")
    above.append(Line(look if shown else TEXT("no_cause"), Tone.QUIET))
    if len(review.counts) > 1:
        counts = "  ".join(TEXT("one_count", number=number, sum=format_yuan(fen)) for number, fen in review.counts)
        above.append(Line(cut(TEXT("counts", counts=counts), 78)))
    difference = signed(review.difference_fen)
    below = (
        Line(TEXT("step_3"), Tone.STRONG),
        Line(TEXT("a", difference=difference)),
        Line(TEXT("b")),
        Line(TEXT("c")),
        Line(TEXT("z_next", number=start.z_no), Tone.QUIET),
    )
    rail = _rail(figures, closes)
    return View((*above, rule()), TEXT("choose_prompt"), below, keys=_choose_keys(len(shown)), rail=rail)


def _choose_keys(causes: int) -> str:
    """Name the keys of the verdict: evidence only where there is some."""
    return TEXT("choose_keys_n", count=causes) if causes > 1 else TEXT("choose_keys_1" if causes else "choose_keys")


def sign_view(
    start: CloseStart,
    review: Review,
    verdict: str,
    name: str,
    rail_of: tuple[PeriodFigures, tuple[CloseRow, ...]],
) -> View:
    """Ask for the PIN that signs; ``verdict`` is ``agrees``, ``agreed`` or ``disputed``."""
    said = TEXT("agrees") if verdict == "agrees" else TEXT(verdict, difference=signed(review.difference_fen))
    above = (*_compared(start, review), BLANK, Line(said, Tone.STRONG), BLANK)
    below = (Line(TEXT("z_next", number=start.z_no), Tone.QUIET),)
    prompt = TEXT("pin_prompt", name=name)
    return View(above, prompt, below, keys=TEXT("pin_keys"), rail=_rail(*rail_of))


def closed_view(start: CloseStart, review: Review, z_no: int, case_no: int = 0) -> View:
    """Say what was closed, and under which number its difference is in dispute, if it is."""
    said = TEXT("closed", number=z_no, difference=signed(review.difference_fen))
    case = [Line(TEXT("closed_case", number=number_of_case(case_no)), Tone.STRONG)] if case_no else []
    above = (*_compared(start, review), BLANK, Line(said, Tone.GOOD), *case, BLANK)
    return View(above, TEXT("done_prompt"), (Line(TEXT("closed_more")),), keys=TEXT("done_keys"))


def cause_words(cause: Cause, review: Review) -> str:
    """Say a cause in one line, with the entry it is about."""
    line = next((review.lines[seq] for seq in cause.seqs if seq in review.lines), None)
    note, other = cause.notes_fen
    if cause.kind is CauseKind.MISCOUNTED:
        named = str(note // 100), str(other)
    else:
        named = str(note // 100), str(other // 100)
    figures = {
        "at": clock(line.at) if line else "",
        "title": line.title if line else "",
        "sum": format_yuan(abs(line.change_fen)) if line else "",
        "tendered": format_yuan(line.tendered_fen) if line else "",
        "count": len(cause.seqs),
        "note": named[0],
        "other": named[1],
    }
    return cut(WHY(cause.kind, **figures), 75)


def evidence_view(cause: Cause, review: Review, rows: tuple[JournalRow, ...], paper: str) -> View:
    """Show everything on record about one entry of a cause: both journals' records, and its paper."""
    line = next((review.lines[seq] for seq in cause.seqs if seq in review.lines), None)
    words = [Line("   " + row) for row in wrap(cause_words(cause, review), 74)]
    if line is None:
        return View((*words, rule()), TEXT("evidence_prompt"), (), keys=TEXT("evidence_keys"))
    title = TEXT("evidence", seq=line.seq, title=line.title, sum=signed(line.change_fen))
    above = [Line(title, Tone.STRONG), *words, rule()]
    above += [Line("   " + cut(_record_words(row), 76)) for row in rows[:8]]
    below = [Line("   " + cut(text, 76), Tone.QUIET) for text in paper.splitlines() if text.strip()]
    return View(tuple(above), TEXT("evidence_prompt"), tuple(below), keys=TEXT("evidence_keys"))


def _record_words(row: JournalRow) -> str:
    who = row.actor_name or TEXT("system")
    return TEXT(
        "record",
        side=left(TEXT(row.side), 8),
        seq=row.seq,
        time=clock(row.recorded_at),
        kind=kind_words(row.kind),
        who=who,
    )


def _rail(figures: PeriodFigures, closes: tuple[CloseRow, ...]) -> tuple[Line, ...]:
    lines = [Line(TEXT("x_rail"), Tone.STRONG)]
    lines += [Line(f"  {name} {count}  {format_yuan(fen)}") for name, count, fen in figures.services]
    lines += [
        Line(f"  {kind_name(one.kind)} {one.entry_count}  {signed(one.in_fen - one.out_fen)}")
        for one in figures.cash
        if one.kind != _BILLS
    ]
    lines += [Line("  " + TEXT("pending", count=figures.pending_count)), BLANK, Line(TEXT("recent_rail"), Tone.STRONG)]
    recent = " ".join(signed(one.difference_fen) if one.difference_fen else "+0" for one in reversed(closes))
    return (*lines, *(Line("  " + row) for row in wrap(recent, 34)))


_BILLS = 3
"""The kind whose line the services give in detail."""
