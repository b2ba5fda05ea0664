"""HQ as the demonstration runs it: its real processes on the embedded database, and its staff at the command line.

Nothing of HQ is imported: everybody acts by ``hq-server`` with an own staff number and password, as in life.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from station_pos.demo.processes import (
    Process,
    Runner,
    Starter,
    WorldError,
    at_once,
    call,
    free_port,
    run_afresh,
    start_afresh,
    trusting_nobody,
)
from station_pos.demo.tariff_document import biller_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HEALTH_S = 2.0


@dataclass(frozen=True, slots=True)
class Person:
    """A member of HQ's staff: number, name, and role of the franchise rules."""

    staff_no: int
    name: str
    role: str


ADMIN = Person(1, "王五", "SYS_ADMIN")
OFFICE = Person(2, "吴九", "GENERAL_OFFICE")
ECOM = Person(11, "张三", "ECOM")
ECOM_SECOND = Person(12, "李四", "ECOM")
CLERK = Person(21, "张三", "BRANCH_COUNTER")
BRANCH = Person(22, "李四", "BRANCH")
FINANCE = Person(31, "赵六", "FINANCE")
GOODS = Person(41, "孙七", "DISTRIBUTION")
INSURANCE = Person(51, "周八", "INS_AGENCY")
STAFF = (ADMIN, OFFICE, ECOM, ECOM_SECOND, CLERK, BRANCH, FINANCE, GOODS, INSURANCE)


class Headquarters:
    """HQ's folder, its web process and its jobs."""

    def __init__(self, data: Path, logs: Path, runner: Runner = run_afresh, starter: Starter = start_afresh) -> None:
        """Name the folders, and say how commands are run and the servers started; nothing runs yet."""
        self._logs, self.runner, self._starter = logs, runner, starter
        self.port = free_port()
        self.password = secrets.token_urlsafe(12)
        self.data = data
        self._env = {"HQ_DATA": str(data), "HQ_PORT": str(self.port)}
        self._serve: Process | None = None
        self._jobs: Process | None = None
        self._ahead: list[Process] = []

    def begin(self) -> None:
        """Start the web process; ``ready`` waits for it."""
        self._serve = self._started("hq-server serve", ["hq_server", "serve"], "hq-serve.log")

    def ready(self) -> None:
        """Wait until the web process answers.

        Raises:
            WorldError: it ended or does not answer in time.
        """
        if self._serve is None:
            raise WorldError("HQ was not started")
        self._serve.wait_for("HQ to answer", lambda: self._healthy(self.port), timeout_s=90.0)

    def begin_jobs(self) -> None:
        """Start the stages that post, ask billers and announce."""
        self._jobs = self._started("hq-server jobs", ["hq_server", "jobs"], "hq-jobs.log")

    def _started(self, name: str, arguments: Sequence[object], log: str, **env: str) -> Process:
        return Process(name, arguments, self._logs / log, {**self._env, **env}, self._starter)

    @staticmethod
    def _healthy(port: int) -> bool:
        try:
            with httpx.Client(verify=trusting_nobody(), trust_env=False, timeout=_HEALTH_S) as client:
                return client.get(f"http://127.0.0.1:{port}/health").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def begin_ahead(self, clock_ahead_s: int) -> int:
        """Start one more web process whose clock runs ahead, on the same database; gives its port."""
        port = free_port()
        arguments = ["hq_server", "serve", "--clock-ahead-s", clock_ahead_s]
        ahead = self._started("hq-server serve ahead", arguments, "hq-serve-ahead.log", HQ_PORT=str(port))
        self._ahead.append(ahead)
        ahead.wait_for("the later HQ to answer", lambda: self._healthy(port), timeout_s=90.0)
        return port

    def stop(self) -> None:
        """Stop the jobs, then the web process, which takes the embedded database with it."""
        for process in (*self._ahead, self._jobs, self._serve):
            if process is not None:
                process.stop()

    def run(self, person: Person | None, *arguments: object, wrong_ok: bool = False, **env: str) -> str:
        """Run one command of HQ, signed in as a person, and give what it printed.

        Raises:
            WorldError: HQ refused, with its sentence.
        """
        signed = {} if person is None else {"HQ_STAFF": str(person.staff_no), "HQ_PASSWORD": self.password}
        return call(["hq_server", *arguments], {**self._env, **signed, **env}, wrong_ok=wrong_ok, runner=self.runner)

    def ask(self, person: Person | None, *arguments: object, wrong_ok: bool = False) -> Any:  # noqa: ANN401 - any JSON value
        """Run one command with ``--json`` and give what it printed, read."""
        return json.loads(self.run(person, *arguments, "--json", wrong_ok=wrong_ok))

    def add_people(self) -> None:
        """Open the staff accounts: the administrator's by nobody, the second person's by it, all others by both."""

        def add(person: Person, by: Person | None, second: Person | None = None) -> str:
            asked = ("staff", "add", person.staff_no, person.name, person.role)
            also = {"HQ_SECOND_STAFF": str(second.staff_no) if second else "", "HQ_SECOND_PASSWORD": self.password}
            return self.run(by, *asked, wrong_ok=False, HQ_NEW_PASSWORD=self.password, **also)

        add(ADMIN, None)
        add(OFFICE, ADMIN)
        at_once([partial(add, person, ADMIN, OFFICE) for person in STAFF if person not in {ADMIN, OFFICE}])

    def set_billers(self, url: str, *, timeout_s: int = 5) -> None:
        """Enter how the billers are reached."""
        at_once(
            [
                partial(
                    self.run,
                    ECOM,
                    "biller",
                    "set",
                    code,
                    "--name",
                    name,
                    "--url",
                    f"{url}/{code}",
                    "--timeout-s",
                    timeout_s,
                )
                for code, (name, _) in biller_names().items()
            ]
        )

    def publish_tariff(self, file: Path) -> str:
        """Publish a tariff and give the hash that names it."""
        return str(self.ask(ECOM, "tariff", "publish", file)["hash"])

    def add_station(self, code: str) -> str:
        """Enter a station and give its one-time enrolment code."""
        place = ("--name", "太平镇便民服务站", "--branch", "江油支局", "--address", "太平镇正街 1 号")
        return str(self.ask(ECOM, "station", "add", code, *place)["enrolment_code"])

    def enter_agreement(self, code: str) -> None:
        """Enter whom a station's commission is paid to, and approve it as a second person."""
        account = ("--payee", "张三", "--account", "6217990000000000022")
        self.run(ECOM, "commission", "agreement", "--station", code, "--from", "2026-01-01", *account)
        self.run(ECOM_SECOND, "commission", "decide-account", "--station", code)

    def approve_station(self, code: str) -> None:
        """Approve a station's request, as a second person."""
        self.run(ECOM_SECOND, "station", "approve", code)

    def buy_credit(self, station_code: str, amount_fen: int) -> None:
        """Enter a credit purchase as a clerk and approve it as a second person."""
        yuan, fen = divmod(amount_fen, 100)
        slip = f"P{secrets.randbelow(10**8):08d}"
        entered = self.ask(CLERK, "credit", "enter", station_code, f"{yuan}.{fen:02d}", "--evidence", slip)
        self.run(BRANCH, "credit", "approve", station_code, entered["purchase_no"])
