"""The scripted day: one station's day from opening to paid commission, then the audit and one line of JSON."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from station_pos.demo import scenes, service_scenes
from station_pos.demo.arranging import CODE_FEN, arrange, buy_by_code
from station_pos.demo.audit import Evidence, audit, summary
from station_pos.demo.counter_day import CounterDay
from station_pos.demo.hq_book import read_hq
from station_pos.demo.journal_book import read_journals
from station_pos.demo.paper_book import read_paper
from station_pos.demo.processes import until
from station_pos.demo.service_audit import ServiceBooks, bank_sales
from station_pos.demo.settling import Settled, settle
from station_pos.demo.wording import TEXT, say, yuan

if TYPE_CHECKING:
    from station_pos.demo.outside.courier_book import CourierBook
    from station_pos.demo.world import World

CREDIT_FEN = 300_000


def play(world: World) -> int:
    """Play the day in a world that was started; gives 0 if the books agree, else 1.

    Raises:
        WorldError: the counter or HQ did not do what a scene is about.
    """
    began = time.monotonic()
    world.wait_past_cut_off()
    shop = world.make_ready()
    shop.put_card_terminal()
    shop.open()
    courier = arrange(world, shop.code)
    shop.buy_credit(CREDIT_FEN)
    say(TEXT("credit", yuan=yuan(CREDIT_FEN)))
    day = CounterDay(shop)
    service_scenes.opening_float(day)
    serve(day)
    serve_more(day, courier)
    date = shop.end_day()
    day.all_sent()
    say(TEXT("day_end", date=date))
    settled = settle(world, date, day)
    say(TEXT("audit"))
    evidence = gather(world, day, settled, courier)
    sentences = audit(evidence)
    show(evidence)
    print_findings(sentences)
    took_s = round(time.monotonic() - began, 1)
    say(TEXT("took", seconds=took_s))
    line = {"ok": not sentences, **summary(evidence), "seconds": took_s, "disagreements": sentences}
    print(json.dumps(line, ensure_ascii=False), flush=True)
    return 1 if sentences else 0


def serve(day: CounterDay) -> None:
    """Serve everybody of the day, with all that goes wrong in it."""
    say(TEXT("open", date=day.shop.station.state()["business_date"]))
    scenes.morning(day, 12)
    unknown = scenes.lost_reply(day)
    scenes.declined_payment(day)
    scenes.reversal(day)
    day.shop.biller.fault("ZYRQ", "decline")
    *_, refused = scenes.sell_offline(day, ("SCDL", "JYSW", "SCDL", "JYSW", "ZYRQ"))
    scenes.line_back(day)
    scenes.offline_sale_refused(day, refused)
    scenes.paper_out(day, 3)
    scenes.power_cut(day)
    scenes.unknown_settled(day, unknown)
    scenes.merged_top_up(day)
    scenes.no_credit(day)
    scenes.sell_offline(day, ("JYSW", "ZYRQ"))
    scenes.line_back(day)
    scenes.flapping_line(day, 3)
    scenes.copy_of_receipt(day, unknown)
    scenes.afternoon(day, 10)
    day.all_sent()
    day.paper_idle()


def serve_more(day: CounterDay, courier: CourierBook) -> None:
    """Do what a counter does beside bills, and close the day."""
    service_scenes.withdrawal(day)
    service_scenes.courier_comes(day, courier)
    service_scenes.hand_offs(day)
    service_scenes.top_up_by_code(day, buy_by_code(day.shop.hq, day.shop.code))
    service_scenes.withdrawal_cut(day)
    scenes.look_at_doubtful_slips(day)
    day.all_sent()
    day.paper_idle()
    service_scenes.close_day(day)
    day.all_sent()
    day.paper_idle()


def gather(world: World, day: CounterDay, settled: Settled, courier: CourierBook) -> Evidence:
    """Read every book where it is kept."""
    station = day.shop.station
    station.sync()
    until("the commission statement to arrive", lambda: station.ask("commission")["statements"], 30.0, 0.1)
    day.all_sent()
    day.paper_idle()
    day.till.write(world.folder / "notebook.json")
    station.stop()
    hq = read_hq(world.hq, day.shop.code, settled)
    journals = read_journals(station.export(world.folder / "journals.spj"), hq.public_key)
    merged = frozenset(number for number, one in journals.payments().items() if one.seq in day.merged)
    return Evidence(
        journals=journals,
        hq=hq,
        biller=world.biller.payments("SCDL", "JYSW", "ZYRQ", "YDCZ"),
        slips=tuple(read_paper(day.shop.paper)),
        till=day.till,
        printer_count=day.shop.printer.ask(cmd="status")["receipts"],
        planted=settled.planted,
        merged=merged,
        unmatched=settled.unmatched | merged,
        outside=ServiceBooks(
            bank=bank_sales(json.loads(day.shop.bank_book.read_text("utf-8"))),
            left_there=frozenset(courier.left_there),
            still_carried=frozenset(courier.still_carried),
            collected=frozenset(day.collected),
            codes_fen=CODE_FEN,
        ),
    )


def show(evidence: Evidence) -> None:
    """Print the paper and HQ's result for a reader."""
    print(TEXT("receipts", count=len(evidence.slips)))
    for slip in evidence.slips:
        print(f"--- {slip.number:04d} " + "-" * 22)
        print(slip.text)
    print(TEXT("hq_result"))
    for line in evidence.hq.report:
        print(line)


def print_findings(sentences: list[str]) -> None:
    """Say whether the books agree, one sentence for each disagreement."""
    print(TEXT("differ" if sentences else "agree"))
    for sentence in sentences:
        print(f"- {sentence}")
