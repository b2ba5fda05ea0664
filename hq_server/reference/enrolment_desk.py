"""Enrolment as a station sees it: one request, then asking how it stands until it is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hq_server.reference.enrolment import EnrolmentState, enrolment_of_proof, request_enrolment
from hq_server.reference.hq_key import public_bytes
from hq_server.reference.stations import certificates, station_profile
from hq_server.wording import RefusedError
from station_journal.side import Side

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection, Engine, Row

    from hq_server.db import Clock

_SAID = {EnrolmentState.PENDING: "pending", EnrolmentState.APPROVED: "approved"}


class EnrolmentDesk:
    """Serves enrolment requests of any station."""

    def __init__(self, engine: Engine, key: Ed25519PrivateKey, clock: Clock) -> None:
        """Keep what every request needs."""
        self._engine = engine
        self._key = key
        self._clock = clock

    def request(self, station_code: str, proof: bytes, public_key: bytes) -> dict[str, Any]:
        """Take a request and say how it stands.

        Raises:
            RefusedError: the code is not known to the sender, used for another key, or expired.
        """
        with self._engine.begin() as connection:
            request_enrolment(connection, self._key, station_code, proof, public_key, self._clock())
        return self.status(station_code, proof)

    def status(self, station_code: str, proof: bytes) -> dict[str, Any]:
        """Say how a request stands; once approved, with everything that the station needs to begin.

        Byte fields are hexadecimal. ``certificates`` holds those of all epochs of both journals, oldest first, so that
        a replaced machine can verify what it recovers.

        Raises:
            RefusedError: nobody asked with this proof.
        """
        with self._engine.connect() as connection:
            row = enrolment_of_proof(connection, station_code, proof)
            if row is None:
                raise RefusedError("enrolment", "没有这样的开通申请", "there is no such enrolment request")
            state = _SAID.get(EnrolmentState(row.state), "refused")
            answer: dict[str, Any] = {"state": state}
            if state == "approved":
                answer |= self._everything(connection, row)
        return answer

    def _everything(self, connection: Connection, row: Row[Any]) -> dict[str, Any]:
        signed = certificates(connection, row.station_code)
        mine = next(item for item in signed if item.side is Side.STATION and item.epoch == row.epoch)
        hqs = next(item for item in reversed(signed) if item.side is Side.HQ)
        profile = station_profile(connection, row.station_code)
        return {
            "certificate": mine.certificate.hex(),
            "certificate_signature": mine.signature.hex(),
            "hq_certificate": hqs.certificate.hex(),
            "hq_certificate_signature": hqs.signature.hex(),
            "hq_public_key": public_bytes(self._key).hex(),
            "hq_proof": row.hq_proof.hex(),
            "certificates": [
                {"certificate": item.certificate.hex(), "certificate_signature": item.signature.hex()}
                for item in signed
            ],
            "profile": {
                "name": profile.name,
                "branch": profile.branch,
                "address": profile.address,
                "complaint_line": profile.complaint_line,
            },
        }
