"""The biller simulator writes its file by its own code; what it says it planted is what must be found."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from hq_server.files.opening import in_its_encoding
from hq_server.files.profile_text import read_profile
from hq_server.files.profiles import shipped_documents
from hq_server.files.reading import FileReader
from hq_server.files.refusals import FileRefused, RefusalCode
from hq_server.files.rows import FileFacts, LineStatus
from hq_server.reconciliation.discrepancy import CLOSED_CLASSES, OurSale, SaleStatus, TheirLine
from hq_server.reconciliation.matching import BillerDay, match_day
from station_pos.demo.outside.biller_settlement import DIFFERENCES, Order, Row, compose, plant_differences

DAY = date(2026, 11, 23)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
PROFILE = read_profile(shipped_documents()["default-1"], "default-1")
ACCOUNTS = [f"51070{n:05d}" for n in range(40)]
ROWS = [
    Row(f"510781-{n:04d}", f"SCDL20261123{n:06d}", ACCOUNTS[n], f"202611231{n % 10}0{n // 10}15", "PAY", 5_000 + n, s)
    for n, s in enumerate(["SUCCESS"] * 40)
]


def order(encoding: str = "utf-8", newline: str = "lf", **plant: int) -> Order:
    return Order("SCDL", DAY, Path(), encoding, newline, plant, 1)


def read(content: bytes) -> tuple[TheirLine, ...]:
    expected, stream = FileFacts("SCDL", DAY, 1), io.BytesIO(content)
    rows = in_its_encoding(PROFILE, stream, lambda encoding: tuple(FileReader(stream, PROFILE, expected, encoding)))
    return tuple(
        TheirLine(
            DAY,
            1,
            line.row_no,
            line.our_no or None,
            line.their_no,
            line.account_no,
            line.at or NEVER,
            line.kind,
            line.amount_fen,
            line.status,
        )
        for line in rows
    )


def book(lines: tuple[TheirLine, ...]) -> list[OurSale]:
    """Our own sales, as the sound file has them."""
    return [
        OurSale(
            "510781",
            line.our_no or "",
            line.biller_no,
            line.account_no,
            line.amount_fen,
            SaleStatus.CAPTURED if line.status is LineStatus.SUCCESS else SaleStatus.REVERSED,
            DAY,
            line.at - timedelta(seconds=9),
        )
        for line in lines
    ]


@pytest.mark.parametrize("newline", ["lf", "crlf"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_every_difference_planted_is_found_and_nothing_else(encoding, newline):
    ours = book(read(compose(ROWS, order(), 1)))
    asked = order(encoding, newline, **dict.fromkeys(DIFFERENCES, 2))
    rows, planted = plant_differences(ROWS, ACCOUNTS, asked, 1)
    findings = match_day(BillerDay(DAY, ours, read(compose(rows, asked, 1))))
    expected = Counter(one.kind.upper() for one in planted)
    # On its own day a shifted line is missing like any other; the next day's file tells them apart.
    expected["OURS_ONLY"] += expected.pop("CUTOFF_SHIFT")
    still_open = [f for f in findings if f.break_class not in CLOSED_CLASSES]
    assert Counter(f.break_class.value for f in still_open) == expected
    named = {side.our_no for f in still_open for side in (f.sale or f.line,) if side}
    assert named == {one.our_no for one in planted}


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("total_mismatch", RefusalCode.FILE_TOTAL_MISMATCH),
        ("bad_byte", RefusalCode.BAD_BYTE),
        ("half_line", RefusalCode.HALF_LINE),
        ("no_trailer", RefusalCode.TRAILER_MISSING),
        ("wrong_biller", RefusalCode.WRONG_BILLER),
    ],
)
def test_every_damage_refuses_the_whole_file(damage, code):
    with pytest.raises(FileRefused) as refused:
        read(compose(ROWS, replace(order(), plant={damage: 1}), 1))
    assert refused.value.code is code
