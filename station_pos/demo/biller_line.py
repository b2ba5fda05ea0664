"""The billers' front system seen from outside: how the demonstration arms its faults and reads its own book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from station_pos.demo.audit import BillerPayment
from station_pos.demo.processes import WorldError, trusting_nobody

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

_TIMEOUT_S = 30.0


class BillerLine:
    """Calls to the control side of the biller simulator."""

    def __init__(self, url: str) -> None:
        """Name where it answers."""
        self.url = url

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Post a JSON object and give the answer.

        Raises:
            WorldError: it refused, with its sentence.
        """
        # The proxy of an office has no business between two programs of one machine.
        with httpx.Client(verify=trusting_nobody(), trust_env=False, timeout=_TIMEOUT_S) as client:
            answer = client.post(f"{self.url}{path}", json=body)
        content: dict[str, Any] = answer.json()
        if answer.status_code != httpx.codes.OK:
            raise WorldError(f"the biller refused {path}: {content.get('error', answer.status_code)}")
        return content

    def get(self, path: str) -> dict[str, Any]:
        """Get a JSON object."""
        with httpx.Client(verify=trusting_nobody(), trust_env=False, timeout=_TIMEOUT_S) as client:
            found: dict[str, Any] = client.get(f"{self.url}{path}").json()
        return found

    def fault(self, biller: str, kind: str, times: int = 1, **more: Any) -> None:
        """Arm a fault of one biller; kind ``none`` clears them."""
        self.post("/control/fault", biller=biller, kind=kind, times=times, **more)

    def payments(self, *billers: str) -> tuple[BillerPayment, ...]:
        """Read what the billers have booked or declined."""
        return tuple(
            BillerPayment(biller, row["our_no"], row["account_no"], row["amount_fen"], row["outcome"])
            for biller in billers
            for row in self.get(f"/control/payments?biller={biller}")["payments"]
        )

    def settlement(self, biller: str, business_date: date, folder: Path, **order: Any) -> dict[str, Any]:
        """Have a settlement file written from the biller's own book; gives its name and what was planted."""
        return self.post(
            "/control/settlement", biller=biller, business_date=business_date.isoformat(), out_dir=str(folder), **order
        )
