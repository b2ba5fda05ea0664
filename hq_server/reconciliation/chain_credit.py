"""The chain behind a credit purchase: slip, decision, the bank's line in its file, postings, grant, top-up, balance.

A purchase reaches its station in one of two ways: granted over the line, where the station's first record that had seen
the grant is what shows its arrival, or as the code of a sealed grant, which a record of the station opens. The free
credit after it is the sum of the ledger lines up to that record, in the one order of both journals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from hq_server.db.desk_tables import credit_purchases
from hq_server.db.journal_tables import journal_records
from hq_server.db.ledger_tables import standings, subjects
from hq_server.four_eyes import ENTERED_STATES, PROPOSED_STATES, WAITING
from hq_server.reconciliation.chain_funds import Link, order_link
from hq_server.reconciliation.chain_links import case_links, held_link, own_posting, postings_made
from hq_server.reference.working_days import SHANGHAI
from hq_server.wording import RefusedError, Sentence
from station_journal.accounts import Account
from station_journal.chain import ChainStage
from station_journal.codec import UnreadableRecordError, decode
from station_journal.money import format_yuan
from station_journal.rules.grants import Grant, grant_key
from station_journal.side import Side
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Row

    from station_journal.records import Record

_DEBIT = text("""
    SELECT i.order_no, i.item_no, i.state, i.reason, i.amount_fen, i.ended_on, o.pay_on
    FROM payment_items i JOIN payment_orders o ON o.order_no = i.order_no
    WHERE i.station_code = :code AND i.kind = 'DEBIT' AND i.effect_seq = :seq ORDER BY i.order_no, i.item_no
""")
_MATCHES = text("""
    SELECT bank_line, state, maker_no, made_at, approver_no, decided_at, finding, refusal FROM purchase_matches
    WHERE station_code = :code AND purchase_no = :number ORDER BY match_no
""")
_AT_BANK = text("""
    SELECT b.booked_on, b.amount_fen, b.bank_no, b.end_to_end_id, b.their_name, b.row_no, b.business_date, b.file_seq,
        r.file_name
    FROM bank_entries b LEFT JOIN received_files r ON r.purpose = 'ACCOUNT' AND r.party_code = b.account_no
        AND r.business_date = b.business_date AND r.file_seq = b.file_seq AND r.state = 'ACCEPTED'
    WHERE b.account_no = :account AND b.business_date = CAST(:day AS date) AND b.file_seq = CAST(:file AS int)
        AND b.row_no = CAST(:row AS int)
""")
_OWN_BOOKS = text("SELECT * FROM hq_entries WHERE source = :source ORDER BY line")
_FREE_UP_TO = text("""
    SELECT coalesce(sum(CASE WHEN credit_account = :free THEN amount_fen ELSE -amount_fen END), 0)
    FROM ledger_entries
    WHERE station_code = :code AND (credit_account = :free OR debit_account = :free)
      AND seq <= CASE side WHEN 'H' THEN CAST(:hq_seq AS bigint) ELSE CAST(:own_seq AS bigint) END
""")
_CASES = text("""
    SELECT * FROM break_cases WHERE station_code = :code AND layer = 'ACCOUNT' AND item = :item ORDER BY case_no
""")
_BY_CODE, _BY_LINE = Sentence("凭证码交付", "handed over by code"), Sentence("联网到账", "granted over the line")


def purchase_of(connection: Connection, station_code: str, purchase_no: int) -> Row[Any]:
    """Read a purchase.

    Raises:
        RefusedError: the station has none of that number.
    """
    table = credit_purchases.c
    this = (table.station_code == station_code) & (table.purchase_no == purchase_no)
    row = connection.execute(select(credit_purchases).where(this)).one_or_none()
    if row is None:
        raise RefusedError(
            "unknown_purchase",
            f"站点 {station_code} 没有第 {purchase_no} 号额度购买",
            f"station {station_code} has no purchase {purchase_no}",
        )
    return row


def purchase_behind(connection: Connection, station_code: str, side: Side, seq: int) -> int | None:
    """Name the purchase that a record of either journal granted, sold, opened or gave back; None where it did not."""
    if side is Side.HQ:
        table = credit_purchases.c
        query = select(table.purchase_no).where(table.station_code == station_code, table.hq_seq == seq)
        granted = connection.scalar(query)
        if granted is not None:
            return int(granted)
    record = _record(connection, station_code, side, seq)
    number = getattr(record.fact, "grant_no", 0) if record is not None else 0
    grant = _grant(connection, station_code, number) if number else None
    if grant is None:
        return None
    its = {grant.sold_seq, grant.revoked_seq, grant.returned_seq} if side is Side.HQ else {grant.released_seq}
    return (grant.purchase_no or None) if seq in its else None


def chain_of_purchase(connection: Connection, station_code: str, purchase_no: int) -> tuple[Link, ...]:
    """Give the chain of a purchase; HQ's console and the station itself show the same.

    Raises:
        RefusedError: the station has no such purchase.
    """
    return tuple(_links(connection, purchase_of(connection, station_code, purchase_no)))


def bank_line_links(connection: Connection, line: str, brought_fen: int | None) -> Iterator[Link]:
    """Give a line of the statement by its name: the file that it stands in, and the line. It may have brought more."""
    account, day, file, row = line.rsplit("/", 3)
    place = {"account": account, "day": day, "file": file, "row": row}
    for found in connection.execute(_AT_BANK, place).all():
        reference, address = f"{found.business_date} {found.file_seq}/{found.row_no}", f"/bank/{line}"
        name = found.file_name or ""
        said = Sentence(f"{name} 第 {found.row_no} 行".strip(), f"{name} line {found.row_no}".strip())
        yield Link(ChainStage.FILE_LINE, reference, found.amount_fen, said, found.business_date, address)
        with_others = brought_fen is not None and brought_fen != found.amount_fen
        said = Sentence(
            f"{found.their_name} {'(含他笔)' if with_others else ''}".strip(),
            f"{found.their_name} {'(with others)' if with_others else ''}".strip(),
        )
        number = found.bank_no or found.end_to_end_id or reference
        yield Link(ChainStage.BANK_LINE, number, found.amount_fen, said, found.booked_on, address)


def _links(connection: Connection, row: Row[Any]) -> Iterator[Link]:
    code, number, fen = row.station_code, row.purchase_no, row.amount_fen
    grant = _grant(connection, code, row.grant_no) if row.grant_no else None
    debits = connection.execute(_DEBIT, {"code": code, "seq": row.hq_seq}).all() if row.hq_seq else []
    said = (
        Sentence("银行按委托扣款书扣款", "debited by the bank under the mandate")
        if debits
        else Sentence("网点缴款凭证", "slip of the payment at the branch")
    )
    yield Link(ChainStage.RECEIPT, row.evidence, fen, said, row.entered_at.astimezone(SHANGHAI).date())
    yield _decision(row)
    yield from (order_link(item) for item in debits)
    yield from _at_the_bank(connection, row)
    own, hqs = _own_and_hqs(row, grant)
    yield from postings_made(connection, code, own, hqs)
    if row.hq_seq:
        yield from _granted(connection, row, grant)
        yield from _arrived(connection, row, grant)
    for case in connection.execute(_CASES, {"code": code, "item": f"P:{number}"}).all():
        yield from case_links(connection, case)


def _decision(row: Row[Any]) -> Link:
    state, way = ENTERED_STATES[row.state], _BY_CODE if row.by_code else _BY_LINE
    zh, en = f"工号 {row.maker_no} 录入", f"entered by staff {row.maker_no}"
    if row.approver_no:
        zh, en = f"{zh}, 工号 {row.approver_no} {state.zh}", f"{en}, {state.en} by staff {row.approver_no}"
    else:
        zh, en = f"{zh}, {state.zh}", f"{en}, {state.en}"
    why = f": {row.refusal}" if row.refusal else ""
    said = Sentence(f"{zh}{why}; {way.zh}", f"{en}{why}; {way.en}")
    on = (row.decided_at or row.entered_at).astimezone(SHANGHAI).date()
    address = f"/credit/{row.station_code}/{row.purchase_no}"
    return Link(ChainStage.PURCHASE, f"{row.station_code} P{row.purchase_no}", row.amount_fen, said, on, address)


def _at_the_bank(connection: Connection, row: Row[Any]) -> Iterator[Link]:
    """Give the line that brought the purchase and who said so, what was said and refused, and HQ's own entry of it."""
    this = {"code": row.station_code, "number": row.purchase_no}
    for match in connection.execute(_MATCHES, this).all():
        if match.state in {"PROPOSED", "APPROVED"}:
            yield from bank_line_links(connection, match.bank_line, row.amount_fen)
        yield _said_of_line(match)
    source = f"purchase {row.station_code}/{row.purchase_no}"
    for entry in connection.execute(_OWN_BOOKS, {"source": source}):
        yield own_posting(entry, source)


def _said_of_line(match: Row[Any]) -> Link:
    if match.maker_no:
        by = Sentence(
            f"工号 {match.maker_no} 对应: {match.finding}", f"matched by staff {match.maker_no}: {match.finding}"
        )
    else:
        by = Sentence("凭证号和金额与银行流水相同", "its slip and sum are those of the bank's line")
    state = {
        "PROPOSED": WAITING,
        "APPROVED": Sentence(f"工号 {match.approver_no} 认可", f"agreed by staff {match.approver_no}"),
        "REFUSED": Sentence(
            f"工号 {match.approver_no} 退回: {match.refusal}", f"refused by {match.approver_no}: {match.refusal}"
        ),
    }.get(match.state, PROPOSED_STATES["WITHDRAWN"])
    said = Sentence(f"{by.zh}; {state.zh}", f"{by.en}; {state.en}")
    at = (match.decided_at or match.made_at).astimezone(SHANGHAI)
    return Link(ChainStage.TRAIL, f"{at:%Y-%m-%d %H:%M}", None, said, at.date(), f"/bank/{match.bank_line}")


def _own_and_hqs(row: Row[Any], grant: Grant | None) -> tuple[list[int], list[int]]:
    """Name the records of both journals whose postings are this purchase's."""
    hqs = {row.hq_seq or 0, grant.returned_seq if grant else 0}
    own = {grant.released_seq if grant else 0}
    return sorted(own - {0}), sorted(hqs - {0})


def _granted(connection: Connection, row: Row[Any], grant: Grant | None) -> Iterator[Link]:
    code = row.station_code
    steps: list[tuple[int, Sentence]] = []
    if grant is None and not row.by_code:
        steps.append((row.hq_seq, Sentence("写入总部流水, 联网下发", "in HQ's journal, sent over the line")))
    elif grant is not None:
        until = f"{grant.valid_until}"
        sealed = Sentence(
            f"密封额度 {grant.grant_no} 号先下发, 有效至 {until}",
            f"sealed grant {grant.grant_no} sent, good until {until}",
        )
        sold = Sentence("已售出, 凭证码可报给站点", "sold: its code may be read out to the station")
        revoked = Sentence("密封额度收回", "the sealed grant was withdrawn")
        returned = Sentence("未用凭证码, 改为联网到账", "no code was used: granted over the line instead")
        seqs = (grant.sealed_seq, row.hq_seq, grant.revoked_seq, grant.returned_seq)
        steps += [(seq, said) for seq, said in zip(seqs, (sealed, sold, revoked, returned), strict=True) if seq]
    else:
        steps.append((row.hq_seq, Sentence("密封额度已售出", "a sealed grant was sold")))
    for seq, said in steps:
        record = _record(connection, code, Side.HQ, seq)
        on = record.recorded_at.astimezone(SHANGHAI).date() if record is not None else None
        yield Link(ChainStage.GRANT, f"{code} H{seq}", row.amount_fen, said, on, f"/stations/{code}/records/H/{seq}")


def _arrived(connection: Connection, row: Row[Any], grant: Grant | None) -> Iterator[Link]:
    """Give the station's record that opened the grant, or the first that had seen it, and the free credit after it."""
    code = row.station_code
    if grant is not None and grant.released_seq:
        seq, said = grant.released_seq, Sentence("站点输入凭证码充值", "the station opened it with the code")
    else:
        by_hq = (grant.returned_seq if grant else 0) if row.by_code else row.hq_seq
        seq = first_that_saw(connection, code, by_hq) if by_hq else 0
        said = Sentence("站点从这条记录起看到这笔额度", "the first record of the station that had seen it")
    record = _record(connection, code, Side.STATION, seq) if seq else None
    if record is None:
        return
    reference, address = f"{code} S{seq}", f"/stations/{code}/records/S/{seq}"
    yield Link(ChainStage.RECORD, reference, row.amount_fen, said, record.business_date, address)
    held = held_link(connection, code, seq)
    if held is not None:
        yield held
    # What HQ granted comes before the record that saw it; what a code opens comes with its own record.
    own_seq = seq if grant is not None and grant.released_seq else seq - 1
    values = {"code": code, "free": int(Account.CREDIT_FREE), "hq_seq": record.seen_seq, "own_seq": own_seq}
    after_fen = int(connection.scalar(_FREE_UP_TO, values) or 0)
    more = format_yuan(row.amount_fen)
    said = Sentence(f"可用额度增加 {more}, 到此为", f"free credit grew by {more}, up to here it is")
    yield Link(ChainStage.BALANCE, reference, after_fen, said, record.business_date, f"/stations/{code}")


def first_that_saw(connection: Connection, station_code: str, hq_seq: int) -> int:
    """Find the station's first record that had seen one of HQ's, 0 where none had yet; what it had seen never falls."""
    table = standings.c
    query = select(table.station_seq, table.seen_seq).where(table.station_code == station_code)
    standing = connection.execute(query).one_or_none()
    if standing is None or standing.seen_seq < hq_seq:
        return 0
    low, high = 1, standing.station_seq
    while low < high:
        middle = (low + high) // 2
        record = _record(connection, station_code, Side.STATION, middle)
        if record is None:
            return 0
        low, high = (low, middle) if record.seen_seq >= hq_seq else (middle + 1, high)
    return int(low)


def _grant(connection: Connection, station_code: str, grant_no: int) -> Grant | None:
    table = subjects.c
    this = (table.station_code == station_code) & (table.kind == Grant.SUBJECT) & (table.key == grant_key(grant_no))
    data = connection.scalar(select(table.data).where(this))
    return None if data is None else from_row_bytes(Grant, data)


def _record(connection: Connection, station_code: str, side: Side, seq: int) -> Record | None:
    table = journal_records.c
    this = (table.station_code == station_code) & (table.side == side.value) & (table.seq == seq)
    data = connection.scalar(select(table.data).where(this))
    try:
        return None if data is None else decode(data, side)
    except UnreadableRecordError:
        return None
