"""The scenes of the scripted day, one after another, as a shopkeeper would live them.

Each drives the real station and the outside parties, and says in one line what happened.
"""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from station_pos.demo.customers import Customer
from station_pos.demo.paper_book import read_paper
from station_pos.demo.processes import until
from station_pos.demo.tariff_document import ELECTRICITY
from station_pos.demo.wording import TEXT, say, yuan

if TYPE_CHECKING:
    from station_pos.demo.counter_day import CounterDay

TOP_UP_FEN = (3_000, 5_000, 10_000, 2_000)
UTILITIES = ("SCDL", "JYSW", "ZYRQ")


def sell_some(
    day: CounterDay, count: int, billers: tuple[str, ...] = (*UTILITIES, "YDCZ"), phone_from: int = 0
) -> None:
    """Serve ``count`` customers of the billers in turn, each to the end."""
    for number, biller in zip(range(count), cycle(billers), strict=False):
        if biller == "YDCZ":
            top_up = day.queue.top_up(phone_from + number, TOP_UP_FEN[number % len(TOP_UP_FEN)])
            day.sell(top_up)
        else:
            day.sell(day.queue.next(biller))


def morning(day: CounterDay, count: int) -> None:
    """Bills of all four billers, every one confirmed while the customer waits."""
    sell_some(day, count)
    say(TEXT("morning", count=count))


def declined_payment(day: CounterDay) -> None:
    """A biller declines: the cash goes back, the credit is free again, nobody has a receipt."""
    day.shop.biller.fault("SCDL", "decline")
    free_fen = day.shop.station.state()["credit_free_fen"]
    payment = day.settled(day.take(day.queue.next("SCDL")), "DECLINED")
    day.hand_back(payment["seq"], "declined")
    day.expect(day.shop.station.state()["credit_free_fen"] == free_fen, "give the whole credit back after a decline")
    say(TEXT("declined", yuan=yuan(payment["amount_fen"])))


def lost_reply(day: CounterDay) -> int:
    """A biller books and its reply is lost: unknown, a pending slip, credit held; gives the payment's number."""
    day.shop.biller.fault("JYSW", "lose_reply")
    day.shop.biller.fault("JYSW", "forget", operation="status")
    held = day.take(day.queue.next("JYSW"))
    until(
        "the pending slip",
        lambda: any(case["seq"] == held["seq"] and case["pending_seq"] for case in day.shop.station.cases()),
        40.0,
        0.1,
    )
    shown = day.shop.station.payment(held["seq"])
    day.expect(
        shown["status"] == "HELD" and shown["receipt_seq"] == 0, "show the payment as unknown, without a receipt"
    )
    day.unknown.add(int(held["seq"]))
    day.till.visits[held["seq"]].ending = "unknown, then paid"
    say(TEXT("lost_reply"))
    return int(held["seq"])


def unknown_settled(day: CounterDay, payment_seq: int) -> None:
    """The machine has asked again by itself: the unknown payment is confirmed and has its receipt."""
    shown = day.settled({"seq": payment_seq}, "CONFIRMED", 60.0)
    day.unknown.discard(payment_seq)
    day.expect(shown["receipt_seq"] > 0, "issue the receipt of a payment that was unknown")
    say(TEXT("settled"))


def sell_offline(day: CounterDay, billers: tuple[str, ...]) -> list[int]:
    """Cut the line and sell within the allowance; gives the payments' numbers."""
    day.shop.link_down()
    say(TEXT("link_down"))
    refused = day.try_to_take(day.queue.top_up(11, 3_000), offline=True)
    day.expect(refused.get("refused") == "offline_not_allowed", f"refuse a top-up offline, not {refused}")
    taken = [int(day.take(day.queue.next(biller), offline=True)["seq"]) for biller in billers]
    say(TEXT("offline", count=len(taken)))
    return taken


def line_back(day: CounterDay) -> None:
    """The line comes back and everything is sent without anybody doing anything."""
    day.shop.link_up()
    day.all_sent()
    say(TEXT("link_up"))


def offline_sale_refused(day: CounterDay, payment_seq: int) -> None:
    """A biller refuses an offline sale afterwards: a case at the counter, and the cash goes back."""
    shown = day.settled({"seq": payment_seq}, "DECLINED")
    day.expect(
        any(case["seq"] == payment_seq for case in day.shop.station.cases()), "list the refused offline sale as a case"
    )
    day.hand_back(payment_seq, "offline sale refused")
    say(TEXT("offline_refused", yuan=yuan(shown["amount_fen"])))


def flapping_line(day: CounterDay, count: int) -> None:
    """A slow line that breaks in the middle of uploads: everything arrives, nothing twice."""
    for number in range(count):
        day.shop.cut_upload_after(300 + 200 * number)
        day.settled(day.take(day.queue.next(UTILITIES[number % len(UTILITIES)]), inquire=False), "CONFIRMED")
    day.shop.link_up()
    day.all_sent()
    say(TEXT("flapping", count=count))


def reversal(day: CounterDay) -> None:
    """A customer paid the wrong account: the whole payment is reversed and the cash returned."""
    payment = day.sell(day.queue.next("JYSW"))
    asked = day.shop.station.ask("reverse", payment_seq=payment["seq"])
    day.expect(asked["accepted"], f"ask for the reversal, not {asked}")
    day.settled_as(payment["seq"], "REVERSED")
    day.hand_back(payment["seq"], "reversed")
    again = day.shop.station.ask("reverse", payment_seq=payment["seq"])
    day.expect(not again["accepted"], "refuse a second reversal")
    say(TEXT("reversal", yuan=yuan(payment["amount_fen"])))


def paper_out(day: CounterDay, count: int) -> None:
    """Paper ends in the middle of a slip; sales go on, and all slips come out once there is paper."""
    day.paper_idle()
    day.shop.printer.ask(cmd="paper_out", after_lines=6)
    sell_some(day, count, ("SCDL", "JYSW"))
    waiting = day.shop.station.state()["queued_prints"]
    day.expect(waiting >= count, f"keep {count} slips until there is paper, not {waiting}")
    say(TEXT("paper_out", count=waiting))
    day.shop.printer.ask(cmd="paper_in")
    day.paper_idle()
    say(TEXT("paper_in"))


def power_cut(day: CounterDay) -> None:
    """Power fails the moment a sale is on record: after the restart it is there and has one receipt."""
    day.paper_idle()
    payment = day.take(day.queue.next("ZYRQ"))
    day.shop.station.kill()
    day.shop.station.start()
    shown = day.settled(payment, "CONFIRMED")
    day.expect(shown["receipt_seq"] > 0, "issue the receipt after the restart")
    look_at_doubtful_slips(day)
    day.paper_idle()
    say(TEXT("killed"))


def look_at_doubtful_slips(day: CounterDay) -> None:
    """Answer for every doubtful slip what really lies in the printer's tray."""
    state = day.shop.station.state
    until(
        "the queue to have a known state",
        lambda: state()["queued_prints"] == 0 or state()["doubtful_prints"],
        60.0,
        0.1,
    )
    for doubtful in day.shop.station.doubtful():
        printed = [slip for slip in read_paper(day.shop.paper) if slip.ended_by == "cut"]
        came_out = any(slip.amount_fen == doubtful["amount_fen"] for slip in printed[-1:])
        day.shop.station.ask("settle_doubtful", job_no=doubtful["job_no"], came_out=came_out)
        say(TEXT("doubtful", answer=TEXT("came_out" if came_out else "not_out")))


def no_credit(day: CounterDay) -> None:
    """A sale that does not fit the credit is refused before anything happens; then more credit is bought."""
    before = day.shop.station.state()
    customer = _factory(day, before["credit_free_fen"] + 10_000)
    answer = day.try_to_take(customer)
    day.expect(answer.get("refused") == "credit_too_low", f"refuse what the credit does not cover, not {answer}")
    after = day.shop.station.state()
    unchanged = all(before[name] == after[name] for name in ("as_of_seq", "credit_free_fen", "drawer_fen"))
    day.expect(unchanged, "record nothing for a refused sale")
    say(TEXT("no_credit", yuan=yuan(customer.amount_fen)))
    day.shop.buy_credit(300_000)
    say(TEXT("credit", yuan=yuan(300_000)))
    day.sell(customer)


def _factory(day: CounterDay, amount_fen: int) -> Customer:
    """Have the power company send a small factory a bill, and give that customer."""
    account_no, bill_no, period = "0499000001", "F-1", "2026-11"
    bill = {"bill_no": bill_no, "period": period, "amount_fen": amount_fen}
    account = {"account_no": account_no, "payer_name": "张三", "address": "", "bills": [bill]}
    names = {"code": "SCDL", "name": "SCDL", "service": "utility", "accounts": [account]}
    day.shop.biller.post("/control/seed", billers=[names])
    return Customer(ELECTRICITY, "SCDL", account_no, bill_no, period, amount_fen)


def merged_top_up(day: CounterDay) -> None:
    """The same top-up twice, which the biller takes for a repetition: only reconciliation can see it."""
    customer = day.queue.top_up(5, 5_000)
    day.sell(customer)
    day.shop.biller.fault("YDCZ", "merge")
    second = day.sell(customer)
    day.merged.add(int(second["seq"]))
    say(TEXT("merged", yuan=yuan(customer.amount_fen)))


def copy_of_receipt(day: CounterDay, payment_seq: int) -> None:
    """A customer wants the receipt again: it comes out marked as a copy."""
    shown = day.shop.station.payment(payment_seq)
    copied = day.shop.station.ask("copy", of_seq=shown["receipt_seq"])
    day.expect(copied["accepted"], f"print a copy, not {copied}")
    say(TEXT("copy"))


def afternoon(day: CounterDay, count: int) -> None:
    """The rest of the day's customers."""
    sell_some(day, count, phone_from=6)
    say(TEXT("afternoon", count=count))
