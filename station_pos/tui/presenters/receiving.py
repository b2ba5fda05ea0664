"""收件入库 in words: what was scanned, what is missing, what nobody announced, and who signs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from station_journal.facts.parcels import GivenBack, ParcelCondition
from station_journal.waybill import waybill_tail
from station_pos.receipts.parcel_words import carrier_words
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, between, rule, wrap
from station_pos.tui.presenters.parcel_lines import person_words, shelf_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.parcel import Parcel
    from station_pos.services.parcels import ManifestRow
    from station_pos.tui.desk import Desk

_TAILS_MAX = 6
ROWS_MAX = 8


class Step(IntEnum):
    """What the screen asks for."""

    MANIFEST = 1
    SCAN = 2
    EXTRA = 3
    PHONE = 4
    SUMMARY = 5
    COURIER = 6
    COURIER_PIN = 7
    OWN_PIN = 8
    BACK = 9


TEXT = Catalogue(
    {
        "title": (" 收件入库   {batch}   {courier}", " Receiving   {batch}   {courier}"),
        "no_manifest": ("没有预报单", "no manifest"),
        "counts": ("预报 {expected}  已扫 {scanned} ", "announced {expected}  scanned {scanned} "),
        "choose": ("   有几份预报单, 选投递员带来的那份", "   Several manifests: choose the one this courier brought"),
        "manifest_row": (
            "   {line}  {number}  {courier}  {company}  {count} 件  {day}",
            "   {line}  {number}  {courier}  {company}  {count} items  {day}",
        ),
        "no_contacts": (
            "   姓名电话还没传到: 扫每件后输手机尾号 4 位",
            "   Names and phones are not here yet: type 4 phone digits after each scan",
        ),
        "last": (
            "   刚扫   {tail} {carrier}   {who}   放到 {code}   标签已打",
            "   Last   {tail} {carrier}   {who}   goes to {code}   label printed",
        ),
        "near": (
            "          同一顾客已有件在 {code}, 就近放",
            "          The same customer has one at {code}; put it near",
        ),
        "missing": ("   少 {count}   {tails}", "   Missing {count}   {tails}"),
        "to_come": ("   待扫 {count}   {tails}", "   To be scanned {count}   {tails}"),
        "extra_kept": ("   多收 {count}   {tails}   不在预报里", "   Kept {count}   {tails}   not announced"),
        "given_back": ("   退回 {count}   {tails}", "   Given back {count}   {tails}"),
        "damaged": ("   破损 {count}   {tails}   责任: 到站前", "   Damaged {count}   {tails}   before the station"),
        "again": ("   重扫 {count}", "   Scanned again {count}"),
        "shelves": ("   货架   {shelves}", "   Shelves   {shelves}"),
        "damage_next": (
            "   下一件记外箱破损 (责任: 到站前)。再按 - 取消",
            "   The next scan counts as damaged before the station. - undoes",
        ),
        "extra": (
            "   多 {tail} 不在预报里:   1 收下   2 退给投递员   3 送错站, 退给投递员",
            "   {tail} is not announced:   1 keep   2 back to the courier   3 wrong station, back",
        ),
        "back": (
            "   {tail} 早已交出。拿错了、顾客拿回来了:   1 重新入架, 报总部立案   Esc 不动",
            "   {tail} was handed off. Brought back by mistake:   1 shelve it again   Esc leave it",
        ),
        "shelved_again": ("{tail} 重新入架 {code}, 新标签已打", "{tail} is shelved again at {code}, new label printed"),
        "paid_again": (
            "{tail} 重新入架 {code}。收过货款 {yuan}: 要退款按 F4 输 {code}, 再按 - 8",
            "{tail} is shelved again at {code}. {yuan} was collected: to give it back F4 {code}, then - 8",
        ),
        "go_to": (
            "   *1 退件 {returns}   *2 催领 {reminders}   *3 缺件丢失 {losses}   *4 收寄   *5 交寄 {outbound}",
            "   *1 returns {returns}  *2 reminders {reminders}  *3 missing {losses}  *4 accept  *5 uplift {outbound}",
        ),
        "agrees": ("   与预报相符, 共 {count} 件。Enter 签收", "   It agrees: {count} items. Enter signs"),
        "unannounced": ("   没有预报单, 共 {count} 件。Enter 签收", "   No manifest; {count} items. Enter signs"),
        "differs": (
            "   与预报不符: 投递员核对后各按密码",
            "   It differs: the courier checks, then both type their PINs",
        ),
        "phone_missing": (
            "还没入库。没有尾号就通知不到、也找不到人: 照面单输 4 位; 面单上真没有, 按 +",
            "Not taken in: type the phone's 4 digits, or + if the label has none",
        ),
        "keys_phone": ("4 位 Enter   + 面单上没有电话   Esc 回", "4 digits Enter   + no phone on the label   Esc back"),
        "phone_of": (
            "   {tail} 收下入架: 照它的面单输收件人手机尾号",
            "   {tail} goes on the shelf: type the phone's last digits from its label",
        ),
        "phone_form": (
            "手机尾号是 4 位数字, 照面单再输一次; 面单上没有就按 +",
            "Four digits, please, from the label; + if it has none",
        ),
        "nothing": ("这一批还没有扫件", "Nothing was scanned yet"),
        "not_waybill": ("不是运单号, 没有入库。再扫一次", "No waybill number; not taken in. Scan again"),
        "scanned_twice": ("{tail} 刚才扫过, 在 {code}", "{tail} was scanned already; it is at {code}"),
        "elsewhere": ("{tail} 这件本站已经办过, 没有再入库", "{tail} was dealt with here before; not taken in"),
        "received": ("这一批 {count} 件已签收, 交接单两联", "{count} items received; the slip has two copies"),
        "reopened": ("上次没签完的一批接着办: 已扫 {count}", "The batch that was not signed goes on: {count} scanned"),
        "couriers": ("   投递员   {list}", "   Courier   {list}"),
        "no_courier": ("总部还没有登记投递员, 先不签收", "HQ has named no courier yet; not signed"),
        "no_such_courier": ("没有这个投递员工号, 照名单再输", "No courier has this number; see the list"),
        "no_pin": ("这位投递员没有密码, 请总部登记后再签", "This courier has no PIN; HQ must enter one first"),
        "all_full": ("架上没有空的取件码", "There is no free pickup code on the shelves"),
        "ask_scan": ("   扫面单 > ", "   Scan > "),
        "ask": (" > ", " > "),
        "ask_phone": (
            "   收件人手机尾号 4 位 (面单上没有就按 +) > ",
            "   The recipient's last 4 phone digits (+ if the label has none) > ",
        ),
        "ask_courier": ("   投递员工号 > ", "   The courier's number > "),
        "ask_courier_pin": ("   投递员 {name} 密码 > ", "   PIN of courier {name} > "),
        "ask_own_pin": ("   站方 {name} 密码 > ", "   PIN of {name} > "),
        "keys_scan": (
            "扫一件响一声   + 收完   - 下一件破损   Esc 返回",
            "One bell a scan   + done   - next is damaged   Esc back",
        ),
        "keys_sum": ("Enter 签收   Esc 接着扫", "Enter signs   Esc goes on scanning"),
        "keys_pick": ("输数字选   Esc 回", "A digit chooses   Esc back"),
        "keys_enter": ("Enter 确认   Esc 回", "Enter confirms   Esc back"),
        "say": ("(收件中)", "(receiving)"),
    }
)


@dataclass(slots=True)
class Receipt:
    """A batch as far as it was scanned. ``given_back`` maps waybill to why; ``pending`` waits for a decision."""

    batch_no: int = 0
    manifest: ManifestRow | None = None
    scanned: tuple[Parcel, ...] = ()
    expected: tuple[Parcel, ...] = ()
    given_back: dict[str, GivenBack] = field(default_factory=dict)
    pending: str = ""
    damaged_next: bool = False
    again: int = 0
    near: str = ""
    courier_no: int = 0
    courier_name: str = ""

    @property
    def differs(self) -> bool:
        """Whether courier and station have something to settle."""
        return bool(self.expected or self.given_back or self.damaged or self.extra)

    @property
    def damaged(self) -> list[str]:
        """Waybills of what came damaged."""
        return [one.waybill for one in self.scanned if one.condition is ParcelCondition.DAMAGED_BEFORE]

    @property
    def extra(self) -> list[str]:
        """Waybills of what was kept although this manifest does not announce it."""
        number = self.manifest.manifest_no if self.manifest else ""
        return [one.waybill for one in self.scanned if number and one.manifest_no != number]


_PROMPTS = {Step.SCAN: "ask_scan", Step.PHONE: "ask_phone", Step.COURIER: "ask_courier"}
_KEYS = {
    Step.MANIFEST: "keys_pick",
    Step.SCAN: "keys_scan",
    Step.EXTRA: "keys_pick",
    Step.BACK: "keys_pick",
    Step.SUMMARY: "keys_sum",
    Step.PHONE: "keys_phone",
}


_CLOSING = frozenset({Step.SUMMARY, Step.COURIER_PIN, Step.OWN_PIN})
"""Steps at which the batch as a whole is shown: where its last item went is over."""


def receiving_view(desk: Desk, job: Receipt, step: Step, manifests: Sequence[ManifestRow]) -> View:
    """Give the receiving screen at its step."""
    manifest = job.manifest
    number = manifest.manifest_no if manifest else TEXT("no_manifest")
    courier = f"{manifest.company} {manifest.courier_name}" if manifest else ""
    total = len(job.expected) + sum(one.manifest_no == number for one in job.scanned)
    head = between(
        TEXT("title", batch=number, courier=courier), TEXT("counts", expected=total, scanned=len(job.scanned))
    )
    prompt = TEXT(_PROMPTS.get(step, "ask"))
    if step is Step.COURIER_PIN:
        prompt = TEXT("ask_courier_pin", name=job.courier_name)
    elif step is Step.OWN_PIN:
        prompt = TEXT("ask_own_pin", name=desk.operator.name if desk.operator else "")
    return View(
        above=(Line(head, Tone.STRONG), rule()),
        prompt=prompt,
        below=tuple(_below(desk, job, step, manifests)),
        say=TEXT("say"),
        keys=TEXT(_KEYS.get(step, "keys_enter")),
        rail=tuple(Line(f" {one.code} {waybill_tail(one.waybill)}") for one in job.scanned[-ROWS_MAX:]),
    )


def _below(desk: Desk, job: Receipt, step: Step, manifests: Sequence[ManifestRow]) -> list[Line]:
    if step is Step.MANIFEST:
        return [Line(TEXT("choose"), Tone.STRONG), BLANK, *_manifest_rows(manifests)]
    lines = _couriers(desk) if step is Step.COURIER else [BLANK] if step in _CLOSING else _last(job)
    if step is Step.PHONE:
        lines = [Line(TEXT("phone_of", tail=waybill_tail(job.pending)), Tone.ALERT)]
    if step is Step.EXTRA:
        lines.append(Line(TEXT("extra", tail=waybill_tail(job.pending)), Tone.ALERT))
    if step is Step.BACK:
        lines.append(Line(TEXT("back", tail=waybill_tail(job.pending)), Tone.ALERT))
    if job.damaged_next:
        lines.append(Line(TEXT("damage_next"), Tone.ALERT))
    lines += [
        BLANK,
        *_differences(job, closing=step is not Step.SCAN),
        BLANK,
        Line(TEXT("shelves", shelves=shelf_words(desk.counter.parcels.shelves()))),
    ]
    if job.manifest is not None and not job.manifest.has_contacts:
        lines.append(Line(TEXT("no_contacts"), Tone.ALERT))
    if step is Step.SUMMARY:
        key = "differs" if job.differs else "agrees" if job.manifest else "unannounced"
        words = TEXT(key, count=len(job.scanned))
        lines.append(Line(words, Tone.STRONG))
    elif step is Step.SCAN:
        lines += [BLANK, Line(_go_to(desk), Tone.QUIET)]
    return lines


def _manifest_rows(manifests: Sequence[ManifestRow]) -> list[Line]:
    return [
        Line(
            TEXT(
                "manifest_row",
                line=line,
                number=one.manifest_no,
                courier=one.courier_name,
                company=one.company,
                count=one.line_count,
                day=f"{one.announced_on:%m-%d}",
            )
        )
        for line, one in enumerate(manifests[:ROWS_MAX], 1)
    ]


def _last(job: Receipt) -> list[Line]:
    if not job.scanned:
        return [BLANK]
    last = job.scanned[-1]
    figures = {
        "tail": waybill_tail(last.waybill),
        "carrier": carrier_words(last.carrier),
        "who": person_words(last),
        "code": last.code,
    }
    lines = [Line(TEXT("last", **figures), Tone.GOOD)]
    return [*lines, Line(TEXT("near", code=job.near), Tone.QUIET)] if job.near else lines


def _differences(job: Receipt, *, closing: bool) -> list[Line]:
    """List what differs; what was not scanned yet is missing only once the batch is closed."""
    missing = [one.waybill for one in job.expected]
    lists = (
        ("missing" if closing else "to_come", missing),
        ("extra_kept", job.extra),
        ("given_back", list(job.given_back)),
        ("damaged", job.damaged),
    )
    lines = []
    for key, waybills in lists:
        if waybills:
            text = TEXT(key, count=len(waybills), tails=_tails(waybills))
            tone = Tone.QUIET if key == "to_come" else Tone.ALERT
            lines += [Line("   " + row, tone) for row in wrap(text, 76)]
    return [*lines, Line(TEXT("again", count=job.again), Tone.QUIET)] if job.again else lines


def _tails(waybills: Sequence[str]) -> str:
    shown = " ".join(waybill_tail(one) for one in waybills[:_TAILS_MAX])
    return shown + (" ..." if len(waybills) > _TAILS_MAX else "")


def _couriers(desk: Desk) -> list[Line]:
    named = "   ".join(f"{one.courier_no} {one.name}" for one in desk.counter.parcels.couriers()[:_TAILS_MAX])
    return [Line(TEXT("couriers", list=named))]


def _go_to(desk: Desk) -> str:
    counts = desk.counter.parcels.counts()
    return TEXT(
        "go_to",
        returns=counts.returns_due,
        reminders=counts.reminders_due,
        losses=counts.missing,
        outbound=counts.outbound,
    )
