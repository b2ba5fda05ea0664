"""Pages of one chain: a credit purchase with all that stands behind it, and the chain behind a station's record."""

from __future__ import annotations

from hq_server.console.form_fields import number_at
from hq_server.console.visits import Page, Route, Shown, Visit
from hq_server.four_eyes import ENTERED_STATES
from hq_server.reconciliation.chain import chain_of_hq_record, chain_of_record
from hq_server.reconciliation.chain_credit import chain_of_purchase, purchase_of
from hq_server.reference.stations import station_profile
from station_journal.side import Side


def _purchase(visit: Visit) -> Shown:
    code, number = str(visit.path["code"]), min(number_at(visit.path["purchase_no"]), 2**31 - 1)
    values = {
        "purchase": purchase_of(visit.connection, code, number),
        "profile": station_profile(visit.connection, code),
        "chain": chain_of_purchase(visit.connection, code, number),
        "states": {name: words.said_in(visit.language) for name, words in ENTERED_STATES.items()},
    }
    return Page("purchase.html", values)


def _record(visit: Visit) -> Shown:
    code, seq = str(visit.path["code"]), number_at(visit.path["seq"])
    profile = station_profile(visit.connection, code)
    side = Side.HQ if visit.path["side"] == Side.HQ.value else Side.STATION
    find = chain_of_hq_record if side is Side.HQ else chain_of_record
    values = {"profile": profile, "side": side.value, "seq": seq, "chain": find(visit.connection, code, seq)}
    return Page("record_chain.html", values)


ROUTES = (
    Route("/credit/{code}/{purchase_no}", _purchase),
    Route("/stations/{code}/records/{side}/{seq}/chain", _record),
)
