"""What sync needs of the register, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from station_pos.sync.session import Copies

if TYPE_CHECKING:
    from station_journal.seal import Position
    from station_pos.commands.orders import Command
    from station_pos.commands.outcome import Outcome
    from station_pos.sync.session import Authority, Run


class SyncedJournals(Copies, Protocol):
    """Both journals of an enrolled station, with the few other things that go over the line.

    Every call that writes is one durable transaction: it is on the disk when it returns, or it raises and nothing was
    changed. A run is verified before it is handed over and follows on the head; one that does not is refused.
    """

    def authority(self) -> Authority:
        """Give the certificates of the epochs being written."""

    def acknowledged(self) -> Position:
        """Give how far HQ holds this epoch by its own signature; the epoch's start before the first one."""

    def station_records(self, after_seq: int, limit: int) -> tuple[bytes, ...]:
        """Give the stored bytes of the station's records after a number, in order."""

    def hq_frame(self, after: Position) -> bytes | None:
        """Give HQ's records after a position of its journal in one frame, under HQ's own seal over the last of them.

        None where there are none, or more than a frame holds.
        """

    def documents_wanted(self) -> tuple[bytes, ...]:
        """Give the SHA-256 of published tariffs whose content is not here."""

    def tariff_due(self) -> bytes | None:
        """Give the hash of the tariff to adopt now: content here, date come, newer than the adopted one."""

    def answers_awaited(self) -> int:
        """Count payments and reversals that wait for HQ's answer."""

    def acknowledge(self, held: Position, signature: bytes, hq_time: int) -> None:
        """Keep HQ's countersignature and its time (seconds since 1970, UTC)."""

    def heard_at(self, hq_time: int) -> None:
        """Note HQ's time (seconds since 1970, UTC) of a reply that acknowledged nothing new; it never goes back."""

    def receive_hq(self, run: Run) -> None:
        """Append HQ's records, with everything that follows from them."""

    def recover(self, run: Run) -> None:
        """Append this station's own records that HQ held and a restored database lacks."""

    def keep_document(self, data: bytes) -> None:
        """Keep a tariff's content, already checked."""

    def set_read_only(self, reason: str) -> None:
        """Refuse to sell, with a reason for the screen; an empty reason lifts it. Asking again changes nothing."""

    def execute(self, command: Command) -> Outcome:
        """Put a command of the system itself to the register."""
