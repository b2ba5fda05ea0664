"""H16: each counter cached the till's position; where a notice was missed a person counted against a wrong figure.

Whatever a person counts against is worked out from the journal when it is asked for, and says as of which entry.
"""

from __future__ import annotations

import json
import socket
from typing import Any

from tests.horizon.harness import Case, books_agree


def test_h16_an_idle_counter_counts_against_what_another_has_just_moved(drawer_case: Case) -> None:
    case = drawer_case
    shown_fen = case.station.ask("figures")["figures"]["expected_fen"]
    assert shown_fen == case.drawer_fen()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.connect(str(case.shop.folder / "station" / "control.sock"))
        said = line.makefile("rb")
        answer: dict[str, Any] = {}
        for asked in (
            {"do": "sign_in", "operator_no": 1, "pin": case.station.secrets.pins[1]},
            {"do": "move_cash", "reason": 1, "amount_fen": 4_200},
        ):
            line.sendall(json.dumps(asked).encode() + b"\n")
            answer = json.loads(said.readline())
        assert answer["accepted"]
        said.close()
    case.moved_fen += 4_200
    figures = case.station.ask("figures")["figures"]
    assert figures["expected_fen"] == shown_fen + 4_200
    assert figures["as_of_seq"] == answer["seq"] == case.station.state()["as_of_seq"]
    review = case.count(case.drawer_fen() - 100)["review"]
    assert (review["expected_fen"], review["difference_fen"]) == (case.drawer_fen(), -100)
    books_agree(case)
