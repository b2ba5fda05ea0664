"""The demonstration's world: HQ on its embedded database, four billers, and one shop; all real processes.

It is set up only by the doors people use (commands, HTTP, control sockets); each process is stopped by its own pid.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from station_pos.demo.biller_line import BillerLine
from station_pos.demo.headquarters import Headquarters
from station_pos.demo.processes import Process, run_afresh, start_afresh
from station_pos.demo.shop import BAUD, BEIJING, Shop, next_cut_off
from station_pos.demo.tariff_document import biller_names, tariff_document
from station_pos.demo.wording import TEXT, say

if TYPE_CHECKING:
    from types import TracebackType

    from station_pos.demo.processes import Runner, Starter

STATION_CODE = "ST-0417"
DAY_NEEDS_S = 240


class World:
    """Builds, holds and ends the world; use it as a context manager."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        keep: bool = False,
        runner: Runner = run_afresh,
        starter: Starter = start_afresh,
    ) -> None:
        """Name the folder: a temporary one unless given; a given one, and one to ``keep``, is left standing.

        ``runner`` says how the commands of everybody are run, ``starter`` how servers and counters are started.
        """
        self._starter = starter
        self._temporary = folder is None and not keep
        place = Path(tempfile.mkdtemp(prefix="station-pos-demo-")) if folder is None else folder.resolve()
        place.mkdir(parents=True, exist_ok=True)
        self.folder = place
        self._document = tariff_document("demo-1", self.now().astimezone(BEIJING).date() - timedelta(days=1))
        self.hq = Headquarters(place / "hq", place / "logs", runner, starter)
        self._billers: Process | None = None
        self.biller: BillerLine
        self.shops: list[Shop] = []

    @property
    def files(self) -> Path:
        """Settlement files as the billers send them."""
        return self.folder / "settlement"

    @staticmethod
    def now() -> datetime:
        """Read the machine's clock, in UTC."""
        return datetime.now(UTC)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End every process by its own pid, the counters first, and clear away what was temporary."""
        for shop in self.shops:
            shop.stop()
        if self._billers is not None:
            self._billers.stop()
        self.hq.stop()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start HQ and the billers, and set HQ up.

        Raises:
            WorldError: a process does not come up, or HQ refuses a step.
        """
        say(TEXT("folder", folder=self.folder))
        say(TEXT("starting"))
        self.hq.begin()
        module, book = "station_pos.demo.outside.biller_simulator", self.folder / "billers.sqlite3"
        log = self.folder / "logs" / "biller_simulator.log"
        words = [module, "--book", book, "--seed", "demo"]
        self._billers = Process("biller_simulator", words, log, starter=self._starter)
        self.biller = BillerLine(self._billers.hello()["url"])
        self.hq.ready()
        say(TEXT("people"))
        self.hq.add_people()
        self.hq.begin_jobs()
        self.hq.set_billers(self.biller.url)
        self.publish(self._document)

    def publish(self, document: dict[str, Any]) -> str:
        """Have a tariff published at HQ; gives the hash that names it."""
        file = self.folder / f"tariff-{document['version']}.json"
        file.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")
        return self.hq.publish_tariff(file)

    def biller_faults_cleared(self) -> None:
        """Take back every fault that was armed and not shown yet."""
        for biller in biller_names():
            self.biller.fault(biller, "none")

    def make_shop(self, code: str = STATION_CODE, folder: Path | None = None) -> Shop:
        """Make a shop in this world; it neither runs nor is enrolled yet, and stops with the world at the latest."""
        fees_fen = {one["code"]: one["fee_fen"] for one in self._document["products"]}
        shop = Shop(self.hq, self.biller, folder or self.folder, code, fees_fen, self._starter)
        self.shops.append(shop)
        return shop

    def open_shop(self, *, baud: int = BAUD) -> Shop:
        """Set up the one shop of the demonstration and open its counter.

        Raises:
            WorldError: a step was refused.
        """
        shop = self.make_ready(baud=baud)
        shop.open()
        return shop

    def make_ready(self, *, baud: int = BAUD) -> Shop:
        """Set up the one shop of the demonstration as far as its enrolment; its counter is not open yet.

        Raises:
            WorldError: a step was refused.
        """
        shop = self.make_shop()
        shop.begin(baud=baud)
        shop.enrol()
        say(TEXT("enrolled", code=shop.code))
        return shop

    def wait_past_cut_off(self) -> None:
        """Wait out the last minutes before the cut-off, so that the whole day falls on one business date."""
        left_s = (next_cut_off(self.now()) - self.now()).total_seconds()
        if left_s < DAY_NEEDS_S:
            say(TEXT("cut_off_near"))
            time.sleep(left_s + 1)
