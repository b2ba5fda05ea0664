"""F7 over the real books: every entry of every service is listed, with its undo or the way out."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from station_journal.facts.cash import CashReason, NoteLine
from station_journal.facts.distribution import GoodsLine, GoodsListPublished, LeadKind, RegistrationFiled
from station_journal.facts.grants import CreditSealed, SealedGrant
from station_journal.goods_list import GoodsItem, goods_hash, write_goods
from station_journal.records import ReversalReason, StationFact
from station_journal.sealed_code import commitment_of
from station_pos.commands.cash_orders import CancelPouch, MoveCash, SealPouch
from station_pos.commands.distribution_orders import OrderGoods, ReceiveGoods, TakeLead
from station_pos.commands.grant_orders import ReleaseSealedGrant
from station_pos.commands.orders import IssueCopy
from station_pos.commands.outcome import Accepted
from station_pos.register import upkeep
from station_pos.services.entries import UndoOffer, WayOut
from station_pos.station_services.journal_entries import TITLES, WAYS_OUT, JournalEntries
from tests.station_pos.world import OWNER, World


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path / "station").ready()
    yield made
    made.close()


def test_every_kind_listed_is_a_record_and_has_an_undo_or_a_way_out():
    kinds = {fact.__name__ for fact in get_args(StationFact)}
    listed = set(TITLES) - {"done"}
    assert listed <= kinds
    assert listed - set(WAYS_OUT) == {"PouchSealed"}


def test_cash_moved_is_listed_with_its_sum_its_slip_and_the_way_out(world):
    moved = world.register.execute(MoveCash(OWNER, world.register.open_operation(), CashReason.OWNER_IN, 5_000))
    assert isinstance(moved, Accepted), moved
    entries = JournalEntries(world.register)
    (entry,) = entries.entries(10)
    assert (entry.seq, entry.amount_fen, entry.issued_seq) == (moved.seq, 5_000, moved.seq)
    found = entries.undo(entry.seq)
    assert isinstance(found, WayOut)
    assert "F10" in found.sentence


def test_the_undo_of_a_sealed_pouch_is_its_cancelling_once(world):
    world.register.execute(MoveCash(OWNER, world.register.open_operation(), CashReason.OWNER_IN, 50_000))
    sealed = world.register.execute(SealPouch(OWNER, "P-0001", (NoteLine(10_000, 1),), 0))
    assert isinstance(sealed, Accepted), sealed
    entries = JournalEntries(world.register)
    undo = entries.undo(sealed.seq)
    assert isinstance(undo, UndoOffer)
    order = undo.order(OWNER, ReversalReason.WRONG_AMOUNT)
    assert isinstance(order, CancelPouch)
    assert isinstance(world.register.execute(order), Accepted)
    again = world.register.execute(order)
    assert not isinstance(again, Accepted), "once only"


def test_a_top_up_by_code_is_listed_with_the_sum_that_it_opened(world):
    key = b"k" * 32
    grant = SealedGrant(1, 200_000, b"s" * 16, commitment_of(key))
    world.from_hq(CreditSealed((grant,), date(2026, 12, 1), 8, 1, 7, 8))
    released = world.accepted(ReleaseSealedGrant(OWNER, 1, key))
    (entry,) = JournalEntries(world.register).entries(10)
    assert (entry.seq, entry.amount_fen, entry.issued_seq) == (released.seq, 200_000, released.seq)
    assert world.accepted(IssueCopy(OWNER, entry.issued_seq)).print_jobs


def test_goods_and_leads_are_listed_and_the_slip_names_what_came_and_what_is_missing(world):
    goods = write_goods("1", (GoodsItem(11, "加碘盐", "Iodised salt", "袋", 180, 24),))
    named = goods_hash(goods)
    world.from_hq(GoodsListPublished(named), RegistrationFiled("51000000000012345", "*三", date(2027, 12, 31)))
    world.register.keep_document(goods)
    ordered = world.accepted(OrderGoods(OWNER, world.register.open_operation(), named, (GoodsLine(11, 24),)))
    received = world.accepted(ReceiveGoods(OWNER, world.register.open_operation(), ordered.seq, (GoodsLine(11, 20),)))
    lead = world.accepted(
        TakeLead(
            OWNER, world.register.open_operation(), LeadKind.LIFE, "张三", "13812346621", consent=True, salt=bytes(16)
        )
    )

    entries = JournalEntries(world.register)
    listed = [(entry.seq, entry.issued_seq) for entry in entries.entries(10)]
    assert listed == [(lead.seq, 0), (received.seq, received.seq), (ordered.seq, 0)]
    assert all(isinstance(entries.undo(seq), WayOut) for seq, _ in listed)
    assert "13812346621" not in repr(entries.entries(10))

    slip = upkeep.issued_text(world.register, received.seq, world.clock())
    shop, carrier = slip.split("送货人联")
    for copy in (shop, carrier):
        came, missing = copy.split("还缺:")
        assert ("11 加碘盐" in came, "20 袋" in came) == (True, True)
        assert ("11 加碘盐" in missing, "4 袋" in missing) == (True, True)
    assert world.accepted(IssueCopy(OWNER, received.seq)).print_jobs
