"""The state row, the one alert, and the rail of a wide terminal.

Order of worth: credit, drawer cash, link, unsent records, printer, business date. A state is a word, with its age.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_journal.payment import CashStatus, PaymentStatus
from station_journal.records import Equipment
from station_pos.config import PRACTICE_CODE
from station_pos.counter import DeviceState, LinkState, PrinterState
from station_pos.text import Catalogue, either
from station_pos.tui.presenters.forecast import lasts_words
from station_pos.tui.presenters.lines import RAIL_COLUMNS, Line, Tone, cut, fill, rule, width, wrap

if TYPE_CHECKING:
    from station_journal.payment import Payment
    from station_pos.commands.credit_forecast import Forecast
    from station_pos.counter import CounterState, DeviceRow
    from station_pos.tui.desk import Desk

CHINA = timezone(timedelta(hours=8))
LINK_ALERT_S = 300
CREDIT_LOW_BILLS = 3
NO_SLIP = frozenset({PrinterState.PAPER_OUT, PrinterState.COVER_OPEN, PrinterState.OFFLINE})
"""A printer that says so of itself prints nothing now."""
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400

TEXT = Catalogue(
    {
        "day": ("{day} 营业中", "{day} Open"),
        "day_long": ("{day} {weekday} 营业中", "{weekday} {day} Open"),
        "weekdays": ("周一 周二 周三 周四 周五 周六 周日", "Mon Tue Wed Thu Fri Sat Sun"),
        "read_only": ("{day} 只读", "{day} Read-only"),
        "practice": ("练习 {day}", "PRACTICE {day}"),
        "credit": ("额度 {sum}", "Credit {sum}"),
        "credit_bills": ("额度 {sum} 约{bills}笔", "Credit {sum} ~{bills} bills"),
        "cash": ("现金 {sum}", "Cash {sum}"),
        "link_up": ("网 通", "Link ok"),
        "link_down": ("网 断{age}", "Link down {age}"),
        "link_not_tried": ("网 未试", "Link untried"),
        "unsent": ("未传 {count}", "Unsent {count}"),
        "unsent_age": ("未传 {count} 最早{age}前", "Unsent {count} for {age}"),
        "pending": ("待定 {count}", "Pending {count}"),
        "printer": ("打印 {word}", "Print {word}"),
        PrinterState.READY: ("好", "ok"),
        PrinterState.PAPER_LOW: ("纸少", "low"),
        PrinterState.PAPER_OUT: ("缺纸", "no paper"),
        PrinterState.COVER_OPEN: ("开盖", "open"),
        PrinterState.OFFLINE: ("不通", "off"),
        PrinterState.UNKNOWN: ("未知", "?"),
        PrinterState.ABSENT: ("没装", "none"),
        DeviceState.LINE_BUSY: ("被占用", "in use"),
        DeviceState.WRONG_SETTING: ("设定错", "setting"),
        DeviceState.NO_ANSWER: ("没回应", "silent"),
        "device": ("{name} {word}", "{name} {word}"),
        "silent_since": ("{time}起没回应", "silent {time}"),
        Equipment.SCANNER.name: ("扫码", "Scan"),
        Equipment.CARD_TERMINAL.name: ("刷卡", "Card"),
        Equipment.ID_READER.name: ("读证", "ID"),
        Equipment.LABEL_PRINTER.name: ("标签", "Label"),
        "minutes": ("{count}分", "{count}m"),
        "hours": ("{count}小时", "{count}h"),
        "days": ("{count}天", "{count}d"),
        "hours_minutes": ("{hours} 小时 {minutes} 分", "{hours} h {minutes} min"),
        "minutes_left": ("{minutes} 分", "{minutes} min"),
        "sums": ("三笔钱", "Three sums"),
        "blind": ("在数", "counting"),
        "unknown_sum": ("算不出", "cannot compute"),
        "not_computable": ("算不出 ({record})", "cannot compute ({record})"),
        "credit_and_cash": ("额度 现金 {why}", "Credit, cash {why}"),
        "rail_unknown": ("  额度  现金  账户", "  Credit, cash, account"),
        "rail_credit": ("  额度 {free}  冻结 {held}", "  Credit {free}  held {held}"),
        "rail_cash": ("  现金 {sum}  (应有)", "  Cash {sum}  (expected)"),
        "rail_account": ("  {account}  (还没到账)", "  {account}  (to come)"),
        "account": ("账户 {sum}", "Account {sum}"),
        "devices": ("设备", "Devices"),
        "rail_printer": ("  打印 {word}   排队 {queued}", "  Printer {word}   queued {queued}"),
        "rail_link": ("  {link}   {unsent}", "  {link}   {unsent}"),
        "rail_devices": ("  {devices}", "  {devices}"),
    }
)
ALERTS = Catalogue(
    {
        "read_only": ("!! 只能看不能收: {reason}", "!! Look only, no sales: {reason}"),
        "cash_due": (
            "!! {time} {sum} 没缴成, 现金还没退给顾客。按 F5",
            "!! {time} {sum} was not paid; the customer's cash is still here. Press F5",
        ),
        "cash_due_reversed": (
            "!! {time} {sum} 已撤销, 现金还没退给顾客。按 F5",
            "!! {time} {sum} was reversed; the customer's cash is still here. Press F5",
        ),
        "withdrawal_due": (
            "!! {time} 取款 {sum} 已扣款, 现金还没付清。按 F5",
            "!! {time} withdrawal {sum} is debited, its cash not out yet. F5",
        ),
        "withdrawal_unknown": (
            "!! 待定{count}笔: {time} 取款 {sum} 结果未知。先不付钱, 不要重做。按 F5",
            "!! {count} pending: {time} withdrawal {sum} unknown. Pay nothing, no redo. F5",
        ),
        "unknown": (
            "!! 待定{count}笔: {time} {sum} 结果未知。不要重做, 系统会自己再问。按 F5",
            "!! {count} pending: {time} {sum} unknown. Do not repeat; it asks by itself. F5",
        ),
        "doubtful": (
            "!! 有 {count} 张凭条不知道打出来没有, 请看一眼纸。按 F5",
            "!! {count} slips may or may not have printed; look at the paper. Press F5",
        ),
        "printer": (
            "!! 打印机{word}, 照常收费, 凭条排队 {queued} 张",
            "!! Printer {word}: go on selling, {queued} slips wait in the queue",
        ),
        "terminal_silent": (
            "!! 刷卡机 {time} 起没回应。先不付钱, 不要重做, 别拔线; 系统自己再问",
            "!! Card terminal silent since {time}: pay nothing, do not redo, do not unplug it",
        ),
        "device": (
            "!! {name}{word}: {sentence}。其他业务照常",
            "!! {name} {word}: {sentence}. Everything else goes on",
        ),
        "device_plain": (
            "!! {name}{word}, 请检查电源和电缆。其他业务照常",
            "!! {name} {word}: check its power and cable. Everything else goes on",
        ),
        "link": (
            "!! 断网{age}, 未传 {count} 笔都已封存在本站, 网通了自己会传",
            "!! No link for {age}; {count} records are sealed here and send themselves",
        ),
        "credit_buy": (
            "!! 额度{lasts}。趁网点今天开门充 {sum} (按 F8 看)",
            "!! Credit {lasts}. Buy {sum} while the branch is open today (F8)",
        ),
        "correction": (
            "!! 总部提议更正 {count} 件, 待您答复; 答复前不扣款。输 gz 看",
            "!! HQ proposes {count} corrections; nothing is taken before your answer: gz",
        ),
        "ruling": ("!! 争议有裁定 {count} 件, 请看。输 gz", "!! {count} disputes are ruled: type gz"),
        "case_late": (
            "!! 总部对 {count} 件争议的答复已逾期; 照常营业, 不扣款。输 gz 看",
            "!! HQ's answer to {count} disputes is late; nothing is taken. Type gz",
        ),
        "credit": (
            "!! 额度快用完了, 只够约 {bills} 笔。按 F8 输凭证码, 或到网点充",
            "!! Credit is low: about {bills} bills left. F8 takes a code, or buy at the branch",
        ),
        "credit_out": (
            "!! 额度不够收平常的一笔了。按 F8 输凭证码, 或到网点充",
            "!! Credit is below one usual bill. F8 takes a code, or buy at the branch",
        ),
    }
)


def local(moment: datetime) -> datetime:
    """Give a moment in the business zone, UTC+8."""
    return moment.astimezone(CHINA)


def clock(moment: datetime) -> str:
    """Write the time of day of a moment, ``14:31``."""
    return f"{local(moment):%H:%M}"


def age(since: datetime | None, now: datetime) -> str:
    """Write how long ago a moment was, in its largest unit; empty if it is not known."""
    if since is None:
        return ""
    seconds = max(0, int((now.astimezone(UTC) - since.astimezone(UTC)).total_seconds()))
    if seconds < _HOUR_S:
        return TEXT("minutes", count=seconds // _MINUTE_S)
    if seconds < 2 * _DAY_S:
        return TEXT("hours", count=seconds // _HOUR_S)
    return TEXT("days", count=seconds // _DAY_S)


def time_left(until: datetime, now: datetime) -> str:
    """Write how long something still goes on, in hours and minutes."""
    minutes = max(0, int((until.astimezone(UTC) - now.astimezone(UTC)).total_seconds())) // _MINUTE_S
    hours, minutes = divmod(minutes, _HOUR_S // _MINUTE_S)
    return TEXT("hours_minutes", hours=hours, minutes=minutes) if hours else TEXT("minutes_left", minutes=minutes)


def sum_words(fen: int | None) -> str:
    """Write a sum; one that cannot be computed is said so, never shown as zero."""
    return TEXT("unknown_sum") if fen is None else format_yuan(fen)


def account_words(state: CounterState) -> str:
    """Say what is still to come to the owner's account: commission not yet paid, and what the bank owes for payouts."""
    owed = state.owner_account_fen, state.bank_due_fen
    return TEXT("account", sum=sum_words(None if None in owed else sum(fen or 0 for fen in owed)))


def not_computable_words(state: CounterState) -> str:
    """Say in place of every sum that it cannot be computed, and at which record; empty where the books can be."""
    return TEXT("not_computable", record=state.not_computable) if state.not_computable else ""


def link_words(state: CounterState, now: datetime) -> str:
    """Say how the link is, with its age if it is down."""
    if state.link is LinkState.DOWN:
        return TEXT("link_down", age=age(state.link_since, now))
    return TEXT("link_up" if state.link is LinkState.UP else "link_not_tried")


def unsent_words(state: CounterState, now: datetime) -> str:
    """Say how many records HQ does not hold yet, and for how long."""
    if state.unsent and state.unsent_since and (now - state.unsent_since).total_seconds() >= _MINUTE_S:
        return TEXT("unsent_age", count=state.unsent, age=age(state.unsent_since, now))
    return TEXT("unsent", count=state.unsent)


def state_line(state: CounterState, now: datetime, columns: int, *, blind: bool = False) -> str:
    """Give the state row: everything where there is room, else shorter forms, never a cut figure.

    Where not even the short form fits, whole items are left out from its end.
    """
    wide, narrow, short = _state_items(state, now, blind=blind)
    for separator, items in ((" | ", wide), ("|", narrow), ("|", short)):
        if width(separator.join(items)) <= columns:
            return separator.join(items)
    while len(short) > 1 and width("|".join(short)) > columns:
        short.pop()
    return cut("|".join(short), columns)


def _state_items(state: CounterState, now: datetime, *, blind: bool) -> tuple[list[str], list[str], list[str]]:
    day = f"{state.business_date:%m-%d}"
    weekday = TEXT("weekdays").split(" ")[state.business_date.weekday()]
    opened = TEXT("read_only", day=day) if state.read_only else TEXT("day", day=day)
    if state.station_code == PRACTICE_CODE:
        opened = TEXT("practice", day=day)
    opened_long = (
        opened if state.read_only or state.station_code == PRACTICE_CODE else TEXT("day_long", day=day, weekday=weekday)
    )
    link, unsent = link_words(state, now), TEXT("unsent", count=state.unsent)
    # The card terminal has its place beside the printer; of the other devices the row names one that does not work.
    asked = [row for row in state.devices if row.state is not DeviceState.UNKNOWN]
    terminals = [row for row in asked if row.equipment is Equipment.CARD_TERMINAL]
    named = [*terminals, *(row for row in _in_trouble(state) if row not in terminals)]
    printers = [TEXT("printer", word=TEXT(state.printer)), *map(device_words, named)]
    why = not_computable_words(state)
    if why:
        # What waits is counted from the books too.
        sums = TEXT("credit_and_cash", why=why)
        wide = [opened_long, sums, link, unsent_words(state, now), *printers, clock(now)]
        return wide, [opened, sums, link, unsent, *printers], [sums, link, unsent, *printers, day]
    credit = sum_words(state.credit_free_fen)
    bills = TEXT("credit", sum=credit)
    if state.bills_left is not None:
        bills = TEXT("credit_bills", sum=credit, bills=state.bills_left)
    cash = TEXT("cash", sum=TEXT("blind") if blind else sum_words(state.drawer_fen))
    pending = TEXT("pending", count=state.pending)
    wide = [opened_long, bills, cash, link, unsent_words(state, now), pending, *printers, clock(now)]
    narrow = [opened, bills, cash, link, unsent, *printers]
    return wide, narrow, [TEXT("credit", sum=credit), cash, link, unsent, *printers, day]


def alert_line(desk: Desk, about_seq: int = 0) -> str:
    """Give the one worst thing that somebody should know or do, empty if all is well.

    What the screen itself is about, record ``about_seq``, needs no alert that leads to it.
    """
    state = desk.state()
    practising = desk.counter.practice.hint() if desk.counter.practice is not None else ""
    if practising:
        return practising
    if state.read_only:
        return ALERTS("read_only", reason=state.read_only_reason)
    cases = [one for one in desk.counter.open_cases() if one.seq != about_seq] if state.pending else []
    for case in cases:
        if _cash_is_due(case):
            key = "cash_due_reversed" if case.status is PaymentStatus.REVERSED else "cash_due"
            return ALERTS(key, time=clock(case.recorded_at), sum=format_yuan(case.total_fen))
    withdrawn = _withdrawal_alert(state, about_seq)
    if withdrawn:
        return withdrawn
    unknown = [case for case in cases if case.status is PaymentStatus.HELD]  # a reversal under way asks for nothing
    if unknown:
        first = unknown[0]
        figures = {"time": clock(first.recorded_at), "sum": format_yuan(first.total_fen)}
        return ALERTS("unknown", count=len(unknown), **figures)
    if state.doubtful_prints:
        return ALERTS("doubtful", count=state.doubtful_prints)
    return _lesser_alert(state, desk.now(), desk.counter.credit.forecast(state))


def _withdrawal_alert(state: CounterState, about_seq: int) -> str:
    """Give the alert of a withdrawal that somebody must know about: its slip is out and its end is not."""
    others = [one for one in state.open_withdrawals if one.seq != about_seq]
    slips = [one for one in others if one.instructed_seq or one.pending_seq]
    unknown = [one for one in slips if not one.instructed_seq]
    for one in unknown[:1] or slips[:1]:
        key = "withdrawal_due" if one.instructed_seq else "withdrawal_unknown"
        figures = {"time": clock(one.recorded_at), "sum": format_yuan(one.amount_fen)}
        return ALERTS(key, **figures, **({} if one.instructed_seq else {"count": len(unknown)}))
    return ""


def _lesser_alert(state: CounterState, now: datetime, found: Forecast | None) -> str:
    if state.printer in NO_SLIP:
        return ALERTS("printer", word=TEXT(state.printer), queued=state.queued_prints)
    for row in _in_trouble(state):
        if row.since is not None:
            return ALERTS("terminal_silent", time=clock(row.since))
        figures = {"name": TEXT(row.equipment.name), "word": TEXT(row.state)}
        if row.state in {DeviceState.LINE_BUSY, DeviceState.WRONG_SETTING} and row.sentence[0]:
            return ALERTS("device", sentence=either(*row.sentence), **figures)
        return ALERTS("device_plain", **figures)
    if found is not None and found.buy_today:
        return ALERTS("credit_buy", lasts=lasts_words(found), sum=format_yuan(found.suggest_fen))
    if state.bills_left is not None and state.bills_left <= CREDIT_LOW_BILLS:
        return ALERTS("credit", bills=state.bills_left) if state.bills_left else ALERTS("credit_out")
    down_s = (now - state.link_since).total_seconds() if state.link_since else 0
    if state.link is LinkState.DOWN and down_s >= LINK_ALERT_S:
        return ALERTS("link", age=age(state.link_since, now), count=state.unsent)
    return _dispute_alert(state)


def _dispute_alert(state: CounterState) -> str:
    """Give the alert of what waits for the shopkeeper to read; none of it stops anything."""
    waits = state.disputes
    if waits is None:
        return ""
    counts = (("correction", waits.corrections), ("ruling", waits.unread), ("case_late", waits.late))
    return next((ALERTS(key, count=count) for key, count in counts if count), "")


def _cash_is_due(payment: Payment) -> bool:
    ended = payment.status in {PaymentStatus.DECLINED, PaymentStatus.REVERSED}
    return ended and payment.cash is CashStatus.CUSTOMERS


def rail_lines(
    state: CounterState, now: datetime, middle: tuple[Line, ...], rows: int, *, blind: bool = False
) -> tuple[Line, ...]:
    """Give the rail: three sums on top, the screen's own middle, devices at the bottom."""
    line = rule(RAIL_COLUMNS)
    top = (Line(TEXT("sums"), Tone.STRONG), *_rail_sums(state, blind=blind), line)
    bottom = (
        line,
        Line(TEXT("devices"), Tone.STRONG),
        Line(TEXT("rail_printer", word=TEXT(state.printer), queued=state.queued_prints)),
        Line(TEXT("rail_link", link=link_words(state, now), unsent=unsent_words(state, now))),
        *(Line(row) for row in _rail_devices(state)),
    )
    return (*top, *fill(middle, max(0, rows - len(top) - len(bottom))), *bottom)


def printer_word(state: CounterState) -> str:
    """Say how the receipt printer is."""
    return TEXT(state.printer)


def device_words(row: DeviceRow) -> str:
    """Name a device with how it is, ``扫码 不通``."""
    word = TEXT(row.state) if row.since is None else TEXT("silent_since", time=clock(row.since))
    return TEXT("device", name=TEXT(row.equipment.name), word=word)


def _in_trouble(state: CounterState) -> tuple[DeviceRow, ...]:
    """List the devices that somebody should look at; one not asked yet is none of them."""
    return tuple(row for row in state.devices if not row.well and row.state is not DeviceState.UNKNOWN)


def _rail_devices(state: CounterState) -> tuple[str, ...]:
    """Give the devices in rows of two."""
    words = [device_words(row) for row in state.devices]
    pairs = ["   ".join(words[place : place + 2]) for place in range(0, len(words), 2)]
    return tuple(TEXT("rail_devices", devices=pair) for pair in pairs)


def _rail_sums(state: CounterState, *, blind: bool) -> tuple[Line, ...]:
    why = not_computable_words(state)
    if why:
        rows = wrap(why, RAIL_COLUMNS - 2)
        return Line(TEXT("rail_unknown")), *fill([Line(f"  {row}") for row in rows], 2)
    return (
        Line(TEXT("rail_credit", free=sum_words(state.credit_free_fen), held=sum_words(state.credit_held_fen))),
        Line(TEXT("rail_cash", sum=TEXT("blind") if blind else sum_words(state.drawer_fen))),
        Line(TEXT("rail_account", account=account_words(state))),
    )
