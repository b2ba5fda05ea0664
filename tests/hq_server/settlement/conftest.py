from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text

_LINE = "concat_ws('/', b.account_no, b.business_date, b.file_seq, b.row_no)"
_TAKEN = "state IN ('PROPOSED', 'APPROVED')"
_LINES_NOTED_WRONG = text(f"""
    SELECT {_LINE} FROM bank_entries b WHERE is_free <> NOT (
        {_LINE} IN (SELECT bank_line FROM purchase_matches WHERE {_TAKEN})
        OR {_LINE} IN (SELECT bank_line FROM payment_returns WHERE {_TAKEN})
        OR {_LINE} IN (SELECT bank_line FROM payment_orders)
        OR {_LINE} IN (SELECT bank_line FROM payment_items))
""")
_PURCHASES_NOTED_WRONG = text(f"""
    SELECT station_code, purchase_no FROM credit_purchases p WHERE has_line <> EXISTS (SELECT FROM purchase_matches m
        WHERE m.station_code = p.station_code AND m.purchase_no = p.purchase_no AND m.{_TAKEN})
""")


@pytest.fixture(autouse=True)
def _what_is_noted_of_lines_is_so(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did, a line is noted as free, and a purchase as without a line, just where nothing is known."""
    engine: Engine | None = request.getfixturevalue("engine") if "engine" in request.fixturenames else None
    yield
    if engine is not None:
        with engine.connect() as connection:
            assert connection.execute(_LINES_NOTED_WRONG).all() == []
            assert connection.execute(_PURCHASES_NOTED_WRONG).all() == []
