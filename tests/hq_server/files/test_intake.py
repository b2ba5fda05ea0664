"""Files taken in over a real database: once, whole, by a profile's version, with their bytes kept."""

from __future__ import annotations

import io
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from hq_server.db.file_tables import bank_entries, received_chunks, received_files
from hq_server.db.reconciliation_tables import settlement_lines
from hq_server.files.intake import Upload
from hq_server.files.profiles import current_profiles, set_profile, store_shipped, stored_profile, versions_of
from hq_server.files.raw_content import CHUNK_BYTES, open_content
from hq_server.files.rows import FileFacts
from hq_server.reconciliation.importing import import_file, import_upload
from hq_server.wording import RefusedError
from tests.hq_server.files.test_layouts import SAMPLE, sample_for
from tests.hq_server.people import ADMIN, MAKER, NOON
from tests.outside.layout_writers import DAY, LAYOUTS, PARTY, Booking, Written, camt_053, footer_totals


class Desk:
    """The desk that takes files in."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def take(self, written: Written, **how):
        def beside(_suffix: str) -> bytes | None:
            return None if written.flag is None else written.flag.encode()

        upload = Upload(written.name, io.BytesIO(written.content), beside)
        how.setdefault("stated", FileFacts(sums=written.notice))
        return import_upload(self.engine, MAKER, upload, NOON, **how)

    def refused(self, written: Written, **how) -> str:
        with pytest.raises(RefusedError) as refused:
            self.take(written, **how)
        assert "\n" not in refused.value.sentence.zh + refused.value.sentence.en
        return refused.value.sentence.en

    def set(self, name: str, document: str) -> int:
        with self.engine.begin() as connection:
            store_shipped(connection, NOON)
            return set_profile(connection, MAKER, name, document, NOON).version

    def document(self, name: str) -> str:
        with self.engine.begin() as connection:
            store_shipped(connection, NOON)
            return stored_profile(connection, name).document

    def count(self, table) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_every_layout_is_taken_by_its_files_name_and_its_rows_are_written(desk: Desk):
    own = {"bank-pipe": f'party = "{PARTY}"\n'}
    for seq, (name, write) in enumerate(LAYOUTS.items(), 1):
        # Parties of one day have files of one number each: every layout here is another party's.
        if name in own:
            desk.set(name, own[name] + desk.document(name))
        written = write(sample_for(name))
        if name != "bank-pipe":
            written = renamed(written, f"W{seq}")
        taken = desk.take(written)
        assert (taken.line_count, taken.profile_name) == (len(sample_for(name)), name)
    with desk.engine.connect() as connection:
        lines = connection.execute(select(settlement_lines)).all()
    assert len(lines) == sum(len(sample_for(name)) for name in LAYOUTS)
    assert {line.amount_fen for line in lines} == {claim.amount_fen for claim in SAMPLE}
    assert {line.batch_no for line in lines} == {"", "B01"}


def renamed(written: Written, party: str) -> Written:
    """The file as another party would write it; only G says in itself whose it is."""
    content = written.content.replace(f"HDR,{PARTY}".encode(), f"HDR,{party}".encode())
    return replace(written, name=written.name.replace(PARTY, party), content=content)


def test_a_statement_becomes_movements_of_the_account(desk: Desk):
    content = camt_053((Booking(7_260, details=((7_000, "A"), (260, "B"))), Booking(-50)))
    taken = desk.take(Written("6222000001_20261123_1.xml", content))
    assert (taken.party_code, taken.line_count, taken.net_fen) == ("6222000001", 3, 7_210)
    with desk.engine.connect() as connection:
        entries = connection.execute(select(bank_entries).order_by(bank_entries.c.row_no)).all()
        file = connection.execute(select(received_files)).one()
    found = [(one.entry_no, one.amount_fen, one.end_to_end_id) for one in entries]
    assert found == [(1, 7_000, "A"), (1, 260, "B"), (2, -50, "E2E-2")]
    assert (file.opening_fen, file.closing_fen) == (100_000, 107_210)


def test_a_file_without_totals_of_its_own_needs_those_of_the_notice(desk: Desk):
    written = LAYOUTS["end-mark"](SAMPLE)
    assert "state charge, count, net" in desk.refused(written, stated=FileFacts())
    assert desk.count(received_files) == 0
    wrong = FileFacts(sums={**written.notice, "net": 1})
    assert "net is stated as 0.01 yuan" in desk.refused(written, stated=wrong)
    assert "was refused then" in desk.refused(written, stated=wrong)
    assert desk.count(settlement_lines) == 0
    assert desk.take(written).net_fen == written.notice["net"], "a slip of the pen is put right"
    with desk.engine.connect() as connection:
        files = connection.execute(select(received_files).order_by(received_files.c.file_no)).all()
    assert [(one.state, one.stated["net"]) for one in files] == [("REFUSED", 1), ("ACCEPTED", written.notice["net"])]


def test_a_refused_file_may_come_again_under_a_new_version_and_an_accepted_one_never(desk: Desk):
    written = footer_totals(SAMPLE)
    document = desk.document("footer-totals")
    desk.set("footer-totals", document.replace('"HDR"', '"HEAD"'))
    first = desk.refused(written)
    assert "should read HEAD" in first
    assert "was refused then" in desk.refused(written)
    assert desk.set("footer-totals", document) == 3
    taken = desk.take(written)
    assert taken.profile_version == 3
    assert "received before" in desk.refused(written)
    assert "received before" in desk.refused(replace(written, name=f"{PARTY}.20261123.7.dat"))
    assert desk.count(received_files) == 2
    assert desk.count(settlement_lines) == 3


def test_of_two_clerks_at_once_one_takes_the_file_and_the_other_hears_so(desk: Desk):
    desk.document("footer-totals")
    written = footer_totals(SAMPLE)
    told: list[str] = []

    def take() -> None:
        try:
            desk.take(written)
            told.append("ACCEPTED")
        except RefusedError as refused:
            told.append(refused.code)

    clerks = [threading.Thread(target=take) for _ in range(2)]
    for clerk in clerks:
        clerk.start()
    for clerk in clerks:
        clerk.join()
    assert sorted(told) == ["ACCEPTED", "file_twice"]
    assert desk.count(settlement_lines) == len(SAMPLE)
    assert desk.count(received_files) == 1


def test_a_file_of_ten_gigabytes_is_refused_at_once_with_one_sentence(desk: Desk, tmp_path: Path):
    huge = tmp_path / f"{PARTY}.20261123.dat"
    with huge.open("wb") as stream:
        stream.truncate(10 * 1024**3)
    with pytest.raises(RefusedError, match="larger than 4 GB; have it sent in parts"):
        import_file(desk.engine, MAKER, huge, NOON)
    assert desk.count(received_files) == 0


def test_quiet_days_may_look_alike(desk: Desk):
    nothing = LAYOUTS["wechat-day"](())
    assert desk.take(nothing).line_count == 0
    assert desk.take(replace(nothing, name=f"{PARTY}All2026-11-24_day.csv")).business_date.day == 24
    assert "received before" in desk.refused(nothing)
    assert desk.count(received_chunks) == 1


def test_the_bytes_of_a_file_are_kept_whole_and_read_back_anywhere(desk: Desk):
    lines = b"".join(b"DTL,%060d,,5107001234,20261123120509,1.00\n" % n for n in range(11_000))
    content = b"HDR,SCDL,20261123\n" + lines + b"RECORDS,11000\nAMOUNT,11000.00\n"
    assert len(content) > CHUNK_BYTES
    taken = desk.take(Written(f"{PARTY}.20261123.dat", content))
    with desk.engine.connect() as connection:
        stream = open_content(connection, taken.sha256)
        assert stream.read() == content
        stream.seek(CHUNK_BYTES - 3)
        assert stream.read(6) == content[CHUNK_BYTES - 3 : CHUNK_BYTES + 3]
    assert desk.count(settlement_lines) == 11_000


def test_profiles_have_versions_and_only_sound_ones_are_set(desk: Desk):
    document = desk.document("footer-totals")
    assert desk.set("water", 'party = "WATER"\n' + document) == 1
    with desk.engine.begin() as connection:
        assert [one.version for one in versions_of(connection, "water")] == [1]
        assert [one.set_by for one in versions_of(connection, "footer-totals")] == [0]
        count = len(current_profiles(connection))
        store_shipped(connection, NOON)
        assert len(current_profiles(connection)) == count
        for name, text, why in (
            ("water", 'party = "WATER"\n' + document, "the same as the present version"),
            ("water", document.replace("{net}", "{-}"), "does not state net"),
            ("water", document + "\n[kindz]\n", "kindz is not known"),
            ("Water!", document, "small letters"),
            ("water", "title = [", "no TOML"),
        ):
            with pytest.raises(RefusedError, match=why):
                set_profile(connection, MAKER, name, text, NOON)
        with pytest.raises(RefusedError):
            set_profile(connection, ADMIN, "water", document, NOON)
    assert desk.take(renamed(footer_totals(SAMPLE), "WATER")).profile_name == "water", "the party's own goes first"


def test_a_file_of_another_party_date_or_number_is_refused(desk: Desk):
    written = footer_totals(SAMPLE)
    assert "belongs to SCDL, not to JYSW" in desk.refused(replace(written, name="JYSW.20261123.dat"))
    assert "not 2026" in desk.refused(replace(written, name=f"{PARTY}.20261122.dat"))
    assert "is not of the form of any profile" in desk.refused(replace(written, name="x.y.z"))
    assert "file's name says" in desk.refused(written, stated=FileFacts(date=DAY.replace(day=1)))
