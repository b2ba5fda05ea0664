"""更正与争议 and 已知问题 by keys alone: Accept, Dispute and Ask side by side, offline too."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from station_journal.facts.disputes import (
    CaseAnswered,
    CaseNoted,
    CaseRuled,
    CaseTaken,
    CorrectionAnswer,
    CorrectionAnswered,
    DisputeAbout,
    DisputeRaised,
    FindingCause,
)
from station_journal.facts.known_faults import KnownFaultEnded, KnownFaultTold, TouchedRecord
from station_journal.records import AlarmCode, AlarmRaised, CommissionStated, Side, StaffNamed
from station_pos.store import journal
from station_pos.text import Language
from tests.station_pos.test_dispute_commands import _hash, credit, proposal
from tests.station_pos.tui.at_counter import NARROW, WIDE
from tests.station_pos.tui.test_over_the_register import PIN, real, world  # noqa: F401 - a fixture

EVERY_WAY = [(NARROW, Language.ZH), (WIDE, Language.EN)]


def recorded(world, kind):  # noqa: F811
    from station_journal.codec import decode

    with world.database.reading() as connection:
        run = journal.run(connection, Side.STATION, 0, 1_000)
    facts = [decode(entry.data, Side.STATION).fact for entry in run]
    return [fact for fact in facts if isinstance(fact, kind)]


@pytest.mark.parametrize(("size", "language"), EVERY_WAY)
async def test_a_correction_is_shown_with_its_evidence_and_disputed_with_three_keys(world, size, language):  # noqa: F811
    world.from_hq(StaffNamed(7, "赵六"), proposal(world))
    async with real(world, size=size, language=language) as till:
        till.counter.played.up = False
        assert "gz" in till.row(2), "the alert says that an answer is asked for"
        await till.type("gz")
        await till.keys("enter")
        assert "G-0001" in till.shown
        await till.keys("enter")
        less = {Language.ZH: "认可则您少 400.00", Language.EN: "accepted: 400.00 less for you"}[language]
        for said in ("472.60", "72.60", less, "赵六 (7)", "供电公司对账单"):
            assert said in till.shown, said
        await till.keys("enter")
        assert "户号 0081234567 应收 72.60" in till.shown
        await till.keys("escape")
        till.keys_pressed = 0
        await till.keys("minus", "1", "enter")
        assert till.keys_pressed == 3
        (fact,) = recorded(world, CorrectionAnswered)
        assert (fact.answer, fact.ground.name) == (CorrectionAnswer.DISPUTED, "FIGURE_WRONG")
        assert "D-0001" in till.shown
        assert credit(world) == world_credit(till)
        await till.keys("enter")
        assert ("未查明" if language is Language.ZH else "unexplained") in till.shown
        await till.keys("enter")
        assert "472.60" in till.shown, "Enter shows the correction again"


def world_credit(till):
    return till.counter.state().credit_free_fen


async def test_acceptance_takes_the_owners_pin_and_leaving_takes_nothing(world):  # noqa: F811
    world.from_hq(proposal(world))
    before = credit(world)
    async with real(world) as till:
        await till.type("gz")
        await till.keys("enter", "enter", "plus")
        await till.type("9999")
        await till.keys("enter")
        assert recorded(world, CorrectionAnswered) == []
        await till.keys("escape")
        assert credit(world) == before
        await till.keys("plus")
        await till.type(PIN)
        await till.keys("enter")
        assert credit(world) == before - 40_000
        assert [fact.answer for fact in recorded(world, CorrectionAnswered)] == [CorrectionAnswer.ACCEPTED]
        await till.keys("enter", "plus")
        assert len(recorded(world, CorrectionAnswered)) == 1


async def test_a_clerk_and_unseen_evidence_cannot_accept_but_may_dispute(world):  # noqa: F811
    world.from_hq(proposal(world), proposal(world, correction_no=2, evidence_hash=b"x" * 32))
    async with real(world) as till:
        await till.type("gz")
        await till.keys("enter", "enter", "plus")
        assert "证据还没到" in till.shown, "the newest stands first: its evidence is still on its way"
        await till.keys("escape")
        till.app.desk.operator = till.counter.operators()[1]
        await till.keys("*", "2", "plus")
        assert "站主" in till.shown
        assert recorded(world, CorrectionAnswered) == []
        await till.keys("minus", "enter")
        assert [fact.correction_no for fact in recorded(world, CorrectionAnswered)] == [1]


async def test_a_question_its_answer_and_then_the_dispute(world):  # noqa: F811
    world.from_hq(proposal(world))
    async with real(world) as till:
        await till.type("gz")
        await till.keys("enter", "enter", "*", "1")
        await till.keys("4", "enter")
        assert [fact.answer for fact in recorded(world, CorrectionAnswered)] == [CorrectionAnswer.ASKED]
        world.from_hq(CaseTaken(1, 7, date(2026, 10, 30)), CaseAnswered(1, "附上电力公司来函"))
        await till.keys("escape")
        await till.type("gz")
        await till.keys("enter", "enter")
        assert "附上电力公司来函" in till.shown
        await till.keys("minus", "enter")
        assert [fact.answer.name for fact in recorded(world, CorrectionAnswered)] == ["ASKED", "DISPUTED"]


@pytest.mark.parametrize(("size", "language"), EVERY_WAY)
async def test_a_case_shows_its_owner_and_day_is_late_ruled_read_and_printed(world, size, language):  # noqa: F811
    world.from_hq(StaffNamed(7, "赵六"), proposal(world))
    async with real(world, size=size, language=language) as till:
        await till.type("gz")
        await till.keys("enter", "enter", "minus", "enter")
        world.from_hq(CaseTaken(1, 7, date(2026, 10, 22)))
        await till.keys("enter")
        assert "赵六 (7)" in till.shown
        assert ("逾期" if language is Language.ZH else "late") in till.shown
        await till.keys("*", "1")
        await till.type("camera")
        await till.keys("enter")
        assert [fact.note for fact in recorded(world, CaseNoted)] == ["camera"]
        ruled = CaseRuled(1, FindingCause.HQ_ERROR, "总部把另一户的账单记到本站", _hash(), "来函", 0, 0, 7, 8)
        world.from_hq(ruled)
        await till.keys("escape")
        await till.type("gz")
        await till.keys("enter", "enter")
        for said in ("总部把另一户的账单记到本站", "400.00", "赵六 (7)"):
            assert said in till.shown, said
        await till.keys("plus")
        assert [fact.what.name for fact in recorded(world, CaseNoted)] == ["STATEMENT", "RULING_READ"]


async def test_a_dispute_is_taken_back_by_one_key_and_once(world):  # noqa: F811
    world.from_hq(proposal(world))
    async with real(world) as till:
        await till.type("gz")
        await till.keys("enter", "enter", "minus", "enter", "enter", "minus")
        assert [fact.what.name for fact in recorded(world, CaseNoted)] == ["WITHDRAWN"]
        await till.keys("enter", "minus")
        assert len(recorded(world, CaseNoted)) == 1


async def test_dispute_stands_beside_every_record_and_every_statement(world):  # noqa: F811
    world.from_hq(CommissionStated(202610, 5_000, 0, "none", ()))
    async with real(world) as till:
        await till.keys("f9", "d")
        await till.keys("enter")
        assert [(fact.about, fact.of_seq) for fact in recorded(world, DisputeRaised)] == [
            (DisputeAbout.COMMISSION, world.hq_position.seq)
        ]
        await till.keys("escape", "escape", "f8", "plus", "*", "1")
        assert "D-0001" in till.shown, "the statement has its case already"
        await till.keys("escape", "escape", "escape", "f9", "down", "down", "d")
        await till.keys("7", "enter")
        assert len(recorded(world, DisputeRaised)) == 2


@pytest.mark.parametrize(("size", "language"), EVERY_WAY)
async def test_the_board_shows_faults_with_counts_and_findings_with_code_and_sum(world, size, language):  # noqa: F811
    told = KnownFaultTold(17, "重印多记", "Reprints counted", "先看纸", "Look first", date(2026, 10, 1), 3, ())
    told = replace(told, touched=(TouchedRecord(4), TouchedRecord(6)))
    world.from_hq(told, AlarmRaised(AlarmCode.RULE_BROKEN, 4, 7_500))
    async with real(world, size=size, language=language) as till:
        await till.type("wt")
        await till.keys("enter")
        for said in ("K-17", "A-2", "75.00"):
            assert said in till.shown, said
        await till.keys("*", "1")
        for said in ("3", "4, 6", "先看纸" if language is Language.ZH else "Look first"):
            assert said in till.shown, said
        await till.keys("escape", "down", "enter")
        assert "A-2 RULE_BROKEN" in till.shown
        await till.keys("minus", "enter")
        assert [fact.about for fact in recorded(world, DisputeRaised)] == [DisputeAbout.HQ_RECORD]
        world.from_hq(KnownFaultEnded(17, "已更新", "Updated"))
        await till.keys("escape", "escape", "escape")
        await till.type("wt")
        await till.keys("enter", "*", "2")
        assert ("已更新" if language is Language.ZH else "Updated") in till.shown


@pytest.mark.parametrize(("stations", "said"), [(1, "目前只见于本站"), (3, "不只您一家: 涉及 3 个站点")])
async def test_the_board_says_whether_others_have_the_fault_too(world, stations, said):  # noqa: F811
    world.from_hq(
        KnownFaultTold(17, "重印多记", "Reprints counted", "先看纸", "Look first", date(2026, 10, 1), stations, ())
    )
    async with real(world) as till:
        await till.type("wt")
        await till.keys("enter")
        assert said in till.shown
