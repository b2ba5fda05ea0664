"""Whether a record may still be corrected in the station's favour: not what another word ended, or may yet end.

A correction rests on what the record took from the station. A payment that was declined or reversed took nothing, one
without a result may yet be given back, and a payout that the bank has paid for is made good by that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, text

from hq_server.db.gateway_tables import gateway_requests
from hq_server.db.ledger_tables import payments
from hq_server.ledger.queries import withdrawal_at
from hq_server.made_good import Cited, refuse_second
from hq_server.wording import RefusedError
from station_journal.payment import PaymentStatus
from station_journal.side import Side

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BREAK = text("""
    SELECT c.case_no, c.state, c.difference_fen FROM break_events e
    JOIN break_cases c ON c.station_code = e.station_code AND c.case_no = e.case_no
    WHERE e.station_code = :code AND e.kind = 'CORRECTION' AND CAST(e.details ->> 'correction_no' AS integer) = :number
""")


def refuse_doubled(connection: Connection, cited: Cited, change_fen: int) -> None:
    """Refuse a correction that would give a station again what it has, or may yet get, for the same record.

    ``change_fen`` is what the correction changes for the station; one that takes from it is asked of it, not given.

    Raises:
        RefusedError: the record was made good, its payment has no result, took nothing or is being reversed, or the
            bank has paid for its payout.
    """
    if change_fen <= 0:
        return
    refuse_second(connection, cited)
    if cited.side is Side.STATION:
        _refuse_payment(connection, cited)
        _refuse_payout(connection, cited, change_fen)


def refuse_moved_break(connection: Connection, station_code: str, correction_no: int, change_fen: int) -> None:
    """Refuse a correction made of a break that later evidence has explained, or of which the sum is another now.

    Raises:
        RefusedError: so it is.
    """
    row = connection.execute(_BREAK, {"code": station_code, "number": correction_no}).one_or_none()
    if row is not None and (row.state == "EXPLAINED" or row.difference_fen != -change_fen):
        raise RefusedError(
            "break_moved",
            f"差错 {row.case_no} 在提出更正之后有变化, 请退回这笔更正",
            f"break {row.case_no} changed after this correction was proposed: refuse it and look at the break again",
        )


def _refuse_payment(connection: Connection, cited: Cited) -> None:
    table = payments.c
    mine = (table.station_code == cited.station_code) & (table.seq == cited.seq)
    status = connection.scalar(select(table.status).where(mine))
    if status is None:
        return
    if status == PaymentStatus.HELD:
        raise RefusedError(
            "no_result",
            "这笔缴费还没有结果, 先由收费单位答复或裁定了结",
            "this payment has no result yet: the biller's answer or a ruling ends it first",
        )
    if status in {PaymentStatus.DECLINED, PaymentStatus.REVERSED}:
        raise RefusedError(
            "took_nothing",
            "这笔缴费没有成功或已冲正, 额度已退回站点",
            "this payment was declined or reversed: its credit went back to the station already",
        )
    asked = gateway_requests.c
    reversal = (asked.station_code == cited.station_code) & (asked.kind == "REVERSE") & (asked.payment_seq == cited.seq)
    if connection.scalar(select(asked.seq).where(reversal, asked.outcome != "REFUSED").limit(1)) is not None:
        raise RefusedError(
            "reversal", "这笔缴费正在冲正, 先等冲正有结果", "this payment is being reversed: that ends first"
        )


def _refuse_payout(connection: Connection, cited: Cited, change_fen: int) -> None:
    withdrawal = withdrawal_at(connection, cited.station_code, cited.seq)
    word = None if withdrawal is None else withdrawal.acted_word
    if withdrawal is not None and word is not None and word.debited and change_fen >= withdrawal.amount_fen:
        raise RefusedError(
            "made_good",
            f"银行已为这笔取款付款 (总部记录 H{word.seq}), 只能补一次",
            f"the bank has paid for this withdrawal, as HQ record H{word.seq} told: it is made good once",
        )
