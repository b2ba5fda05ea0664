"""The slip of a sealed grant that was released: what was bought, when it was added, and by which record."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from station_journal.facts.grants import SealedGrantReleased
from station_journal.money import format_yuan, uppercase_rmb
from station_journal.reference_no import our_no
from station_journal.rules.grants import Grant, grant_key
from station_journal.seal import head_on_paper
from station_pos.config import ZONE
from station_pos.receipts.paper import Cut, Feed, Item, Pair, Paper, Rule, Text
from station_pos.receipts.slip_facts import Slip
from station_pos.receipts.wording import TEXT as COMMON
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable

    from station_journal.records import Fact
    from station_pos.receipts.slip_facts import SlipFacts

TEXT = Catalogue(
    {
        "title": ("额度充值凭条", "CREDIT ADDED"),
        "grant": ("密封额度号", "Sealed grant"),
        "way": ("方式", "By"),
        "by_code": ("网点交款, 凭证码", "Paid at the branch, code"),
        "kept": (
            "这张凭条由站主留存。额度只在本站有效; 凭证码只能用一次, 已用。",
            "For the owner to keep. The credit is this station's; the code is used and opens nothing again.",
        ),
    }
)


def released_slip(facts: SlipFacts) -> Slip:
    """Compose the slip of a released grant."""
    fact = cast("SealedGrantReleased", facts.record.fact)
    grant = facts.books.subject(Grant, grant_key(fact.grant_no))
    amount_fen = grant.amount_fen if grant else 0
    made_at = facts.record.recorded_at.astimezone(ZONE)
    items: list[Item] = [Text(TEXT("title"), "centre", size=(1, 2), bold=True)]
    if facts.copy_no:
        items.append(Text(COMMON("copy", number=facts.copy_no), "centre", size=(2, 2), bold=True))
    items += [Text(text, "centre") for text in (facts.issuer.station_name, facts.issuer.branch) if text]
    items += [
        Pair(COMMON("institution"), facts.issuer.station_code),
        Rule(),
        Text(COMMON("amount", yuan=format_yuan(amount_fen)), size=(2, 2), bold=True),
        Text(uppercase_rmb(amount_fen)),
        Pair(TEXT("way"), TEXT("by_code")),
        Pair(TEXT("grant"), f"{fact.grant_no:08d}"),
        Rule(),
        Pair(COMMON("business_date"), facts.record.business_date.isoformat()),
        Pair(COMMON("time"), f"{made_at:%Y-%m-%d %H:%M:%S}"),
        Pair(COMMON("our_no"), our_no(facts.issuer.station_code, facts.seq, facts.head)),
        Pair(COMMON("operator"), f"{facts.operator_name} ({facts.record.actor.number})"),
        Rule(),
        Text(TEXT("kept")),
        Text(COMMON("head", head=head_on_paper(facts.head)), "centre"),
        Feed(3),
        Cut(),
    ]
    return Slip(Paper(tuple(items)), TEXT("title"), amount_fen)


SLIPS: dict[type[Fact], Callable[[SlipFacts], Slip]] = {SealedGrantReleased: released_slip}
"""Who composes which slip."""
