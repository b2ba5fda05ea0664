from __future__ import annotations

import pytest
from sqlalchemy import Engine, insert, text
from sqlalchemy.exc import IntegrityError

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
