"""Certificates, seals, paper heads; tariffs taken whole or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station_journal.masking import mask_account, mask_name
from station_journal.records import Side
from station_journal.reference_no import our_no, seq_of
from station_journal.seal import (
    Certificate,
    Position,
    SealRefusedError,
    countersign,
    head_on_paper,
    seal,
    sign_certificate,
    verify_certificate,
    verify_countersignature,
    verify_seal,
)
from station_journal.tariff import OfflineAllowance, TariffRefusedError, check_tariff, read_tariff
from tests.factories import journal

POSITION = Position(1, 7, bytes(range(32)))


def test_a_seal_holds_for_its_own_station_side_and_position_only():
    signature = seal(journal.key(1), Side.STATION, "JY0427", POSITION)
    verify_seal(journal.public(1), signature, Side.STATION, "JY0427", POSITION)
    others = [
        (journal.public(9), Side.STATION, "JY0427", POSITION),
        (journal.public(1), Side.HQ, "JY0427", POSITION),
        (journal.public(1), Side.STATION, "JY0428", POSITION),
        (journal.public(1), Side.STATION, "JY0427", POSITION._replace(seq=8)),
        (journal.public(1), Side.STATION, "JY0427", POSITION._replace(epoch=2)),
        (journal.public(1), Side.STATION, "JY0427", POSITION._replace(digest=bytes(32))),
    ]
    for public_key, side, code, position in others:
        with pytest.raises(SealRefusedError):
            verify_seal(public_key, signature, side, code, position)


def test_a_countersignature_is_not_a_seal():
    signature = countersign(journal.key(2), "JY0427", POSITION)
    verify_countersignature(journal.public(2), signature, "JY0427", POSITION)
    with pytest.raises(SealRefusedError):
        verify_seal(journal.public(2), signature, Side.STATION, "JY0427", POSITION)


def test_a_certificate_is_read_back_and_its_signature_binds_every_field():
    certificate = journal.certificate(epoch=2, prior_seq=9, prior_digest=bytes(32))
    signature = sign_certificate(journal.key(2), certificate)
    again = Certificate.from_bytes(certificate.to_bytes())
    verify_certificate(journal.public(2), signature, again)
    assert again.start().seq == 9
    with pytest.raises(SealRefusedError):
        verify_certificate(journal.public(2), signature, journal.certificate(epoch=3))
    assert certificate.start().digest != journal.certificate().start().digest


@given(st.binary(max_size=60))
def test_garbage_is_no_certificate(data: bytes):
    with pytest.raises(SealRefusedError):
        Certificate.from_bytes(data)


def test_the_head_on_paper_is_eight_bytes_in_groups():
    assert head_on_paper(bytes.fromhex("9c2e71b04411a0fe") + bytes(24)) == "9C2E-71B0-4411-A0FE"


def test_our_number_names_the_record_and_its_history():
    assert our_no("JY0427", 123, bytes.fromhex("9c2e71b0")) == "JY0427-000123-9c2e71b0"
    assert seq_of("JY0427-000123-9c2e71b0", "JY0427") == 123
    assert seq_of("JY0428-000123-9c2e71b0", "JY0427") is None
    assert seq_of("nonsense", "JY0427") is None


def test_names_and_numbers_are_masked():
    assert mask_name("张秀兰") == "*秀兰"
    assert mask_name("张") == "*"
    assert mask_account("0081234567") == "0081****67"
    assert mask_account("123") == "*23"


def test_a_tariff_survives_its_bytes():
    tariff = journal.tariff(journal.product(), journal.product(102, offline=None))
    assert read_tariff(tariff.to_bytes()) == tariff


@given(st.data())
def test_a_damaged_tariff_is_refused_or_has_another_name(data: st.DataObject):
    encoded = bytearray(journal.tariff().to_bytes())
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        other = read_tariff(bytes(encoded))
    except TariffRefusedError:
        return
    assert other.hash != journal.tariff().hash


@pytest.mark.parametrize("size", [0, 1, 40, -1])
def test_a_cut_tariff_is_refused(size: int):
    with pytest.raises(TariffRefusedError):
        read_tariff(journal.tariff().to_bytes()[:size])


@pytest.mark.parametrize(
    "changes",
    [
        {"account_pattern": "("},
        {"name": ""},
        {"amount_min_fen": 0},
        {"amount_min_fen": 10, "amount_max_fen": 9},
        {"fee_fen": -1},
        {"offline": OfflineAllowance(0, 1, 1)},
    ],
)
def test_a_product_that_makes_no_sense_refuses_the_whole_tariff(changes: dict[str, Any]):
    with pytest.raises(TariffRefusedError, match="product 101 of tariff v1"):
        check_tariff(journal.tariff(journal.product(**changes)))


def test_a_code_twice_or_no_product_refuses_the_tariff():
    with pytest.raises(TariffRefusedError, match="no code twice"):
        check_tariff(journal.tariff(journal.product(), journal.product()))
