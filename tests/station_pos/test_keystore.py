"""The station's key: made on the device, useless without the pass phrase, whole or absent on the disk."""

from __future__ import annotations

import json
import stat

import pytest

from station_pos.keystore import KdfCost, KeyFault, Keystore, KeystoreError
from tests.factories.journal import STATION, key

CHEAP = KdfCost(time_cost=1, memory_kib=64, parallelism=1)
PHRASE = "山上的桃花开了2026"
URL = "http://127.0.0.1:8800"


@pytest.fixture
def keystore(tmp_path):
    return Keystore(tmp_path / "keys", CHEAP)


@pytest.fixture
def key_file(keystore, tmp_path):
    keystore.keep(key(1), STATION, 1, PHRASE)
    return tmp_path / "keys" / "epoch-1.key"


def fault_of(call):
    with pytest.raises(KeystoreError) as caught:
        call()
    assert str(caught.value).count("\n") == 0
    assert str(caught.value)
    return caught.value.fault


class TestAKeptKey:
    def test_signs_as_before_once_opened(self, keystore, key_file):
        assert key_file.exists()
        assert keystore.open(1, PHRASE).sign(b"x") == key(1).sign(b"x")

    def test_is_readable_by_its_owner_only(self, key_file):
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700

    def test_is_nowhere_in_the_file_in_the_clear(self, key_file):
        content = key_file.read_bytes()
        secret = key(1).private_bytes_raw()
        assert secret not in content
        assert secret.hex().encode() not in content
        assert PHRASE.encode() not in content

    def test_names_what_a_guess_costs(self, key_file):
        kdf = json.loads(key_file.read_bytes())["kdf"]
        assert (kdf["name"], kdf["time_cost"], kdf["memory_kib"], kdf["parallelism"]) == ("argon2id", 1, 64, 1)
        assert len(bytes.fromhex(kdf["salt"])) == 16

    def test_by_default_costs_at_least_what_rfc_9106_asks_of_small_machines(self):
        assert KdfCost().memory_kib >= 64 * 1024
        assert KdfCost().time_cost >= 3

    def test_stays_closed_to_a_wrong_pass_phrase_and_is_not_changed_by_it(self, keystore, key_file):
        before = key_file.read_bytes()
        assert fault_of(lambda: keystore.open(1, PHRASE + "x")) is KeyFault.WRONG_PASS_PHRASE
        assert key_file.read_bytes() == before

    def test_may_be_kept_again_but_never_replaced(self, keystore, key_file):
        before = key_file.read_bytes()
        keystore.keep(key(1), STATION, 1, PHRASE)
        assert fault_of(lambda: keystore.keep(key(3), STATION, 1, PHRASE)) is KeyFault.EXISTS
        assert key_file.read_bytes() == before

    def test_cut_at_any_byte_gives_one_sentence(self, keystore, key_file):
        whole = key_file.read_bytes()
        for length in range(0, len(whole) - 3, 7):
            key_file.write_bytes(whole[:length])
            assert fault_of(lambda: keystore.open(1, PHRASE)) is KeyFault.DAMAGED

    @pytest.mark.parametrize(
        "change",
        [
            lambda row: row.update(format=2),
            lambda row: row.update(purpose="pending enrolment"),
            lambda row: row["kdf"].update(memory_kib=2**40),
            lambda row: row["kdf"].update(time_cost=0),
            lambda row: row["kdf"].update(salt="zz"),
            lambda row: row["cipher"].update(name="rot13"),
            lambda row: row["cipher"].update(nonce=""),
            lambda row: row.pop("sealed"),
        ],
    )
    def test_with_a_header_nobody_wrote_is_refused(self, keystore, key_file, change):
        row = json.loads(key_file.read_bytes())
        change(row)
        key_file.write_text(json.dumps(row))
        assert fault_of(lambda: keystore.open(1, PHRASE)) is KeyFault.DAMAGED

    def test_of_one_epoch_does_not_pass_for_another(self, keystore, key_file):
        row = json.loads(key_file.read_bytes())
        row["epoch"] = 2
        (key_file.parent / "epoch-2.key").write_text(json.dumps(row))
        with pytest.raises(KeystoreError):
            keystore.open(2, PHRASE)
        (key_file.parent / "epoch-2.key").write_bytes(key_file.read_bytes())
        assert fault_of(lambda: keystore.open(2, PHRASE)) is KeyFault.DAMAGED

    def test_that_was_never_made_is_said_to_be_missing(self, keystore):
        assert fault_of(lambda: keystore.open(1, PHRASE)) is KeyFault.NO_KEY

    def test_survives_a_folder_that_cannot_be_written(self, keystore, key_file):
        blocked = key_file.parent / ".epoch-2.key.new"
        blocked.mkdir()  # stands in the way of the new file, for root too
        assert fault_of(lambda: keystore.keep(key(3), STATION, 2, PHRASE)) is KeyFault.UNWRITABLE
        assert fault_of(lambda: keystore.open(2, PHRASE)) is KeyFault.NO_KEY
        assert keystore.open(1, PHRASE).sign(b"x") == key(1).sign(b"x")


class TestAPendingKey:
    def test_comes_back_with_its_code(self, keystore):
        made = keystore.make_pending(STATION, URL, "ABCDEFGH2345", PHRASE)
        found = keystore.open_pending(PHRASE)
        assert (found.public_key, found.station_code, found.hq_url, found.code) == (
            made.public_key,
            STATION,
            URL,
            "ABCDEFGH2345",
        )

    def test_does_not_show_its_code_on_the_disk(self, keystore, tmp_path):
        keystore.make_pending(STATION, URL, "ABCDEFGH2345", PHRASE)
        assert b"ABCDEFGH2345" not in (tmp_path / "keys" / "pending.key").read_bytes()

    def test_is_another_key_each_time(self, keystore):
        first = keystore.make_pending(STATION, URL, "ABCDEFGH2345", PHRASE)
        assert keystore.make_pending(STATION, URL, "ABCDEFGH2345", PHRASE).public_key != first.public_key

    def test_is_gone_once_dropped(self, keystore):
        keystore.make_pending(STATION, URL, "ABCDEFGH2345", PHRASE)
        keystore.drop_pending()
        keystore.drop_pending()
        assert not keystore.has_pending()
        assert fault_of(lambda: keystore.open_pending(PHRASE)) is KeyFault.NO_KEY

    def test_needs_a_pass_phrase_of_some_length(self, keystore):
        assert fault_of(lambda: keystore.make_pending(STATION, URL, "ABCDEFGH2345", "1234567")) is (
            KeyFault.WEAK_PASS_PHRASE
        )
        assert not keystore.has_pending()

    def test_leaves_no_half_file_when_the_disk_is_full(self, keystore, tmp_path):
        folder = tmp_path / "keys"
        folder.mkdir()
        (folder / ".pending.key.new").symlink_to("/dev/full")
        assert fault_of(lambda: keystore.make_pending(STATION, URL, "ABCDEFGH2345", PHRASE)) is KeyFault.UNWRITABLE
        assert list(folder.iterdir()) == []
