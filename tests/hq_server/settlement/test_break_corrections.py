"""A correction proposed from a break moves its sum the way that makes station and counterparty agree."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from hq_server.db.break_tables import break_cases
from hq_server.disputes import corrections
from hq_server.gateway.answering import Evidence, end_unknown
from hq_server.ledger.queries import station_position
from hq_server.settlement import break_corrections
from hq_server.wording import RefusedError
from station_journal.facts.disputes import CorrectedBook, CorrectionAnswer, CorrectionAnswered, DisputeGround
from station_journal.records import AnswerSource, Outcome
from tests.hq_server.counter_side import CODE, Counter
from tests.hq_server.people import MAKER, NOON, SECOND, SteppingClock

GIVEN = 100_000


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine, SteppingClock(), credit_fen=GIVEN)


def a_break(counter: Counter, **said: Any) -> int:
    case: dict[str, Any] = {"layer": "BILLER", "counterparty": "SCDL", "match_key": "OUR_SERIAL"}
    case |= {
        "business_date": NOON.date(),
        "state": "OPEN",
        "opened_at": NOON,
        "due_on": NOON.date(),
        "owner_no": MAKER.staff_no,
    }
    case |= {"account_no": "0081234567", "our_no": "", "their_no": "", "station_code": CODE}
    with counter.engine.begin() as connection:
        return int(connection.scalar(insert(break_cases).values(case | said).returning(break_cases.c.case_no)) or 0)


def paid(counter: Counter) -> int:
    """A bill paid, as the biller said too; gives its number."""
    seq = counter.pay("0081234567", "B1", 7_260)
    with counter.engine.begin() as connection:
        word = Evidence(Outcome.CONFIRMED, AnswerSource.REPLY)
        end_unknown(connection, counter.journal, CODE, seq, word, counter.clock())
    counter.post()
    return seq


def propose(counter: Counter, case_no: int) -> corrections.Proposal:
    with counter.engine.begin() as connection:
        return break_corrections.propose(connection, MAKER, case_no, "对方文件", counter.clock(), stale_days=60)


def accepted(counter: Counter, made: corrections.Proposal) -> int:
    """Have a second person approve and the station accept; gives its free credit then."""
    with counter.engine.begin() as connection:
        corrections.approve(connection, counter.journal, SECOND, CODE, made.correction_no, counter.clock())
    counter.post()
    counter.send(CorrectionAnswered(made.correction_no, CorrectionAnswer.ACCEPTED, DisputeGround.NOT_GIVEN, ""))
    with counter.engine.connect() as connection:
        return station_position(connection, CODE).credit_free_fen


@pytest.mark.parametrize(
    ("line_fen", "free_fen"),
    [
        pytest.param(7_200, GIVEN - 7_200, id="what the biller never got comes back"),
        pytest.param(7_300, GIVEN - 7_300, id="what the biller got above it is asked of the station"),
    ],
)
def test_an_accepted_one_leaves_the_credit_as_the_billers_figure_would_have(
    counter: Counter, line_fen: int, free_fen: int
) -> None:
    seq = paid(counter)
    said = {"break_class": "AMOUNT_MISMATCH", "item": f"S:{seq}", "payment_seq": seq, "ours_fen": 7_260}
    number = a_break(counter, **said, theirs_fen=line_fen, difference_fen=line_fen - 7_260)
    assert accepted(counter, propose(counter, number)) == free_fen
    with pytest.raises(RefusedError, match="was put to the station before"):
        propose(counter, number)


@pytest.mark.parametrize(
    ("said", "figures"),
    [
        # The biller took the payment back, so its line's sum is nothing that it has.
        ({"ours_fen": 7_260, "theirs_fen": 7_260, "difference_fen": -7_260}, (-7_260, 0)),
        ({"ours_fen": 7_260, "theirs_fen": 7_200, "difference_fen": -7_260}, (-7_260, 0)),
        # Booked twice here, once there.
        ({"ours_fen": 7_260, "theirs_fen": None, "difference_fen": -7_260}, (-7_260, 0)),
        # Declined or reversed here, paid there: the sale took nothing of the station's.
        ({"ours_fen": 7_260, "theirs_fen": 7_260, "difference_fen": 7_260}, (0, -7_260)),
    ],
)
def test_its_figures_are_what_the_sale_took_and_should_have_taken(
    counter: Counter, said: dict[str, int | None], figures: tuple[int, int]
) -> None:
    seq = paid(counter)
    place = {"break_class": "STATUS_MISMATCH", "item": f"S:{seq}", "payment_seq": seq}
    draft = propose(counter, a_break(counter, **place, **said)).draft
    assert (draft.old_fen, draft.new_fen) == figures


def test_cash_paid_out_that_the_bank_debited_nobody_for_is_made_good(counter: Counter) -> None:
    seq = paid(counter)  # which record it cites is no matter here
    said = {"layer": "BANK", "counterparty": "100", "item": f"W:{seq}", "break_class": "OURS_ONLY"}
    number = a_break(counter, **said, ours_fen=50_000, theirs_fen=None, difference_fen=-50_000)
    draft = propose(counter, number).draft
    assert (draft.book, draft.old_fen, draft.new_fen) == (CorrectedBook.CURRENT, -50_000, 0)


def test_a_break_in_which_no_sum_differs_has_none(counter: Counter) -> None:
    seq = paid(counter)
    said = {"break_class": "FEE_MISMATCH", "item": f"S:{seq}", "payment_seq": seq}
    number = a_break(counter, **said, ours_fen=7_260, theirs_fen=7_260, difference_fen=0)
    with pytest.raises(RefusedError, match="nothing to correct"):
        propose(counter, number)
    unknown = SimpleNamespace(layer="ACCOUNT", payment_seq=None, item="L:1", difference_fen=5)
    assert break_corrections.change_fen(unknown) == 0  # type: ignore[arg-type]
