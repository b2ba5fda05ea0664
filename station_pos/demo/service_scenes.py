"""Scenes of the services beside bills: cash at the card, parcels, credit by code, and the close of the day.

As in `scenes`, each drives the real station and the outside parties and says in one line what happened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from station_pos.demo.arranging import CODE_FEN, EXTRA_WAYBILL, ITEMS, MANIFEST_NO
from station_pos.demo.processes import Line, until
from station_pos.demo.wording import SERVICES, say, yuan

if TYPE_CHECKING:
    from station_pos.demo.counter_day import CounterDay
    from station_pos.demo.outside.courier_book import CourierBook

FLOAT_NOTES = ((10_000, 5), (5_000, 4), (1_000, 20), (500, 10), (100, 30))
"""What lies in the drawer at the start: face in fen and pieces, 980.00 in all."""
APPROVED_FEN, LOST_FEN = 20_000, 17_000
POUCH_LABEL, POUCH_NOTES = "FD0001", ((10_000, 5),)


def opening_float(day: CounterDay) -> None:
    """Count what lies in the drawer before the first customer."""
    day.shop.count_float(FLOAT_NOTES)
    day.till.moved("float", sum(face_fen * pieces for face_fen, pieces in FLOAT_NOTES))


def _withdrawal(day: CounterDay, seq: int) -> dict[str, Any]:
    found = day.shop.station.ask("withdrawals")["withdrawals"]
    return next(one for one in found if one["seq"] == seq)


def _pay_out(day: CounterDay, seq: int) -> None:
    """Wait until the station says to pay, and pay: only then is there cash for the customer."""
    until("a withdrawal to be payable", lambda: _withdrawal(day, seq)["state"] == "PAYABLE", 60.0, 0.1)
    answer = day.shop.station.ask("pay_out", withdrawal_seq=seq)
    day.expect(answer["accepted"], f"record the payout of withdrawal {seq}, not {answer}")
    day.till.moved("withdrawal", -_withdrawal(day, seq)["amount_fen"])


def _ask_for(day: CounterDay, amount_fen: int) -> int:
    answer = day.shop.station.ask("withdraw", amount_fen=amount_fen)
    day.expect(answer["accepted"], f"begin a withdrawal of {amount_fen} fen, not {answer}")
    return int(answer["seq"])


def withdrawal(day: CounterDay) -> None:
    """A customer draws cash: the terminal approves, the approval is on record, then the notes go over the counter."""
    _pay_out(day, _ask_for(day, APPROVED_FEN))
    say(SERVICES("withdrawal", yuan=yuan(APPROVED_FEN)))


def withdrawal_cut(day: CounterDay) -> None:
    """Power fails before the terminal tells the bank's answer: nothing is paid until the machine has asked for it."""
    terminal = Line(day.shop.terminal)
    terminal.ask(cmd="fault", at="before_result", do="silence")
    booked = len(terminal.ask(cmd="status")["transactions"])
    seq = _ask_for(day, LOST_FEN)
    until("the bank to book it", lambda: len(terminal.ask(cmd="status")["transactions"]) > booked, 30.0, 0.05)
    day.shop.station.kill()
    day.shop.station.start()
    shown = _withdrawal(day, seq)["state"]
    day.expect(shown != "PAID", f"pay nothing by itself after the cut, not {shown}")
    _pay_out(day, seq)
    say(SERVICES("withdrawal_cut", yuan=yuan(LOST_FEN)))


def courier_comes(day: CounterDay, courier: CourierBook) -> None:
    """The courier leaves all but one item of his manifest and one that nobody announced; both sides sign for it."""
    station = day.shop.station
    until("the manifest to arrive", lambda: station.ask("find_parcels", text=ITEMS[0].waybill), 60.0, 0.1)
    *left, _forgotten = [item.waybill for item in ITEMS]
    for waybill in (*left, EXTRA_WAYBILL):
        answer = station.ask("scan_in", waybill=waybill)
        day.expect(answer["accepted"], f"put item {waybill} on a shelf, not {answer}")
        courier.hand_over(waybill)
    signed = station.ask("sign_batch", manifest_no=MANIFEST_NO, courier_pin=courier.pin)
    day.expect(signed["accepted"], f"take both signatures, not {signed}")
    say(SERVICES("courier", count=len(left) + 1))


def hand_offs(day: CounterDay) -> None:
    """Two customers collect: one by the tail of a phone with cash on delivery, one by the pickup code."""
    with_cod = [item for item in ITEMS if item.recipient == "张三"]
    cod_fen = sum(item.cod_fen for item in with_cod)
    _hand_off(day, [item.waybill for item in with_cod], "PHONE_TAIL", cod_fen)
    day.till.moved("cod", cod_fen)
    plain = next(item for item in ITEMS if item.recipient == "李四")
    found = day.shop.station.ask("find_parcels", text=plain.phone)["found"]
    day.expect([one["waybill"] for one in found["parcels"]] == [plain.waybill], f"find the item of {plain.phone}")
    _hand_off(day, [plain.waybill], "PICKUP_CODE", 0)
    say(SERVICES("hand_offs", count=len(with_cod) + 1, yuan=yuan(cod_fen)))


def _hand_off(day: CounterDay, waybills: list[str], found: str, tendered_fen: int) -> None:
    answer = day.shop.station.ask("hand_off", waybills=waybills, found=found, tendered_fen=tendered_fen)
    day.expect(answer["accepted"], f"hand {waybills} over, not {answer}")
    day.collected |= set(waybills)


def top_up_by_code(day: CounterDay, code: str) -> None:
    """The owner bought credit at the branch and types its code; a second try opens nothing."""
    before_fen = day.shop.station.state()["credit_free_fen"]
    answer = day.shop.station.ask("release_code", code=code)
    day.expect(answer["accepted"], f"open the sealed grant, not {answer}")
    after_fen = day.shop.station.state()["credit_free_fen"]
    day.expect(after_fen == before_fen + CODE_FEN, "add the credit of the code at once")
    again = day.shop.station.ask("release_code", code=code)
    day.expect(not again["accepted"], "open a code once only")
    say(SERVICES("code", yuan=yuan(CODE_FEN)))


def close_day(day: CounterDay) -> None:
    """Seal a pouch for the branch, count the drawer blind, and close with what the count says."""
    station = day.shop.station
    sealed = station.ask("seal_pouch", label=POUCH_LABEL, notes=[list(line) for line in POUCH_NOTES])
    day.expect(sealed["accepted"], f"seal a pouch, not {sealed}")
    day.till.moved("pouch", -sum(face_fen * pieces for face_fen, pieces in POUCH_NOTES))
    held_fen = day.till.drawer_fen()
    hundreds, coins_fen = divmod(held_fen, 10_000)
    counted = station.ask("count_day", notes=[[10_000, hundreds]], coins_fen=coins_fen)
    day.expect(counted["accepted"], f"take the count, not {counted}")
    day.expect(counted["review"]["difference_fen"] == 0, f"agree with the drawer, not {counted['review']}")
    closed = station.ask("close_day", count_seq=counted["seq"])
    day.expect(closed["accepted"], f"close the day, not {closed}")
    say(SERVICES("closed", yuan=yuan(held_fen)))
