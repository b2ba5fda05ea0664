"""The home screen in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_journal.sealed_code import is_code
from station_pos.services.entries import Entry
from station_pos.text import Catalogue
from station_pos.tui.actions import SERVICES, action_of_initials, name_of
from station_pos.tui.presenters.forecast import lasts_words, suggestion_words
from station_pos.tui.presenters.lines import (
    BLANK,
    CORE_COLUMNS,
    RAIL_COLUMNS,
    Line,
    Tone,
    View,
    fill,
    rule,
    width,
    wrap,
)
from station_pos.tui.presenters.payments import (
    candidate_line,
    entry_row,
    payment_row,
    reversal_left,
    reversal_words,
    short_name,
    status_words,
)
from station_pos.tui.presenters.state_rows import clock, not_computable_words, sum_words
from station_pos.tui.presenters.tally import home_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.payment import Payment
    from station_pos.counter import Candidate, CounterState
    from station_pos.services.kept_jobs import KeptJob
    from station_pos.services.parcels import FoundParcels
    from station_pos.tui.desk import Desk

CANDIDATES_MAX = 9
_LIST_ROWS, _SUM_ROWS = 6, 3
_CODES_SHOWN = 4
RECENT_ROWS = 4
PAYOUT_FEN = 50_000
"""The cash row tells for how many withdrawals of so much the drawer is good."""
PARKED_ROWS = 4

TEXT = Catalogue(
    {
        "hint": (
            " 扫码, 或输 户号/手机号/取件码/运单尾号/凭证码; 拼音首字母也行 (df=电费)",
            " Scan, or type account, phone, pickup code, waybill tail, credit code, initials",
        ),
        "pick": ("   Enter 选第 1 行    Esc 清空", "   Enter takes line 1    Esc clears"),
        "pick_more": (
            "   Enter 选第 1 行    *2 选第 2 行    Esc 清空",
            "   Enter takes line 1    *2 takes line 2    Esc clears",
        ),
        "more": ("   还有 {count} 行没有显示, 请再多输几位", "   {count} more; type more of the number"),
        "nothing": (
            "   没有相符的业务。再核对一遍号码, 或按 F2 从列表里选",
            "   No service fits. Check it, or F2 lists all",
        ),
        "service_goods": ("   1 分销订货与到货签收   Enter 打开", "   1 Goods: order and sign for them   Enter opens"),
        "service_lead": ("   1 保险线索   Enter 打开", "   1 Insurance lead   Enter opens"),
        "service_disputes": ("   1 更正与争议   Enter 打开", "   1 Corrections and disputes   Enter opens"),
        "service_faults": ("   1 已知问题与核对提示   Enter 打开", "   1 Known faults and findings   Enter opens"),
        "action": ("   1 {name}   Enter 打开", "   1 {name}   Enter opens"),
        "code": ("   1 凭证码充值   Enter 打开", "   1 Credit code   Enter opens"),
        "tariff_coming": (
            " 通知   新资费 {day} 起用, {read} (输 tz 看差异)",
            " Notice a new tariff from {day}, {read} (tz shows what changes)",
        ),
        "tariff_read": ("已确认", "read"),
        "tariff_unread": ("未确认", "not read yet"),
        "service_tariff_notice": ("   1 新资费有什么变化   Enter 打开", "   1 What a new tariff changes   Enter opens"),
        "service_tally": ("   1 一位顾客合计   Enter 打开", "   1 One customer's total   Enter opens"),
        "service_drill_record": ("   1 练习记录   Enter 打开", "   1 Practice record   Enter opens"),
        "start": ("   来一位顾客, 先扫账单; F2 列出全部业务", "   Next customer: scan the bill; F2 lists all services"),
        "practise": (
            "   练习: 按 // 再按 Enter 选一题; 也可以照平常办, 什么都不会报到总部",
            "   Practice: // then Enter lists the drills; or serve as usual, nothing counts",
        ),
        "parked": ("放着没办 {time} {title} {sum}   (*n 接着办)", "Put aside {time} {title} {sum}   (*n goes on)"),
        "before": (
            "   上一笔 {name} {sum} {who} {status}",
            "   Last job: {name} {sum} {who} {status}",
        ),
        "today": (" 今天   缴费 {count} 笔 {sum}", " Today  {count} bills {sum}"),
        "withdrawn": ("   取款 {paid} 笔 {paid_sum}", "   {paid} payouts {paid_sum}"),
        "withdrawn_open": (" (待定 {open})", " ({open} open)"),
        "handed_off": ("   取件 {count} 件", "   handed off {count}"),
        "today_earned": ("   酬金 {earned}", "   earned {earned}"),
        "cash": (" 现金   抽屉应有 {drawer}", " Cash   drawer should hold {drawer}"),
        "cash_open": ("   其中结果未定或待退 {open}", "   of it undecided or due back {open}"),
        "payouts": ("   还够取款 {each} 元 {count} 笔", "   enough for {count} payouts of {each}"),
        "credit": (
            " 额度   可用 {free}   冻结 {held} (结果未知的先冻结)",
            " Credit free {free}   held {held} (for unknown results)",
        ),
        "rail_credit": ("额度 {lasts}", "Credit {lasts}"),
        "credit_lasts": (
            " 额度   可用 {free}   冻结 {held}   {lasts} (F8)",
            " Credit free {free}   held {held}   {lasts} (F8)",
        ),
        "today_unknown": (" 今天   {why}", " Today  {why}"),
        "cash_unknown": (" 现金   {why}", " Cash   {why}"),
        "credit_unknown": (" 额度   {why}", " Credit {why}"),
        "earned_unknown": ("酬金", "Earned"),
        "big_credit": ("额度", "Credit"),
        "big_cash": ("现金 (抽屉应有)", "Cash (drawer should hold)"),
        "parcels": (
            " 包裹   在架 {on_hand}   明天到期退回 {tomorrow}   现在待退 {due}",
            " Parcel on hand {on_hand}   due back tomorrow {tomorrow}   due now {due}",
        ),
        "courier_late": ("   投递员 {days} 天没来收退件", "   no courier for {days} days"),
        "parcels_found": ("   1 取件   {count} 件   {codes}", "   1 Pickup   {count} items   {codes}"),
        "parcels_many": (
            "   1 取件   {people} 位顾客的尾号都是这个, 打开后再输全号",
            "   1 Pickup   {people} customers fit; open it and type more",
        ),
        "recent": (" 最近   ", " Recent "),
        "no_recent": ("今天还没有办过业务", "nothing done yet"),
        "station": (
            "站 {name}   本站链 {seq:04d} 已封 {head}",
            "Station {name}   chain {seq:04d} sealed {head}",
        ),
        "earned": ("今天酬金 {today}   本月 {month}", "Earned today {today}   month {month}"),
        "unanswered": ("待办 (F5 打开)", "To do (F5 opens)"),
        "withdrawal_open": ("取款没有结束", "withdrawal not over"),
        "no_cases": ("  没有待办", "  nothing"),
    }
)


def parked_jobs(desk: Desk) -> tuple[KeptJob, ...]:
    """List the jobs put aside, or left half typed, that a line of the home screen opens."""
    return tuple(job for job in desk.counter.kept_jobs.jobs() if not job.payment_seq)[:PARKED_ROWS]


def _parcel_line(desk: Desk) -> list[Line]:
    """Say what is on the shelves and what waits for the courier; nothing where the shop has no parcels."""
    counts = desk.counter.parcels.counts()
    if not (counts.on_hand or counts.returns_due or counts.missing or counts.outbound):
        return []
    words = TEXT("parcels", on_hand=counts.on_hand, tomorrow=counts.returns_tomorrow, due=counts.returns_due)
    if counts.courier_days:
        words += TEXT("courier_late", days=counts.courier_days)
    return [Line(words, Tone.ALERT if counts.courier_days else Tone.NORMAL)]


def _blank_list(desk: Desk) -> list[Line]:
    lines = [Line(TEXT("start")) if desk.tally is None else home_line(desk.tally)]
    if desk.counter.practice is not None:
        lines.append(Line(TEXT("practise"), Tone.STRONG))
    for number, job in enumerate(parked_jobs(desk), 1):
        amount = format_yuan(job.amount_fen) if job.amount_fen else ""
        what = TEXT("parked", time=clock(job.kept_at), title=job.title, sum=amount)
        lines.append(Line(f"   {number} {what}", Tone.STRONG))
    before = desk.last_payment and desk.counter.payment(desk.last_payment.seq)
    if before:
        figures = {
            "name": short_name(desk.counter.products(), before.product_code),
            "sum": format_yuan(before.total_fen),
            "who": before.payer_name,
            "status": status_words(before),
        }
        lines.append(Line(TEXT("before", **figures), Tone.QUIET))
    return lines


def _candidates(typed: str, candidates: Sequence[Candidate], parcels: FoundParcels | None) -> list[Line]:
    if not candidates and parcels is None:
        asked = typed.strip().lower()
        service, action = SERVICES.get(asked), action_of_initials(asked)
        if service:
            return [Line(TEXT(f"service_{service}"), Tone.STRONG)]
        if action is not None:
            return [Line(TEXT("action", name=name_of(action)), Tone.STRONG)]
        if is_code(asked):
            return [Line(TEXT("code"), Tone.STRONG)]
        return [Line("   " + row) for row in wrap(TEXT("nothing").strip(), 76)] if typed else []
    lines = [] if parcels is None else [Line(_found_words(parcels), Tone.STRONG)]
    first = len(lines) + 1
    lines += [candidate_line(number, one) for number, one in enumerate(candidates[:CANDIDATES_MAX], first)]
    hidden = len(candidates) - CANDIDATES_MAX
    pick = TEXT("pick_more" if len(lines) > 1 else "pick")
    return [*lines, Line(TEXT("more", count=hidden) if hidden > 0 else pick, Tone.QUIET)]


def _found_words(found: FoundParcels) -> str:
    if not found.parcels:
        return TEXT("parcels_many", people=found.people)
    codes = " ".join(one.code for one in found.parcels[:_CODES_SHOWN])
    return TEXT("parcels_found", count=len(found.parcels), codes=codes)


def home_view(
    desk: Desk,
    typed: str,
    candidates: Sequence[Candidate],
    recent: Sequence[Payment | Entry],
    parcels: FoundParcels | None = None,
    lower: tuple[Line, ...] = (),
) -> View:
    """Give the home screen: the list for what was typed, today's sums, and the newest entries of all services.

    ``lower`` are the rows below it on a wide terminal.
    """
    state, products = desk.state(), desk.counter.products()
    listing = bool(typed or candidates)
    listed = _candidates(typed, candidates, parcels) if listing else _blank_list(desk)
    now, rows = desk.now(), []
    for row, payment in enumerate(recent[:RECENT_ROWS]):
        lead = TEXT("recent") if row == 0 else " " * 8
        if isinstance(payment, Entry):
            rows.append(Line(lead + entry_row(payment, state.business_date, now, state.held_seq)))
            continue
        product = next((one for one in products if one.code == payment.product_code), None)
        clock_left = reversal_words(reversal_left(payment, product, now))
        rows.append(Line(lead + payment_row(payment, products, state.business_date, clock_left)))
    if not rows:
        rows.append(Line(TEXT("recent") + TEXT("no_recent"), Tone.QUIET))
    sums = (*_sums(desk), *_parcel_line(desk), *_notices(desk))
    room = max(_LIST_ROWS + _SUM_ROWS - len(sums), len(listed))
    below = (*fill(listed, room), rule(), *sums, rule(), *rows)
    head = state.head.hex()[:8].upper()
    return View(
        above=(rule(), Line(TEXT("hint"))),
        prompt=" > ",
        below=below,
        keys=TEXT("station", name=state.station_name, seq=state.as_of_seq, head=head),
        rail=_rail(desk),
        big=() if typed or candidates else _big(state),
        lower=lower,
    )


def _notices(desk: Desk) -> tuple[Line, ...]:
    """Say what is to come: a tariff that is published and not in force yet, and whether it was read here."""
    state = desk.state()
    if state.tariff_from is None:
        return ()
    coming = desk.counter.coming_tariff()
    read = TEXT("tariff_read" if coming is not None and coming.read_seq else "tariff_unread")
    return (Line(TEXT("tariff_coming", day=f"{state.tariff_from:%m-%d}", read=read)),)


def _big(state: CounterState) -> tuple[tuple[str, str], ...]:
    if not_computable_words(state):
        return ()
    credit, cash = sum_words(state.credit_free_fen), sum_words(state.drawer_fen)
    return (TEXT("big_credit"), credit), (TEXT("big_cash"), cash)


def _sums(desk: Desk) -> tuple[Line, ...]:
    state = desk.state()
    why = not_computable_words(state)
    if why:
        return tuple(Line(TEXT(f"{name}_unknown", why=why)) for name in ("today", "cash", "credit"))
    cash = TEXT("cash", drawer=sum_words(state.drawer_fen))
    if state.customer_cash_fen:
        cash += TEXT("cash_open", open=sum_words(state.customer_cash_fen))
    elif state.drawer_fen is not None and desk.counter.withdrawals.has_terminal:
        cash += TEXT("payouts", each=PAYOUT_FEN // 100, count=max(0, state.drawer_fen) // PAYOUT_FEN)
    figures = {"free": sum_words(state.credit_free_fen), "held": sum_words(state.credit_held_fen)}
    found = desk.counter.credit.forecast(state)
    credit = TEXT("credit", **figures) if found is None else TEXT("credit_lasts", **figures, lasts=lasts_words(found))
    return Line(_today(desk, state)), Line(cash), Line(credit)


def _today(desk: Desk, state: CounterState) -> str:
    """Say what was done today, service by service; what fits the row least is left to its own screen."""
    done = [TEXT("today", count=state.bills_today, sum=sum_words(state.bills_today_fen))]
    open_ones, handed_off = len(state.open_withdrawals), desk.counter.parcels.counts().handed_off
    if state.withdrawals_today or open_ones:
        done.append(TEXT("withdrawn", paid=state.withdrawals_today, paid_sum=sum_words(state.withdrawals_today_fen)))
        done.append(TEXT("withdrawn_open", open=open_ones) if open_ones else "")
    done.append(TEXT("handed_off", count=handed_off) if handed_off else "")
    earned = TEXT("today_earned", earned=sum_words(state.earned_today_fen))
    return "".join(done) + (earned if width("".join(done)) + width(earned) <= CORE_COLUMNS else "")


def _rail(desk: Desk) -> tuple[Line, ...]:
    state = desk.state()
    why = not_computable_words(state)
    if why:
        earned = [TEXT("earned_unknown"), *(f"  {row}" for row in wrap(why, RAIL_COLUMNS - 2))]
    else:
        earned = [TEXT("earned", today=sum_words(state.earned_today_fen), month=sum_words(state.earned_month_fen))]
    open_ones = [(one.recorded_at, one.amount_fen, TEXT("withdrawal_open")) for one in state.open_withdrawals]
    open_ones += [(one.recorded_at, one.total_fen, status_words(one)) for one in desk.counter.open_cases()]
    todo = [Line(f"  {clock(at)} {format_yuan(fen)} {words}") for at, fen, words in open_ones[:8]]
    # Where the books stop, an empty list is no proof that nothing waits.
    listed = todo or ([] if why else [Line(TEXT("no_cases"), Tone.QUIET)])
    found = desk.counter.credit.forecast(state)
    advice = [Line(f"  {row}") for row in wrap(suggestion_words(found), RAIL_COLUMNS - 2)] if found else []
    lasts = [Line(TEXT("rail_credit", lasts=lasts_words(found)), Tone.STRONG), *advice, BLANK] if found else []
    return (*lasts, *map(Line, earned), BLANK, Line(TEXT("unanswered"), Tone.STRONG), *listed)
