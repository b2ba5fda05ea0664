"""The packet of a record: an outsider checks it with the one file that lies beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from station_pos.queries import Queries
from station_pos.register.epochs import hq_public_key
from station_pos.services.evidence import PacketRefusedError
from station_pos.station_services.evidence import JOURNAL_NAME, PAGE_NAME, VERIFIER_NAME, StationEvidence
from tests.station_pos.world import World


class OpenKey:
    def __init__(self, key):
        self.key = key

    def sealing_key(self):
        return self.key


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def evidence_of(world, key):
    queries = Queries(world.database, world.register.tariffs)
    return StationEvidence(world.register, queries, OpenKey(key), world.clock, world.folder), queries


def verify(folder, key):
    command = [sys.executable, VERIFIER_NAME, JOURNAL_NAME, "--hq-key", key]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_packet_holds_the_slip_the_outages_and_a_chain_that_the_verifier_beside_it_accepts(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq)
    world.clock.forward(minutes=5)
    world.link_down()
    evidence, queries = evidence_of(world, world.station_key)
    row = next(one for one in queries.journal_rows(50, None) if one.side == "S" and one.seq == seq)
    folder = Path(evidence.packet(row).result(30))
    page = (folder / PAGE_NAME).read_text("utf-8")
    assert "代收费收据" in page
    assert "72.60" in page
    assert "link" in page
    with world.database.reading() as connection:
        key = hq_public_key(connection).hex()
    assert key in page
    checked = verify(folder, key)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    spoilt = bytearray((folder / JOURNAL_NAME).read_bytes())
    spoilt[len(spoilt) // 2] ^= 1
    (folder / JOURNAL_NAME).write_bytes(spoilt)
    assert verify(folder, key).returncode != 0
    evidence.close()


def test_without_the_open_key_there_is_one_sentence_and_no_folder(world):
    evidence, queries = evidence_of(world, None)
    row = queries.journal_rows(1, None)[0]
    with pytest.raises(PacketRefusedError, match="钥匙没有打开"):
        evidence.packet(row).result(60)
    assert not (world.folder / "evidence").exists()
    evidence.close()


def test_what_the_station_did_not_write_is_listed_whole_and_alone(world):
    seq = world.accepted(world.pay()).seq
    world.answer(seq)
    evidence, _ = evidence_of(world, None)
    listed = evidence.made_elsewhere(100)
    assert [row.kind for row in listed] == ["BillerAnswered", "CreditGranted", "TariffPublished"]
    assert {row.side for row in listed} == {"H"}
    evidence.close()


def test_accounts_are_found_by_the_end_of_their_number_and_come_back_after_a_rebuild(world):
    for account_no in ("0081234567", "0081239999"):
        seq = world.accepted(world.pay(account_no=account_no)).seq
        world.answer(seq)
    latest = world.accepted(world.pay(account_no="0081234567", bill_no="2026-11")).seq
    queries = Queries(world.database, world.register.tariffs)
    before = [(one.account_no, one.seq) for one in queries.accounts_like("4567", 9)]
    assert before == [("0081234567", latest)]
    with world.database.transaction() as connection:
        connection.exec_driver_sql("DROP TABLE accounts")
    world.register.rebuild()
    assert [(one.account_no, one.seq) for one in queries.accounts_like("4567", 9)] == before
