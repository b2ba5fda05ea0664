"""Files for the bank, read back by readers that know the layout from its description alone."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hq_server.payment_orders.bank_file import (
    BankFileRefused,
    OrderHead,
    OrderLine,
    known_profiles,
    read_profile,
    write_bank_file,
)

PROFILES = known_profiles()
FIRST = OrderLine(1, "510781", "6217990000000000022", "张三", 235_060, 31_012, 204_048, "COMMISSION 202601 PO000007")
SECOND = OrderLine(2, "510782", "6221880000000000019", "李㐂", 80_000, 0, 80_000, "COMMISSION 202601 PO000007")


def head(*lines: OrderLine) -> OrderHead:
    total_fen = sum(line.amount_fen for line in lines)
    return OrderHead("COMMISSION", "202601", 1, 7, "PO000007", date(2026, 2, 14), len(lines), total_fen)


def write(name: str, *lines: OrderLine) -> bytes:
    return write_bank_file(PROFILES[name], head(*lines), lines).content


def read_own(data: bytes) -> list[tuple[str, str, int]]:
    rows = [row.split("|") for row in data.decode("gb18030").splitlines()]
    body = data[: data.rindex(b"T|")]
    assert rows[-1] == ["T", str(len(rows) - 2), rows[-1][2], hashlib.sha256(body).hexdigest()]
    assert int(rows[-1][2]) == sum(int(row[7]) for row in rows[1:-1])
    return [(row[3], row[4], int(row[7])) for row in rows[1:-1]]


def read_csv(data: bytes) -> list[tuple[str, str, int]]:
    assert data.endswith(b"\r\n")
    rows = list(csv.reader(io.StringIO(data.decode("gb18030"), newline="")))
    assert rows[0] == ["序号", "账号", "户名", "金额", "附言"]
    sums = [Decimal(row[3]) for row in rows[1:-1]]
    assert (rows[-1][0], int(rows[-1][1]), Decimal(rows[-1][3])) == ("合计", len(sums), sum(sums))
    return [(row[1], row[2], int(fen * 100)) for row, fen in zip(rows[1:-1], sums, strict=True)]


def read_fixed(data: bytes) -> list[tuple[str, str, int]]:
    first, *lines = data.removesuffix(b"\n").split(b"\n")
    assert (first[:1], first[1:17].rstrip(), first[17:25], len(first)) == (b"F", b"PO000007", b"20260214", 48)
    assert int(first[25:33]) == len(lines)
    found = []
    for number, line in enumerate(lines, 1):
        assert (len(line), line[:1], int(line[1:9])) == (154, b"D", number)
        account, name = line[9:41].decode().rstrip(), line[41:101].decode("gb18030").rstrip()
        found.append((account, name, int(line[101:114])))
    assert int(first[33:48]) == sum(fen for _, _, fen in found)
    return found


READERS = {"own": read_own, "bank-csv": read_csv, "bank-fixed": read_fixed}


def test_the_layouts_that_come_with_the_program_are_these():
    assert set(PROFILES) == set(READERS)


def test_the_own_layout_is_the_bytes_of_old():
    body = (
        "H|COMMISSION|202601|20260214|1|1\n"
        "P|1|510781|6217990000000000022|张三|235060|31012|204048\n"
        "P|2|510782|6221880000000000019|李㐂|80000|0|80000\n"
    ).encode("gb18030")
    made = write_bank_file(PROFILES["own"], head(FIRST, SECOND), [FIRST, SECOND])
    assert made.content == body + f"T|2|284048|{hashlib.sha256(body).hexdigest()}\n".encode()
    assert made.name == "COMMISSION_202601_1.txt"


@pytest.mark.parametrize("name", READERS)
@given(
    st.lists(
        st.tuples(st.integers(1, 10**9), st.integers(0, 10**8), st.sampled_from(["张三", "李㐂", "王五", "O Neil"])),
        min_size=1,
        max_size=20,
    )
)
def test_an_independent_reader_reads_every_payment_back(name, figures):
    lines = [
        OrderLine(n, f"51{n:04d}", f"62{n:017d}", payee, net + tax, tax, net, "x")
        for n, (net, tax, payee) in enumerate(figures, 1)
    ]
    assert READERS[name](write(name, *lines)) == [(x.account_no, x.payee_name, x.amount_fen) for x in lines]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount_fen": 204_049, "gross_fen": 235_060}, "gross less tax"),
        ({"tax_fen": -1, "gross_fen": 204_047}, "gross less tax"),
        ({"payee_name": "张|三"}, "payee_name"),
        ({"payee_name": "张三\n"}, "payee_name"),
        ({"payee_name": ""}, "payee_name"),
        ({"payee_name": "=1+1"}, "payee_name"),
        ({"account_no": " 62"}, "account_no"),
        ({"account_no": "6" * 121}, "account_no"),
    ],
)
def test_no_file_is_made_when_one_line_is_wrong(changes, words):
    wrong = replace(FIRST, **changes)
    with pytest.raises(BankFileRefused, match=words):
        write("own", wrong, SECOND)


def test_a_name_too_long_for_its_bytes_is_never_cut():
    with pytest.raises(BankFileRefused, match="payee_name takes 62 bytes and the layout has 60"):
        write("bank-fixed", replace(FIRST, payee_name="张" * 31))


def test_no_file_is_made_that_its_order_does_not_sum_to():
    with pytest.raises(BankFileRefused, match="sum to"):
        write_bank_file(PROFILES["own"], replace(head(FIRST), amount_fen=1), [FIRST])
    with pytest.raises(BankFileRefused, match="sum to"):
        write("own")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("title = [", "no layout"),
        ('title=["a","b"]\nencoding="gb18030"\nnewline="\\n"\nfile_name="x"\n', "line is missing"),
        (
            'title=["a","b"]\nencoding="ebcdic"\nnewline="\\n"\nfile_name="x"\ndelimiter="|"\nline=[{from="seq"}]',
            "known",
        ),
        ('title=["a","b"]\nencoding="utf-8"\nnewline="\\n"\nfile_name="x"\nline=[{from="seq"}]', "width"),
        ('title=["a","b"]\nencoding="utf-8"\nnewline="\\n"\nfile_name="x"\ndelimiter="|"\nline=[{from="pin"}]', "pin"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused_in_one_sentence(document, words):
    with pytest.raises(BankFileRefused, match=words):
        read_profile("mine", document)
