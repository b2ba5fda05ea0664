"""H21: entries appeared on daily reports of offices sharing a till where they did not belong.

A report lists each entry in exactly one cut-off, with its number: a sale in the one, its reversal in the next.
"""

from __future__ import annotations

from station_journal.facts.cash import DayClosed
from tests.horizon.harness import Case, books_agree


def test_h21_a_sale_is_in_report_1_its_reversal_in_report_2_and_every_entry_in_exactly_one(drawer_case: Case) -> None:
    case = drawer_case
    sold = case.day.sell(case.day.queue.next("ZYRQ"))
    case.station.sign_in(1)
    case.close_day(case.count(case.drawer_fen()))
    assert case.station.ask("reverse", payment_seq=sold["seq"])["accepted"]
    case.day.settled_as(sold["seq"], "REVERSED")
    case.day.hand_back(sold["seq"], "reversed")
    case.station.sign_in(2)
    case.close_day(case.count(case.drawer_fen()))
    journals = books_agree(case)
    sheets = sorted(case.hq_books()["closes"], key=lambda one: one["z_no"])
    listed: list[int] = []
    for sheet, (_, fact) in zip(sheets, journals.facts(DayClosed), strict=True):
        assert isinstance(fact, DayClosed)
        found = case.station.ask("drawer_entries", after_seq=sheet["after_seq"], cut_seq=sheet["cut_seq"])["entries"]
        seqs = [one["seq"] for one in found]
        moved_fen = sum(one["change_fen"] for one in found)
        assert moved_fen == sum(line.in_fen - line.out_fen for line in fact.cash)
        assert fact.opening_fen + moved_fen == fact.expected_fen
        assert all(sheet["after_seq"] < seq <= sheet["cut_seq"] for seq in seqs)
        listed += seqs
    assert len(listed) == len(set(listed))
    first, second = sheets[-2:]
    assert first["after_seq"] < sold["seq"] <= first["cut_seq"]
    back = max(seq for seq in listed if seq > first["cut_seq"])
    assert second["after_seq"] < back <= second["cut_seq"]
    assert [one["after_seq"] for one in sheets[1:]] == [one["cut_seq"] for one in sheets[:-1]]
