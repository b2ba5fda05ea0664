"""One exchange: HQ gets what is new, the station gets what is new, and nothing false is taken from anybody."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import cbor2
import pytest

from station_journal.exchange import Reply, Verdict, read_hello, read_reply, write_reply
from station_journal.frame import make_frame, read_frame
from station_journal.records import Side, TariffPublished
from station_journal.seal import Position, countersign
from station_pos.sync.link_fault import LinkError, LinkFault
from station_pos.sync.session import Pace, ReplyRefusedError
from station_pos.sync.stop import Stop
from station_pos.sync.witness import Witness, read_witness
from station_pos.workers.exchanger import Exchanger
from tests.factories.journal import STATION, TODAY, adopted, certificate, granted, key, public, taken, tariff
from tests.station_pos.sync.two_sides import Line, MemoryJournals, SmallHq, folded


class Pair:
    """A station and an HQ with a line between them."""

    def __init__(self, folder) -> None:
        self.hq = SmallHq()
        self.line = Line(self.hq)
        self.journals = MemoryJournals()
        self.witness_path = folder / "witness.json"
        self.exchanger = self.start()

    def start(self, key_number: int = 1) -> Exchanger:
        self.exchanger = Exchanger(self.journals, key(key_number), self.line, self.witness_path)
        self.exchanger.check_witness()
        return self.exchanger

    def sync(self, times: int = 12):
        findings = None
        for _ in range(times):
            findings = self.exchanger.exchange(Pace())
        return findings

    def ready_to_sell(self) -> None:
        self.hq.publish(tariff())
        self.hq.append(granted(5_000_000))
        self.sync(3)
        assert self.journals.books().standing().tariff_hash == tariff().hash

    def sell(self, count: int, first: int = 1) -> None:
        for number in range(first, first + count):
            self.journals.append(taken(number))

    def whole_state(self):
        journals = self.journals
        return (
            list(journals.station.records),
            list(journals.hq.records),
            dict(journals.acks),
            dict(journals.documents),
            journals.read_only,
            self.witness_path.read_bytes() if self.witness_path.exists() else b"",
        )


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


def forged(pair: Pair, **changes) -> Reply:
    """The reply HQ would give, changed."""
    request = pair.line.requests[-1]
    reply = read_reply(pair.hq.exchange(request), public(2))
    values = {name: getattr(reply, name) for name in Reply.__dataclass_fields__}
    values.update(changes)
    if "held" in changes and "held_signature" not in changes:
        values["held_signature"] = countersign(key(2), STATION, changes["held"])
    return Reply(**values)


def answer_with(pair: Pair, make, signer: int = 2) -> None:
    pair.line.carry = lambda _request: write_reply(key(signer), make())


class TestAnExchange:
    def test_brings_the_tariff_the_credit_and_the_adoption(self, pair):
        pair.ready_to_sell()
        pair.sync(2)
        assert pair.hq.station.records == pair.journals.station.records
        assert pair.hq.own.records == pair.journals.hq.records

    def test_ends_with_the_same_books_on_both_sides(self, pair):
        pair.ready_to_sell()
        pair.sell(20)
        pair.sync()
        theirs = folded(pair.hq.station, pair.hq.own, pair.hq.documents)
        assert theirs.balances == pair.journals.books().balances
        assert len(theirs.payments) == 20

    def test_leaves_a_witness_of_what_hq_signed(self, pair):
        pair.ready_to_sell()
        pair.sell(3)
        pair.sync(2)
        assert read_witness(pair.witness_path) == Witness(pair.journals.station_head())
        assert pair.journals.acknowledged() == pair.hq.station.head()

    def test_sends_nothing_when_there_is_nothing_new(self, pair):
        pair.ready_to_sell()
        pair.sync(3)
        idle = len(pair.line.requests[-1])
        assert idle < 300
        pair.sell(1)
        pair.sync(1)
        assert idle < len(pair.line.requests[-1])

    def test_without_carrying_sends_no_record(self, pair):
        pair.ready_to_sell()
        pair.sync(2)
        pair.sell(1)
        pair.exchanger.exchange(Pace(), 20, carrying=False)
        assert pair.exchanger.unsent() == 1

    def test_starts_small_and_grows(self, pair):
        pair.ready_to_sell()
        pair.sell(300)
        pace, sent = Pace(), []
        while pair.exchanger.unsent():
            before = len(pair.hq.station.records)
            pair.exchanger.exchange(pace)
            sent.append(len(pair.hq.station.records) - before)
            pace = pace.succeeded()
        assert sent[0] < sent[1] < 300
        assert len(sent) <= 5
        assert sum(len(data) for data in pair.hq.station.records[: sent[0]]) <= Pace().budget_bytes

    def test_that_hq_never_answered_is_simply_made_again(self, pair):
        pair.ready_to_sell()
        pair.sell(5)

        def lose_reply(request):
            pair.line.deliver(request)
            raise LinkError(LinkFault.CUT)

        pair.line.carry = lose_reply
        for _ in range(3):
            with pytest.raises(LinkError):
                pair.exchanger.exchange(Pace())
        pair.line.carry = pair.line.deliver
        pair.sync(2)
        assert pair.hq.station.records == pair.journals.station.records

    def test_under_way_when_the_station_closes_is_not_taken(self, pair):
        pair.ready_to_sell()
        pair.sell(1)
        before = pair.whole_state()

        def close_meanwhile(request):
            reply = pair.line.deliver(request)
            pair.exchanger.close()
            return reply

        pair.line.carry = close_meanwhile
        with pytest.raises(LinkError):
            pair.exchanger.exchange(Pace())
        assert pair.whole_state() == before


class TestAReplyIsRefused:
    @pytest.fixture
    def synced(self, pair):
        pair.ready_to_sell()
        pair.sell(4)
        pair.sync(3)
        pair.sell(2, first=5)
        return pair

    def refused(self, pair):
        before = pair.whole_state()
        with pytest.raises(ReplyRefusedError) as caught:
            pair.exchanger.exchange(Pace())
        assert pair.whole_state() == before
        pair.line.carry = pair.line.deliver
        pair.sync(2)
        assert pair.hq.station.records == pair.journals.station.records
        return str(caught.value)

    def test_where_another_key_signed_it(self, synced):
        answer_with(synced, lambda: forged(synced), signer=3)
        assert self.refused(synced)

    def test_where_another_key_signed_the_acknowledgement(self, synced):
        held = Position(1, 3, synced.journals.station.digest(3))
        answer_with(synced, lambda: forged(synced, held_signature=countersign(key(3), STATION, held)))
        assert self.refused(synced)

    def test_where_it_is_an_older_one_played_again(self, synced):
        old = synced.line.replies[-2]
        synced.sync(1)
        synced.sell(1, first=7)
        synced.line.carry = lambda _request: old
        assert self.refused(synced)

    def test_where_in_step_is_said_of_a_number_never_reached(self, synced):
        answer_with(synced, lambda: forged(synced, held=Position(1, 99, b"\7" * 32)))
        assert self.refused(synced)

    @pytest.mark.parametrize("verdict", [Verdict.DIVERGED, Verdict.EPOCH_CLOSED])
    def test_where_the_signed_positions_do_not_bear_the_verdict_out(self, synced, verdict):
        answer_with(synced, lambda: forged(synced, verdict=verdict))
        assert self.refused(synced)
        assert not synced.journals.read_only

    def test_where_hq_forgot_its_own_records(self, synced):
        answer_with(synced, lambda: forged(synced, hq_head=certificate(Side.HQ).start(), hq_frames=()))
        assert self.refused(synced)

    @pytest.mark.parametrize("whose", ["station", "hq"])
    def test_where_a_restored_hq_asks_from_a_place_that_was_never_passed(self, synced, whose):
        elsewhere = Position(1, 1, b"\7" * 32)
        start = synced.hq.station.certificate.start()
        places = {"held": elsewhere} if whose == "station" else {"held": start, "hq_head": elsewhere}
        answer_with(synced, lambda: forged(synced, verdict=Verdict.HQ_BEHIND, **places))
        assert self.refused(synced)
        assert not synced.journals.read_only

    def test_where_it_is_cut_at_any_byte(self, synced):
        whole = synced.line.deliver(synced.line.requests[-1])
        before = synced.whole_state()
        for length in range(len(whole)):
            synced.line.carry = lambda _request, length=length: whole[:length]
            with pytest.raises(ReplyRefusedError):
                synced.exchanger.exchange(Pace())
        assert synced.whole_state() == before

    @pytest.mark.parametrize(
        "nonsense",
        [b"", b"\x00", b"<html>", cbor2.dumps([b"x" * 9_000_000, b""]), cbor2.dumps([b"", b""]), b"\x9b" + b"\xff" * 8],
        ids=["empty", "zero", "html", "huge", "hollow", "huge claim"],
    )
    def test_where_it_is_nonsense(self, synced, nonsense):
        synced.line.carry = lambda _request: nonsense
        assert self.refused(synced)


class TestAFrameOfHq:
    @pytest.fixture
    def waiting(self, pair):
        pair.ready_to_sell()
        pair.sell(2)
        pair.sync(2)
        pair.hq.append(granted(50_000, 2))
        pair.sell(1, first=3)
        return pair

    def taken_but_for_the_frame(self, pair, frames):
        held = len(pair.journals.hq.records)
        answer_with(pair, lambda: forged(pair, hq_frames=frames))
        findings = pair.exchanger.exchange(Pace())
        assert findings.complaint
        assert len(pair.journals.hq.records) == held
        assert pair.journals.acknowledged() == pair.hq.station.head()
        pair.line.carry = pair.line.deliver
        pair.sync(2)
        assert pair.journals.hq.records == pair.hq.own.records

    def frame(self, pair, signer: int = 2, run=None, before=None) -> bytes:
        before = before or pair.journals.hq_head()
        return make_frame(key(signer), certificate(Side.HQ), before, run or pair.hq.own.records[before.seq :])[0]

    def test_sealed_by_another_key_is_not_taken(self, waiting):
        self.taken_but_for_the_frame(waiting, (self.frame(waiting, signer=3),))

    def test_with_a_gap_before_it_is_not_taken(self, waiting):
        head = waiting.journals.hq_head()
        gap = head._replace(seq=head.seq + 1)
        self.taken_but_for_the_frame(waiting, (self.frame(waiting, before=gap, run=[b"\x80"]),))

    def test_of_another_history_is_not_taken(self, waiting):
        other = waiting.journals.hq_head()._replace(digest=b"\1" * 32)
        self.taken_but_for_the_frame(waiting, (self.frame(waiting, before=other, run=waiting.hq.own.records[-1:]),))

    def test_that_claims_a_huge_size_is_not_taken(self, waiting):
        bomb = cbor2.dumps([1, "H", 1, 3, 2**40, b"\0" * 4, True, b"\0" * 100, b"\0" * 64])
        self.taken_but_for_the_frame(waiting, (bomb,))

    def test_cut_at_any_byte_is_not_taken(self, waiting):
        whole = self.frame(waiting)
        held = len(waiting.journals.hq.records)
        for length in range(len(whole)):
            answer_with(waiting, lambda length=length: forged(waiting, hq_frames=(whole[:length],)))
            assert waiting.exchanger.exchange(Pace()).complaint
            assert len(waiting.journals.hq.records) == held

    def test_that_overlaps_what_is_held_adds_only_what_is_new(self, waiting):
        start = certificate(Side.HQ).start()
        answer_with(waiting, lambda: forged(waiting, hq_frames=(self.frame(waiting, before=start),)))
        assert not waiting.exchanger.exchange(Pace()).complaint
        assert waiting.journals.hq.records == waiting.hq.own.records

    def test_played_twice_in_one_reply_counts_once(self, waiting):
        answer_with(waiting, lambda: forged(waiting, hq_frames=(self.frame(waiting),) * 2))
        assert not waiting.exchanger.exchange(Pace()).complaint
        assert waiting.journals.hq.records == waiting.hq.own.records


class TestADocument:
    def test_nobody_asked_for_is_not_kept(self, pair):
        pair.ready_to_sell()
        pair.sync(1)
        answer_with(pair, lambda: forged(pair, documents=(tariff(version="v9").to_bytes(),)))
        pair.exchanger.exchange(Pace())
        assert list(pair.journals.documents) == [tariff().hash]

    def test_asked_for_and_not_a_tariff_is_not_kept(self, pair):
        name = hashlib.sha256(b"no tariff").digest()
        pair.hq.documents[name] = b"no tariff"
        pair.hq.append(TariffPublished(name, TODAY))
        pair.sync(1)
        assert pair.exchanger.exchange(Pace()).complaint
        assert pair.journals.documents == {}
        assert pair.journals.station.records == []

    def test_is_adopted_only_when_its_date_has_come(self, pair):
        later = tariff(version="v2", effective_on=TODAY + timedelta(days=9))
        pair.ready_to_sell()
        pair.hq.publish(later)
        pair.sync(3)
        assert later.hash in pair.journals.documents
        assert pair.journals.books().standing().tariff_hash == tariff().hash
        pair.journals.today = TODAY + timedelta(days=9)
        pair.sync(1)
        assert pair.journals.books().standing().tariff_hash == later.hash


class TestARestoredStation:
    """Horizon's counter replacement: numbers used again, unsent records missed, nobody told."""

    @pytest.fixture
    def restored(self, pair):
        pair.ready_to_sell()
        pair.sell(3)
        pair.sync(3)
        image = pair.journals.image()
        pair.sell(5, first=4)
        pair.sync(3)
        pair.journals = image
        return pair

    def test_is_stopped_by_its_witness_before_anything_is_sold(self, restored):
        assert restored.start().stop is Stop.RESTORED
        assert restored.journals.read_only

    def test_without_its_witness_is_stopped_by_the_first_hello(self, restored):
        restored.witness_path.unlink()
        assert restored.start().stop is None
        restored.exchanger.exchange(Pace())
        assert restored.journals.read_only
        assert restored.exchanger.stop is Stop.RESTORED

    def test_gets_its_own_tail_back_and_loses_nothing(self, restored):
        restored.start()
        restored.sync()
        assert restored.journals.station.records == restored.hq.station.records
        assert restored.journals.acknowledged() == restored.hq.station.head()

    def test_stays_stopped_after_a_restart_until_a_new_epoch(self, restored):
        restored.start()
        restored.sync()
        assert restored.start().stop is Stop.RESTORED
        restored.journals.open_epoch(restored.hq.open_epoch(public(4)))
        assert restored.start(key_number=4).stop is None
        restored.sell(2, first=9)
        restored.sync(3)
        assert restored.hq.station.records == restored.journals.station.records
        assert restored.hq.station.epochs[-2:] == [2, 2]

    def test_that_sold_on_has_diverged_and_its_whole_branch_reaches_hq(self, restored):
        restored.witness_path.unlink()
        restored.start()
        restored.sell(200, first=90)
        before = list(restored.hq.station.records)
        restored.sync(12)
        assert restored.exchanger.stop is Stop.DIVERGED
        assert restored.journals.read_only
        assert restored.hq.station.records == before
        frames = [read_frame(data) for frames in restored.hq.branches for data in frames]
        shown = [data for frame in frames for data in frame.run]
        assert shown == restored.journals.station.records[frames[0].from_seq - 1 :]
        assert len(shown) >= 200
        assert restored.exchanger.unsent() == 0

    def test_is_not_seen_in_a_hello_that_a_later_one_overtook(self, pair):
        pair.ready_to_sell()
        pair.sync(2)

        def overtaken(request):
            pair.line.carry = pair.line.deliver
            pair.sell(3)
            pair.exchanger.exchange(Pace())
            return pair.line.deliver(request)

        pair.line.carry = overtaken
        pair.exchanger.exchange(Pace(), carrying=False)
        assert pair.exchanger.stop is None
        assert not pair.journals.read_only

    def test_is_told_from_the_position_hq_signed_even_where_hq_says_nothing_of_it(self, pair):
        pair.ready_to_sell()
        pair.sell(1)
        pair.sync(2)
        other = pair.journals.station_head()._replace(digest=b"\7" * 32)
        answer_with(pair, lambda: forged(pair, held=other))
        pair.sync(1)
        assert pair.exchanger.stop is Stop.DIVERGED
        assert pair.journals.acknowledged() != other

    def test_whose_place_was_taken_is_stopped(self, pair):
        pair.ready_to_sell()
        pair.sell(1)
        pair.sync(2)
        pair.hq.open_epoch(public(4))
        pair.sync(1)
        assert pair.exchanger.stop is Stop.EPOCH_CLOSED
        assert pair.journals.read_only

    def test_with_an_unreadable_witness_sells_only_after_hq_said_in_step(self, pair):
        pair.ready_to_sell()
        pair.sell(1)
        pair.sync(2)
        pair.witness_path.write_bytes(b"\0\0")
        pair.start()
        assert pair.journals.read_only
        pair.sync(1)
        assert not pair.journals.read_only
        assert read_witness(pair.witness_path) == Witness(pair.journals.station_head())


def test_an_adoption_is_a_record_of_the_system(pair):
    pair.ready_to_sell()
    facts = [rec for _, rec in pair.journals.station.decoded(Side.STATION)]
    assert [(rec.fact, rec.actor.number) for rec in facts] == [(adopted(tariff()), 0)]


def test_a_restored_hq_that_says_so_is_sent_again_what_it_lost_and_takes_no_acknowledgement_back(pair):
    pair.ready_to_sell()
    pair.sell(4)
    pair.sync(3)
    known = pair.journals.acknowledged()
    start = pair.hq.station.certificate.start()
    answer_with(pair, lambda: forged(pair, verdict=Verdict.HQ_BEHIND, held=start, hq_frames=()))
    findings = pair.exchanger.exchange(Pace())
    assert findings.complaint
    assert findings.behind == (start, pair.journals.hq_head())
    assert pair.journals.acknowledged() == known
    assert pair.exchanger.unsent() == len(pair.journals.station.records)
    assert pair.exchanger.stop is None
    pair.line.carry = pair.line.deliver
    pair.exchanger.exchange(Pace())
    frame = read_frame(read_hello(pair.line.requests[-1]).frames[0])
    assert frame.from_seq == 1  # from the beginning, as it was asked
    assert pair.exchanger.unsent() == 0
