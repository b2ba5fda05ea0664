"""取件 in words: look up, check each item by scan, collect, hand off."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from station_journal.facts.parcels import CodReturned, Found, IdentityShown, ParcelReshelved
from station_journal.masking import mask_phone
from station_journal.money import format_yuan
from station_pos.text import Catalogue
from station_pos.tui.presenters.id_card import reader_words
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, rule, wrap
from station_pos.tui.presenters.parcel_lines import parcel_row, person_words, whose_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.facts.parcels import ParcelsHandedOff
    from station_journal.parcel import Parcel
    from station_journal.records import Fact
    from station_pos.commands.orders import Command
    from station_pos.commands.parcel_orders import Agent
    from station_pos.tui.desk import Desk

ROWS_MAX = 8


class Step(IntEnum):
    """What the screen asks for."""

    ASK = 1
    PHONE = 2
    CHECK = 3
    MORE = 4
    AGENT_PHONE = 5
    AGENT_RELATION = 6
    AGENT_NAME = 7
    IDENTITY_KIND = 8
    IDENTITY_NO = 9
    TENDER = 10


TEXT = Catalogue(
    {
        "title": (" 取件", " Pickup"),
        "title_ask": ("输入 取件码 / 手机尾号 4 位 / 运单尾号 5 位 ", "code / 4 phone digits / 5 waybill digits "),
        "title_found": ("找到 {count} 件, {who} ", "{count} items, {who} "),
        "title_people": ("找到 {count} 件, {people} 位顾客 ", "{count} items of {people} customers "),
        "hint": (
            "   取件码连字母一起输, 或字母换成数字: A-04-013 输 104013",
            "   Type the code with its letter, or the letter as a digit: A-04-013 is 104013",
        ),
        "columns": (
            "         货架      承运   运单尾 到站   到期    备注",
            "         code      carr.  tail   in     due     remarks",
        ),
        "checked": (
            "   已核 {checked} 件, 未核 {left} 件。未核的不会出库。",
            "   {checked} checked, {left} not. What is not checked stays.",
        ),
        "agent": ("   代取  {relation} ****{tail} {name}", "   Agent  {relation} ****{tail} {name}"),
        "identity": ("   证件  已看, 尾 {tail}", "   Document  seen, tail {tail}"),
        "proof": (
            "   凭据  出库时刻、操作员、扫码原文入本站链; 断网照样交付",
            "   Proof  time, operator and the raw scan go on record, with or without the link",
        ),
        "cod": (
            "   代收货款  {yuan}   交货前收, 一分不多一分不少",
            "   Cash on delivery  {yuan}   before it leaves, to the fen",
        ),
        "credit": ("   额度   {before} 变为 {after}", "   Credit   {before} becomes {after}"),
        "none": ("架上没有这一件。再核对, 或按 F6 看预报", "No such item on the shelves. Check it, or see F6"),
        "not_code": ("不是取件码、尾号或运单号, 再核对一遍", "No code, phone tail or waybill; check it again"),
        "too_many": (
            "尾号 {tail} 有 {people} 位顾客的件。请输取件码或手机全号",
            "{people} customers have the tail {tail}. Type the pickup code or the whole phone number",
        ),
        "choose": (
            "   这个号有 {people} 位顾客: 问清是谁, 输行号 Enter 选一位; 扫件也行",
            "   {people} customers fit: ask who, then the line's number and Enter, or scan",
        ),
        "page": (
            "   第 {first} 到 {last} 件, 共 {count} 件。上下键翻到别的",
            "   {first} to {last} of {count}; the arrow keys show the others",
        ),
        "columns_whose": (
            "         货架      承运   运单尾 是谁的",
            "         code      carr.  tail   whose",
        ),
        "wrong_item": (
            "刚扫的不是这位顾客的件。放回 {code}",
            "The scan is not this customer's item. Put it back to {code}",
        ),
        "wrong_scan": ("刚扫的不是架上的件, 没有出库", "The scan is no item on the shelves; nothing left"),
        "checked_now": ("{code} 核对无误", "{code} is right"),
        "checked_before": ("{code} 刚才已经核过", "{code} is checked already"),
        "phone_wrong": ("手机尾号不符, 已记一次。错 5 次锁码", "Wrong phone digits, noted. Five lock the code"),
        "nothing_checked": ("先扫件核对, 再交付", "Scan the items first"),
        "tender_again": ("找零超过 100, 请再输一次实收", "More than 100 of change: key the cash once more"),
        "home_delivery": (
            "   未同意放站的: 当面同意按 - 再按 6; 不同意就约投递员送上门",
            "   Without consent: ask; agreed: - then 6; else offer home delivery",
        ),
        "done": ("已交付 {count} 件", "{count} items handed off"),
        "done_cod": (
            "已交付 {count} 件, 代收 {sum}, 找零 {change}",
            "{count} handed off, {sum} collected, change {change}",
        ),
        "refused": ("{code} 已记拒收, 等退件时交投递员", "{code} noted as refused; it goes with the next return"),
        "case": ("{code} 已立案, 不出库, 等总部裁定", "{code} is under dispute and stays until HQ rules"),
        "relabelled": ("换到 {code}, 新标签已打", "Moved to {code}, new label printed"),
        "consented": ("{code} 已记同意放站", "Consent noted for {code}"),
        "revoked": (
            "已记收回同意: 以后的件先问, 不同意就约上门",
            "Consent taken back: ask again for every item to come",
        ),
        "cod_back": (
            "{code} 退还货款 {yuan}, 凭条请顾客签字。件在架上: 不要了按 - 再按 2 记拒收",
            "{yuan} given back for {code}; the customer signs. The item stays: - then 2 if refused",
        ),
        "paid": (
            "   已收过货款 {yuan}: 再交付不再收; 顾客不要了按 - 再按 8 退款",
            "   {yuan} was collected already: not again; if refused, - then 8 gives it back",
        ),
        "paid_before": (
            "   已收过货款 {yuan}, 不是今天收的: 再交付不再收, 要退款找寄件人",
            "   {yuan} was collected on an earlier day: not again; a refund comes from the sender",
        ),
        "say_ask": ("请报取件码, 或手机尾号", "Your pickup code, please, or the last digits of your phone"),
        "say_handed": ("{count} 件都给您了, 请拿好", "Here are your {count} items"),
        "say_change": ("收您 {tendered}, 找您 {change}, 请拿好", "Received {tendered}, change {change}; here you are"),
        "say_whose": ("请问您贵姓, 是哪一位?", "Your name, please?"),
        "say_found": ("您有 {count} 件", "You have {count} items"),
        "say_document": ("挂号件要看证件, 请出示", "Your document, please: the item is registered"),
        "say_cod": ("代收货款 {yuan}", "Cash on delivery {yuan}"),
        "keys_ask": ("Enter 查   Esc 返回", "Enter finds   Esc back"),
        "keys_check": (
            "扫件核对   + 交已核的   - 别的 (代取 拒收 破损)   Esc 返回",
            "Scan items   + hands off   - more (agent, refusal)   Esc back",
        ),
        "keys_pick": ("输数字选   Esc 回", "A digit chooses   Esc back"),
        "keys_enter": ("Enter 确认   Esc 回", "Enter confirms   Esc back"),
        "keys_tender": (
            "输实收 Enter   + 正好   Esc 回, 什么都没收",
            "Cash received, Enter   + exact   Esc back, nothing taken",
        ),
        "ask": (" > ", " > "),
        "ask_phone": ("   手机尾号 4 位 > ", "   Last 4 digits of the phone > "),
        "ask_scan": ("   扫件, 或输标签上的码 > ", "   Scan, or type the label's code > "),
        "ask_agent": ("   代取人手机尾号 4 位 > ", "   The agent's last 4 phone digits > "),
        "ask_name": ("   代取人姓名 (可不输) > ", "   The agent's name (may be left) > "),
        "ask_number": ("   证件号 (整号, 或最后 4 位) > ", "   Document number (whole, or its last 4) > "),
        "ask_tender": ("   实收 > ", "   Cash received > "),
        "more": (
            "标 > 的这件:   1 代取   2 拒收   3 破损   4 找不到   5 换架换码",
            "Marked >:   1 agent   2 refused   3 damaged   4 not found   5 relabel",
        ),
        "more_2": (
            "6 同意放站   7 以后都同意   8 退还货款   9 收回同意",
            "6 consent   7 consent for all   8 give cash back   9 revoke consent",
        ),
        "relations": (
            "   关系  1 家人   2 邻居   3 同事   4 其他",
            "   Relation  1 family   2 neighbour   3 colleague   4 other",
        ),
        "1": ("家人", "family"),
        "2": ("邻居", "neighbour"),
        "3": ("同事", "colleague"),
        "4": ("其他", "other"),
        "documents": (
            "   挂号件要看证件  1 身份证   2 居住证   3 护照   4 军官证   (只记类型和尾 4 位)",
            "   Registered, see:  1 identity card  2 residence  3 passport  4 officer's",
        ),
        "no_undo": (
            "   交出去的不能撤; 当天拿回来的按 F6 扫它, 货款可退; 过后请顾客寄回",
            "   No undo. Brought back today: scan it by F6, the cash is given back",
        ),
    }
)


@dataclass(slots=True)
class Job:
    """One customer's pickup as far as it is typed and scanned; ``checked`` maps waybill to the raw scan.

    ``said`` is what to say to the customer before who was just served, until the next one begins.
    """

    parcels: tuple[Parcel, ...] = ()
    found: Found = Found.PICKUP_CODE
    checked: dict[str, str] = field(default_factory=dict)
    marked: int = 0
    agent: Agent | None = None
    identity: IdentityShown = IdentityShown.NONE
    identity_tail: str = ""
    keyed_fen: int = 0
    asks_phone: bool = False
    phone_tail: str = ""
    said: str = ""

    @property
    def takes_document(self) -> bool:
        """Whether a document is to be seen: an item is registered, or has no phone to ask for beside its code."""
        return any(one.registered or (self.asks_phone and not one.phone) for one in self.to_hand)

    @property
    def to_hand(self) -> tuple[Parcel, ...]:
        """The items that were checked."""
        return tuple(one for one in self.parcels if one.waybill in self.checked)

    @property
    def cod_fen(self) -> int:
        """Cash on delivery of the checked items."""
        return sum(max(0, one.cod_fen - one.paid_fen) for one in self.to_hand)

    def move(self, key: str) -> None:
        """Move the mark by a cursor key, never beyond the list."""
        by = {"up": -1, "down": 1, "pageup": -ROWS_MAX, "pagedown": ROWS_MAX}[key]
        self.marked = max(0, min(self.marked + by, len(self.parcels) - 1))

    @property
    def top(self) -> int:
        """Which item stands in the first row: the page is that of the marked one."""
        return self.marked - self.marked % ROWS_MAX

    @property
    def people(self) -> tuple[tuple[str, str], ...]:
        """Whose items these are."""
        return tuple(dict.fromkeys((one.phone, one.recipient) for one in self.parcels))


_PROMPTS = {
    Step.ASK: "ask",
    Step.PHONE: "ask_phone",
    Step.CHECK: "ask_scan",
    Step.AGENT_PHONE: "ask_agent",
    Step.AGENT_NAME: "ask_name",
    Step.IDENTITY_NO: "ask_number",
    Step.TENDER: "ask_tender",
}
_KEYS = {
    Step.ASK: "keys_ask",
    Step.CHECK: "keys_check",
    Step.MORE: "keys_pick",
    Step.AGENT_RELATION: "keys_pick",
    Step.IDENTITY_KIND: "keys_pick",
    Step.TENDER: "keys_tender",
}


def pickup_view(desk: Desk, job: Job, step: Step) -> View:
    """Give the pickup screen at its step."""
    if step is Step.ASK:
        above: tuple[Line, ...] = (
            Line(between(TEXT("title"), TEXT("title_ask")), Tone.STRONG),
            rule(),
            Line(TEXT("hint")),
        )
        return View(above, TEXT("ask"), (BLANK,), say=job.said or TEXT("say_ask"), keys=TEXT("keys_ask"))
    several, count = len(job.people) > 1, len(job.parcels)
    found = {"count": count, "people": len(job.people), "who": person_words(job.parcels[0])}
    head = between(TEXT("title"), TEXT("title_people" if several else "title_found", **found))
    columns = TEXT("columns_whose" if several else "columns")
    return View(
        above=(Line(head, Tone.STRONG), rule(), Line(columns, Tone.QUIET), *_rows(desk, job), _page(job)),
        prompt=TEXT(_PROMPTS.get(step, "ask")),
        below=tuple(_below(desk, job, step)),
        say=TEXT("say_cod", yuan=format_yuan(job.cod_fen)) if step is Step.TENDER else _say(job, step),
        keys=TEXT(_KEYS.get(step, "keys_enter")),
        rail=tuple(Line(f" {one.code} {mask_phone(one.phone)}") for one in job.parcels[job.top : job.top + ROWS_MAX]),
    )


def _say(job: Job, step: Step) -> str:
    if step in {Step.IDENTITY_KIND, Step.IDENTITY_NO}:
        return TEXT("say_document")
    if len(job.people) > 1:
        return TEXT("say_whose")
    return TEXT("say_found", count=len(job.parcels))


def _rows(desk: Desk, job: Job) -> Sequence[Line]:
    parcels = desk.counter.parcels
    today = desk.state().business_date
    rows = []
    for place, one in enumerate(job.parcels[job.top : job.top + ROWS_MAX], job.top):
        number = f"{'>' if place == job.marked else ' '}{place + 1}"
        box = "[x]" if one.waybill in job.checked else "[ ]"
        lead = f"{number:>3} {box}"
        whose = len(job.people) > 1
        rows.append(whose_row(one, lead) if whose else parcel_row(one, parcels.days, today, lead))
    return rows


def _page(job: Job) -> Line:
    """Say which of more items than fit are shown; the marked one always is."""
    count = len(job.parcels)
    if count <= ROWS_MAX:
        return BLANK
    figures = {"first": job.top + 1, "last": min(job.top + ROWS_MAX, count), "count": count}
    return Line(TEXT("page", **figures), Tone.STRONG)


def _below(desk: Desk, job: Job, step: Step) -> list[Line]:
    lines: list[Line] = []
    if len(job.people) > 1:
        return [Line(TEXT("choose", people=len(job.people)), Tone.STRONG)]
    for at, key in (
        (Step.MORE, "more"),
        (Step.MORE, "more_2"),
        (Step.AGENT_RELATION, "relations"),
        (Step.IDENTITY_KIND, "documents"),
    ):
        if step is at:
            lines += [Line("   " + row, Tone.STRONG) for row in wrap(TEXT(key), 76)]
    if step is Step.IDENTITY_NO and job.identity is IdentityShown.RESIDENT_ID:
        lines.append(Line(reader_words(desk), Tone.STRONG))
    if step is Step.TENDER:
        lines.append(Line(TEXT("cod", yuan=format_yuan(job.cod_fen)), Tone.STRONG))
        free = desk.state().credit_free_fen
        if free is not None:
            figures = {"before": format_yuan(free), "after": format_yuan(free - job.cod_fen)}
            lines.append(Line(TEXT("credit", **figures), Tone.NORMAL if free >= job.cod_fen else Tone.ALERT))
    checked = len(job.checked)
    lines.append(Line(TEXT("checked", checked=checked, left=len(job.parcels) - checked)))
    if job.agent is not None:
        agent = job.agent
        lines.append(Line(TEXT("agent", relation=agent.relation, tail=agent.phone_tail, name=agent.name)))
    if job.identity_tail:
        lines.append(Line(TEXT("identity", tail=job.identity_tail)))
    today = desk.state().business_date
    for one in job.parcels:
        if one.paid_fen and not one.outbound:
            key = "paid" if one.returnable_fen(today) else "paid_before"
            lines.append(Line(TEXT(key, yuan=format_yuan(one.paid_fen)), Tone.ALERT))
    if not all(one.has_consent for one in job.parcels):
        lines.append(Line(TEXT("home_delivery"), Tone.QUIET))
    return [*lines, Line(TEXT("proof"), Tone.QUIET), Line(TEXT("no_undo"), Tone.QUIET)]


def handed_words(fact: ParcelsHandedOff) -> str:
    """Say what was handed off, and what cash moved."""
    count = len(fact.parcels)
    if not fact.collected_fen:
        return TEXT("done", count=count)
    change = format_yuan(fact.tendered_fen - fact.collected_fen)
    return TEXT("done_cod", count=count, sum=format_yuan(fact.collected_fen), change=change)


def parting_words(fact: ParcelsHandedOff) -> str:
    """Say what the customer is told with the items: the change, where cash was taken."""
    if not fact.collected_fen:
        return TEXT("say_handed", count=len(fact.parcels))
    change = format_yuan(fact.tendered_fen - fact.collected_fen)
    return TEXT("say_change", tendered=format_yuan(fact.tendered_fen), change=change)


def done_words(order: Command, fact: Fact, code: str) -> str:
    """Say what was done with the marked item, whose pickup code was ``code``."""
    if isinstance(fact, CodReturned):
        return TEXT("cod_back", code=code, yuan=format_yuan(fact.amount_fen))
    if isinstance(fact, ParcelReshelved):
        return TEXT("relabelled", code=fact.code)
    return TEXT(_DONE[type(order).__name__], code=code)


_DONE = {
    "RefuseParcel": "refused",
    "OpenParcelCase": "case",
    "GiveConsent": "consented",
    "RevokeConsent": "revoked",
}
