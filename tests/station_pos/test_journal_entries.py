"""F7 over the real books: every entry of every service is listed, with its undo or the way out."""

from __future__ import annotations

from typing import get_args

import pytest

from station_journal.facts.cash import CashReason, NoteLine
from station_journal.records import ReversalReason, StationFact
from station_pos.commands.cash_orders import CancelPouch, MoveCash, SealPouch
from station_pos.commands.outcome import Accepted
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
