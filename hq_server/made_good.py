"""What made a record good: a sum is made good once, whichever desk does it.

A correction in the station's favour, a ruling that the bank debited a payout or that a payment failed, an award on a
disputed record, a refund to the payer: each would give the same money. Whichever is approved first takes the record's
one row in the same transaction, so of two people at once one wins and the other is told by what it was done. The row
is free again once what it stands for was taken back. Where HQ was restored to before such a decision its row is gone,
but not the record that told the station: corrections and awards are then known from the books.
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Integer, Row, cast, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from hq_server.db.dispute_tables import corrections, made_good
from hq_server.db.ledger_tables import subjects
from hq_server.wording import RefusedError, Sentence
from station_journal.facts.disputes import CitedSide, DisputeAbout
from station_journal.money import format_yuan
from station_journal.rules.case import DisputeCase, DisputedThing, case_key, thing_key
from station_journal.rules.disputes import Correction, CorrectionState
from station_journal.side import Side
from station_journal.subject import from_row_bytes

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from sqlalchemy import ColumnElement, Connection


class Remedy(StrEnum):
    """By what a record was made good."""

    CORRECTION = "CORRECTION"
    WITHDRAWAL_RULING = "WITHDRAWAL_RULING"
    PAYMENT_RULING = "PAYMENT_RULING"
    CASE_RULING = "CASE_RULING"
    PAYER_REFUND = "PAYER_REFUND"


_WORDS = {
    Remedy.CORRECTION: Sentence("更正 {}", "correction {}"),
    Remedy.WITHDRAWAL_RULING: Sentence("取款裁定 {}", "ruling {} on the withdrawal"),
    Remedy.PAYMENT_RULING: Sentence("缴费裁定 {}", "ruling {} on the payment"),
    Remedy.CASE_RULING: Sentence("争议 {} 的裁定", "the ruling on case {}"),
    Remedy.PAYER_REFUND: Sentence("差错 {} 退还缴费人", "the refund to the payer of break {}"),
}


class Cited(NamedTuple):
    """A record of one of a station's two journals."""

    station_code: str
    side: Side
    seq: int


class MadeGood(NamedTuple):
    """What made a record good, by how much in fen and when; the sum is 0 where it was not noted."""

    remedy: Remedy
    remedy_no: int
    amount_fen: int
    made_at: datetime

    @property
    def words(self) -> Sentence:
        """Name it, with its sum."""
        sum_text = f" ({format_yuan(self.amount_fen)})" if self.amount_fen else ""
        return Sentence(*(one.format(self.remedy_no) + sum_text for one in _WORDS[self.remedy]))


def made_good_by(connection: Connection, cited: Cited) -> MadeGood | None:
    """Say what a record is made good by; None where by nothing, or where it was taken back."""
    found = _row(connection, cited)
    if found is None:
        return _by_the_books(connection, cited)
    return found if _stands(connection, cited, found) else None


def made_good_among(connection: Connection, cited: Collection[Cited]) -> dict[Cited, MadeGood]:
    """Say which of many records are made good, and by what."""
    table = made_good.c
    places = table.station_code.in_({one.station_code for one in cited}) & table.seq.in_({one.seq for one in cited})
    found = {
        Cited(row.station_code, Side(row.side), row.seq): _made_good(row)
        for row in connection.execute(select(made_good).where(places))
    }
    return {one: found[one] for one in cited if one in found and _stands(connection, one, found[one])}


def refuse_second(connection: Connection, cited: Cited) -> None:
    """Refuse where a record was made good already.

    Raises:
        RefusedError: it was; the sentence says by what.
    """
    found = made_good_by(connection, cited)
    if found is not None:
        raise _refusal(cited, found)


def note_made_good(connection: Connection, cited: Cited, made: MadeGood) -> None:
    """Note that a record is made good now, in the transaction that does it.

    Raises:
        RefusedError: it was made good already; the sentence says by what.
    """
    values = {**made._asdict(), "remedy": made.remedy.value}
    place = {"station_code": cited.station_code, "side": cited.side.value, "seq": cited.seq}
    known = _by_the_books(connection, cited) if _row(connection, cited) is None else None
    if known is not None:
        raise _refusal(cited, known)
    new = insert(made_good).values(**place, **values).on_conflict_do_nothing().returning(made_good.c.seq)
    if connection.scalar(new) is not None:
        return
    found = _row(connection, cited, lock=True)
    if found is None or _stands(connection, cited, found):
        raise _refusal(cited, found)
    still = (made_good.c.remedy == found.remedy.value) & (made_good.c.remedy_no == found.remedy_no)
    changed = update(made_good).where(_this(cited), still).values(values).returning(made_good.c.seq)
    if connection.scalar(changed) is None:
        raise _refusal(cited, found)


def release(connection: Connection, cited: Cited, remedy: Remedy) -> None:
    """Note that what a desk gave for a record was taken back by a later word of the same kind."""
    connection.execute(delete(made_good).where(_this(cited), made_good.c.remedy == remedy.value))


def _this(cited: Cited) -> ColumnElement[bool]:
    table = made_good.c
    return (table.station_code == cited.station_code) & (table.side == cited.side.value) & (table.seq == cited.seq)


def _made_good(row: Row[Any]) -> MadeGood:
    return MadeGood(Remedy(row.remedy), row.remedy_no, row.amount_fen, row.made_at)


def _row(connection: Connection, cited: Cited, *, lock: bool = False) -> MadeGood | None:
    query = select(made_good).where(_this(cited))
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    return None if row is None else _made_good(row)


def _refusal(cited: Cited, found: MadeGood | None) -> RefusedError:
    number = f"{cited.side.value}{cited.seq}"
    by = found.words if found is not None else Sentence("另一笔", "another one")
    return RefusedError(
        "made_good",
        f"站点 {cited.station_code} 的记录 {number} 已由{by.zh}补足, 只能补一次",
        f"record {number} of {cited.station_code} was made good by {by.en} already: that is done once",
    )


def _by_the_books(connection: Connection, cited: Cited) -> MadeGood | None:
    """Say by which correction or award of HQ's journal a record is made good, as far as it is posted."""
    there = subjects.c
    mine = there.station_code == cited.station_code
    of_kind = select(there.data).where(mine, there.kind == Correction.SUBJECT).order_by(there.key)
    given: Correction | None = None
    left_fen = 0
    for data in connection.scalars(of_kind).all():
        one = from_row_bytes(Correction, data)
        if (one.cited_side.side, one.cited_seq) != (cited.side, cited.seq):
            continue
        settled_fen = _settled_fen(connection, cited.station_code, data)
        if one.change_fen > 0 and left_fen <= 0:
            given, left_fen = one, one.change_fen if settled_fen is None else settled_fen
        elif one.change_fen < 0:
            left_fen -= settled_fen or 0
    if given is not None and left_fen > 0:
        at = datetime.combine(given.proposed_on, time(), UTC)
        return MadeGood(Remedy.CORRECTION, given.correction_no, given.change_fen, at)
    of_records = [about for about in DisputeAbout if about is not DisputeAbout.CORRECTION and about.side is cited.side]
    things = [thing_key(about, cited.seq) for about in of_records]
    named = select(there.data).where(mine, there.kind == DisputedThing.SUBJECT, there.key.in_(things))
    for data in connection.scalars(named).all():
        number = from_row_bytes(DisputedThing, data).case_no
        case = _case(connection, cited.station_code, number)
        if case is not None and case.award_fen:
            return MadeGood(Remedy.CASE_RULING, number, case.award_fen, datetime.combine(case.ruled_on, time(), UTC))
    return None


def _case(connection: Connection, station_code: str, case_no: int) -> DisputeCase | None:
    there = subjects.c
    this = (there.station_code == station_code) & (there.kind == DisputeCase.SUBJECT)
    data = connection.scalar(select(there.data).where(this, there.key == case_key(case_no)))
    return None if data is None else from_row_bytes(DisputeCase, data)


def _stands(connection: Connection, cited: Cited, found: MadeGood) -> bool:
    """Tell whether something of the sum is left: a ruling may let none of it stand, a later correction take it back."""
    side = next(one for one in CitedSide if one.side is cited.side)
    table, there = corrections.c, subjects.c
    answered = (
        (there.station_code == table.station_code)
        & (there.kind == Correction.SUBJECT)
        & (cast(there.key, Integer) == table.correction_no)
    )
    mine = (table.station_code == cited.station_code) & (table.cited_side == int(side)) & (table.cited_seq == cited.seq)
    query = select(
        table.correction_no, table.decided_at, (table.new_fen - table.old_fen).label("change_fen"), there.data
    )
    rows = connection.execute(
        query.select_from(corrections.outerjoin(subjects, answered)).where(mine, table.state == "APPROVED")
    )
    given_fen, taken_fen = found.amount_fen, 0
    for row in rows.all():
        settled_fen = _settled_fen(connection, cited.station_code, row.data)
        if found.remedy is Remedy.CORRECTION and row.correction_no == found.remedy_no:
            given_fen = given_fen if settled_fen is None else settled_fen
        elif row.change_fen < 0 and _is_later(row, found):
            taken_fen += settled_fen or 0
    return given_fen > taken_fen or (not found.amount_fen and not taken_fen)


def _is_later(correction: Row[*tuple[Any, ...]], found: MadeGood) -> bool:
    """Tell whether a correction came after a record was made good; one about a record waits for the one before it."""
    if found.remedy is Remedy.CORRECTION:
        return bool(correction.correction_no > found.remedy_no)
    return bool(correction.decided_at > found.made_at)


def _settled_fen(connection: Connection, station_code: str, data: bytes | None) -> int | None:
    """Say how much of a correction came to stand, without its sign; None while the station or a ruling owes it."""
    correction = None if data is None else from_row_bytes(Correction, data)
    if correction is None or correction.state in {CorrectionState.PROPOSED, CorrectionState.DISPUTED}:
        return None
    if correction.state is CorrectionState.ACCEPTED:
        return abs(correction.change_fen)
    case = _case(connection, station_code, correction.case_no)
    return None if case is None else case.stands_fen
