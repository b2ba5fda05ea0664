"""The high-water witness: an older database image is noticed, and nothing unreadable is taken for none."""

from __future__ import annotations

import pytest

from station_journal.seal import Position
from station_pos.sync.stop import Stop
from station_pos.sync.witness import Witness, WitnessError, read_witness, stop_by_witness, write_witness


def digest(seq: int, history: int = 1) -> bytes:
    return bytes([history, seq]) * 16


def at(seq: int, *, epoch: int = 1, history: int = 1) -> Position:
    return Position(epoch, seq, digest(seq, history))


def journal(head_seq: int, history: int = 1):
    return lambda _epoch, seq: digest(seq, history) if 0 < seq <= head_seq else None


class TestAWitness:
    @pytest.mark.parametrize("stop", [None, *Stop])
    def test_comes_back_as_it_was_written(self, tmp_path, stop):
        write_witness(tmp_path / "w.json", Witness(at(7), stop))
        assert read_witness(tmp_path / "w.json") == Witness(at(7), stop)

    def test_that_never_was_is_none(self, tmp_path):
        assert read_witness(tmp_path / "w.json") is None

    @pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"format": 1, "epoch": 1, "seq": -1}'])
    def test_that_cannot_be_read_is_an_error(self, tmp_path, content):
        (tmp_path / "w.json").write_bytes(content)
        with pytest.raises(WitnessError):
            read_witness(tmp_path / "w.json")

    def test_cut_anywhere_is_an_error(self, tmp_path):
        path = tmp_path / "w.json"
        write_witness(path, Witness(at(7)))
        whole = path.read_bytes()
        for length in range(len(whole) - 2):
            path.write_bytes(whole[:length])
            with pytest.raises(WitnessError):
                read_witness(path)

    def test_stands_when_the_new_one_cannot_be_written(self, tmp_path):
        path = tmp_path / "w.json"
        write_witness(path, Witness(at(7)))
        (tmp_path / ".w.json.new").symlink_to("/dev/full")
        with pytest.raises(WitnessError):
            write_witness(path, Witness(at(8)))
        assert read_witness(path) == Witness(at(7))


class TestADatabaseAgainstItsWitness:
    def test_may_go_on_where_nothing_was_ever_witnessed(self):
        assert stop_by_witness(None, at(5), journal(5)) is None

    @pytest.mark.parametrize("witnessed", [1, 4, 5])
    def test_may_go_on_where_it_holds_what_was_witnessed(self, witnessed):
        assert stop_by_witness(Witness(at(witnessed)), at(5), journal(5)) is None

    def test_that_ends_before_its_witness_was_restored(self):
        assert stop_by_witness(Witness(at(6)), at(5), journal(5)) is Stop.RESTORED

    @pytest.mark.parametrize("witnessed", [3, 5])
    def test_that_holds_another_history_has_diverged(self, witnessed):
        assert stop_by_witness(Witness(at(witnessed, history=2)), at(5), journal(5)) is Stop.DIVERGED

    def test_stays_stopped_until_a_new_epoch(self):
        stopped = Witness(at(5), Stop.RESTORED)
        assert stop_by_witness(stopped, at(5), journal(5)) is Stop.RESTORED
        assert stop_by_witness(stopped, at(5, epoch=2), journal(5)) is None

    def test_of_an_earlier_epoch_than_witnessed_was_restored(self):
        assert stop_by_witness(Witness(at(5, epoch=2)), at(9), journal(9)) is Stop.RESTORED
