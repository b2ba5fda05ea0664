"""H30: a third party's feed and the counter told two stories of one act, and the difference was the shopkeeper's.

A biller's file is a claim. What it adds, lacks or says otherwise is an open item under the biller, with an owner and a
date; the station's figures stay exactly as its own journal has them.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from station_pos.demo.headquarters import ECOM
from station_pos.demo.processes import WorldError
from tests.horizon.biller_file import BillerFile
from tests.horizon.harness import Case, books_agree

WATER = 102


def test_h30_a_file_with_an_extra_a_missing_and_a_wrong_line_is_three_open_items(drawer_case: Case) -> None:
    case = drawer_case
    sold: list[dict[str, Any]] = []
    for number, fen in ((1, 4_110), (2, 4_120), (3, 4_130)):
        account = f"392{case.shop.code[-4:]}{number}"
        sold.append(case.day.sell(case.owes("JYSW", account, f"{case.shop.code}-h30-{number}", fen, WATER)))
    journals = books_agree(case)
    before = {str(of): fen for of, fen in journals.books.balances.items()}
    ours = {one.seq: (number, one) for number, one in journals.payments().items()}
    day = date.fromisoformat(str(ours[sold[0]["seq"]][1].business_date))
    file = BillerFile("JYSW", day, 730)
    right, missing, wrong = (ours[one["seq"]] for one in sold)
    file.line(right[0], right[1].account_no, right[1].amount_fen)
    file.line(wrong[0], wrong[1].account_no, wrong[1].amount_fen + 90)
    file.line("", "3929999", 4_140)
    path = file.write(case.shop.folder)

    case.world.hq.run(ECOM, "import-file", path)
    with pytest.raises(WorldError, match="不再重复处理"):
        case.world.hq.run(ECOM, "import-file", path)
    for _ in range(2):
        case.world.hq.ask(ECOM, "reconcile", "--biller", "JYSW", "--date", day)
    found = [one for one in case.world.hq.ask(None, "breaks", "--biller", "JYSW", "--date", day) if _of(one, case)]

    assert sorted((one["found_as"], one["our_no"], one["difference_fen"]) for one in found) == sorted(
        [("THEIRS_ONLY", "", 4_140), ("OURS_ONLY", missing[0], -4_120), ("AMOUNT_MISMATCH", wrong[0], 90)]
    )
    assert all(one["owner_no"] and one["due_on"] for one in found)
    assert {str(of): fen for of, fen in books_agree(case).books.balances.items()} == before, "nothing is charged"


def _of(one: dict[str, Any], case: Case) -> bool:
    mine = one["station_code"] == case.shop.code and str(one["account_no"]).startswith("392")
    return mine or one["account_no"] == "3929999"
