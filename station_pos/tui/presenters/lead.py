"""保险线索 in words: whether leads may be taken, the few questions, and what became of earlier ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from station_journal.facts.distribution import LeadKind, LeadOutcome
from station_journal.masking import mask_phone, phone_key
from station_pos.text import Catalogue
from station_pos.tui.presenters.lines import BLANK, Line, Tone, View, rule, table_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from station_journal.rules.distribution import Filing, Lead

LEADS_SHOWN = 5
TEXT = Catalogue(
    {
        "title": (" 保险线索   只记电话, 由持证人回电", " Insurance lead   a number only; a licensed agent calls back"),
        "blocked": (
            "   本站没有有效的保险执业登记, 不能收线索。请联系代理保险中心",
            "   No insurance registration is on file, so no leads; ask the insurance centre",
        ),
        "filed": (
            "   执业登记 {number}   {holder}   有效到 {until}",
            "   Registration {number}   {holder}   valid until {until}",
        ),
        "kind": ("   想了解   {kind}", "   About    {kind}"),
        "name": ("   顾客     {name}", "   Customer {name}"),
        "phone": ("   电话     {phone}", "   Phone    {phone}"),
        LeadKind.LIFE.name: ("人寿", "life"),
        LeadKind.ACCIDENT.name: ("意外", "accident"),
        LeadKind.MOTOR.name: ("车险", "motor"),
        LeadKind.PROPERTY.name: ("家财", "property"),
        "ask_kind": ("   1 人寿  2 意外  3 车险  4 家财  > ", "   1 life  2 accident  3 motor  4 property  > "),
        "ask_name": ("   顾客姓名 (只给回电的人看) > ", "   Customer's name (for the call alone) > "),
        "ask_phone": ("   回电号码 > ", "   Number to call > "),
        "ask_consent": ("   顾客同意回电吗? 同意按 + > ", "   Does the customer agree to a call? + for yes > "),
        "ask": (" > ", " > "),
        "say": ("我们请有执业证的同事给您回个电话, 可以吗?", "May a licensed colleague call you back about it?"),
        "keys": ("Enter 下一步   Esc 不记", "Enter goes on   Esc records nothing"),
        "keys_consent": (
            "+ 顾客同意, 记下   Esc 不同意, 不记",
            "+ agreed, record it   Esc not agreed",
        ),
        "keys_blocked": ("Esc 回", "Esc back"),
        "name_digits": ("这里输姓名; 电话下一步再输", "The name goes here; the number is asked for next"),
        "done": ("记下了, 联网就传给代理保险中心", "Recorded; it goes to the insurance centre with the link"),
        "earlier": ("   最近", "   Latest"),
        "none": ("   还没有线索", "   No leads yet"),
        "waiting": ("等回电", "to be called"),
        "void": ("不作数", "does not count"),
        LeadOutcome.CALLED.name: ("已回电", "called"),
        LeadOutcome.NOT_REACHED.name: ("没打通", "not reached"),
        LeadOutcome.DECLINED.name: ("不需要", "declined"),
        LeadOutcome.CONTRACT.name: ("已投保", "contract"),
    }
)


def outcome_words(lead: Lead) -> str:
    """Say what became of a lead."""
    if lead.broken:
        return TEXT("void")
    return TEXT(LeadOutcome(lead.outcome_no).name) if lead.answered_seq else TEXT("waiting")


def lead_view(filing: Filing | None, answers: Sequence[str], asked: str, leads: Sequence[Lead]) -> View:
    """Give the screen; ``answers`` are kind, name and phone as far as given, ``asked`` what is asked for now."""
    above = [Line(TEXT("title"), Tone.STRONG), rule()]
    if filing is None:
        above.append(Line(TEXT("blocked"), Tone.ALERT))
        return View(above=tuple(above), prompt=TEXT("ask"), below=_earlier(leads), keys=TEXT("keys_blocked"))
    until = filing.valid_until.isoformat()
    above.append(Line(TEXT("filed", number=filing.registration_no, holder=filing.holder_name, until=until), Tone.QUIET))
    above.append(BLANK)
    names = ("kind", "name", "phone")
    above += [Line(TEXT(name, **{name: value}), Tone.STRONG) for name, value in zip(names, answers, strict=False)]
    above += [BLANK] * (len(names) - len(answers))
    consent = asked == "consent"
    return View(
        above=tuple(above),
        prompt=TEXT(f"ask_{asked}"),
        below=_earlier(leads),
        say=TEXT("say") if consent else "",
        keys=TEXT("keys_consent" if consent else "keys"),
        recorded=False,
    )


def _earlier(leads: Sequence[Lead]) -> tuple[Line, ...]:
    rows = [
        Line(
            "   "
            + table_row(
                (
                    (f"{lead.taken_on:%m-%d}", 6),
                    (TEXT(lead.kind.name), 10),
                    (lead.customer_name, 10),
                    (mask_phone(lead.phone if lead.contact_hash else phone_key(lead.phone)), 14),
                    (outcome_words(lead), 14),
                )
            )
        )
        for lead in leads[:LEADS_SHOWN]
    ]
    return (rule(), Line(TEXT("earlier"), Tone.STRONG), *(rows or [Line(TEXT("none"), Tone.QUIET)]))
