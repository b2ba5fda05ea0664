"""来龙去脉 in words: a payment, withdrawal or bought credit from its paper to the bank, and what is not there yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.bought_credit import BoughtCredit
from station_journal.money import format_yuan
from station_journal.payment import Payment
from station_pos.text import Catalogue, either
from station_pos.tui.presenters.lines import (
    BLANK,
    CORE_COLUMNS,
    Line,
    Tone,
    View,
    between,
    plain,
    rule,
    table_row,
    wrap,
)
from station_pos.tui.presenters.lists import PAGE_ROWS, Place, marker, on_page
from station_pos.tui.presenters.sentences import TEXT as SENTENCES
from station_pos.tui.presenters.state_rows import local

if TYPE_CHECKING:
    from station_journal.own_postings import Followed
    from station_pos.receipts.chain_words import Step
    from station_pos.services.chain import ChainView
    from station_pos.tui.desk import Desk

_INDENT = 3
_SAID_ROWS = 2
TEXT = Catalogue(
    {
        "title": (" 来龙去脉 > {name} {account}  {sum} 元", " Where it went > {name} {account}  {sum}"),
        "withdrawal": ("取款", "Withdrawal"),
        "credit": ("额度", "Credit"),
        "by_code": ("凭证码", "by code"),
        "by_line": ("到账", "granted"),
        "columns": (
            "     日期        环节              金额  说明",
            "     date        step            amount  what it says",
        ),
        "heard": ("   总部所述   {at:%Y-%m-%d %H:%M} 由总部签名", "   HQ stated this at {at:%Y-%m-%d %H:%M}, signed"),
        "asking": ("   正在问总部, 上面先列本站知道的", "   Asking HQ; above is what the station knows"),
        "alone": ("   没有问到总部, 上面只是本站知道的", "   HQ was not heard; above is what the station knows"),
        "problem": ("   {why} 上面是 {at:%m-%d %H:%M} 听到的", "   {why} Above is as of {at:%m-%d %H:%M}"),
        "where": ("   {name}  {reference}", "   {name}  {reference}"),
        "keys": ("+ - 翻页  R 再问总部  P 打印  Esc", "+ - pages  R asks again  P prints  Esc"),
        "printed": ("来龙去脉单已送打印机", "The slip is sent to the printer"),
    }
)


def chain_view(desk: Desk, chain: ChainView, place: Place, *, asking: bool) -> View:
    """Show a page of the steps; below them the chosen one in full, and how fresh HQ's part is."""
    title = _title(desk, chain.subject)
    page, pages = place.page(len(chain.steps))
    listed = [_row(number, step, place) for number, step in enumerate(on_page(chain.steps, place), 1)]
    return View(
        above=(
            Line(between(plain(title), SENTENCES("page", page=page, pages=pages) + " "), Tone.STRONG),
            rule(),
            Line(TEXT("columns"), Tone.QUIET),
            *listed,
            *([BLANK] * (PAGE_ROWS - len(listed))),
        ),
        prompt=" > ",
        below=(_freshness(chain, asking=asking), *_chosen(chain, place)),
        keys=TEXT("keys"),
    )


def _title(desk: Desk, subject: Followed) -> str:
    if isinstance(subject, BoughtCredit):
        way = TEXT("by_code" if subject.grant else "by_line")
        return TEXT("title", name=TEXT("credit"), account=way, sum=format_yuan(subject.amount_fen))
    if not isinstance(subject, Payment):
        card = f"*{subject.card_last4}" if subject.card_last4 else ""
        return TEXT("title", name=TEXT("withdrawal"), account=card, sum=format_yuan(subject.amount_fen))
    product = next((one for one in desk.counter.products() if one.code == subject.product_code), None)
    name = either(product.name, product.name_en) if product else str(subject.product_code)
    return TEXT("title", name=name, account=subject.account_no, sum=format_yuan(subject.total_fen))


def _freshness(chain: ChainView, *, asking: bool) -> Line:
    if asking:
        return Line(TEXT("asking"), Tone.QUIET)
    if chain.problem and chain.heard_at is not None:
        return Line(TEXT("problem", why=plain(chain.problem), at=local(chain.heard_at)), Tone.ALERT)
    if chain.heard_at is None:
        why = f" {plain(chain.problem)}" if chain.problem else ""
        return Line(TEXT("alone") + why, Tone.ALERT)
    return Line(TEXT("heard", at=local(chain.heard_at)), Tone.GOOD)


def _row(number: int, step: Step, place: Place) -> Line:
    cells = table_row(
        (
            (f"{step.on:%Y-%m-%d}" if step.on else "-", 10),
            (step.name, 14),
            ("" if step.amount_fen is None else format_yuan(step.amount_fen), -11),
            (plain(step.said), 36),
        )
    )
    return Line(marker(number, place) + cells, Tone.NORMAL if step.there else Tone.QUIET)


def _chosen(chain: ChainView, place: Place) -> tuple[Line, ...]:
    if place.index >= len(chain.steps):
        return ()
    step = chain.steps[place.index]
    said = wrap(plain(step.said), CORE_COLUMNS - 2 * _INDENT)[:_SAID_ROWS]
    where = TEXT("where", name=step.name, reference=plain(step.reference))
    return (Line(where, Tone.STRONG), *(Line(" " * _INDENT + row) for row in said))
