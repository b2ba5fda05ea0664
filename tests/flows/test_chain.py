"""A payment's chain over the real HQ: asked by the station's own link, shown with HQ's part, printed, and kept."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace

import pytest

from hq_server import credit
from hq_server.ledger.book import Bookkeeper
from hq_server.reconciliation.importing import import_file
from hq_server.reference.staff import Role
from hq_server.reference.working_days import business_date_of
from station_journal.chain import ChainStage
from station_journal.codec import decode
from station_journal.facts.chain import ChainPrinted
from station_journal.records import AnswerSource, BillerAnswered, CreditGranted, Outcome, Side
from station_journal.reference_no import our_no
from station_pos.commands.chain_orders import PrintChain
from station_pos.commands.outcome import Accepted
from station_pos.queries import Queries
from station_pos.station_services.chain import StationChain
from station_pos.workers.hq_link import HqLink
from tests.flows.sync_sides import OWNER, PHRASE, STATION, StationAtWork, clock, hq_at_work
from tests.hq_server.conftest import database_url, engine, postgres_url
from tests.hq_server.people import MAKER, SECOND

__all__ = ["database_url", "engine", "postgres_url"]
pytestmark = [pytest.mark.enable_socket]


def biller_file(folder, row, fen):
    """What the biller writes of the day, in its own layout."""
    day = business_date_of(clock())
    text = f"H|SCDL|{day:%Y%m%d}|1|1\nD|1|{row}\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    path = folder / f"SCDL_{day:%Y%m%d}_1.txt"
    path.write_bytes(f"{text}T|1|{fen}|{digest}\n".encode())
    (folder / f"{path.name}.ok").touch()
    return path


def asked(chain, seq):
    found = chain.ask(seq).result(60)
    assert found is not None
    return found


def credit_bought_at_the_branch_is_followed(hq, station, chain):
    """HQ's own grant is asked for by its number, and told with the branch's decision and the credit after it."""
    clerk = replace(MAKER, role=Role.BRANCH_COUNTER)
    with hq.engine.begin() as connection:
        bought = credit.enter(connection, clerk, STATION, 60_000, "JK-1", clock())
    with hq.engine.begin() as connection:
        head = replace(SECOND, role=Role.BRANCH)
        credit.approve(connection, hq.hq.journal, head, STATION, bought.purchase_no, clock())
    station.syncer.sync_once()
    station.sell()
    station.syncer.sync_once()
    Bookkeeper(hq.hq.journal).run(hq.engine, clock)
    told = [decode(data, Side.HQ).fact for data in hq.records(Side.HQ)]
    granted = max(number for number, fact in enumerate(told, 1) if isinstance(fact, CreditGranted))
    followed = chain.ask(granted, Side.HQ).result(60)
    assert followed is not None
    assert followed.problem == ""
    said = {step.stage: step for step in followed.steps}
    assert said[ChainStage.RECEIPT].reference == "JK-1"
    assert said[ChainStage.PURCHASE].said == "工号 11 录入, 工号 12 已批准; 联网到账"
    assert said[ChainStage.POSTING].said == "借 银行清算 贷 可用额度"
    assert said[ChainStage.RECORD].there
    assert said[ChainStage.BALANCE].amount_fen == 5_000_000 - 7_260 + 60_000
    assert not said[ChainStage.BANK_LINE].there


def test_a_payment_is_followed_to_the_billers_file_line_by_the_station_itself(engine, tmp_path):
    with hq_at_work(engine) as hq:
        station = StationAtWork(tmp_path / "station", hq.url)
        station.enrol(hq, hq.first_code())
        hq.publish_tariff()
        hq.grant(5_000_000)
        station.open().open_shop()
        station.syncer.sync_once()
        (seq,) = station.sell()
        queries = Queries(station.database, station.register.tariffs)
        link = HqLink(station.folder, hq.url, station.register, clock, random.Random(7).random)
        chain = StationChain(station.register, queries, link, clock)

        shut = asked(chain, seq)
        assert shut.problem
        assert shut.heard_at is None
        assert link.prepare(PHRASE) is not None
        unknown = asked(chain, seq)  # HQ does not hold the record yet
        assert "总部没有回答" in unknown.problem
        assert [s.said for s in unknown.steps if s.stage is ChainStage.HELD] == ["还没有传到总部"]

        station.syncer.sync_once()
        hq.append(BillerAnswered(seq, Outcome.CONFIRMED, AnswerSource.REPLY, "N1", ""))
        Bookkeeper(hq.hq.journal).run(hq.engine, clock)
        station.syncer.sync_once()
        with station.database.reading() as connection:
            query = "SELECT digest FROM journal WHERE side='S' AND seq=?"
            (digest,) = connection.exec_driver_sql(query, (seq,)).one()
        number = our_no(STATION, seq, digest)
        row = f"{number}|N1|0000000001|{clock():%Y%m%d}120500|PAY|7260|SUCCESS"
        import_file(hq.engine, MAKER, biller_file(tmp_path, row, 7_260), clock())

        heard = asked(chain, seq)
        assert heard.problem == ""
        (line,) = [step for step in heard.steps if step.stage is ChainStage.FILE_LINE]
        assert (line.amount_fen, line.there) == (7_260, True)
        assert "第 1 行" in line.said
        said = [step.said for step in heard.steps if step.stage is ChainStage.POSTING]
        assert len(said) == 4
        assert not any("总部账上" in one for one in said)  # both sides post the same
        assert [s.there for s in heard.steps if s.stage is ChainStage.BANK_LINE] == [False]

        outcome = station.register.execute(PrintChain(OWNER, seq, heard.answer))
        assert isinstance(outcome, Accepted)
        station.syncer.sync_once()
        assert decode(hq.records()[outcome.seq - 1], Side.STATION).fact == ChainPrinted(
            seq, hashlib.sha256(heard.answer).digest()
        )
        kept = chain.known(seq)
        assert kept is not None
        assert kept.answer == heard.answer

        credit_bought_at_the_branch_is_followed(hq, station, chain)
        chain.close()
        link.stop()
        station.close()
        station.client.close()
