"""The commands as people run them: processes on an embedded database in a folder of their own."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq_server.db.embedded import embedded_url
from hq_server.reference.enrolment import code_proof
from hq_server.reference.hq_key import public_bytes
from station_journal.exchange import MEDIA_TYPE
from station_journal.records import (
    Equipment,
    OutageOpened,
    TariffPublished,
)
from station_journal.seal import Certificate
from station_pos.demo.processes import Ended, until
from tests.hq_server.counterpart import Station
from tests.hq_server.files.test_layouts import SAMPLE
from tests.hq_server.people import EnrolledStation, tariff_text
from tests.outside.layout_writers import footer_totals
from tests.warm_commands import warm_commands

pytestmark = pytest.mark.enable_socket


class Hq:
    """One HQ: its folder, and its commands run as processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"

    def environment(self, staff_no: int, **more: str) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        signed = {"HQ_STAFF": str(staff_no), "HQ_PASSWORD": f"password-{staff_no}"}
        return inherited | {"HQ_DATA": str(self.folder), "LANG": "en", "HQ_PASSWORD_MEMORY_MIB": "19"} | signed | more

    def run(self, *words: str, by: int = 1, expect: int = 0, **more: str) -> Ended:
        ended = warm_commands()(["hq_server", *words], self.environment(by, **more))
        assert ended.exit_code == expect, ended.complained
        return ended

    def json(self, *words: str, by: int = 1):
        return json.loads(self.run(*words, "--json", by=by).said)

    def jobs_work(self) -> bool:
        """Whether a jobs process leads: `health` says no while nobody does."""
        ended = warm_commands()(["hq_server", "health", "--json"], self.environment(1))
        return bool(json.loads(ended.said)["jobs_working"])

    def start(self, *words: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "hq_server", *words]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=self.environment(1), stdout=subprocess.PIPE, stderr=log, text=True)


def stop(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    try:
        return process.wait(60)
    finally:
        process.kill()
        assert process.stdout is not None
        process.stdout.close()


def enrol(hq: Hq, client: httpx.Client, code: str) -> Station:
    secret = hq.json("station", "add", code, "--name", "太平镇便民服务站", "--branch", "江油支局", by=11)[
        "enrolment_code"
    ]
    key = Ed25519PrivateKey.generate()
    proof = {"station_code": code, "code_proof": code_proof(secret, code, public_bytes(key)).hex()}
    asked = client.post("/enrolment", json=proof | {"public_key": public_bytes(key).hex()})
    assert asked.json() == {"state": "pending"}
    refused = hq.run("station", "approve", code, by=11, expect=1)
    assert refused.complained == "whoever issued the code cannot approve: it takes a second person\n"
    hq.run("station", "approve", code, by=12)
    answer = client.post("/enrolment/status", json=proof).json()
    certificate = Certificate.from_bytes(bytes.fromhex(answer["certificate"]))
    return Station.of(EnrolledStation(code, key, certificate), bytes.fromhex(answer["hq_public_key"]))


def add_people(hq: Hq) -> None:
    """The first account by nobody, the second person's by the first, all others by both."""

    def add(number: int, role: str, second: int = 0, expect: int = 0) -> str:
        names = {"HQ_SECOND_STAFF": str(second or ""), "HQ_SECOND_PASSWORD": f"password-{second}"}
        env = {**names, "HQ_NEW_PASSWORD": f"password-{number}"}
        return hq.run("staff", "add", str(number), "张三", role, by=1, expect=expect, **env).complained

    add(1, "SYS_ADMIN")
    assert "opening an account takes two people" in add(11, "ECOM", expect=1)
    add(2, "GENERAL_OFFICE")
    assert "HQ_SECOND_STAFF" in add(11, "ECOM", expect=1)
    for number in (11, 12):
        add(number, "ECOM", second=2)


def test_from_the_first_account_to_verified_books(tmp_path: Path) -> None:
    hq = Hq(tmp_path)
    serving = hq.start("serve", "--port", "0")
    jobs = None
    try:
        assert serving.stdout is not None
        address = serving.stdout.readline().strip()
        assert address, hq.log.read_text("utf-8")
        add_people(hq)
        jobs = hq.start("jobs")
        document = tmp_path / "tariff.json"
        document.write_text(tariff_text(), encoding="utf-8")
        published = hq.json("tariff", "publish", str(document), by=11)
        with httpx.Client(base_url=address, timeout=30, trust_env=False) as client:
            station = enrol(hq, client, "ST-0417")
            station.write(OutageOpened(Equipment.PRINTER))
            body = station.hello(*station.unsent(), wait_s=20)
            answer = client.post("/exchange", content=body, headers={"content-type": MEDIA_TYPE})
            station.receive(answer.content)
        (fact,) = station.hq_facts
        assert isinstance(fact, TariffPublished)
        assert fact.tariff_hash.hex() == published["hash"]
        assert station.acked_seq == 1
        until("the jobs to lead", hq.jobs_work, 60.0)
        assert stop(jobs) == 0
        hq.run("jobs", "--once")
        position = hq.json("station", "position", "ST-0417")
        assert (position["posted_station_seq"], position["up_to_date"]) == (1, True)
        verified = hq.json("verify")
        assert (verified["faults"], verified["station_records"], verified["trial_balance_agrees"]) == ([], 1, True)
        assert hq.json("replay")["differences"] == []
        assert hq.json("report", "revenue", "--from", "2026-11-01", "--to", "2026-11-30") == {
            "rows": [],
            "left_out": [],
        }
        (listed,) = hq.json("station", "list")
        assert (listed["state"], listed["epoch"]) == ("APPROVED", 1)
    finally:
        codes = [stop(process) for process in (serving, jobs) if process is not None and process.returncode is None]
    assert codes == [0]


@pytest.mark.parametrize(
    ("words", "more", "code", "sentence"),
    [
        (("station", "position", "ST-9999"), {}, 1, "there is no station ST-9999\n"),
        (("station", "position", "ST-9999"), {"LANG": "zh_CN.UTF-8"}, 1, "没有站点 ST-9999\n"),
        (("verify",), {"HQ_DATABASE_URL": "mysql://x"}, 1, "HQ_DATABASE_URL must begin with postgresql://\n"),
        (("verify",), {"HQ_PORT": "many"}, 1, "the setting HQ_PORT cannot be used: "),
        (("replay",), {"HQ_PASSWORD": "wrong"}, 1, "the staff number or the password is wrong\n"),
        (("tariff", "publish", "nowhere.json"), {}, 1, "nowhere.json cannot be read: "),
        (
            ("payment", "rule", "--reversal", "--our-no", "x", "--outcome", "CONFIRMED", "--finding", "called them"),
            {},
            1,
            "a payment was CONFIRMED or DECLINED, a reversal (--reversal) ACCEPTED or REFUSED\n",
        ),
        (("station", "fly"), {}, 2, "Usage: hq-server station"),
    ],
)
def test_wrong_use_gets_one_plain_sentence(shared_hq: Hq, words, more, code: int, sentence: str) -> None:
    done = shared_hq.run(*words, expect=code, **more)
    assert done.complained.startswith(sentence)
    assert done.said == ""
    assert "Traceback" not in done.complained


@pytest.fixture(scope="module")
def shared_hq() -> Hq:
    # Not below pytest's own folder: another run at the same time takes the database's user out of that one.
    folder = Path(tempfile.mkdtemp(prefix="station-pos-cli-"))
    embedded_url(folder)  # held by this process too, so that no command has to start it
    # The server itself stops with the process, and may still be writing.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Hq(folder)


def test_a_profile_is_listed_shown_and_tried_on_a_sample(shared_hq: Hq, tmp_path: Path) -> None:
    written, own = footer_totals(SAMPLE), tmp_path / "own.toml"
    sample = tmp_path / written.name
    sample.write_bytes(written.content)
    assert {one["name"] for one in shared_hq.json("file-profile", "list")} >= {"default-1", "unionpay-zm", "camt-053"}
    own.write_text(shared_hq.run("file-profile", "show", "footer-totals").said, "utf-8")
    found = shared_hq.json("file-profile", "preview", str(own), str(sample))
    assert (found["party"], found["totals"]["count"], found["rows"][0]["amount_fen"]) == ("SCDL", 3, 7_260)
    sample.write_bytes(written.content[:-20])
    cut = shared_hq.run("file-profile", "preview", "footer-totals", str(sample), expect=1)
    assert cut.complained.startswith("Line 5: ")
    assert "of SCDL for 2026-11-23: 3 rows" in cut.said
