"""The third way: what settled and what was bought against the bank account itself, as cases of the account.

A line of the statement that nothing of ours explains by the next day, an order or a purchase that no line shows
although a later statement is there, and a statement that does not go on where the one before it ended: each is a case,
and ends itself once it is explained. A credit that a purchase of the same sum may be is told to that station.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text

from hq_server.hq_journal import raise_alarm
from hq_server.payment_orders.orders import item_reference
from hq_server.reconciliation.cases import Difference, keep_differences, open_dates
from hq_server.reconciliation.discrepancy import BreakClass
from hq_server.reference.working_days import business_date_of
from hq_server.settlement.bank_lines import FREE_LINE, PLACE_OF_LINE
from station_journal.records import AlarmCode, AlarmRaised

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    from sqlalchemy import Connection, Engine

    from hq_server.hq_journal import HqJournal

LAYER = "ACCOUNT"
WAIT_DAYS = 1
"""How long a line waits to be matched, and an order for its line, before it is a case."""
_NEAR_DAYS = 14
_ACCOUNTS = text("""
    SELECT party_code, min(imported_by), max(business_date) FROM received_files
    WHERE purpose = 'ACCOUNT' AND state = 'ACCEPTED' GROUP BY 1 ORDER BY min(file_no), 1
""")
_GAPS = text("""
    SELECT business_date, file_seq, opening_fen, before FROM (
        SELECT business_date, file_seq, opening_fen,
            lag(closing_fen) OVER (ORDER BY business_date, file_seq) AS before
        FROM received_files WHERE purpose = 'ACCOUNT' AND state = 'ACCEPTED' AND party_code = :account
    ) statements WHERE before <> opening_fen
""")
_FREE = text(f"""
    SELECT b.business_date, b.file_seq, b.row_no, b.amount_fen, b.bank_no, b.their_name FROM bank_entries b
    WHERE b.account_no = :account AND b.booked_on <= :until AND {FREE_LINE} ORDER BY 1, 2, 3
""")  # noqa: S608 - our own words
_WRITTEN_ON = "CAST(o.written_at AT TIME ZONE 'Asia/Shanghai' AS date)"
_DECIDED_ON = "CAST(p.decided_at AT TIME ZONE 'Asia/Shanghai' AS date)"
_MISSING = text(f"""
    SELECT 'ACCOUNT:' || :account AS station_code, {_WRITTEN_ON}, 'O:' || o.order_no,
        'PO' || lpad(o.order_no::text, 6, '0'), CASE o.kind WHEN 'DEBIT' THEN 1 ELSE -1 END * sum(i.amount_fen)
    FROM payment_orders o JOIN payment_items i ON i.order_no = o.order_no AND i.state IN ('OPEN', 'PAID')
    WHERE o.bank_line = '' AND {_WRITTEN_ON} <= :until GROUP BY o.order_no
    UNION ALL
    SELECT p.station_code, {_DECIDED_ON}, 'P:' || p.purchase_no, p.evidence, p.amount_fen
    FROM credit_purchases p WHERE p.state = 'APPROVED' AND {_DECIDED_ON} <= :until AND NOT p.has_line
""")  # noqa: S608 - our own words
# The books say already that it is owed again: a task for a person, and no difference. Of a debit that is the correction
# which asks the credit back that it became.
_CAME_BACK = text("""
    SELECT r.station_code, r.booked_on, r.order_no, r.item_no, r.amount_fen, r.reason, i.payee_name
    FROM payment_returns r
    JOIN payment_items i ON i.station_code = r.station_code AND i.order_no = r.order_no AND i.item_no = r.item_no
    WHERE r.state = 'APPROVED' AND split_part(r.bank_line, '/', 1) = :account
        AND NOT EXISTS (SELECT FROM payment_items n WHERE n.station_code = i.station_code AND n.kind = i.kind
            AND n.source = i.source AND n.state IN ('OPEN', 'PAID'))
        AND (i.kind <> 'DEBIT' OR i.effect_seq > 0 AND NOT EXISTS (SELECT FROM corrections c
            WHERE c.station_code = i.station_code AND c.cited_side = 2 AND c.cited_seq = i.effect_seq
                AND c.new_fen < c.old_fen AND c.state = 'APPROVED'))
    ORDER BY 3, 4
""")
_COULD_OWN = text(f"""
    SELECT DISTINCT p.station_code, p.hq_seq, p.amount_fen {PLACE_OF_LINE}
    JOIN credit_purchases p ON p.amount_fen = b.amount_fen AND p.state = 'APPROVED' AND p.hq_seq IS NOT NULL
        AND {_DECIDED_ON} BETWEEN b.booked_on - :near AND b.booked_on + :near
    WHERE b.account_no = :account AND b.amount_fen > 0 AND b.booked_on <= :until AND {FREE_LINE} AND NOT p.has_line
""")


def keep_account_cases(engine: Engine, journal: HqJournal, now: datetime) -> int:
    """Bring the cases of each bank account up to its statements; gives how many stations were told of a credit now."""
    told = 0
    with engine.begin() as connection:
        accounts = connection.execute(_ACCOUNTS).all()
        yesterday = business_date_of(now) - timedelta(days=WAIT_DAYS)
        latest = max((last for _, _, last in accounts), default=yesterday)
        for number, (account_no, owner_no, last) in enumerate(accounts):
            place = {"account": account_no, "until": min(yesterday, last), "near": _NEAR_DAYS}
            found = [*_gaps(connection, account_no), *_free(connection, place), *_came_back(connection, account_no)]
            if number == 0:  # which account an order is paid from, nobody states: all stand at the one known longest
                until = min(yesterday, latest) - timedelta(days=WAIT_DAYS)
                found += _missing(connection, {**place, "until": until})
            days = open_dates(connection, LAYER, account_no)
            keep_differences(connection, LAYER, account_no, days, found, owner_no, now)
            for code, hq_seq, amount_fen in connection.execute(_COULD_OWN, place).all():
                alarm = AlarmRaised(AlarmCode.UNMATCHED_CREDIT, 0, amount_fen)
                told += raise_alarm(connection, journal, code, alarm, now, about_hq_seq=hq_seq)
    return told


def _pseudo_station(account_no: str) -> str:
    return f"ACCOUNT:{account_no}"


def _gaps(connection: Connection, account_no: str) -> Iterator[Difference]:
    for day, file_seq, opening_fen, before_fen in connection.execute(_GAPS, {"account": account_no}):
        yield Difference(
            _pseudo_station(account_no),
            day,
            f"G:{day}:{file_seq}",
            BreakClass.BALANCE_GAP.value,
            line_date=day,
            file_seq=file_seq,
            ours_fen=before_fen,
            theirs_fen=opening_fen,
            difference_fen=opening_fen - before_fen,
        )


def _free(connection: Connection, place: dict[str, object]) -> Iterator[Difference]:
    account_no = str(place["account"])
    for day, file_seq, row_no, amount_fen, bank_no, their_name in connection.execute(_FREE, place):
        yield Difference(
            _pseudo_station(account_no),
            day,
            f"L:{day}:{file_seq}:{row_no}",
            BreakClass.THEIRS_ONLY.value,
            line_date=day,
            file_seq=file_seq,
            line_seq=row_no,
            their_no=bank_no,
            account_no=their_name,
            theirs_fen=amount_fen,
            difference_fen=amount_fen,
        )


def _came_back(connection: Connection, account_no: str) -> Iterator[Difference]:
    for code, day, order_no, item_no, amount_fen, reason, payee_name in connection.execute(
        _CAME_BACK, {"account": account_no}
    ):
        reference = item_reference(order_no, item_no)
        yield Difference(
            code,
            day,
            f"R:{reference}",
            BreakClass.PAYMENT_RETURNED.value,
            our_no=reference,
            their_no=reason,
            account_no=payee_name,
            ours_fen=amount_fen,
            theirs_fen=amount_fen,
        )


def _missing(connection: Connection, place: dict[str, object]) -> Iterator[Difference]:
    day: date
    for station_code, day, item, reference, amount_fen in connection.execute(_MISSING, place):
        found = BreakClass.OURS_ONLY.value
        yield Difference(
            station_code, day, item, found, our_no=reference, ours_fen=amount_fen, difference_fen=-amount_fen
        )
