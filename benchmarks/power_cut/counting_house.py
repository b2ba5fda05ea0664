"""HQ and the billers as the counter meets them over HTTP, with books of their own that no cut at the counter reaches.

It keeps every station record that it countersigned, books each bill once it holds the record, and answers in the same
reply. A counter that signs a second record under one number, or the same bill twice, is found out here.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from benchmarks.bench_station import CODE, HQ_KEY, certificates
from station_journal.codec import decode, encode
from station_journal.exchange import MEDIA_TYPE, Reply, Verdict, read_hello, write_reply
from station_journal.frame import FrameRefusedError, make_frame, read_frame, verify_frame
from station_journal.records import (
    RULES_VERSION,
    SYSTEM,
    Actor,
    ActorKind,
    AnswerSource,
    BillerAnswered,
    BillPaymentTaken,
    Outcome,
    Record,
    Side,
)
from station_journal.seal import Certificate, Position, countersign, extend

if TYPE_CHECKING:
    from station_journal.records import HqFact

_FRAME_RECORDS = 400


class Chain:
    """One journal as HQ holds it: the stored bytes, and the digest after each."""

    def __init__(self, certificate: Certificate) -> None:
        """Begin with no record."""
        self.certificate = certificate
        self.data: list[bytes] = []
        self.digests: list[bytes] = []

    def position(self, seq: int) -> Position:
        """Give the position after a record; the start for 0."""
        return Position(1, seq, self.digests[seq - 1]) if seq else self.certificate.start()

    def head(self) -> Position:
        """Give the position after the last record."""
        return self.position(len(self.data))

    def append(self, run: list[bytes]) -> None:
        """Add records that follow on the head."""
        self.digests += extend(self.head(), run)
        self.data += run


class CountingHouse:
    """HQ of one station. ``billed`` is the billers' book: how often each account was booked."""

    def __init__(self) -> None:
        """Begin with empty journals."""
        own, hq = certificates()
        self.station, self.own = Chain(own), Chain(hq)
        self.billed: Counter[str] = Counter()
        self.complaints: list[str] = []
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None

    # What HQ writes

    def write(self, *facts: HqFact) -> tuple[list[bytes], Position]:
        """Append facts of HQ; gives their bytes and the position before them."""
        with self._lock:
            return self._write(*facts)

    def _write(self, *facts: HqFact) -> tuple[list[bytes], Position]:
        now, before = datetime.now(UTC).replace(microsecond=0), self.own.head()
        seen_seq = len(self.station.data)
        run = []
        for fact in facts:
            actor = SYSTEM if isinstance(fact, BillerAnswered) else Actor(ActorKind.PERSON, 7)
            run.append(encode(Record(now, now.date(), actor, seen_seq, RULES_VERSION, fact)))
        self.own.append(run)
        return run, before

    # What HQ holds

    def records(self, after_seq: int) -> list[tuple[int, Record]]:
        """Read the station's records that HQ holds, after a number."""
        with self._lock:
            held = list(enumerate(self.station.data[after_seq:], after_seq + 1))
        return [(seq, decode(data, Side.STATION)) for seq, data in held]

    def seq_of_head(self, head: str) -> int:
        """Find the record after which the chain had this head, as slips show it; 0 for none."""
        with self._lock:
            for seq in range(len(self.station.digests), 0, -1):
                if self.station.digests[seq - 1].hex().startswith(head):
                    return seq
        return 0

    # The line

    def exchange(self, request: bytes) -> bytes:
        """Answer an exchange: take the frames, book the bills, countersign, send what the station lacks."""
        signed = read_hello(request)
        signed.check(self.station.certificate.public_key)
        with self._lock:
            verdict, refused = self._take(signed.hello.station, signed.frames)
            held, lacking = self.station.head(), self.own.data[signed.hello.hq.seq :][:_FRAME_RECORDS]
            frames: tuple[bytes, ...] = ()
            if lacking:
                before = self.own.position(signed.hello.hq.seq)
                frames = (make_frame(HQ_KEY, self.own.certificate, before, lacking)[0],)
            reply = Reply(
                verdict=verdict,
                held=held,
                held_signature=countersign(HQ_KEY, CODE, held),
                hq_head=self.own.head(),
                hq_frames=frames,
                recovered_frames=(),
                documents=(),
                refused=refused,
                hq_time=int(datetime.now(UTC).timestamp()),
            )
        return write_reply(HQ_KEY, reply)

    def _take(self, theirs: Position, frames: tuple[bytes, ...]) -> tuple[Verdict, str]:
        held = self.station.head()
        if theirs.seq <= held.seq and self.station.position(theirs.seq).digest != theirs.digest:
            self.complaints.append(f"a second history from record {theirs.seq}")
            return Verdict.DIVERGED, ""
        for data in frames:
            try:
                frame = read_frame(data)
                overlap = len(self.station.data) + 1 - frame.from_seq
                if overlap < 0:
                    raise FrameRefusedError("the frame leaves records out")  # noqa: TRY301
                verify_frame(frame, self.station.certificate, self.station.position(frame.from_seq - 1))
            except FrameRefusedError as error:
                self.complaints.append(str(error))
                return Verdict.IN_STEP, str(error)
            fresh = list(frame.run[overlap:])
            first = len(self.station.data) + 1
            self.station.append(fresh)
            self._book(first, fresh)
        return (Verdict.HQ_AHEAD if theirs.seq < held.seq else Verdict.IN_STEP), ""

    def _book(self, first_seq: int, run: list[bytes]) -> None:
        for seq, data in enumerate(run, first_seq):
            fact = decode(data, Side.STATION).fact
            if isinstance(fact, BillPaymentTaken):
                self.billed[fact.account_no] += 1
                answered = BillerAnswered(seq, Outcome.CONFIRMED, AnswerSource.REPLY, f"SC{seq:08d}", "")
                self._write(answered)

    def open(self) -> str:
        """Serve on a port of the loopback; gives the address."""
        house = self

        class Desk(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                answer = house.exchange(body)
                self.send_response(200)
                self.send_header("Content-Type", MEDIA_TYPE)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing: the figures go to standard output."""

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, _request: object, _client: object) -> None:
                """A counter that is gone in the middle of a line is what is measured."""

        self._server = Quiet(("127.0.0.1", 0), Desk)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop serving."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
