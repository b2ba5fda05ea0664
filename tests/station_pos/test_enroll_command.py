"""``station-pos enroll`` and ``sync`` as processes, against an HQ of the tests that signs real certificates."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from station_journal.records import Side
from station_journal.seal import Certificate, sign_certificate
from tests.station_pos.headless import PASS_PHRASE, command
from tests.station_pos.world import STATION

CODE = "K7WMPX3RTH9A"

pytestmark = pytest.mark.enable_socket


class Hq:
    """Answers enrolment; approves once it is told to."""

    def __init__(self):
        self.key = Ed25519PrivateKey.generate()
        self.public_key = b""
        self.approved = False
        self.asked: list[str] = []
        hq = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                hq.asked.append(self.path)
                answer = json.dumps(hq.answer(self.path, body)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, path, body):
        if path == "/enrolment":
            self.public_key = bytes.fromhex(body["public_key"])
            proof = hmac.new(CODE.encode(), b"enrol" + STATION.encode() + self.public_key, hashlib.sha256).hexdigest()
            assert body["code_proof"] == proof
            return {"state": "pending"}
        if not self.approved:
            return {"state": "pending"}
        public = self.key.public_key().public_bytes_raw()
        own = Certificate(Side.STATION, STATION, 1, self.public_key)
        hq = Certificate(Side.HQ, STATION, 1, public)
        proof = hmac.new(CODE.encode(), b"hq" + public + self.public_key, hashlib.sha256).hexdigest()
        return {
            "state": "approved",
            "certificate": own.to_bytes().hex(),
            "certificate_signature": sign_certificate(self.key, own).hex(),
            "hq_certificate": hq.to_bytes().hex(),
            "hq_certificate_signature": sign_certificate(self.key, hq).hex(),
            "hq_public_key": public.hex(),
            "hq_proof": proof,
            "profile": {"name": "张家坝便民服务站", "branch": "江油支局", "address": "3 组", "complaint_line": "11183"},
        }


@pytest.fixture
def hq():
    made = Hq()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_station_is_enrolled_once_a_second_person_approved_and_then_can_sell(hq, tmp_path):
    folder = tmp_path / "station"
    folder.mkdir()
    (folder / "station.toml").write_text("key_memory_mib = 19\n", "utf-8")
    (tmp_path / "pass").write_text(PASS_PHRASE, "utf-8")
    enroll = ["enroll", "--station", STATION, "--hq", hq.url, "--code", CODE, "--no-wait"]
    enroll += ["--pass-phrase-file", str(tmp_path / "pass")]
    waiting = command(*enroll, folder=folder)
    assert (waiting.returncode, waiting.stdout) == (1, "")
    assert waiting.stderr.startswith("Announced to HQ")
    assert command("verify", folder=folder).returncode == 0
    nobody = command("operator", "add", "--number", "1", "--name", "张三", "--pin", "1111", folder=folder)
    assert (nobody.returncode, "holds no enrolled station" in nobody.stderr) == (1, True)
    hq.approved = True
    done = command(*enroll, folder=folder)
    assert (done.returncode, done.stdout.partition(". ")[0]) == (0, f"Station {STATION} is enrolled, epoch 1")
    assert hq.key.public_key().public_bytes_raw().hex() in done.stdout, "the key that exports are verified against"
    owner = ["operator", "add", "--number", "1", "--name", "张三", "--role", "owner", "--pin", "1111"]
    assert command(*owner, folder=folder).returncode == 0
    assert f'hq_url = "{hq.url}"' in (folder / "station.toml").read_text("utf-8")
    (key_file,) = (folder / "keys").glob("*1*")
    assert json.loads(key_file.read_text("utf-8"))["kdf"]["memory_kib"] == 19 * 1024
    hq.server.shutdown()
    hq.server.server_close()
    arguments = ["sync", "--once", "--pass-phrase-file", str(tmp_path / "pass")]
    offline = command(*arguments, folder=folder)
    assert offline.returncode == 1
    assert len(offline.stderr.strip().splitlines()) == 1


def test_a_wrong_code_or_pass_phrase_is_one_sentence(tmp_path):
    (tmp_path / "pass").write_text("short", "utf-8")
    for code in ("123", CODE):
        found = subprocess.run(
            [
                *(sys.executable, "-m", "station_pos", "enroll", "--station", STATION, "--hq", "http://127.0.0.1:9"),
                *("--code", code, "--no-wait", "--pass-phrase-file", str(tmp_path / "pass")),
                *("--data", str(tmp_path / "station")),
            ],
            capture_output=True,
            text=True,
            timeout=30,
            env={**os.environ, "STATION_POS_LANG": "en"},
            check=False,
        )
        assert found.returncode == 1
        assert len(found.stderr.strip().splitlines()) == 1, found.stderr
