"""From a biller's word to the HQ record: once a payment, whoever brings the word, under the lock of the station's head.

Words come from a reply, a status poll, a batch result, a settlement file, or a ruling of two people. Whichever is
first ends the request; the same word again changes nothing. Only one thing can still be added to an end: a biller that
owns up to a payment that was declined, which the posting rules rest in suspense at nobody's cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from hq_server.db.desk_tables import invoices
from hq_server.db.gateway_tables import gateway_requests
from hq_server.gateway.answers import plain, plain_number
from hq_server.gateway.requests import (
    Ending,
    Kind,
    Request,
    ask_later,
    end_request,
    ended_with,
    ensure_request,
    put_back,
    this_row,
)
from hq_server.hq_journal import held_head
from hq_server.made_good import Cited, made_good_by
from hq_server.wording import RefusedError
from station_journal.records import SYSTEM, Actor, AnswerSource, BillerAnswered, Outcome, ReversalAnswered
from station_journal.side import Side

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from hq_server.hq_journal import HqJournal


@dataclass(frozen=True, slots=True)
class Evidence:
    """What ends a payment's wait: the outcome, where it is known from, the biller's number, a reason for people."""

    outcome: Outcome
    source: AnswerSource
    biller_no: str = ""
    reason: str = ""


def end_unknown(
    connection: Connection,
    journal: HqJournal,
    station_code: str,
    payment_seq: int,
    evidence: Evidence,
    now: datetime,
    actor: Actor = SYSTEM,
) -> bool:
    """End a payment's request by evidence and append the HQ record; False where it had ended so already.

    A payment that ended as confirmed stays so. One that ended as declined can still be confirmed by the biller.

    Raises:
        RefusedError: the ledger has no such payment, or the outcome is no end.
    """
    outcome = evidence.outcome
    if outcome is Outcome.UNKNOWN:
        raise RefusedError("outcome", "结果必须是成功或失败", "the outcome is confirmed or declined")
    held_head(connection, station_code, Side.HQ, lock=True)
    request = ensure_request(connection, station_code, payment_seq, now)
    if request is None:
        raise RefusedError(
            "unknown_payment",
            f"站点 {station_code} 没有第 {payment_seq} 号缴费",
            f"station {station_code} has no payment {payment_seq}",
        )
    earlier = ended_with(connection, request.key)
    if earlier and not (earlier == Outcome.DECLINED.name and outcome is Outcome.CONFIRMED):
        return False
    fact = BillerAnswered(
        payment_seq, outcome, evidence.source, plain_number(evidence.biller_no), plain(evidence.reason)
    )
    end_request(connection, request.key, Ending(outcome.name, fact.source.name, fact.biller_no, fact.reason), now)
    journal.append(connection, station_code, [fact], actor, now)
    return True


def end_reversal(  # noqa: PLR0913 - whose word, on what evidence
    connection: Connection,
    journal: HqJournal,
    request: Request,
    *,
    accepted: bool,
    reason: str,
    now: datetime,
    source: AnswerSource = AnswerSource.REPLY,
    actor: Actor = SYSTEM,
) -> bool:
    """End a reversal; False where it had ended already.

    The word is the biller's, ours where it may not even be asked, or that of two people.
    """
    held_head(connection, request.station_code, Side.HQ, lock=True)
    if ended_with(connection, request.key):
        return False
    outcome, told = ("ACCEPTED" if accepted else "REFUSED"), plain(reason)
    end_request(connection, request.key, Ending(outcome, source.name, "", told), now)
    fact = ReversalAnswered(request.payment_seq, accepted, told)
    journal.append(connection, request.station_code, [fact], actor, now)
    return True


def stay_unknown(
    connection: Connection, journal: HqJournal, claimed: Request, trouble: str, now: datetime, *, sent: bool
) -> bool:
    """Note that nothing is known; the first time the station is told, so that it hands out a pending slip.

    ``sent`` False means that certainly nothing left this machine: the row may then be sent later. False is given back
    where the claim has passed to another worker, who will tell.
    """
    held_head(connection, claimed.station_code, Side.HQ, lock=True)
    told = plain(trouble)
    kept = ask_later(connection, claimed, now, told) if sent else put_back(connection, claimed, now, told)
    if kept and claimed.kind is Kind.PAY and claimed.unknown_at is None:
        connection.execute(update(gateway_requests).where(this_row(claimed.key)).values(unknown_at=now))
        fact = BillerAnswered(claimed.payment_seq, Outcome.UNKNOWN, AnswerSource.REPLY, "", told)
        journal.append(connection, claimed.station_code, [fact], SYSTEM, now)
    return kept


def why_not_reversed(connection: Connection, station_code: str, payment_seq: int) -> str:
    """Say why no biller may be asked to undo a payment; empty where it may be.

    One with an invoice needs a red-letter invoice first; one that was made good would give its credit back twice.
    """
    query = select(invoices.c.invoice_no).where(
        invoices.c.station_code == station_code, invoices.c.payment_seq == payment_seq
    )
    if connection.scalar(query) is not None:
        return "发票已开, 须先红冲"
    made = made_good_by(connection, Cited(station_code, Side.STATION, payment_seq))
    return "" if made is None else f"已由{made.words.zh}补足, 只能补一次"
