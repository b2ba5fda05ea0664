"""Orders about notices of a tariff, in the imperative."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadTariffNotice:
    """State that the changes of a published tariff were read at the station."""

    operator_no: int
    tariff_hash: bytes
