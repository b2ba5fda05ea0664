"""One exchange with HQ from end to end: write the hello, carry it, judge the reply, keep what it proves.

Exchanges may overlap in time: each reply is judged against what was known when its own hello was written, and kept
against what is known now, so their order does not matter.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from station_journal.codec import readable_kinds
from station_journal.contacts import ContactsRefusedError, are_contacts, read_contacts
from station_journal.evidence_paper import EvidenceRefusedError, is_evidence, read_evidence
from station_journal.exchange import ExchangeRefusedError, Hello, Reply, read_reply, write_hello
from station_journal.frame import FRAME_RECORDS_MAX, make_frame
from station_journal.goods_list import GoodsRefusedError, are_goods, read_goods
from station_journal.records import Side
from station_journal.seal import Position
from station_journal.tariff import TariffRefusedError, read_tariff
from station_pos.commands.orders import AdoptTariff
from station_pos.commands.outcome import Refused
from station_pos.sync.link_fault import LinkError, LinkFault
from station_pos.sync.session import Findings, Pace, ReplyRefusedError, View, digest_at, judge, run_length
from station_pos.sync.stop import Stop
from station_pos.sync.witness import Witness, WitnessError, read_witness, stop_by_witness, write_witness
from station_pos.sync.wording import TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from station_pos.sync.port import SyncedJournals

DOWN_BYTES = 64 * 1024
"""Frame bytes asked for in one reply: half a minute on a 20 kbit/s line."""
_LEAST_RECORD_BYTES = 16


class Carrier(Protocol):
    """Carries a request to HQ and gives the reply's bytes."""

    def exchange(self, request: bytes, wait_s: int = 0) -> bytes:
        """Send and receive; raises ``LinkError``."""


class Exchanger:
    """Runs exchanges for one station and epoch under its signing key."""

    def __init__(self, journals: SyncedJournals, key: Ed25519PrivateKey, carrier: Carrier, witness_path: Path) -> None:
        """Take what an exchange touches; nothing is read or sent before ``check_witness`` or ``exchange``."""
        self._journals = journals
        self._key = key
        self._carrier = carrier
        self._witness_path = witness_path
        self._lock = threading.Lock()
        self._stop: Stop | None = None
        self._witness_sound = True
        self._stop_witnessed = False
        self._branch_shown: Position | None = None
        self._behind: tuple[Position, Position] | None = None
        self._closed = False

    @property
    def stop(self) -> Stop | None:
        """Why the station may not sell on its present history, if so."""
        return self._stop

    def check_witness(self) -> Stop | None:
        """Compare the database with the witness, before anything is sold; a stop makes the register read-only.

        An unreadable witness stops selling too, until HQ has said that both are in step.
        """
        with self._lock:
            certificate, head = self._journals.authority().station, self._journals.station_head()
            try:
                witness = read_witness(self._witness_path)
            except WitnessError as error:
                self._witness_sound = False
                self._journals.set_read_only(str(error))
                return None

            def own_digest(epoch: int, seq: int) -> bytes | None:
                position = Position(epoch, seq, b"")
                return digest_at(certificate, head, position, self._journals.station_digest)

            self._stop = stop_by_witness(witness, head, own_digest)
            if self._stop is not None:
                self._stop_selling(self._stop)
            return self._stop

    def close(self) -> None:
        """Take no more replies: once this returns, no exchange under way touches the journals."""
        with self._lock:
            self._closed = True

    def unsent(self) -> int:
        """Count records HQ was not given: of a diverged station those of its branch, of another stopped one none."""
        if self._stop not in {None, Stop.DIVERGED}:
            return 0
        return self._journals.station_head().seq - self._sent_up_to(self._journals.acknowledged()).seq

    def _sent_up_to(self, acknowledged: Position) -> Position:
        """Give from where to send: what HQ acknowledged, or a restored HQ holds; of a branch what it was shown."""
        if self._behind is not None and self._stop is None:
            return self._behind[0]
        shown = self._branch_shown
        on_branch = self._stop is Stop.DIVERGED and shown is not None and shown.epoch == acknowledged.epoch
        return shown if on_branch and shown is not None else acknowledged

    def exchange(self, pace: Pace, wait_s: int = 0, *, carrying: bool = True) -> Findings:
        """Run one exchange; ``carrying`` puts the next unsent records into the first flight.

        Raises:
            LinkError: the line failed.
            ReplyRefusedError: the reply is not HQ's, damaged, or older than what was known; nothing was changed.
            WitnessError: the acknowledgement is kept, but its witness could not be written.
        """
        with self._lock:
            authority = self._journals.authority()
            view = View(self._journals.station_head(), self._journals.acknowledged(), self._journals.hq_head())
            wanted = self._journals.documents_wanted()
            brought = self._journals.hq_frame(self._behind[1]) if carrying and self._behind else None
            frame = self._frame(view, pace.budget_bytes) if carrying and brought is None else None
            hello = Hello(
                station_code=authority.station_code,
                station=view.station,
                hq=view.hq,
                wait_s=wait_s,
                down_bytes=DOWN_BYTES,
                wants=wanted,
                hq_kinds=readable_kinds(Side.HQ),
            )
            frames = (brought,) if brought else (frame[0],) if frame else ()
            request = write_hello(self._key, hello, frames)
        reply = _read(self._carrier.exchange(request, wait_s), authority.hq.public_key)
        with self._lock:
            if self._closed:
                raise LinkError(LinkFault.CUT)
            findings = judge(view, reply, authority, self._journals, frozenset(wanted))
            if findings.stop is Stop.DIVERGED and frame:
                self._branch_shown = frame[1]
            gained, self._behind = findings.behind != self._behind, findings.behind
            return self._keep(replace(findings, more_down=gained) if findings.behind else findings)

    def _frame(self, view: View, budget_bytes: int) -> tuple[bytes, Position] | None:
        """Cut the next frame; give it with the position after it. A restored or replaced station sends none."""
        before = self._sent_up_to(view.acknowledged)
        if self._stop not in {None, Stop.DIVERGED} or view.station.seq <= before.seq:
            return None
        limit = min(FRAME_RECORDS_MAX, budget_bytes // _LEAST_RECORD_BYTES + 1)
        records = self._journals.station_records(before.seq, limit)
        run = records[: run_length(map(len, records), budget_bytes)]
        return make_frame(self._key, self._journals.authority().station, before, run)

    def _keep(self, findings: Findings) -> Findings:
        """Keep what a reply proves: the stop first, so that a crash in between leaves nothing to sell on."""
        if findings.stop is not None and (findings.stop is not self._stop or not self._stop_witnessed):
            self._stop_selling(findings.stop)
        held = findings.acknowledged
        if held is not None and held.seq > self._journals.acknowledged().seq:
            self._journals.acknowledge(held, findings.held_signature, findings.hq_time)
        else:
            self._journals.heard_at(findings.hq_time)
        for run in findings.hq_runs:
            self._journals.receive_hq(run)
        for run in findings.recovered:  # after HQ's: they had seen those
            self._journals.recover(run)
        complaint = self._keep_documents(findings.documents)
        self._adopt_tariff()
        self._bear_witness(findings)
        return replace(findings, complaint=findings.complaint or complaint)

    def _keep_documents(self, documents: tuple[bytes, ...]) -> str:
        complaint = ""
        for data in documents:
            try:
                _check(data)
            except (TariffRefusedError, ContactsRefusedError, GoodsRefusedError, EvidenceRefusedError) as error:
                complaint = TEXT("document_refused", why=str(error))
            else:
                self._journals.keep_document(data)
        return complaint

    def _adopt_tariff(self) -> None:
        due = self._journals.tariff_due()
        while due is not None:
            if isinstance(self._journals.execute(AdoptTariff(due)), Refused):
                return
            due = self._journals.tariff_due()

    def _stop_selling(self, stop: Stop) -> None:
        self._journals.set_read_only(TEXT(stop.value))
        self._stop = stop
        self._stop_witnessed = False
        write_witness(self._witness_path, Witness(self._highest_known(), stop))
        self._stop_witnessed = self._witness_sound = True

    def _bear_witness(self, findings: Findings) -> None:
        if not self._witness_sound and findings.stop is None:
            write_witness(self._witness_path, Witness(self._journals.acknowledged(), self._stop))
            self._witness_sound = True
            self._journals.set_read_only("")
        elif findings.acknowledged is not None:
            write_witness(self._witness_path, Witness(self._highest_known(), self._stop))

    def _highest_known(self) -> Position:
        """Give the further of the database's acknowledgement and the witness: a witness never goes back."""
        acknowledged = self._journals.acknowledged()
        witness = read_witness(self._witness_path) if self._witness_sound else None
        if witness is None:
            return acknowledged
        return max(acknowledged, witness.acknowledged, key=lambda position: (position.epoch, position.seq))


def _check(document: bytes) -> None:
    """Read a document as what it says that it is; each kind has its own error."""
    if are_contacts(document):
        read_contacts(document)
    elif are_goods(document):
        read_goods(document)
    elif is_evidence(document):
        read_evidence(document)
    else:
        read_tariff(document)


def _read(data: bytes, hq_public_key: bytes) -> Reply:
    try:
        return read_reply(data, hq_public_key)
    except ExchangeRefusedError as error:
        raise ReplyRefusedError(TEXT("reply_refused")) from error
