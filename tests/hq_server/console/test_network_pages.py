"""Pages of the network: a station's services page by page, who has read a tariff, and how often one may knock."""

from __future__ import annotations

import hashlib
import io
import re

from fastapi import FastAPI
from sqlalchemy import select, update

from hq_server.audit import AuditTag, entries
from hq_server.console.app import console_router
from hq_server.console.visits import ConsoleDesk
from hq_server.db.journal_tables import journal_records
from hq_server.hq_journal import held_head
from station_journal.facts.notices import TariffNoticeRead
from station_journal.records import SYSTEM, HqFact
from station_journal.side import Side
from station_journal.standalone_verifier import verify
from tests.factories import parcels
from tests.hq_server.console.conftest import Browser
from tests.hq_server.counter_side import CLERK, CODE, Counter, full_tariff
from tests.hq_server.people import MAKER, SteppingClock


def tell(counter: Counter, fact: HqFact) -> None:
    with counter.engine.begin() as connection:
        counter.journal.append(connection, CODE, [fact], SYSTEM, counter.clock())
    counter.post()


def rows(page: str) -> list[str]:
    body = page.partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.sub(r"<[^>]*>", " ", row) for row in body.split("<tr")[1:]]


def test_a_service_is_paged_and_filtered_like_every_list(browser: Browser, counter: Counter) -> None:
    tell(counter, parcels.announced(*(parcels.line(f"W{number:03d}", 100 * number) for number in range(60))))
    counter.send(parcels.scanned_in("W007", "A-01-001"))
    browser.sign_in(MAKER)
    at = f"/stations/{CODE}/services"
    assert browser.get(at).headers["location"] == f"/console{at}/withdrawals"
    assert "没有取款" in browser.get(f"{at}/withdrawals").text
    first = browser.get(f"{at}/parcels").text
    assert (len(rows(first)), "60 条" in first) == (50, True)
    assert ("W059" in first, "59.00" in first, "W009" in first) == (True, True, False)
    link = re.search(r'rel="next" href="([^"]*)"', first)
    assert link
    rest = rows(browser.get(f"{at}/parcels{link[1].replace('&amp;', '&')}").text)
    assert [row.split()[1] for row in rest] == [f"W{number:03d}" for number in range(9, -1, -1)]
    (found,) = rows(browser.get(f"{at}/parcels?q=w007").text)
    assert "7.00" in found
    on_hand = re.search(r'<option value="([0-9]+)">在架', browser.page)
    assert on_hand, browser.page
    (shelved,) = rows(browser.get(f"{at}/parcels?state={on_hand[1]}").text)
    assert "W007" in shelved
    assert browser.get(f"{at}/parcels.xlsx").content.startswith(b"PK")
    browser.post("/language", language="en")
    for name in ("parcels", "grants", "pouches", "orders", "leads", "withdrawals"):
        told = re.sub("中文|张三|太平镇便民服务站", "", browser.get(f"{at}/{name}").text)
        assert re.findall(r"[\u4e00-\u9fff]+", told) == [], name


def test_both_journals_are_taken_away_with_proof_that_anybody_can_check(browser: Browser, counter: Counter) -> None:
    counter.pay("0081234567", "B1", 7_260)
    tell(counter, parcels.announced(parcels.line("W1")))
    counter.send(parcels.scanned_in("W1", "A-01-001"))
    path = f"/stations/{CODE}/journal"
    browser.sign_in(CLERK)
    assert path not in browser.get(f"/stations/{CODE}").text
    assert browser.get(path).status_code == 403
    browser.sign_in(MAKER)
    assert f'href="/console{path}"' in browser.get(f"/stations/{CODE}").text
    data = browser.get(path).content
    found = verify(io.BytesIO(data), counter.journal.public_key)
    assert found.faults == []
    with counter.engine.connect() as connection:
        heads = {side: held_head(connection, CODE, side) for side in Side}
        noted = [one.details for one in entries(connection, CODE) if one.tag == AuditTag.JOURNAL_EXPORTED.value]
    read = {side: found.chains[side.value.encode()] for side in Side}
    assert {side: (chain.records, chain.digest) for side, chain in read.items()} == {
        side: (head.seq, head.digest) for side, head in heads.items() if head is not None
    }
    assert read[Side.STATION].held_to == read[Side.STATION].sealed_to == read[Side.STATION].records
    assert [one["sha256"] for one in noted] == [hashlib.sha256(data).hexdigest()]

    with counter.engine.begin() as connection:  # somebody with the database's password
        row = (journal_records.c.station_code == CODE) & (journal_records.c.side == "S") & (journal_records.c.seq == 1)
        kept = connection.scalar(select(journal_records.c.data).where(row))
        connection.execute(update(journal_records).where(row).values(data=bytes(kept or b"")[:-1] + b"\x01"))
    assert verify(io.BytesIO(browser.get(path).content)).faults, "what was altered is named"
    assert browser.get("/stations/ST-0999/journal").status_code == 409


def test_a_journal_is_looked_into_by_number_and_by_day(browser: Browser, counter: Counter) -> None:
    def shown(query: str) -> list[str]:
        page = browser.get(f"/stations/{CODE}?side=S&{query}").text
        return re.findall(rf"/stations/{CODE}/records/S/([0-9]+)", page)

    first = [counter.pay("0081234567", f"B{n}", 1_000 + n) for n in range(3)]
    counter.clock.step(days=2)
    later = counter.pay("0081234567", "B9", 9_000)
    browser.sign_in(MAKER)
    counter.clock.step(days=-2)  # the session is of the first day
    assert shown("")[0] == str(later)
    assert shown(f"upto={first[1]}")[0] == str(first[1])
    assert shown("on=2026-11-24")[0] == str(first[2])
    assert shown("on=2026-11-25")[0] == str(later)
    assert shown("on=2026-11-01") == []
    assert browser.get(f"/stations/{CODE}?on=x").status_code == 409
    for last in ("9999-12-31", "0001-01-01"):  # no day is before the first, none after the last
        assert browser.get(f"/stations/{CODE}?on={last}").status_code == 200
        assert browser.get(f"/breaks?from={last}&to={last}").status_code == 200
        assert browser.get(f"/pouches?from={last}&to={last}").status_code == 200


def test_items_of_all_stations_and_a_stations_quality_of_the_month(browser: Browser, counter: Counter) -> None:
    tell(counter, parcels.announced(parcels.line("W1", 1_990), parcels.line("W2")))
    counter.send(parcels.scanned_in("W1", "A-01-001"), parcels.scanned_in("W2", "A-01-002"))
    counter.send(parcels.handed("W1", collected_fen=1_990))
    browser.sign_in(MAKER)
    first, second = rows(browser.get("/parcels").text)
    assert ("W1" in first, first.count("19.90"), "W2" in second) == (True, 2, True)
    assert len(rows(browser.get("/parcels?q=w2").text)) == 1
    page = browser.get(f"/stations/{CODE}/quality?month=2026-11").text
    told = {" ".join(row.split()[1:3]): row.split()[3:] for row in rows(page)}
    assert told["全部 信息接收及时率"] == ["2", "2", "100.00%", "&gt;=", "100%", "是"]
    assert told["全部 货款结算及时率"] == ["19.90", "19.90", "100.00%", "&gt;=", "100%", "是"]
    assert told["普通 妥投率"] == ["1", "1", "100.00%"]
    assert "-" in rows(browser.get(f"/stations/{CODE}/quality?month=2026-10").text)[0]


def test_a_tariff_shows_who_has_not_read_it(browser: Browser, counter: Counter) -> None:
    browser.sign_in(MAKER)
    (tariff,) = rows(browser.get("/tariffs").text)
    assert tariff.split()[-3:] == ["1", "0", "1"]
    at = f"/tariffs/{full_tariff().hash.hex()}"
    assert at in browser.page
    (waiting,) = rows(browser.get(at).text)
    assert CODE in waiting
    (seq,) = counter.send(TariffNoticeRead(full_tariff().hash))
    assert "都看过了" in browser.get(at).text
    (reader,) = rows(browser.get(f"{at}?state=read").text)
    assert reader.split()[-2:] == [str(seq), "1"]
    assert f"/stations/{CODE}/records/S/{seq}" in browser.page
    assert rows(browser.get("/tariffs").text)[0].split()[-3:] == ["1", "1", "0"]


def test_attempts_to_sign_in_are_counted_over_all_web_processes(
    browser: Browser, counter: Counter, clock: SteppingClock
) -> None:
    another = FastAPI(openapi_url=None)
    another.include_router(console_router(ConsoleDesk(counter.engine, counter.journal, counter.clock)))
    other = Browser(another)
    for one in (browser, other):
        one.get("/sign-in")
        for number in range(5):
            assert "工号或密码不对" in one.post("/sign-in", staff_no=str(9_000 + number), password="x").text
    assert "过于频繁" in browser.sign_in(MAKER).text
    assert "过于频繁" in other.sign_in(MAKER).text
    clock.step(minutes=1)
    assert other.sign_in(MAKER).status_code == 303
