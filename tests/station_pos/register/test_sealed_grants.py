"""Opening sealed grants over the real register: once, offline, ten wrong codes a day, and nothing half-done."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from station_journal.accounts import Account
from station_journal.facts.grants import (
    CodeRefusal,
    CreditSealed,
    GrantCodeRefused,
    SealedGrant,
    SealedGrantReleased,
    SealedGrantRevoked,
    SealedGrantSold,
)
from station_journal.sealed_code import commitment_of
from station_pos.commands.grant_orders import ReleaseSealedGrant
from station_pos.commands.grants import TRIES_A_DAY
from station_pos.commands.orders import IssueCopy
from station_pos.commands.outcome import Refusal, Refused
from station_pos.register import upkeep
from tests.station_pos.world import CLERK, World

KEY = b"k" * 32
UNTIL = date(2026, 10, 30)


def sealed(grant_no: int = 1, amount_fen: int = 200_000, until: date = UNTIL) -> CreditSealed:
    return CreditSealed((SealedGrant(grant_no, amount_fen, b"s" * 16, commitment_of(KEY)),), until, 8, 1, 7, 8)


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path).ready(credit_fen=0)
    world.from_hq(sealed())
    return world


def credit_fen(world: World) -> int:
    with world.database.reading() as connection:
        return int(
            connection.exec_driver_sql(
                "SELECT ifnull(sum(balance_fen), 0) FROM balances WHERE account=?", (int(Account.CREDIT_FREE),)
            ).scalar_one()
        )


def test_the_right_code_is_credit_at_once_with_a_slip_that_can_be_copied(world: World):
    world.link_down()
    outcome = world.accepted(ReleaseSealedGrant(CLERK, 1, KEY))
    assert outcome.facts == (SealedGrantReleased(1, KEY),)
    assert credit_fen(world) == 200_000
    assert len(outcome.print_jobs) == 1
    slip = upkeep.issued_text(world.register, outcome.seq, world.clock())
    for words in ("额度充值凭条", "2,000.00", "贰仟元整", "00000001", "李四"):
        assert words in slip
    copied = world.accepted(IssueCopy(CLERK, outcome.seq))
    assert copied.print_jobs
    assert world.accepted(world.pay()).payment is not None  # and it may be spent


def test_the_same_code_again_is_said_to_be_used_and_costs_no_try(world: World):
    world.accepted(ReleaseSealedGrant(CLERK, 1, KEY))
    before = world.rows("SELECT count(*) FROM journal")
    again = world.register.execute(ReleaseSealedGrant(CLERK, 1, KEY))
    assert isinstance(again, Refused)
    assert again.reason is Refusal.GRANT_SPENT
    assert world.rows("SELECT count(*) FROM journal") == before
    world.from_hq(SealedGrantSold(1, 3, 7, 8))
    assert credit_fen(world) == 200_000


@pytest.mark.parametrize(
    ("grant_no", "key", "fact"),
    [
        (1, b"x" * 32, GrantCodeRefused(1, CodeRefusal.WRONG_CODE)),
        (2, b"", GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT)),
        (0, b"", GrantCodeRefused(0, CodeRefusal.NO_SUCH_GRANT)),
    ],
)
def test_a_wrong_code_is_a_record_and_nothing_else(world: World, grant_no: int, key: bytes, fact: GrantCodeRefused):
    outcome = world.accepted(ReleaseSealedGrant(CLERK, grant_no, key))
    assert outcome.facts == (fact,)
    assert outcome.print_jobs == ()
    assert credit_fen(world) == 0


def test_ten_wrong_codes_close_the_day_for_the_right_one_too_across_restarts(world: World):
    for number in range(TRIES_A_DAY):
        if number == TRIES_A_DAY // 2:
            world.reopen()
        world.accepted(ReleaseSealedGrant(CLERK, 1, b"x" * 32))
    for key in (b"x" * 32, KEY):
        refused = world.register.execute(ReleaseSealedGrant(CLERK, 1, key))
        assert isinstance(refused, Refused)
        assert refused.reason is Refusal.CODE_TRIES_USED
    world.register.rebuild()
    assert isinstance(world.register.execute(ReleaseSealedGrant(CLERK, 1, KEY)), Refused)
    world.clock.forward(days=1)
    world.accepted(ReleaseSealedGrant(CLERK, 1, KEY))
    assert credit_fen(world) == 200_000


@pytest.mark.parametrize(("days", "reason"), [(0, Refusal.GRANT_REVOKED), (8, Refusal.GRANT_EXPIRED)])
def test_the_right_code_too_late_says_so_and_costs_no_try(world: World, days: int, reason: Refusal):
    if days:
        world.register.heard_at(int(world.clock.now.timestamp()) + days * 86_400)
        world.clock.forward(days=days)
    else:
        world.from_hq(SealedGrantRevoked(1))
    refused = world.register.execute(ReleaseSealedGrant(CLERK, 1, KEY))
    assert isinstance(refused, Refused)
    assert refused.reason is reason
    assert credit_fen(world) == 0


def test_figures_derived_again_are_the_same(world: World):
    world.accepted(ReleaseSealedGrant(CLERK, 1, b"x" * 32))
    world.accepted(ReleaseSealedGrant(CLERK, 1, KEY))
    world.from_hq(SealedGrantSold(1, 3, 7, 8))
    tables = ("balances", "subjects", "issued_papers")
    before = [sorted(map(repr, world.rows(f"SELECT * FROM {table}"))) for table in tables]
    world.register.rebuild()
    assert [sorted(map(repr, world.rows(f"SELECT * FROM {table}"))) for table in tables] == before
