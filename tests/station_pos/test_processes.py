"""The real program in processes of its own: kill -9, two on one folder, damage on the disk, the command line."""

from __future__ import annotations

import ctypes
import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from station_journal.facts.grants import CreditSealed, SealedGrant
from station_journal.sealed_code import commitment_of, key_of, make_code
from station_pos.register.inspection import compare, verify
from station_pos.store.database import Database
from tests.station_pos.headless import Headless, command, enrolled_folder, until
from tests.station_pos.world import CLERK, ELECTRICITY

GRANT_FEN = 200_000
SALT = b"0123456789abcdef"
CODE = make_code(1, 4417093255281907)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A station with ten confirmed bills and a sealed grant, closed."""
    folder = tmp_path_factory.mktemp("made") / "station"
    world = enrolled_folder(folder, credit_fen=1_000_000)
    for number in range(10):
        seq = world.accepted(world.pay(account_no=f"{number:010d}")).seq
        world.answer(seq)
    grant = SealedGrant(1, GRANT_FEN, SALT, commitment_of(key_of(CODE, SALT, 8, 1)))
    world.from_hq(CreditSealed((grant,), world.clock.now.date() + timedelta(days=30), 8, 1, 7, 8))
    world.close()
    return folder


@pytest.fixture
def folder(made, tmp_path):
    copied = tmp_path / "station"
    subprocess.run(["cp", "-r", str(made), str(copied)], check=True)
    return copied


def sql(folder, *statements):
    connection = sqlite3.connect(folder / "station.sqlite", isolation_level=None)
    found = [connection.execute(statement).fetchall() for statement in statements]
    connection.close()
    return found[-1]


def test_a_bill_is_taken_through_the_running_program_and_stands_after_it_ends(folder):
    station = Headless(folder, afresh=True)
    assert station.pay()["error"].startswith("Nobody is signed in")
    station.sign_in()
    paid = station.pay(bill_no="B1")
    assert paid["accepted"]
    assert station.ask(do="state")["state"]["credit_held_fen"] == 7_260
    assert station.pay(bill_no="B1", operation_no=99)["refused"] == "bill_already_paid"
    assert station.stop() == 0
    assert sql(folder, "SELECT status, amount_fen FROM payments ORDER BY seq DESC LIMIT 1") == [(1, 7_260)]


def test_whatever_a_line_asks_it_is_answered_in_one_sentence(folder):
    station = Headless(folder)
    station.sign_in()
    bill = {"do": "pay", "product_code": ELECTRICITY, "account_no": "0081234567", "amount_fen": 7_260}
    try:
        for asked in (
            {"do": 1},
            {"do": "fly"},
            {"do": "pay"},
            {"do": "pay", "product_code": "x"},
            {"do": "_operator_no"},
            {"do": "sign_in", "operator_no": 2**63, "pin": "2222"},
            {**bill, "operation_no": 2**63},
            {**bill, "operation_no": 2**53},
            {**bill, "product_code": -(2**63) - 1},
            {"do": "payment", "payment_seq": 2**63},
            {"do": "enrol_operator", "new_operator_no": 2**63, "name": "李四"},
        ):
            answer = station.ask(**asked)
            assert answer["ok"] is False
            assert answer["error"].endswith(".")
        assert station.say(b"\xff\xfe not json")["ok"] is False
        assert station.ask(do="state")["ok"]
    finally:
        station.stop()


def test_killed_at_any_moment_every_answered_sale_is_kept_and_none_is_half_done(folder, seed):
    chance = random.Random(seed)
    accounts = iter(range(10**6, 10**7))
    answered: list[tuple[int, str]] = []
    for _ in range(4):
        station = Headless(folder)
        station.sign_in()
        timer = threading.Timer(chance.uniform(0.0, 0.1), station.process.kill)
        first = len(answered) + chance.randint(3, 15)  # whatever the machine's speed, some are answered before
        try:
            while True:
                account = f"{next(accounts):010d}"
                paid = station.pay(account_no=account, amount_fen=100, tendered_fen=100)
                answered.append((paid["seq"], account))
                if len(answered) == first:
                    timer.start()
        except (ValueError, OSError):
            pass
        timer.join()
        station.kill()
    assert len(answered) > 10
    kept = dict(sql(folder, "SELECT seq, account_no FROM payments"))
    assert all(kept[seq] == account for seq, account in answered)
    database = Database(folder)
    try:
        assert verify(database).faults == ()
        assert compare(database).differing == ()
    finally:
        database.close()


def test_a_top_up_killed_between_the_look_and_the_last_enter_and_on_its_way_opens_once(folder):
    released = "SELECT count(*) FROM subjects WHERE kind=30 AND state=4"
    station = Headless(folder)
    station.sign_in()
    free_fen = station.ask(do="state")["state"]["credit_free_fen"]
    before = sql(folder, "SELECT count(*) FROM journal")
    looked = station.ask(do="look_at_code", code=CODE)
    assert (looked["opens"], looked["amount_fen"]) == (True, GRANT_FEN)
    station.kill()
    assert sql(folder, "SELECT count(*) FROM journal") == before, "a look is no record"
    assert sql(folder, released) == [(0,)]

    # The code is good as before; this time the power goes with the answer still on its way.
    station = Headless(folder)
    station.sign_in()
    assert station.ask(do="look_at_code", code=CODE)["opens"]
    station.send(do="release_code", code=CODE)
    until(lambda: sql(folder, released) == [(1,)])
    station.kill()

    station = Headless(folder)
    station.sign_in()
    again = station.ask(do="release_code", code=CODE)
    assert (again["accepted"], again["refused"]) == (False, "grant_spent")
    assert station.ask(do="state")["state"]["credit_free_fen"] == free_fen + GRANT_FEN
    assert station.ask(do="release_code", code="1" * 20)["error"].startswith("'code' has twenty digits")
    assert station.stop() == 0
    assert sql(folder, "SELECT count(*) FROM print_jobs WHERE amount_fen=200000") == [(1,)]
    held = [path.name for path in folder.rglob("*") if path.is_file() and CODE.encode() in path.read_bytes()]
    assert held == [], "the code itself is kept nowhere"
    database = Database(folder)
    try:
        assert verify(database).faults == ()
        assert compare(database).differing == ()
    finally:
        database.close()


def test_a_second_program_on_one_folder_gets_one_sentence_and_changes_nothing(folder):
    station = Headless(folder)
    try:
        second = command("run", "--headless", folder=folder)
        assert second.returncode == 1
        assert second.stdout == ""
        expected = f"Another station-pos is running on this data folder; only one may. (process {station.process.pid})"
        assert second.stderr.strip() == expected
        assert command("verify", folder=folder).returncode == 0, "reading beside it is allowed"
        assert station.ask(do="state")["ok"]
    finally:
        station.stop()


@pytest.mark.parametrize(
    ("damage", "side", "seq", "problem"),
    [
        (
            """UPDATE journal SET bytes = CAST(substr(bytes,1,9) || x'00' || substr(bytes,11) AS BLOB)
               WHERE side='S' AND seq=7""",
            "S",
            7,
            "not those that were recorded",
        ),
        ("DELETE FROM journal WHERE side='S' AND seq=9", "S", 9, "missing"),
        ("DELETE FROM journal WHERE side='H' AND seq=4", "H", 4, "missing"),
        (
            "UPDATE journal SET bytes=(SELECT bytes FROM journal WHERE side='S' AND seq=7) WHERE side='S' AND seq=8",
            "S",
            8,
            "not those that were recorded",
        ),
    ],
    ids=["flipped", "missing", "missing-of-hq", "repeated"],
)
def test_verify_names_the_record_at_fault(folder, damage, side, seq, problem):
    sql(folder, damage)
    found = command("verify", "--json", folder=folder)
    assert found.returncode == 1
    faults = json.loads(found.stdout)["faults"]
    assert (faults[0]["side"], faults[0]["seq"]) == (side, seq)
    assert problem in faults[0]["problem"]
    spoken = command("verify", folder=folder).stderr.splitlines()[0]
    assert spoken.startswith(f"{'Station' if side == 'S' else 'HQ'} record {seq} (")
    said = command("verify", folder=folder, language="zh").stderr.splitlines()[0]
    assert said.startswith(f"{'本站' if side == 'S' else '总部'} 第 {seq} 条 (")
    assert problem not in said, "nothing of it in English"


def test_a_damaged_journal_is_not_computed_past_the_damage_and_nothing_is_sold(folder):
    sql(folder, "UPDATE journal SET bytes=x'80' WHERE side='S' AND seq=7", "DROP TABLE payments")
    found = command("rebuild", folder=folder)
    assert found.returncode == 1
    assert "not computable from station record 7" in found.stderr
    station = Headless(folder)
    try:
        assert station.ask(do="sign_in", operator_no=CLERK, pin="2222")["signed_in"]
        refused = station.pay(account_no="9999999999")
        assert refused["refused"] == "not_computable"
        assert refused["detail"]["seq"] == 7
        state = station.ask(do="state")["state"]
        assert state["read_only"]
        assert "station record 7" in state["read_only_reason"]
    finally:
        station.stop()


def test_rebuild_check_tells_when_a_figure_was_altered_and_rebuild_mends_it(folder):
    assert command("rebuild", "--check", folder=folder).returncode == 0
    sql(folder, "UPDATE balances SET balance_fen = balance_fen + 1 WHERE account=1001")
    found = command("rebuild", "--check", folder=folder)
    assert found.returncode == 1
    assert "balances" in found.stderr
    assert command("rebuild", folder=folder).returncode == 0
    assert command("rebuild", "--check", folder=folder).returncode == 0


def without_override():
    """Let the child be bound by file modes even where the tests run as root (prctl PR_CAPBSET_DROP)."""
    if os.geteuid() == 0:
        drop, dac_override, dac_read_search = 24, 1, 2
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        assert prctl(drop, dac_override, 0, 0, 0) == prctl(drop, dac_read_search, 0, 0, 0) == 0


def test_a_screen_without_a_terminal_is_refused_in_one_sentence(folder):
    refused = command("run", folder=folder)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.strip() == "The counter's screen needs a terminal; without a screen run it with --headless."


@pytest.mark.parametrize(
    "what", [["run", "--headless"], ["rebuild"], ["operator", "add", "--number", "3", "--name", "x"]]
)
def test_a_folder_that_cannot_be_written_is_refused_in_one_sentence(folder, what):
    before = (folder / "station.sqlite").read_bytes()
    for file in folder.iterdir():
        if file.is_file():
            file.chmod(0o400)
    folder.chmod(0o500)
    found = subprocess.run(
        [sys.executable, "-m", "station_pos", *what, "--data", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "STATION_POS_LANG": "en"},
        preexec_fn=without_override,
        check=False,
    )
    folder.chmod(0o700)
    assert found.returncode == 1
    assert found.stderr.startswith("The data folder cannot be written; nothing was recorded.")
    assert len(found.stderr.splitlines()) == 1
    assert (folder / "station.sqlite").read_bytes() == before


def test_an_export_is_proved_by_the_stand_alone_verifier(folder, tmp_path):
    target = tmp_path / "evidence.journal"
    arguments = ["export", str(target), "--pass-phrase-file", str(folder / "pass")]
    found = command(*arguments, folder=folder)
    assert found.returncode == 0, found.stderr
    (folder / "pass").write_text("wrong pass phrase", "utf-8")
    refused = command("export", str(tmp_path / "other"), "--pass-phrase-file", str(folder / "pass"), folder=folder)
    assert (refused.returncode, refused.stderr.strip()) == (1, "The pass phrase is wrong.")
    assert not (tmp_path / "other").exists()
    verifier = [sys.executable, "-m", "station_journal.standalone_verifier"]
    checked = subprocess.run([*verifier, str(target)], capture_output=True, text=True, timeout=120, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    whole = target.read_bytes()
    target.write_bytes(whole.replace(b"0000000004", b"0000000005", 1))
    spoiled = subprocess.run([*verifier, str(target)], capture_output=True, text=True, timeout=120, check=False)
    assert spoiled.returncode == 1


def test_operators_are_added_by_the_owner_only(folder):
    add = ["operator", "add", "--number", "3", "--name", "李四", "--pin", "3333"]
    refused = command(*add, folder=folder)
    assert (refused.returncode, refused.stderr.startswith("Not done: ")) == (1, True)
    assert "owner" in refused.stderr
    wrong = command(*add, "--by", "1", "--by-pin", "9999", folder=folder)
    assert wrong.returncode == 1
    assert command(*add, "--by", "1", "--by-pin", "1111", folder=folder).returncode == 0
    station = Headless(folder)
    try:
        assert station.ask(do="sign_in", operator_no=3, pin="3333")["signed_in"]
    finally:
        station.stop()


def test_five_wrong_pins_lock_the_number_for_a_while(folder):
    station = Headless(folder)
    try:
        for _ in range(5):
            assert not station.ask(do="sign_in", operator_no=CLERK, pin="0000")["signed_in"]
        assert not station.ask(do="sign_in", operator_no=CLERK, pin="2222")["signed_in"]
    finally:
        station.stop()
