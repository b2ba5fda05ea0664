"""The chain behind a payment and a break, over the real ledger: from the receipt to the file's line, and the trail."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from hq_server.db.break_tables import break_cases
from hq_server.reconciliation.breaks import suspense_accounts
from hq_server.reconciliation.causes import Action, Cause
from hq_server.reconciliation.chain import chain_of_case, chain_of_payment
from hq_server.reconciliation.resolving import Proposal, approve, propose
from hq_server.wording import Language, RefusedError
from tests.hq_server.counter_side import CODE
from tests.hq_server.people import MAKER, SECOND
from tests.hq_server.reconciliation.test_day_run import TODAY, Desk


def test_every_link_of_a_break_is_shown_with_its_place_and_nobody_is_blamed(engine: Engine, tmp_path: Path) -> None:
    desk = Desk(engine, tmp_path)
    seq = desk.sale("5107800010", 7_260)
    desk.told(seq, "5107800010", 7_200)
    desk.take()
    desk.run()
    with engine.begin() as connection:
        (case_no,) = connection.scalars(select(break_cases.c.case_no)).all()
        chain = chain_of_case(connection, case_no)
        assert chain == chain_of_payment(connection, CODE, seq)
    stages = [link.stage.en for link in chain]
    assert [stage for place, stage in enumerate(stages) if stage not in stages[:place]] == [
        "record",
        "held by HQ",
        "posting",
        "answer",
        "file line",
        "break",
    ]
    record, line, broken = (chain[stages.index(name)] for name in ("record", "file line", "break"))
    assert (record.reference, record.amount_fen) == (desk.counter.our_no(seq), 7_260)
    assert (line.reference, line.amount_fen) == (f"{TODAY} 1/1", 7_200)
    assert broken.amount_fen == -60
    assert "unexplained" in broken.words(Language.ENGLISH)
    assert "未结" in broken.words(Language.CHINESE)
    assert "缴费 成功" in line.words(Language.CHINESE)
    assert "原因不明" in broken.words(Language.CHINESE)

    with engine.begin() as connection:
        assert [(one.counterparty, one.short_fen) for one in suspense_accounts(connection)] == [("SCDL", -60)]
        why = Proposal(Action.CLAIM_FROM_COUNTERPARTY, Cause.COUNTERPARTY_BOOKING, "letter 12 of SCDL")
        propose(connection, MAKER, case_no, why, desk.clock())
        approve(connection, SECOND, case_no, desk.clock())
        trail = [
            link.words(Language.ENGLISH) for link in chain_of_case(connection, case_no) if link.stage.en == "trail"
        ]
        assert trail == [
            "staff 11 an end was proposed claim from the counterparty",
            "staff 12 ended by approval claim from the counterparty",
        ]
        assert suspense_accounts(connection) == []
        with pytest.raises(RefusedError):
            chain_of_payment(connection, CODE, 999)
