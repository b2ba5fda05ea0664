from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.resources import files

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from hq_server import audit
from hq_server.audit import AuditTag
from hq_server.db.metadata import REFERENCE, STATION, STATION_CODE
from hq_server.db.migrating import all_tables, distribute, migrate, newest_step, require_current
from hq_server.wording import RefusedError
from station_journal.facts.withdrawals import PersonalId
from station_journal.rules.withdrawal import Withdrawal
from station_journal.subject import to_row_bytes
from tests.hq_server.people import NOON


class TestTheSchemaCanBeDistributedByStation:
    def test_every_table_of_the_database_is_declared_as_reference_or_by_station(self, engine: Engine) -> None:
        declared = {table.name: table.info["kind"] for table in all_tables().sorted_tables}
        present = set(inspect(engine).get_table_names()) - {"alembic_version"}
        assert present == set(declared)
        assert set(declared.values()) == {REFERENCE, STATION}

    def test_the_station_is_in_every_primary_key_and_unique_constraint_of_a_station_table(self, engine: Engine) -> None:
        kinds = {table.name: table.info["kind"] for table in all_tables().sorted_tables}
        query = text(
            "SELECT c.relname, i.indexrelid::regclass::text, "
            "array_agg(a.attname::text) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey) "
            "JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' "
            "WHERE i.indisunique GROUP BY 1, 2"
        )
        with engine.connect() as connection:
            unique = connection.execute(query).all()
        by_station = [(index, columns) for table, index, columns in unique if kinds.get(table) == STATION]
        assert len(by_station) >= len([kind for kind in kinds.values() if kind == STATION])
        assert [index for index, columns in by_station if STATION_CODE not in columns] == []

    def test_no_foreign_key_and_no_exclusion_constraint_exists(self, engine: Engine) -> None:
        with engine.connect() as connection:
            found = connection.scalars(text("SELECT conname FROM pg_constraint WHERE contype IN ('f', 'x')")).all()
        assert found == []

    def test_no_trigger_is_needed_but_those_that_keep_the_audit_trail(self, engine: Engine) -> None:
        with engine.connect() as connection:
            found = connection.scalars(text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")).all()
        assert found == ["audit_entries_only_grow", "audit_entries_stay"]

    @pytest.mark.parametrize(
        "statement", ["UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries", "TRUNCATE audit_entries"]
    )
    def test_the_audit_trail_only_grows_whoever_asks(self, engine: Engine, statement: str) -> None:
        with engine.begin() as connection:
            audit.note(connection, AuditTag.STAFF_ADDED, "system", NOON, {})
        with pytest.raises(DBAPIError, match="only grows"), engine.begin() as connection:
            connection.execute(text(statement))
        with engine.connect() as connection:
            assert [entry.actor for entry in audit.entries(connection)] == ["system"]

    def test_distribution_is_refused_in_one_sentence_where_citus_is_absent(self, engine: Engine) -> None:
        with pytest.raises(RefusedError, match="Citus extension is not present"):
            distribute(engine)


class TestMigration:
    def test_the_steps_build_exactly_the_declared_tables(self, engine: Engine) -> None:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, all_tables()) == []

    def test_the_steps_build_the_declared_check_constraints(self, engine: Engine) -> None:
        declared = {
            str(constraint.name)
            for table in all_tables().sorted_tables
            for constraint in table.constraints
            if type(constraint).__name__ == "CheckConstraint"
        }
        with engine.connect() as connection:
            present = set(connection.scalars(text("SELECT conname FROM pg_constraint WHERE contype = 'c'")))
        assert {
            name for name in declared if not any(name in found or found.endswith(name) for found in present)
        } == set()

    def test_a_second_migration_finds_nothing_to_do(self, engine: Engine) -> None:
        assert migrate(engine) is False
        require_current(engine)

    def test_a_table_that_somebody_holds_is_waited_for_in_short_tries(self, engine: Engine) -> None:
        with engine.connect() as reader:
            reader.execute(text("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE"))
            with pytest.raises(RefusedError, match="held a table"):
                migrate(engine, lock_wait_s=0.01, tries=2)
        assert not migrate(engine, lock_wait_s=0.01, tries=1)

    def test_the_newest_step_is_the_one_that_no_other_follows(self) -> None:
        steps = Config()
        steps.set_main_option("script_location", str(files("hq_server").joinpath("migrations")))
        assert ScriptDirectory.from_config(steps).get_heads() == [newest_step()]

    def test_rulings_and_files_of_an_older_schema_are_carried_over(self, engine: Engine) -> None:
        steps = Config()
        steps.set_main_option("script_location", str(files("hq_server").joinpath("migrations")))
        with engine.begin() as connection:
            steps.attributes["connection"] = connection
            command.downgrade(steps, "0003")
            connection.execute(
                text(
                    """INSERT INTO payment_rulings (station_code, payment_seq, ruling_no, outcome, biller_no, finding,
                       state, maker_no, proposed_at)
                       VALUES ('ST-0417', 12, 1, 'CONFIRMED', '', 'called them', 'PROPOSED', 11, now())"""
                )
            )
            connection.execute(
                text(
                    """INSERT INTO settlement_files (sha256, file_name, biller_code, business_date, file_seq, state,
                       refusal_code, refusal, line_count, amount_fen, content, imported_by, imported_at)
                       VALUES ('ab', 'SCDL_20261123_1.txt', 'SCDL', '2026-11-23', 1, 'REFUSED', 'HALF_LINE',
                       'cut short', 0, 0, decode(repeat('0a', 1500000), 'hex'), 11, now())"""
                )
            )
        assert migrate(engine) is True
        with engine.connect() as connection:
            query = text("SELECT kind, request_seq, outcome FROM payment_rulings")
            assert connection.execute(query).all() == [("PAY", 12, "CONFIRMED")]
            kept = text("SELECT chunk_no, length(content) FROM received_chunks WHERE sha256 = 'ab' ORDER BY 1")
            assert connection.execute(kept).all() == [(0, 1_048_576), (1, 451_424)]
            file = text("SELECT purpose, party_code, refusal_code, refusal_en, byte_count FROM received_files")
            assert connection.execute(file).all() == [("BILLER", "SCDL", "HALF_LINE", "cut short", 1_500_000)]

    def test_withdrawals_corrections_and_accounts_from_before_are_carried_over(self, engine: Engine) -> None:
        steps = Config()
        steps.set_main_option("script_location", str(files("hq_server").joinpath("migrations")))
        at = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # half past midnight in Beijing
        asked = Withdrawal(7, 1, at, at.date(), 1, 50_000, "", "", False, "张三", PersonalId.NOT_NOTED, "")
        rows = [(7, asked), (9, replace(asked, seq=9, terminal_no="29001234"))]
        with engine.begin() as connection:
            steps.attributes["connection"] = connection
            command.downgrade(steps, "0040")
            for seq, row in rows:
                place = {"key": f"{seq:012d}", "data": to_row_bytes(row)}
                connection.execute(text("INSERT INTO subjects VALUES ('ST-0417', 1, :key, 1, :data)"), place)
            connection.execute(text("INSERT INTO subjects VALUES ('ST-0417', 2, 'terms', 0, '')"))
            connection.execute(
                text(
                    """INSERT INTO agreements (station_code, valid_from, payee_name, settlement_account, tax_regime,
                       entered_by, entered_at)
                       VALUES ('ST-0417', '2026-01-01', 'x', '1', 'LABOUR_WITHHOLDING', 11, now())"""
                )
            )
            for number, new_fen in ((1, -5), (2, 50_000), (3, 9)):
                figures = {"number": number, "new": new_fen}
                connection.execute(
                    text(
                        """INSERT INTO corrections (station_code, correction_no, book, cited_side, cited_seq, cited_on,
                           reason, explanation, old_fen, new_fen, evidence_hash, evidence_title, stale, hq_seq, state,
                           maker_no, made_at, approver_no, decided_at) VALUES ('ST-0417', :number, 1, 1, 9,
                           '2026-11-23', 1, 'x', 0, :new, '', '', false, 5, 'APPROVED', 11, now(), 12, now())"""
                    ),
                    figures,
                )
            _refunded_before(connection)
        assert migrate(engine) is True
        with engine.connect() as connection:
            found = connection.execute(text("SELECT kind, key, on_day, device_no FROM subjects ORDER BY 1, 2")).all()
        day = date(2026, 11, 24)
        assert found == [(1, f"{7:012d}", day, None), (1, f"{9:012d}", day, "29001234"), (2, "terms", None, None)]
        with engine.connect() as connection:
            query = text("SELECT side, seq, remedy, remedy_no, amount_fen FROM made_good ORDER BY seq")
            given = connection.execute(query).all()
        assert given == [
            ("S", 4, "PAYER_REFUND", 1, 300),
            ("S", 7, "PAYER_REFUND", 3, 300),
            ("S", 9, "CORRECTION", 2, 50_000),
        ], "what was given before is given once"
        with engine.connect() as connection:
            query = text("SELECT terms_no, state, maker_no, approver_no, decided_at = made_at FROM agreements")
            assert connection.execute(query).all() == [(1, "APPROVED", 11, 0, True)], "in force, by one person alone"

    def test_a_schema_without_steps_is_refused_with_the_command_to_run(self, engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM alembic_version"))
        with pytest.raises(RefusedError, match="run hq-server migrate first"):
            require_current(engine)


def _refunded_before(connection: Connection) -> None:
    """Refunds to payers as they were approved before they were noted: of a payment, of two payouts, of no record."""
    for number, (seq, item) in enumerate(((4, "P:4"), (None, "W:9"), (None, "W:7"), (None, "L:1")), 1):
        case = {"number": number, "seq": seq, "item": item}
        connection.execute(
            text(
                """INSERT INTO break_cases (station_code, case_no, layer, counterparty, business_date, item,
                   break_class, match_key, payment_seq, our_no, their_no, account_no, difference_fen, state, owner_no,
                   opened_at, due_on) VALUES ('ST-0417', :number, 'BANK', 'x', '2026-11-23', :item, 'OURS_ONLY',
                   'NONE', :seq, '', '', '', -300, 'OPEN', 11, now(), '2026-11-23')"""
            ),
            case,
        )
        connection.execute(
            text(
                """INSERT INTO break_resolutions (station_code, case_no, resolution_no, action, cause, finding,
                   difference_fen, state, maker_no, made_at, approver_no, decided_at) VALUES ('ST-0417', :number, 1,
                   'RETURN_TO_PAYER', 'UNEXPLAINED', 'x', -300, 'APPROVED', 11, now(), 12, now())"""
            ),
            case,
        )
