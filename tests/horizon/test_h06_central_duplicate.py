"""H06: a transaction appeared twice in the central database.

Resending the same record never changes HQ: acknowledgements are dropped, old uploads come again and out of order, the
line flaps, and HQ holds each record once.
"""

from __future__ import annotations

import http.client
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from station_journal.records import Side
from station_pos.demo.processes import until
from station_pos.demo.world import World
from tests.horizon.harness import Case, books_agree

RECORDS = 200
PAYMENTS = 30


class Relay(ThreadingHTTPServer):
    """Stands between the stations and HQ: loses half of the answers and sends old uploads again, newest or oldest."""

    daemon_threads = True

    def __init__(self, hq_port: int, seed: int) -> None:
        self.hq_port, self.draw = hq_port, random.Random(seed)
        self.uploads: list[bytes] = []
        self.counts: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.bad = False
        super().__init__(("127.0.0.1", 0), _Passing)

    def forward(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.hq_port, timeout=60)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read()
        finally:
            connection.close()

    def again(self, path: str, headers: dict[str, str]) -> None:
        """Send up to three old uploads again, in any order."""
        with self.lock:
            old = self.draw.sample(self.uploads, min(3, len(self.uploads)))
        for body in old:
            status, _, _ = self.forward("POST", path, body, headers)
            self.counts[f"again_{status}"] += 1


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Relay

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {"Content-Type": self.headers.get("Content-Type", "")}
        relay, lost = self.server, False
        if self.path.startswith("/exchange") and relay.bad:
            with relay.lock:
                relay.uploads.append(body)
                replay, lost = relay.draw.random() < 0.3, relay.draw.random() < 0.5
            if replay:
                relay.again(self.path, headers)
        status, kind, content = relay.forward("POST", self.path, body, headers)
        if lost:
            relay.counts["lost"] += 1
            self.close_connection = True
            return
        relay.counts["answered"] += 1
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def relaying(hq_port: int, seed: int) -> Iterator[Relay]:
    with Relay(hq_port, seed) as relay:
        thread = threading.Thread(target=relay.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        yield relay
        relay.shutdown()
        thread.join(60)


def test_h06_two_hundred_records_through_lost_answers_replays_and_a_flapping_line_are_held_once(
    open_case: Callable[..., Case], world: World, seed: int
) -> None:
    with relaying(world.hq.port, seed) as relay:
        case = open_case(hq_port=relay.server_address[1])
        case.station.sign_in(1)
        relay.bad = True
        paid = 0
        while case.station.state()["as_of_seq"] < RECORDS:
            if paid < PAYMENTS:
                case.day.take(case.day.queue.top_up(paid, 1_000 + 10 * paid))
                paid += 1
            for number in range(3):
                named = f"张三{case.station.state()['as_of_seq']}"
                assert case.station.ask("enrol_operator", new_operator_no=50 + number, name=named)["accepted"]
            if paid % 6 == 0:
                case.shop.line(cmd="down")
                case.shop.line(cmd="up")
        relay.again("/exchange", {"Content-Type": "application/vnd.station-pos.exchange+cbor"})
        until("HQ to acknowledge everything", lambda: _settled(case), 120.0, 0.3)
        relay.bad = False
        journals = books_agree(case)
        assert relay.counts["lost"] >= 10, relay.counts
        assert sum(count for name, count in relay.counts.items() if name.startswith("again_")) >= 5, relay.counts
        checked = case.world.hq.ask(None, "verify", "--station", case.shop.code)
    assert checked["faults"] == []
    assert checked["station_records"] == len(journals.of(Side.STATION)) >= RECORDS
    assert checked["hq_records"] == len(journals.of(Side.HQ))
    assert len(case.booked()) == len({one.our_no for one in case.booked()}) == paid == len(journals.payments())


def _settled(case: Case) -> bool:
    state = case.station.state()
    if state["unsent"] or state["credit_held_fen"]:
        case.station.sync()
        return False
    return True
