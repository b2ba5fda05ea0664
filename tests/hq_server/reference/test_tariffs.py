from __future__ import annotations

from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from hq_server.hq_journal import HeldJournal, HqJournal, announce_tariffs
from hq_server.reference.tariffs import pinyin_initials, publish, published, tariff_document, tariff_of_json
from hq_server.wording import RefusedError
from station_journal.codec import decode
from station_journal.frame import read_frame
from station_journal.records import Side, TariffPublished
from station_journal.tariff import read_tariff
from tests.hq_server.people import MAKER, MARKETING, NOON, add_people, enrol_station, product_row, tariff, tariff_text

HQ = Ed25519PrivateKey.from_private_bytes(b"h" * 32)


class TestPinyinInitials:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [("电费", {"df"}), ("长虹", {"ch", "zh"}), ("重庆", {"cq", "zq"}), ("4G套餐", {"4gtc"}), ("（）", set())],
    )
    def test_every_reading_is_found(self, name: str, expected: set[str]) -> None:
        assert expected <= set(pinyin_initials(name))

    @given(st.text(max_size=12))
    def test_only_letters_and_digits_come_out_and_never_nothing(self, name: str) -> None:
        assert all(text and text == text.lower() for text in pinyin_initials(name))

    def test_a_name_full_of_readings_is_bounded(self) -> None:
        assert len(pinyin_initials("重长行乐还" * 8)) <= 256


class TestReadingAWrittenTariff:
    def test_a_whole_one_becomes_the_document_that_stations_verify(self) -> None:
        built = tariff()
        assert read_tariff(built.to_bytes()) == built
        assert {"df", "scdl"} <= set(built.products[0].initials)

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"fee_fen": 0.5}, "0.5 is no integer"),
            ({"fee_fen": "50"}, "is not int"),
            ({"fee_fen": -1}, "not below zero"),
            ({"amount_min_fen": 0}, "above zero"),
            ({"account_pattern": "["}, "no regular expression"),
            ({"surcharge_fen": 1}, "unknown field 'surcharge_fen'"),
            ({"service": "gold"}, "'GOLD' is missing"),
            ({"commission": {"basis": "ratio", "value": 1}}, "'version' is missing"),
        ],
    )
    def test_one_bad_field_refuses_it_whole(self, change: dict[str, object], sentence: str) -> None:
        with pytest.raises(RefusedError, match=sentence):
            tariff_of_json(tariff_text("v", date(2026, 12, 1), product_row(), product_row(7, **change)))

    @pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 1}', "null"])
    def test_anything_else_is_refused_in_one_sentence(self, text: str) -> None:
        with pytest.raises(RefusedError, match=r"^the tariff is refused whole: "):
            tariff_of_json(text)

    def test_a_code_twice_is_refused(self) -> None:
        with pytest.raises(RefusedError, match="no code twice"):
            tariff_of_json(tariff_text("v", date(2026, 12, 1), product_row(), product_row()))


class TestPublishing:
    def test_the_first_tariff_binds_at_once_and_a_change_takes_five_working_days(self, engine: Engine) -> None:
        add_people(engine)
        enrol_station(engine, HQ)
        with engine.begin() as connection:
            publish(connection, MAKER, tariff(), NOON)
        assert announce_tariffs(engine, HqJournal(HQ), NOON) == 1
        with engine.begin() as connection:
            # From Monday 23 November five working days end on Monday 30 November.
            with pytest.raises(RefusedError, match="2026-11-30 is the earliest"):
                publish(connection, MAKER, tariff("2026-12", date(2026, 11, 29)), NOON)
            publish(connection, MAKER, tariff("2026-12", date(2026, 11, 30)), NOON)
            assert [version for version, _, _ in published(connection)] == ["2026-11", "2026-12"]

    def test_a_version_is_published_once_and_again_is_no_change(self, engine: Engine) -> None:
        add_people(engine)
        with engine.begin() as connection:
            name = publish(connection, MAKER, tariff(), NOON)
            assert publish(connection, MAKER, tariff(), NOON) == name
            assert tariff_document(connection, name) == tariff().to_bytes()
            with pytest.raises(RefusedError, match="another content"):
                publish(connection, MAKER, tariff("2026-11", date(2026, 12, 24)), NOON)
            with pytest.raises(RefusedError, match="may not do this"):
                publish(connection, MARKETING, tariff("x"), NOON)

    def test_each_station_is_told_once_whenever_it_was_approved(self, engine: Engine) -> None:
        add_people(engine)
        enrol_station(engine, HQ, "ST-0001")
        journal = HqJournal(HQ)
        with engine.begin() as connection:
            name = publish(connection, MAKER, tariff(), NOON)
        assert announce_tariffs(engine, journal, NOON) == 1
        enrol_station(engine, HQ, "ST-0002")
        assert announce_tariffs(engine, journal, NOON) == 1
        assert announce_tariffs(engine, journal, NOON) == 0
        with engine.connect() as connection:
            for code in ("ST-0001", "ST-0002"):
                frames = HeldJournal.open(connection, code, Side.HQ).frames(connection, 0, 10_000)
                facts = [decode(data, Side.HQ).fact for frame in frames for data in read_frame(frame).run]
                assert facts == [TariffPublished(name, date(2026, 11, 23))]

    def test_a_new_station_is_not_told_of_a_tariff_that_is_past(self, engine: Engine) -> None:
        add_people(engine)
        with engine.begin() as connection:
            publish(connection, MAKER, tariff("old", date(2026, 11, 1)), NOON)
            publish(connection, MAKER, tariff("now", date(2026, 11, 20)), NOON)
            publish(connection, MAKER, tariff("next", date(2026, 12, 20)), NOON)
        enrol_station(engine, HQ)
        assert announce_tariffs(engine, HqJournal(HQ), NOON) == 2
