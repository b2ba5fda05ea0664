"""One-time codes against the vectors of RFC 6238, appendix B, and the rule that each counts once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hq_server.reference.totp import code_at, enrolment_uri, matching_step, secret_text

RFC_SECRET = b"12345678901234567890"
NOW = datetime(2026, 11, 23, 4, 0, 10, tzinfo=UTC)
STEP = int(NOW.timestamp()) // 30


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_codes_are_those_of_the_rfc(second: int, code: str) -> None:
    assert code_at(RFC_SECRET, second // 30, 8) == code


def test_a_code_counts_once_and_one_step_early_or_late() -> None:
    assert matching_step(RFC_SECRET, code_at(RFC_SECRET, STEP), NOW, 0) == STEP
    assert matching_step(RFC_SECRET, code_at(RFC_SECRET, STEP), NOW, STEP) is None
    assert matching_step(RFC_SECRET, code_at(RFC_SECRET, STEP - 1), NOW, 0) == STEP - 1
    assert matching_step(RFC_SECRET, code_at(RFC_SECRET, STEP + 1), NOW, 0) == STEP + 1
    assert matching_step(RFC_SECRET, code_at(RFC_SECRET, STEP - 2), NOW, 0) is None
    assert matching_step(RFC_SECRET, code_at(RFC_SECRET, STEP), NOW + timedelta(minutes=2), 0) is None
    for nonsense in ("", "abc", "12345", "１２３４５６", "0" * 99):
        assert matching_step(RFC_SECRET, nonsense, NOW, 0) is None


def test_the_secret_is_handed_over_in_the_forms_that_programs_read() -> None:
    assert secret_text(RFC_SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
    uri = enrolment_uri(RFC_SECRET, 11)
    assert uri.startswith("otpauth://totp/station-pos%20HQ%3A11?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=")
