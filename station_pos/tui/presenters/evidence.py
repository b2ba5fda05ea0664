"""证据 in words: both journals record by record, and who made each: 本人, 系统, 总部 or 支持."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from station_journal.money import format_yuan
from station_journal.records import Equipment, Side
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, rule, table_row
from station_pos.tui.presenters.lists import PAGE_ROWS, Place, marker, on_page
from station_pos.tui.presenters.offline_left import offline_words
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.state_rows import link_words, local, unsent_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_pos.counter import JournalRow
    from station_pos.tui.desk import Desk

_FIRST_HOUR, _LAST_HOUR = 6, 22
TEXT = Catalogue(
    {
        "title": (" 同步与证据   {link}   {unsent}", " Sync and evidence   {link}   {unsent}"),
        "columns": ("     序号  时间        谁      业务", "     No.   time        who     record"),
        "person": ("本人", "person"),
        "system": ("系统", "system"),
        "support": ("支持", "support"),
        "hq": ("总部", "HQ"),
        "held": ("总部已存", "held by HQ"),
        "unsent": ("未传", "unsent"),
        "from_hq": ("来自总部", "from HQ"),
        "chain": (
            "   本站链   {seq:04d} 头 {head}      总部已存到 {held:04d}",
            "   Station chain   {seq:04d} head {head}      HQ holds up to {held:04d}",
        ),
        "checked": (
            "   总部核对   {day:%m-%d} 夜里核到本站第 {seq:04d} 条: {found}",
            "   HQ's check   night of {day:%m-%d}, up to our record {seq:04d}: {found}",
        ),
        "check_clean": ("一致", "all agrees"),
        "check_faults": ("{count} 处不一致, 见通知", "{count} faults, see the notices"),
        "check_none": ("   总部核对   还没有核过", "   HQ's check   none yet"),
        "others": (
            "   这一页里总部写的 {hq} 条, 系统自己写的 {system} 条, 都在上面, 没有看不见的",
            "   On this page HQ wrote {hq}, the system {system}; all are shown, none is hidden",
        ),
        "no_chain": (
            "这条不是缴费, 取款或额度购买, 没有来龙去脉可查",
            "That record is about no payment, withdrawal or bought credit",
        ),
        "packet": ("证据包在 {folder}", "The packet lies in {folder}"),
        "strip": ("   通断 {hours}  断网 {total}", "   Link {hours}  down {total}"),
        "only_others": (" 只看不是本站写的   {link}", " Only what others wrote   {link}"),
        "none": ("   还没有记录", "   No records yet"),
        "keys": (
            "+ - 翻页  Enter 详情  E 证据包  L 别人写的  D 争议  C 去脉  Esc",
            "+ -  Enter opens  E packet  L others'  D dispute  C chain  Esc",
        ),
        "by": ("   谁做的: {kind} {name}", "   Made by: {kind} {name}"),
        "about": ("   关于缴费 {seq:04d}", "   About payment {seq:04d}"),
        "OperatorEnrolled": ("操作员登记", "Operator enrolled"),
        "TariffAdopted": ("启用资费表", "Tariff adopted"),
        "BillPaymentTaken": ("收缴费现金", "Bill payment taken"),
        "ReceiptIssued": ("开凭条", "Receipt issued"),
        "PendingSlipIssued": ("开待定凭条", "Pending slip issued"),
        "CopyIssued": ("补打凭条", "Copy issued"),
        "CashReturned": ("退现金", "Cash returned"),
        "PaymentResubmitted": ("重送缴费", "Payment sent again"),
        "ReversalRequested": ("申请撤销", "Reversal asked"),
        "BusinessDayEnded": ("营业日结束", "Business day ended"),
        "OutageOpened": ("开始中断", "Outage began"),
        "OutageClosed": ("中断结束", "Outage ended"),
        "ClockConfirmed": ("确认日期", "Date confirmed"),
        "FloatCounted": ("点备用金", "Float counted"),
        "CashMoved": ("现金进出", "Cash in or out"),
        "PouchSealed": ("封袋解款", "Pouch sealed"),
        "PouchCancelled": ("封袋取消", "Pouch cancelled"),
        "PouchAccepted": ("收到调拨封袋", "Pouch accepted"),
        "DayCounted": ("数抽屉", "Drawer counted"),
        "TrialIssued": ("X 报表", "X report"),
        "DayClosed": ("日终 Z", "Day closed"),
        "PouchReceived": ("网点收到封袋", "Pouch received"),
        "PouchSent": ("网点调拨现金", "Pouch sent"),
        "DrawerOpened": ("开钱箱(非交易)", "Drawer opened, no sale"),
        "ParcelScannedIn": ("包裹入架", "Parcel shelved"),
        "ParcelsReceived": ("整批签收", "Batch received"),
        "ParcelReshelved": ("换架换码", "Parcel relabelled"),
        "ReminderNoted": ("催领", "Reminder noted"),
        "ParcelsHandedOff": ("取件交付", "Parcels handed off"),
        "CodReturned": ("退代收货款", "Cash on delivery given back"),
        "ShelvesCounted": ("货架满或有空位", "Shelves full or free"),
        "ParcelTermsSet": ("包裹保管规定", "Terms of keeping parcels"),
        "ParcelRefused": ("顾客拒收", "Parcel refused"),
        "ParcelCaseOpened": ("包裹争议", "Parcel dispute"),
        "ParcelsReturned": ("退件交投递员", "Parcels returned"),
        "ParcelLost": ("认定丢失", "Parcel lost"),
        "ParcelAccepted": ("收寄", "Parcel accepted"),
        "UpliftSigned": ("寄件交投递员", "Uplift signed"),
        "ConsentGiven": ("同意放站", "Consent given"),
        "ConsentRevoked": ("撤回同意", "Consent revoked"),
        "PickupTryFailed": ("取件核对不符", "Pickup try failed"),
        "ManifestAnnounced": ("包裹预报单", "Manifest announced"),
        "ParcelRuled": ("包裹裁定", "Parcel ruled"),
        "CourierNamed": ("投递员登记", "Courier named"),
        "CreditGranted": ("额度到账", "Credit granted"),
        "TariffPublished": ("资费表下发", "Tariff published"),
        "WithdrawalIntended": ("取款 已发起", "Withdrawal asked"),
        "WithdrawalApproved": ("取款 银行批准", "Withdrawal approved"),
        "PayoutInstructed": ("取款 通知付钱", "Payout instructed"),
        "WithdrawalPaid": ("取款 已付清", "Withdrawal paid"),
        "WithdrawalFailed": ("取款 没有付", "Withdrawal not done"),
        "ChainPrinted": ("来龙去脉单", "Chain printed"),
        "TariffNoticeRead": ("看过新资费", "New tariff read"),
        "WithdrawalNumbersTold": ("取款 刷卡机的单号", "Withdrawal: the terminal's numbers"),
        "WithdrawalPendingSlipIssued": ("取款 待定凭条", "Withdrawal pending"),
        "WithdrawalVoidRequested": ("取款 要撤销", "Void asked"),
        "WithdrawalVoidRefused": ("取款 撤不了", "Void refused"),
        "WithdrawalTermsAgreed": ("取款条件", "Withdrawal terms"),
        "BankAnswered": ("银行答复取款", "Bank answered"),
        "CreditRestored": ("取款返还额度", "Credit restored"),
        "BillerAnswered": ("收费单位答复", "Biller answered"),
        "ReversalAnswered": ("撤销答复", "Reversal answered"),
        "InvoiceIssued": ("网点开发票", "Invoice issued"),
        "CommissionStated": ("酬金清单", "Commission stated"),
        "BranchCommissionStated": ("支局酬金清单", "Branch commission stated"),
        "CommissionPaid": ("酬金已发", "Commission paid"),
        "CommissionReturned": ("酬金被银行退回", "Commission came back"),
        "StaffNamed": ("总部人员", "HQ staff named"),
        "AlarmRaised": ("总部核对提示", "HQ check found"),
        "BranchDaysStated": ("网点日历", "Branch's days"),
        "BooksChecked": ("总部夜间核对", "HQ checked books"),
        "GoodsOrdered": ("订货", "Goods ordered"),
        "GoodsReceived": ("到货签收", "Goods received"),
        "GoodsSigned": ("到货签收", "Goods received"),
        "LeadTaken": ("保险线索", "Insurance lead"),
        "OrderPlaced": ("订货", "Goods ordered"),
        "OrderCancelled": ("取消订货", "Order cancelled"),
        "LeadNoted": ("保险线索", "Insurance lead"),
        "GoodsListPublished": ("商品目录", "List of goods"),
        "OrderAnswered": ("订货答复", "Order answered"),
        "GoodsDispatched": ("已发货", "Goods dispatched"),
        "RegistrationFiled": ("执业登记", "Registration filed"),
        "LeadAnswered": ("线索结果", "Lead answered"),
        "SealedGrantReleased": ("凭证码充值", "Credit by code"),
        "GrantCodeRefused": ("凭证码不对", "Code refused"),
        "CreditSealed": ("预发密封额度", "Sealed credit delivered"),
        "SealedGrantSold": ("密封额度已交款", "Sealed credit paid for"),
        "SealedGrantRevoked": ("密封额度作废", "Sealed credit revoked"),
        "SealedGrantReturned": ("密封额度转到账", "Sealed credit granted"),
        "CorrectionAnswered": ("答复更正", "Correction answered"),
        "DisputeRaised": ("提出争议", "Dispute raised"),
        "CaseNoted": ("争议补充", "Case noted"),
        "CorrectionProposed": ("总部提议更正", "Correction proposed"),
        "CaseTaken": ("争议由人负责", "Case taken"),
        "CaseAnswered": ("总部答复争议", "Case answered"),
        "CaseRuled": ("争议裁定", "Case ruled"),
        "KnownFaultTold": ("已知问题", "Known fault"),
        "KnownFaultEnded": ("已知问题了结", "Known fault ended"),
    }
)


def kind_words(kind: str) -> str:
    """Name a kind of record; one that this version does not know keeps its own name."""
    return TEXT(kind) if kind in TEXT else kind


def actor_words(row: JournalRow) -> str:
    """Say who made a record; HQ's people are HQ, never 本人."""
    if row.side == Side.HQ:
        return TEXT("hq")
    return TEXT(row.actor_kind) if row.actor_kind in TEXT else row.actor_kind


def evidence_view(desk: Desk, rows: Sequence[JournalRow], place: Place, *, others_only: bool = False) -> View:
    """Give a page of both journals, newest first; ``others_only``: of what the station did not write."""
    state, now = desk.state(), desk.now()
    page, pages = place.page(len(rows))
    if others_only:
        title = TEXT("only_others", link=link_words(state, now))
    else:
        title = TEXT("title", link=link_words(state, now), unsent=unsent_words(state, now))
    shown = on_page(rows, place)
    listed = [_row(number, row, place) for number, row in enumerate(shown, 1)] or [Line(TEXT("none"))]
    hq = sum(row.side == Side.HQ for row in shown)
    system = sum(row.side == Side.STATION and row.actor_kind == "system" for row in shown)
    chain = TEXT("chain", seq=state.as_of_seq, head=state.head.hex()[:16].upper(), held=state.held_seq)
    return View(
        above=(
            Line(between(title, SENTENCES("page", page=page, pages=pages) + " "), Tone.STRONG),
            rule(),
            Line(TEXT("columns"), Tone.QUIET),
            *listed,
            *([BLANK] * (PAGE_ROWS - len(listed))),
        ),
        prompt=" > ",
        below=(
            Line(chain, Tone.STRONG),
            _checked(desk),
            Line(TEXT("others", hq=hq, system=system)),
            Line(offline_words(desk)),
            Line(_strip(desk)),
            *_detail(rows, place),
        ),
        keys=TEXT("keys"),
    )


def _checked(desk: Desk) -> Line:
    """Say what HQ's last nightly check of this station found."""
    last = desk.counter.evidence.last_check()
    if last is None:
        return Line(TEXT("check_none"), Tone.QUIET)
    found = TEXT("check_faults", count=last.faults) if last.faults else TEXT("check_clean")
    words = TEXT("checked", day=last.checked_on, seq=last.station_seq, found=found)
    return Line(words, Tone.STRONG if last.faults else Tone.NORMAL)


def _strip(desk: Desk) -> str:
    """Draw today's link hour by hour from 6 to 22: ``=`` up, ``.`` down for some of it; and how long it was down."""
    now = local(desk.now())
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    spans = [
        (max(day, local(one.opened_at)), min(now, local(one.closed_at) if one.closed_at else now))
        for one in desk.counter.evidence.outages(day)
        if one.equipment is Equipment.LINK
    ]
    marks = []
    for hour in range(_FIRST_HOUR, min(now.hour, _LAST_HOUR) + 1):
        begin, end = day + timedelta(hours=hour), day + timedelta(hours=hour + 1)
        marks.append("." if any(since < end and until > begin for since, until in spans) else "=")
    down_s = int(sum((until - since).total_seconds() for since, until in spans if until > since))
    last = max(_FIRST_HOUR, min(now.hour, _LAST_HOUR))
    hours = f"{_FIRST_HOUR:02d} {''.join(marks)} {last:02d}"
    return TEXT("strip", hours=hours, total=f"{down_s // 3600}:{down_s % 3600 // 60:02d}")


def _row(number: int, row: JournalRow, place: Place) -> Line:
    held = TEXT("from_hq") if row.side == Side.HQ else TEXT("held" if row.held else "unsent")
    cells = table_row(
        (
            (f"{row.side}{row.seq:04d}", 5),
            (f"{local(row.recorded_at):%m-%d %H:%M}", 11),
            (actor_words(row), 7),
            (kind_words(row.kind), 22),
            ("-" if row.amount_fen is None else format_yuan(row.amount_fen), -11),
            (held, 10),
        )
    )
    return Line(marker(number, place) + cells)


def _detail(rows: Sequence[JournalRow], place: Place) -> tuple[Line, ...]:
    if place.index >= len(rows):
        return ()
    row = rows[place.index]
    by = TEXT("by", kind=actor_words(row), name=row.actor_name)
    about = TEXT("about", seq=row.payment_seq) if row.payment_seq else ""
    return (Line(by + about),)
