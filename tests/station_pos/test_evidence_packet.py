"""The packet of a record: an outsider checks it with the one file that lies beside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from station_journal.facts.known_faults import KnownFaultTold, TouchedRecord
from station_journal.records import Equipment
from station_pos.commands.cash_orders import CountFloat
from station_pos.commands.orders import CloseOutage, IssueCopy, OpenOutage
from station_pos.config import ZONE
from station_pos.queries import Queries
from station_pos.register.epochs import hq_public_key
from station_pos.services.evidence import PacketRefusedError
from station_pos.station_services.evidence import JOURNAL_NAME, PAGE_NAME, VERIFIER_NAME, StationEvidence
from tests.station_pos.register.test_withdrawals import paid
from tests.station_pos.world import CLERK, OWNER, World


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


def page_of(world, seq):
    evidence, queries = evidence_of(world, world.station_key)
    row = next(one for one in queries.journal_rows(2_000, None) if one.side == "S" and one.seq == seq)
    page = (Path(evidence.packet(row).result(60)) / PAGE_NAME).read_text("utf-8")
    evidence.close()
    return page


def test_a_packet_tells_the_whole_job_with_what_the_biller_said_its_copies_and_the_fault_that_touches_it(world):
    first = world.accepted(world.pay()).seq
    other = world.accepted(world.pay(account_no="0081239999", amount_fen=5_555, tendered_fen=5_555)).seq
    world.answer(first)
    world.answer(other)
    receipt = next(one.seq for one in rows_of(world) if one.kind == "ReceiptIssued" and one.payment_seq == first)
    world.accepted(IssueCopy(CLERK, receipt))
    touched = (TouchedRecord(receipt),)
    world.from_hq(KnownFaultTold(17, "补打会多记", "copies count twice", "", "", world.clock.now.date(), 3, touched))
    page = page_of(world, first)
    told = [line.split()[-1] for line in page.splitlines() if line.startswith(("  S", "  H"))]
    assert told == ["BillPaymentTaken", "BillerAnswered", "ReceiptIssued", "CopyIssued"]
    assert 'biller_no="' in page
    assert "outcome=CONFIRMED" in page
    assert "第 1 次补打" in page
    assert "K-17  补打会多记" in page
    assert "5555" not in page, "another customer's"
    assert "K-17" not in page_of(world, other)


def test_a_packet_of_a_withdrawal_holds_what_the_terminal_told_and_no_card_number(world):
    world.accepted(CountFloat(OWNER, (), 100_000))
    seq = paid(world)
    page = page_of(world, seq)
    told = [line.split()[-1] for line in page.splitlines() if line.startswith("  S")]
    assert told == ["WithdrawalIntended", "WithdrawalApproved", "PayoutInstructed", "WithdrawalPaid"]
    assert "谁做的 人员 李四" in page
    assert "系统  WithdrawalApproved" in page
    assert 'trace_no="' in page
    assert 'card_last4="8841"' in page
    assert "助农取款凭条" in page


def test_the_outage_beside_an_old_record_is_told_however_many_came_after_it(world):
    world.link_down()
    seq = world.accepted(world.pay(offline=True)).seq
    for _ in range(205):
        world.clock.forward(hours=1)
        world.accepted(CloseOutage(Equipment.LINK))
        world.accepted(OpenOutage(Equipment.LINK))
    assert "link" in page_of(world, seq).partition("前后一小时的中断")[2].partition("这笔业务")[0]


def test_an_outage_of_days_is_not_told_as_one_of_minutes(world):
    world.link_down()
    seq = world.accepted(world.pay(offline=True)).seq
    opened = world.clock.now.astimezone(ZONE)
    world.clock.forward(days=2, minutes=3)
    world.accepted(CloseOutage(Equipment.LINK))
    closed = world.clock.now.astimezone(ZONE)
    around = page_of(world, seq).partition("前后一小时的中断")[2].partition("这笔业务")[0]
    assert f"{opened:%m-%d %H:%M} 到 {closed:%m-%d %H:%M}" in around


def rows_of(world):
    return Queries(world.database, world.register.tariffs).journal_rows(200, None)


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
