"""Our number for a payment, as paper and outside parties carry it."""

from __future__ import annotations

_DIGEST_BYTES = 4


def our_no(station_code: str, seq: int, digest: bytes) -> str:
    """Name a payment towards billers and customers: station code, record number, first digest bytes.

    The digest bytes tell two histories apart that a copied machine gave one number.
    """
    return f"{station_code}-{seq:06d}-{number_tail(digest)}"


def number_tail(digest: bytes) -> str:
    """Give the tail of our number: the first digest bytes in hex."""
    return digest[:_DIGEST_BYTES].hex()


def seq_of(number: str, station_code: str) -> int | None:
    """Read the record number back out of our number; None where it is not one of this station's."""
    prefix, _, rest = number.rpartition("-")
    code, _, seq = prefix.rpartition("-")
    return int(seq) if code == station_code and seq.isascii() and seq.isdigit() and rest else None
