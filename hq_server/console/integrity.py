"""Pages of what the checks found: alarms, the night's checks of every station, faults, forks, digests."""

from __future__ import annotations

from typing import Any

from hq_server.console.listed import list_routes
from hq_server.console.menu import Menu, MenuGroup
from hq_server.console.visits import Visit
from hq_server.integrity.nightly import night_of
from hq_server.integrity.queries import night_summary
from hq_server.statements.integrity_lists import ALARM_LIST, DIGEST_LIST, FAULT_LIST, FORK_LIST, check_list
from hq_server.wording import Sentence

_TABS = (
    ("/integrity", Sentence("警示", "Alarms")),
    ("/integrity/checks", Sentence("每夜核对", "Nightly checks")),
    ("/integrity/faults", Sentence("发现的问题", "Faults found")),
    ("/integrity/forks", Sentence("分叉案件", "Forks")),
    ("/integrity/digests", Sentence("每夜摘要", "Digests")),
)


def _night(visit: Visit) -> dict[str, Any]:
    return {"night": night_summary(visit.connection, night_of(visit.now)), "tabs": _TABS}


ROUTES = (
    *list_routes(
        "/integrity",
        ALARM_LIST,
        menu=Menu(MenuGroup.RECONCILIATION, Sentence("一致性核对", "Integrity"), "g"),
        template="integrity.html",
        more=_night,
    ),
    *list_routes(
        "/integrity/checks", lambda visit: check_list(night_of(visit.now)), template="integrity.html", more=_night
    ),
    *list_routes("/integrity/faults", FAULT_LIST, template="integrity.html", more=_night),
    *list_routes("/integrity/forks", FORK_LIST, template="integrity.html", more=_night),
    *list_routes("/integrity/digests", DIGEST_LIST, template="integrity.html", more=_night),
)
