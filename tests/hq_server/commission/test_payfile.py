from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq_server.commission.payfile import (
    PayFileProfile,
    PayFileRefused,
    PayLine,
    PayRun,
    list_due,
    make_pay_file,
    pay_due,
)
from hq_server.reference.working_days import YearNotKnown, seeded_table

TABLE = seeded_table(range(2025, 2027))
RUN = PayRun(2026, 1, date(2026, 2, 14))
FIRST = PayLine("510781", "6217990000000000022", "张三", 235_060, 31_012, 204_048)
SECOND = PayLine("510782", "6221880000000000019", "李㐂", 80_000, 0, 80_000)


class TestWhenItIsDue:
    @pytest.mark.parametrize(
        ("year", "month", "listed", "paid"),
        [
            (2026, 1, "2026-02-14", "2026-02-14"),  # both fall into the Spring Festival; the 14th is a make-up day
            (2025, 12, "2026-01-15", "2026-01-20"),
            (2026, 10, "2026-11-13", "2026-11-20"),
            (2026, 8, "2026-09-15", "2026-09-20"),  # a Sunday that is worked
        ],
    )
    def test_is_the_15th_and_the_20th_or_the_working_day_before(self, year, month, listed, paid):
        assert list_due(TABLE, year, month) == date.fromisoformat(listed)
        assert pay_due(TABLE, year, month) == date.fromisoformat(paid)

    def test_is_not_guessed_for_a_year_without_list(self):
        with pytest.raises(YearNotKnown):
            pay_due(TABLE, 2026, 12)


class TestThePayFile:
    def test_reads_as_the_profile_says(self):
        made = make_pay_file(RUN, [SECOND, FIRST])
        body = (
            "H|COMMISSION|202601|20260214|1|1\n"
            "P|1|510781|6217990000000000022|张三|235060|31012|204048\n"
            "P|2|510782|6221880000000000019|李㐂|80000|0|80000\n"
        ).encode("gb18030")
        digest = hashlib.sha256(body).hexdigest()
        assert made.content == body + f"T|2|284048|{digest}\n".encode()
        assert (made.name, made.count, made.net_fen, made.sha256) == ("COMMISSION_202601_1.txt", 2, 284_048, digest)

    def test_may_be_utf_8_with_carriage_returns(self):
        made = make_pay_file(RUN, [FIRST], PayFileProfile("utf-8", "\r\n"))
        lines = made.content.split(b"\r\n")
        assert len(lines) == 4
        assert "张三" in lines[1].decode()

    @given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**8)), min_size=1, max_size=30), st.randoms())
    def test_adds_up_whatever_the_order(self, figures, shuffler):
        lines = [
            PayLine(f"51{n:04d}", f"62{n:017d}", f"张三{n}", net + tax, tax, net)
            for n, (net, tax) in enumerate(figures)
        ]
        made = make_pay_file(RUN, lines)
        assert made == make_pay_file(RUN, shuffler.sample(lines, len(lines)))
        rows = [row.split("|") for row in made.content.decode("gb18030").splitlines()]
        assert sum(int(row[7]) for row in rows[1:-1]) == int(rows[-1][2]) == made.net_fen
        assert [int(row[1]) for row in rows[1:-1]] == list(range(1, made.count + 1))

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"net_fen": 204_049}, "gross less tax"),
            ({"gross_fen": 0, "tax_fen": 0, "net_fen": 0}, "above zero"),
            ({"gross_fen": 1, "tax_fen": 2, "net_fen": -1}, "above zero"),
            ({"tax_fen": -1, "net_fen": 235_061}, "gross less tax"),
            ({"payee_name": "张|三"}, "payee name"),
            ({"payee_name": "张三\n"}, "payee name"),
            ({"payee_name": ""}, "payee name"),
            ({"account_no": " 62"}, "account number"),
            ({"account_no": "6" * 65}, "account number"),
            ({"station_code": "510782"}, "510782 is on the list twice"),
        ],
    )
    def test_is_not_made_when_one_line_is_wrong(self, changes, words):
        with pytest.raises(PayFileRefused, match=words):
            make_pay_file(RUN, [replace(FIRST, **changes), SECOND])

    def test_is_not_made_of_nothing(self):
        with pytest.raises(PayFileRefused, match="nothing to pay"):
            make_pay_file(RUN, [])
