"""The demonstration's world: HQ, four billers, a bad line, a printer and one enrolled station, all real processes.

It is set up only by the doors people use (commands, HTTP, control sockets), and every process is stopped by its own pid.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from station_pos.demo.biller_line import BillerLine
from station_pos.demo.headquarters import Headquarters
from station_pos.demo.processes import Line, Process, until
from station_pos.demo.station_process import Secrets, StationProcess, new_secrets
from station_pos.demo.tariff_document import tariff_document
from station_pos.demo.wording import TEXT, say

if TYPE_CHECKING:
    from types import TracebackType

STATION_CODE = "ST-0417"
BEIJING = timezone(timedelta(hours=8))
BAUD = 115_200
DAY_NEEDS_S = 180
ANSWER_WAIT_S = 4
"""How long this counter waits for a biller before it prints a pending slip: short, as the day is."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything of one world lies. Sockets have a folder of their own: their paths must be short."""

    folder: Path
    sockets: Path

    @property
    def station(self) -> Path:
        """The station's data folder."""
        return self.folder / "station"

    @property
    def hq(self) -> Path:
        """HQ's data folder."""
        return self.folder / "hq"

    @property
    def paper(self) -> Path:
        """The printer's tray."""
        return self.folder / "paper"

    @property
    def files(self) -> Path:
        """Settlement files as the billers send them."""
        return self.folder / "settlement"

    @property
    def logs(self) -> Path:
        """What each process said."""
        return self.folder / "logs"


class World:
    """Builds, holds and ends the world; use it as a context manager."""

    def __init__(self, folder: Path | None = None, *, keep: bool = False, baud: int = BAUD, png: bool = True) -> None:
        """Name the folder: a temporary one unless given; a given one, and one to ``keep``, is left standing."""
        self._temporary = folder is None and not keep
        place = Path(tempfile.mkdtemp(prefix="station-pos-demo-")) if folder is None else folder.resolve()
        place.mkdir(parents=True, exist_ok=True)
        self.places = Places(place, Path(tempfile.mkdtemp(prefix="spd-")))
        self._baud, self._png = baud, png
        self._document = tariff_document("demo-1", self.now().astimezone(BEIJING).date() - timedelta(days=1))
        self._processes: list[Process] = []
        self.hq = Headquarters(self.places.hq, self.places.logs)
        self.printer = Line(self.places.sockets / "printer")
        self._link_control = Line(self.places.sockets / "link")
        self.station_code = STATION_CODE
        self.station: StationProcess
        self.biller: BillerLine

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
        """End every process by its own pid, the counter first, and clear away what was temporary."""
        if hasattr(self, "station"):
            self.station.stop()
        for process in reversed(self._processes):
            process.stop()
        self.hq.stop()
        shutil.rmtree(self.places.sockets, ignore_errors=True)
        if self._temporary:
            shutil.rmtree(self.places.folder, ignore_errors=True)

    def start(self) -> None:
        """Start everything but the counter, and set HQ up.

        Raises:
            WorldError: a process does not come up, or HQ refuses a step.
        """
        say(TEXT("folder", folder=self.places.folder))
        say(TEXT("starting"))
        self.hq.begin()
        biller = self._outside("biller_simulator", "--book", self.places.folder / "billers.sqlite3", "--seed", "demo")
        printer = self._outside(
            "printer_simulator",
            *("--link", self.places.sockets / "tty", "--control", self.places.sockets / "printer"),
            *("--paper", self.places.paper, "--baud", self._baud),
            *(() if self._png else ("--no-png",)),
        )
        self.biller = BillerLine(biller.hello()["url"])
        printer.hello()
        self.hq.ready()
        link = self._outside(
            "faulty_link", "--to", f"127.0.0.1:{self.hq.port}", "--control", self.places.sockets / "link"
        )
        self.link_url = f"http://127.0.0.1:{link.hello()['port']}"
        say(TEXT("people"))
        self.hq.add_people()
        self.hq.begin_jobs()
        self.hq.set_billers(self.biller.url)
        self.publish(self._document)

    def _outside(self, name: str, *arguments: object) -> Process:
        module = f"station_pos.demo.outside.{name}"
        process = Process(name, [module, *arguments], self.places.logs / f"{name}.log")
        self._processes.append(process)
        return process

    def publish(self, document: dict[str, Any]) -> None:
        """Have a tariff published at HQ."""
        file = self.places.folder / f"tariff-{document['version']}.json"
        file.write_text(json.dumps(document, ensure_ascii=False, indent=1), "utf-8")
        self.hq.publish_tariff(file)

    def fee_fen(self, product_code: int) -> int:
        """Give the fee of a product as the tariff on the wall says."""
        products = self._document["products"]
        return next(int(one["fee_fen"]) for one in products if one["code"] == product_code)

    def open_station(self) -> None:
        """Enrol the station with a second person's approval, give its operators PINs, and start it.

        Raises:
            WorldError: a step was refused.
        """
        self.station = self.enrol(self.station_code, self.places.station, new_secrets())
        say(TEXT("enrolled", code=self.station_code))
        self.station.start()
        until("the tariff to be adopted", lambda: self.station.find("df"), 40.0, 0.2)

    def enrol(self, code: str, data: Path, known: Secrets) -> StationProcess:
        """Enrol one more station and open its operators' accounts; it does not run yet."""
        station = StationProcess(data, self.places.logs, known, name=data.name)
        station.settings(printer=str(self.places.sockets / "tty"), printer_baud=self._baud, answer_wait_s=ANSWER_WAIT_S)
        secret = self.hq.add_station(code)
        asked = ("enroll", "--station", code, "--hq", self.link_url, "--code", secret)
        station.run(*asked, "--no-wait", key=True, wrong_ok=True)
        self.hq.approve_station(code)
        station.run(*asked, key=True)
        station.add_operators()
        return station

    def buy_credit(self, amount_fen: int) -> None:
        """Have a credit purchase entered by a clerk and approved by a second person; wait until the station has it."""
        before_fen = self.station.state()["credit_free_fen"]
        self.hq.buy_credit(self.station_code, amount_fen)
        self.station.sync()
        arrived = before_fen + amount_fen
        until("the credit to arrive", lambda: self.station.state()["credit_free_fen"] == arrived, 40.0, 0.1)

    def link_down(self) -> None:
        """Cut the line and wait until the station has noticed."""
        self._link_control.ask(cmd="down")
        self.station.sync()
        until("the station to notice the cut", lambda: self.station.state()["link"] == "down", 30.0, 0.1)

    def link_up(self) -> None:
        """Mend the line and have the station try it."""
        self._link_control.ask(cmd="clear")
        self.station.sync()
        until("the station to notice the line", lambda: self.station.state()["link"] == "up", 30.0, 0.1)

    def line(self, **command: Any) -> dict[str, Any]:
        """Tell the bad line what to do."""
        return self._link_control.ask(**command)

    def cut_upload_after(self, count: int) -> None:
        """Have the line break once ``count`` more bytes have gone up."""
        self.line(cmd="rate_bytes_s", n=4_000)
        self.line(cmd="cut_after", n=count, direction="up")

    def wait_past_cut_off(self) -> None:
        """Wait out the last minutes before the cut-off, so that the whole day falls on one business date."""
        until_s = (next_cut_off(self.now()) - self.now()).total_seconds()
        if until_s < DAY_NEEDS_S:
            say(TEXT("cut_off_near"))
            time.sleep(until_s + 1)

    def end_day(self) -> date:
        """Start the counter again as of a minute after the cut-off; gives the business date that ends by itself."""
        ending = date.fromisoformat(self.station.state()["business_date"])
        self.station.stop()
        ahead = next_cut_off(self.now()) - self.now() + timedelta(minutes=1)
        self.station.start(clock_ahead_s=int(ahead.total_seconds()))
        return ending


def next_cut_off(now: datetime) -> datetime:
    """Give the next 23:00 in Beijing."""
    cut_off = now.astimezone(BEIJING).replace(hour=23, minute=0, second=0, microsecond=0)
    return cut_off if cut_off > now else cut_off + timedelta(days=1)
