"""The real ``Evidence``: read from the books, and written out as a folder that an outsider can check alone."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from station_journal import standalone_verifier
from station_pos import evidence_queries
from station_pos.config import ZONE
from station_pos.register import upkeep
from station_pos.register.epochs import hq_public_key
from station_pos.register.inspection import export
from station_pos.services.evidence import PacketRefusedError
from station_pos.station_services.evidence_page import actor_word, job_of
from station_pos.text import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from station_journal.rules.integrity import LastCheck
    from station_pos.counter import JournalRow
    from station_pos.queries import Queries
    from station_pos.register import Register
    from station_pos.services.evidence import OutageRow

FOLDER_NAME = "evidence"
JOURNAL_NAME, VERIFIER_NAME, PAGE_NAME = "journal.spj", "verify.py", "record.txt"
_AROUND = timedelta(hours=1)
TEXT = Catalogue(
    {
        "locked": (
            "本站钥匙没有打开, 证据包不能封签。开店后再做",
            "The station's key is shut, so nothing can be sealed",
        ),
        "disk": ("证据包没有写成: {reason}", "The packet could not be written: {reason}"),
        "record": ("记录 {side}{seq:04d}  {kind}", "Record {side}{seq:04d}  {kind}"),
        "at": ("时间 {at}   谁做的 {who} {name}", "Time {at}   made by {who} {name}"),
        "held": ("总部已签收: {held}", "HQ holds it: {held}"),
        "yes": ("是", "yes"),
        "no": ("否", "no"),
        "slip": ("凭条:", "Slip:"),
        "outages": ("前后一小时的中断:", "Outages within an hour of it:"),
        "outage": ("  {equipment}  {opened} 到 {closed}", "  {equipment}  {opened} to {closed}"),
        "lasting": ("还在断", "still lasting"),
        "none": ("  没有", "  none"),
        "check": (
            "核对: python verify.py journal.spj --hq-key {key}",
            "To check: python verify.py journal.spj --hq-key {key}",
        ),
    }
)


class SealingKey(Protocol):
    """Whoever has the station's key open."""

    def sealing_key(self) -> Ed25519PrivateKey | None:
        """Give the open key, None while it is shut."""


class StationEvidence:
    """Evidence of one open station."""

    def __init__(
        self, register: Register, queries: Queries, key: SealingKey, clock: Callable[[], datetime], folder: Path
    ) -> None:
        """Read the register's books; packets go into the data folder."""
        self._register, self._queries, self._key, self._clock = register, queries, key, clock
        self._folder = folder / FOLDER_NAME
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evidence")

    def close(self) -> None:
        """Finish the packet under way."""
        self._writer.shutdown(wait=True, cancel_futures=True)

    def outages(self, since: datetime) -> tuple[OutageRow, ...]:
        """List outages that lasted at or after a moment, oldest first."""
        return self._register.read(lambda connection: evidence_queries.outages(connection, since))

    def made_elsewhere(self, limit: int) -> tuple[JournalRow, ...]:
        """List the newest records of the station's books that the station did not make itself."""
        return self._queries.hq_rows(limit)

    def last_check(self) -> LastCheck | None:
        """Give what HQ's last nightly check of this station found; None before the first."""
        return self._register.read(evidence_queries.last_check)

    def packet(self, row: JournalRow) -> Future[str]:
        """Make the packet of a record, and give the folder it lies in."""
        return self._writer.submit(self._packet, row)

    def _packet(self, row: JournalRow) -> str:
        key = self._key.sealing_key()
        if key is None:
            raise PacketRefusedError(TEXT("locked"))
        target = self._folder / f"{row.side}{row.seq:06d}"
        try:
            target.mkdir(parents=True, exist_ok=True)
            part = target / (JOURNAL_NAME + ".part")
            with part.open("wb") as file:
                for chunk in export(self._register.database, key):
                    file.write(chunk)
            part.replace(target / JOURNAL_NAME)
            (target / VERIFIER_NAME).write_bytes(Path(standalone_verifier.__file__).read_bytes())
            (target / PAGE_NAME).write_text(self._page(row), "utf-8")
        except OSError as error:
            raise PacketRefusedError(TEXT("disk", reason=error.strerror or str(error))) from error
        return str(target)

    def _page(self, row: JournalRow) -> str:
        at = row.recorded_at
        lines = [
            TEXT("record", side=row.side, seq=row.seq, kind=row.kind),
            TEXT(
                "at", at=f"{at.astimezone(ZONE):%Y-%m-%d %H:%M:%S}", who=actor_word(row.actor_kind), name=row.actor_name
            ),
            TEXT("held", held=TEXT("yes" if row.held else "no")),
            "",
            TEXT("outages"),
        ]
        around = self._register.read(lambda books: evidence_queries.outages(books, at - _AROUND, at + _AROUND))
        for one in around:
            closed = f"{one.closed_at.astimezone(ZONE):%m-%d %H:%M}" if one.closed_at else TEXT("lasting")
            opened = f"{one.opened_at.astimezone(ZONE):%m-%d %H:%M}"
            lines.append(TEXT("outage", equipment=one.equipment.name.lower(), opened=opened, closed=closed))
        if not around:
            lines.append(TEXT("none"))
        job = job_of(self._register, row)
        slips = [upkeep.issued_text(self._register, seq, self._clock()) for seq in job.issued_seqs]
        lines += [*job.lines, *(line for slip in slips if slip for line in ("", TEXT("slip"), slip))]
        with self._register.database.reading() as connection:
            public = hq_public_key(connection).hex()
        return "\n".join([*lines, "", TEXT("check", key=public), ""])
