"""The other jobs of the drawer in words: cash in and out, the float, pouches both ways, the list of closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.cash import CashReason, CloseVerdict
from station_journal.money import format_yuan
from station_journal.rules.pouches import IncomingPouch
from station_pos.receipts.cash_wording import REASONS, signed
from station_pos.text import Catalogue
from station_pos.tui.presenters import cash_form
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, cut, rule
from station_pos.tui.presenters.lists import marker, on_page
from station_pos.tui.presenters.state_rows import clock

if TYPE_CHECKING:
    from datetime import datetime

    from station_journal.rules.pouches import OutgoingPouch
    from station_pos.services.day_close import CloseRow
    from station_pos.tui.presenters.cash_form import CashForm
    from station_pos.tui.presenters.lists import Place

TEXT = Catalogue(
    {
        "move_title": (" 现金进出 (本店自己的钱)", " Cash in and out (the shop's own)"),
        "choose_reason": ("   1 到 6 选一项 > ", "   1 to 6 > "),
        "move_amount": ("   {reason}, 多少元 > ", "   {reason}, yuan > "),
        "move_keys": (
            "Enter 记账并打印凭条   Esc 回, 什么都不记",
            "Enter records and prints   Esc back, nothing recorded",
        ),
        "moved": ("已记: {reason} {sum}", "Recorded: {reason} {sum}"),
        "float_title": (
            " 备用金: 开门前数抽屉, 比账上多的就是放进去的",
            " Float: count before opening; above the books is put in",
        ),
        "float_done": ("Enter 记备用金", "Enter records the float"),
        "float_keys": ("Enter 下一格   - 上一格   Esc 回", "Enter next   - back   Esc back"),
        "floated": ("备用金已记, 抽屉 {sum}", "Float recorded, drawer {sum}"),
        "pouch_title": (" 封袋: 扫袋上的号, 或输入", " Pouches: scan the number on the pouch, or type it"),
        "pouch_prompt": ("   封袋号 > ", "   pouch number > "),
        "pouch_keys": ("Enter 下一步   *n 选一行   Esc 回", "Enter goes on   *n picks a line   Esc back"),
        "incoming": (" 网点送来, 还没收的:", " From the branch, not accepted:"),
        "outgoing": (" 封好送网点, 网点还没收的:", " To the branch, not received there:"),
        "pouch_line": ("  *{line} {label}   {sum}   {time}", "  *{line} {label}   {sum}   {time}"),
        "none": ("   没有", "   none"),
        "new_pouch": (
            "   新的封袋号 = 封一袋现金送网点",
            "   A new number seals cash into a pouch for the branch",
        ),
        "accept_title": (" 收封袋 {label}   清单 {sum}", " Accept pouch {label}   manifest {sum}"),
        "accept_prompt": ("   数出多少元 (Enter = {sum}) > ", "   counted, yuan (Enter = {sum}) > "),
        "accept_help": (
            "   不一样也照数出的收: 差额挂账, 原因未查明, 不由本站承担",
            "   Accept what you counted: a difference rests in suspense, charged to nobody",
        ),
        "accept_keys": ("Enter 收下并打印   Esc 先不收", "Enter accepts and prints   Esc not now"),
        "accepted": ("已收 {label}: 第 {seq} 条, {sum}", "Accepted {label}: entry {seq}, {sum}"),
        "less": (", 比清单少 {sum}, 不由本站承担", ", {sum} less than listed: not yours"),
        "more": (", 比清单多 {sum}, 挂账查明", ", {sum} more than listed: in suspense"),
        "seal_title": (" 封袋 {label} 送网点", " Seal pouch {label} for the branch"),
        "seal_done": ("Enter 封袋并打印两联   + 再加一捆", "Enter seals and prints two copies   + more"),
        "seal_keys": ("Enter 下一格   - 上一格   Esc 不封了", "Enter next   - back   Esc leave"),
        "sealed": ("已封 {label}: {sum}。一联放袋内, 一联自留", "Sealed {label}: {sum}. One copy inside, one to keep"),
        "cancel_title": (" 封袋 {label}   {sum}, 网点还没收", " Pouch {label}   {sum}, not received"),
        "cancel_prompt": ("   - 取消封袋, 现金全部放回抽屉 > ", "   - opens it again, all cash back > "),
        "cancel_keys": ("- 取消封袋   Esc 不动", "- cancels the pouch   Esc leaves it"),
        "cancelled": ("已取消 {label}: {sum} 回到抽屉", "Cancelled {label}: {sum} back in the drawer"),
        "settled": (
            "封袋 {label} 已经办完 (第 {seq} 条), 没有再记",
            "Pouch {label} is done (entry {seq}); not recorded again",
        ),
        "closes_title": (" 历次日终", " Closes"),
        "close_row": (
            "Z {number:04d}  {day}  {time}  实有 {counted}  差 {difference}  {verdict}",
            "Z {number:04d}  {day}  {time}  {counted}  diff {difference}  {verdict}",
        ),
        "agreed": ("认可", "agreed"),
        "disputed": ("争议, 未查明", "disputed, unexplained"),
        "no_close": ("   还没有日终过", "   None yet"),
        "closes_prompt": (" > ", " > "),
        "closes_keys": ("上下键选   + 补打   Enter 看凭条   Esc 回", "arrows   + copies   Enter opens   Esc back"),
        "copy_printing": ("补打的在打印, 上面有补打字样", "The marked copy prints"),
        "paper_keys": ("上下键翻   Enter 或 Esc 回", "arrows turn   Enter or Esc back"),
    }
)
PAPER_ROWS = 14


def move_view(reason: CashReason | None) -> View:
    """Ask for the reason, then for the amount."""
    above = [Line(TEXT("move_title"), Tone.STRONG), rule()]
    above += [Line(f"   {int(one)} {REASONS(str(int(one)))}") for one in CashReason]
    prompt = TEXT("choose_reason") if reason is None else TEXT("move_amount", reason=REASONS(str(int(reason))))
    return View((*above, BLANK), prompt, (), keys=TEXT("move_keys"))


def float_view(form: CashForm) -> View:
    """Count what lies in the drawer before the first customer."""
    above = (Line(TEXT("float_title"), Tone.STRONG), rule(), *cash_form.form_lines(form), BLANK)
    return View(above, cash_form.prompt(form, TEXT("float_done")), (), keys=TEXT("float_keys"))


def pouches_view(incoming: tuple[IncomingPouch, ...], outgoing: tuple[OutgoingPouch, ...]) -> View:
    """List the pouches under way either way, and ask for a number."""
    lines = [Line(TEXT("incoming"), Tone.STRONG)]
    listed: list[IncomingPouch | OutgoingPouch] = [*incoming, *outgoing]
    rows = [
        TEXT("pouch_line", line=line, label=one.label, sum=format_yuan(one.amount_fen), time=clock(_when(one)))
        for line, one in enumerate(listed, 1)
    ]
    lines += [Line(cut(row, 79)) for row in rows[: len(incoming)]] or [Line(TEXT("none"), Tone.QUIET)]
    lines.append(Line(TEXT("outgoing"), Tone.STRONG))
    lines += [Line(cut(row, 79)) for row in rows[len(incoming) :]] or [Line(TEXT("none"), Tone.QUIET)]
    above = (Line(TEXT("pouch_title"), Tone.STRONG), rule(), *lines[:12], BLANK)
    return View(above, TEXT("pouch_prompt"), (Line(TEXT("new_pouch"), Tone.QUIET),), keys=TEXT("pouch_keys"))


def _when(pouch: IncomingPouch | OutgoingPouch) -> datetime:
    return pouch.sent_at if isinstance(pouch, IncomingPouch) else pouch.sealed_at


def accept_view(pouch: IncomingPouch) -> View:
    """Ask what was counted in a pouch from the branch."""
    amount = format_yuan(pouch.amount_fen)
    above = [Line(TEXT("accept_title", label=pouch.label, sum=amount), Tone.STRONG), rule()]
    above += _note_lines(pouch)
    prompt = TEXT("accept_prompt", sum=amount)
    return View((*above, BLANK), prompt, (Line(TEXT("accept_help"), Tone.QUIET),), keys=TEXT("accept_keys"))


def _note_lines(pouch: IncomingPouch | OutgoingPouch) -> list[Line]:
    lines = [
        Line(f"   {line.face_fen // 100} x {line.pieces} = {format_yuan(line.face_fen * line.pieces)}")
        for line in pouch.notes
        if line.pieces
    ]
    return [*lines[:10], Line("   + " + format_yuan(pouch.coins_fen))] if pouch.coins_fen else lines[:10]


def seal_view(label: str, form: CashForm, before_fen: int) -> View:
    """Count what goes into a pouch; ``before_fen`` are bundles that were counted for it already."""
    above = [Line(TEXT("seal_title", label=label), Tone.STRONG), rule(), *cash_form.form_lines(form)]
    above.append(Line("   + " + format_yuan(before_fen)) if before_fen else BLANK)
    return View(tuple(above), cash_form.prompt(form, TEXT("seal_done")), (), keys=TEXT("seal_keys"))


def cancel_view(pouch: OutgoingPouch) -> View:
    """Offer to open a sealed pouch again."""
    title = TEXT("cancel_title", label=pouch.label, sum=format_yuan(pouch.amount_fen))
    above = (Line(title, Tone.STRONG), rule(), *_note_lines(pouch), BLANK)
    return View(above, TEXT("cancel_prompt"), (), keys=TEXT("cancel_keys"))


def closes_view(rows: tuple[CloseRow, ...], place: Place) -> View:
    """List the closes, newest first."""
    lines = [Line(cut(marker(line, place) + _close_words(row), 79)) for line, row in enumerate(on_page(rows, place), 1)]
    above = (Line(TEXT("closes_title"), Tone.STRONG), rule(), *(lines or [Line(TEXT("no_close"))]))
    return View(above, TEXT("closes_prompt"), (), keys=TEXT("closes_keys"))


def _close_words(row: CloseRow) -> str:
    disputed = row.verdict is CloseVerdict.DISPUTED
    return TEXT(
        "close_row",
        number=row.z_no,
        day=f"{row.business_date:%m-%d}",
        time=clock(row.closed_at),
        counted=format_yuan(row.counted_fen),
        difference=signed(row.difference_fen),
        verdict=TEXT("disputed" if disputed else "agreed"),
    )


def paper_view(title: str, paper: str, top: int) -> View:
    """Show a stored paper as text."""
    lines = paper.splitlines()[top : top + PAPER_ROWS]
    above = (Line(title, Tone.STRONG), rule(), *(Line("   " + cut(line, 76)) for line in lines))
    return View(above, TEXT("closes_prompt"), (), keys=TEXT("paper_keys"))


def accepted_words(pouch: IncomingPouch) -> str:
    """Say that a pouch is on record, with what was more or less in it than its list says."""
    told = TEXT("accepted", label=pouch.label, seq=pouch.accepted_seq, sum=format_yuan(pouch.accepted_fen))
    over_fen = pouch.accepted_fen - pouch.amount_fen
    return told + (TEXT("more" if over_fen > 0 else "less", sum=format_yuan(abs(over_fen))) if over_fen else "")
