"""Where a record's money went on: the settlement window its lines are due in, the payment order, the bank's line.

A ledger line is due in exactly one window (``hq_server.settlement.cuts``), so a station sees when, and by which
payment, what it collected was passed on. A window and its payment hold many stations' lines; the sums say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hq_server.wording import Sentence
from station_journal.accounts import Account
from station_journal.chain import STAGE_WORDS, ChainStage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sqlalchemy import Connection, Row

    from hq_server.wording import Language


@dataclass(frozen=True, slots=True)
class Link:
    """One link: where it stands, the reference by which it is found there, its amount in fen, what it says, and when.

    ``on`` is None where the place knows no date. ``address`` is the console's page of it, empty for none.
    """

    kind: ChainStage
    reference: str
    amount_fen: int | None
    said: Sentence
    on: date | None = None
    address: str = ""

    @property
    def stage(self) -> Sentence:
        """What the place is called."""
        return Sentence(*STAGE_WORDS[self.kind])

    def words(self, language: Language) -> str:
        """Give what the link says in one language."""
        return self.said.said_in(language)


_DUE_ON = {
    Account.BILLER_PAYABLE: "BILLER",
    Account.COD_PAYABLE: "SENDER",
    Account.POSTAGE_PAYABLE: "CARRIER",
    Account.TAX_WITHHELD: "TAX",
}
"""The accounts on which HQ owes, and whose windows their lines fall into."""
_WINDOWS = text("""
    SELECT DISTINCT w.kind, w.party, w.window_no, w.business_date, w.due_on, w.due_fen, w.line_count
    FROM ledger_entries e
    CROSS JOIN LATERAL (VALUES (e.credit_account, e.credit_party), (e.debit_account, e.debit_party)) a (account, party)
    JOIN settlement_windows w ON w.party = a.party AND w.kind = CASE a.account
        WHEN :biller THEN 'BILLER' WHEN :sender THEN 'SENDER' WHEN :carrier THEN 'CARRIER' WHEN :tax THEN 'TAX' END
    JOIN settlement_cuts c ON c.cut_no = w.to_cut
    JOIN settlement_cut_positions p ON p.cut_no = w.to_cut AND p.station_code = e.station_code
    LEFT JOIN settlement_cuts c0 ON c0.cut_no = w.from_cut
    LEFT JOIN settlement_cut_positions p0 ON p0.cut_no = w.from_cut AND p0.station_code = e.station_code
    WHERE e.station_code = :code
      AND ((e.side = 'S' AND e.seq = :seq) OR (e.side = 'H' AND e.seq = ANY(:answers)))
      AND e.business_date <= c.business_date
      AND e.seq <= CASE e.side WHEN 'S' THEN p.station_seq ELSE p.hq_seq END
      AND (c0.cut_no IS NULL OR p0.station_code IS NULL OR e.business_date > c0.business_date
           OR e.seq > CASE e.side WHEN 'S' THEN p0.station_seq ELSE p0.hq_seq END)
    ORDER BY w.business_date, w.kind, w.party
""")
_ITEMS = text("""
    SELECT i.order_no, i.item_no, i.state, i.reason, i.evidence, i.amount_fen, i.ended_on, o.pay_on,
        coalesce(nullif(i.bank_line, ''), o.bank_line) AS bank_line, i.bank_line <> '' AS is_alone
    FROM payment_items i JOIN payment_orders o ON o.order_no = i.order_no
    WHERE i.station_code = :payee AND i.source = :source ORDER BY i.order_no
""")
_LINE = text("""
    SELECT booked_on, amount_fen, bank_no FROM bank_entries WHERE account_no = split_part(:line, '/', 1)
        AND business_date = CAST(split_part(:line, '/', 2) AS date)
        AND file_seq = CAST(split_part(:line, '/', 3) AS int) AND row_no = CAST(split_part(:line, '/', 4) AS int)
""")
_STATES = {
    "OPEN": Sentence("已交银行, 结果未定", "with the bank, outcome open"),
    "PAID": Sentence("已付", "paid"),
    "RETURNED": Sentence("银行退回", "returned by the bank"),
    "CANCELLED": Sentence("已取消", "cancelled"),
}


def where_it_went(connection: Connection, station_code: str, seq: int, answers: Sequence[int]) -> Iterator[Link]:
    """Give the windows that the lines of a record, and of HQ's ``answers`` to it, fall into, and how each was paid."""
    kinds = {kind.lower(): int(account) for account, kind in _DUE_ON.items()}
    found = connection.execute(_WINDOWS, {**kinds, "code": station_code, "seq": seq, "answers": list(answers)})
    for window in found.all():
        yield _window(window)
        payee = {"payee": f"{window.kind}:{window.party}", "source": f"window {window.window_no}"}
        for item in connection.execute(_ITEMS, payee).all():
            yield order_link(item)
            for line in connection.execute(_LINE, {"line": item.bank_line}).all() if item.bank_line else ():
                yield _bank_line(line, item)


def _window(row: Row[Any]) -> Link:
    said = Sentence(
        f"{row.party} 至 {row.business_date} 合计 {row.line_count} 笔 (含他站), 应付日 {row.due_on}",
        f"{row.party} up to {row.business_date}, {row.line_count} lines with other stations', due {row.due_on}",
    )
    address = f"/settlement/windows/{row.kind}/{row.party or '-'}/{row.window_no}"
    return Link(ChainStage.WINDOW, f"{row.kind} {row.window_no}", row.due_fen, said, row.business_date, address)


def order_link(row: Row[Any]) -> Link:
    """Give one payment or debit of an order, and what became of it at the bank."""
    state, reason = _STATES[row.state], f" {row.reason}" if row.reason else ""
    said = Sentence(f"{state.zh}{reason}", f"{state.en}{reason}")
    reference = f"PO{row.order_no:06d}-{row.item_no}"
    address = f"/settlement/orders/{row.order_no}"
    return Link(ChainStage.ORDER, reference, row.amount_fen, said, row.ended_on or row.pay_on, address)


def _bank_line(row: Row[Any], item: Row[Any]) -> Link:
    zh, en = ("单笔", "this one alone") if item.is_alone else ("合计", "with others")
    order = item.order_no
    said = Sentence(f"付款单 {order} 的银行流水 ({zh})", f"bank line of payment order {order}, {en}")
    return Link(ChainStage.BANK_LINE, row.bank_no, row.amount_fen, said, row.booked_on, f"/bank/{item.bank_line}")
