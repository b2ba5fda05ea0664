"""The station as the demonstration runs it: the real ``station-pos`` process, driven through its control socket."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from station_pos.demo.processes import Process, Runner, Starter, WorldError, call, run_afresh, start_afresh

if TYPE_CHECKING:
    from pathlib import Path

ANSWER_S = 90.0
OWNER_NO, CLERK_NO = 1, 2
OPERATORS = ((OWNER_NO, "张三", "owner"), (CLERK_NO, "李四", "clerk"))


@dataclass(frozen=True, slots=True)
class Secrets:
    """What only the shop knows: the pass phrase of its key, and a PIN for each operator."""

    pass_phrase: str
    pins: dict[int, str]


def new_secrets() -> Secrets:
    """Make up a pass phrase; the PINs are such as a visitor of the demonstration remembers, 1111 for operator 1."""
    pins = {number: str(number) * 4 for number, _, _ in OPERATORS}
    return Secrets(secrets.token_urlsafe(9), pins)


class StationProcess:
    """One station: its data folder, its process without a screen, and one signed-in line to it."""

    def __init__(
        self,
        data: Path,
        logs: Path,
        known: Secrets,
        operator_no: int = CLERK_NO,
        runner: Runner = run_afresh,
        starter: Starter = start_afresh,
    ) -> None:
        """Name the folders, and say how commands are run and the counter is started; nothing runs yet.

        The pass phrase lies in a file only its owner may read.
        """
        self.data, self._log, self.secrets = data, logs / "station.log", known
        self._runner, self._starter = runner, starter
        self._operator_no = operator_no
        self._env = {"STATION_POS_DATA": str(data)}
        self._process: Process | None = None
        self._socket: socket.socket | None = None
        data.mkdir(parents=True, exist_ok=True)
        self.phrase_file = data.parent / f"{data.name}-pass-phrase.txt"
        self.phrase_file.touch(0o600)
        self.phrase_file.write_text(known.pass_phrase, "utf-8")

    def run(self, *arguments: object, wrong_ok: bool = False, key: bool = False, **env: str) -> str:
        """Run one command of ``station-pos`` on this station's folder, with its ``key`` if it needs one.

        Raises:
            WorldError: it refused, with its sentence.
        """
        phrase = ("--pass-phrase-file", self.phrase_file) if key else ()
        return call(["station_pos", *arguments, *phrase], {**self._env, **env}, wrong_ok=wrong_ok, runner=self._runner)

    def settings(self, **settings: str | int) -> None:
        """Write the station's settings, as whoever installs it does."""
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        (self.data / "station.toml").write_text("\n".join(lines) + "\n", "utf-8")

    def add_operators(self) -> None:
        """Open the operators' accounts, the owner's first; the counter does not run meanwhile."""
        for number, name, role in OPERATORS:
            asked = ["operator", "add", "--number", number, "--name", name, "--role", role]
            by = ["--by", OWNER_NO, "--by-pin", self.secrets.pins[OWNER_NO]] if number != OWNER_NO else []
            self.run(*asked, "--pin", self.secrets.pins[number], *by)

    @property
    def environment(self) -> dict[str, str]:
        """What a command of ``station-pos`` needs in its environment to find this station."""
        return dict(self._env)

    def start(self, clock_ahead_s: int = 0) -> None:
        """Start the process, open its key and sign the operator in; its clock may run ahead.

        Raises:
            WorldError: it does not come up.
        """
        if self._process is not None and self._process.runs:
            raise WorldError("the station is running already")
        arguments: list[object] = ["station_pos", "run", "--headless", "--pass-phrase-file", self.phrase_file]
        if clock_ahead_s:
            arguments += ["--clock-ahead-s", clock_ahead_s]
        self._process = Process("station-pos run", arguments, self._log, self._env, self._starter)
        self._process.hello()
        self._process.wait_for("the station to answer", self._connected)
        self.sign_in(self._operator_no)

    def sign_in(self, operator_no: int) -> None:
        """Sign an operator in on the line.

        Raises:
            WorldError: the PIN is not taken.
        """
        if not self.ask("sign_in", operator_no=operator_no, pin=self.secrets.pins[operator_no])["signed_in"]:
            raise WorldError(f"operator {operator_no} cannot sign in")

    def _connected(self) -> bool:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(ANSWER_S)
            line.connect(str(self.data / "control.sock"))
        except OSError:
            line.close()
            return False
        self._socket, self._answers = line, line.makefile("rb")
        return True

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._answers.close()
            self._socket.close()
            self._socket = None

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.runs

    @property
    def pid(self) -> int:
        """The process's number.

        Raises:
            WorldError: it was never started.
        """
        if self._process is None:
            raise WorldError("the station does not run")
        return self._process.child.pid

    def stop(self) -> int:
        """End it in order; gives its exit code."""
        self._hang_up()
        return 0 if self._process is None else self._process.stop()

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
        self._hang_up()

    def ask(self, do: str, **fields: Any) -> dict[str, Any]:
        """Send one line and give the answer.

        Raises:
            WorldError: the station says that the line was wrong, or a fault of its own.
            ConnectionError: the station ended before it answered.
        """
        if self._socket is None:
            raise WorldError("nobody is connected to the station")
        self._socket.sendall(json.dumps({"do": do, **fields}, ensure_ascii=False).encode() + b"\n")
        said = self._answers.readline()
        if not said.endswith(b"\n"):
            raise ConnectionError("the station ended before it answered")
        answer: dict[str, Any] = json.loads(said)
        if not answer["ok"]:
            raise WorldError(f"the station refused {do}: {answer['error']}")
        return answer

    def state(self) -> dict[str, Any]:
        """Give the state row."""
        shown: dict[str, Any] = self.ask("state")["state"]
        return shown

    def find(self, text: str) -> list[dict[str, Any]]:
        """Say what a typed or scanned line may mean."""
        found: list[dict[str, Any]] = self.ask("find", text=text)["candidates"]
        return found

    def inquire(self, product_code: int, account_no: str) -> dict[str, Any]:
        """Ask for an account's bills through HQ."""
        answer: dict[str, Any] = self.ask("inquire", product_code=product_code, account_no=account_no)["answer"]
        return answer

    def pay(self, **fields: Any) -> dict[str, Any]:
        """Take a payment; ``accepted`` tells whether it was, ``refused`` why not."""
        return self.ask("pay", **fields)

    def wait(self, payment_seq: int, timeout_s: float) -> dict[str, Any]:
        """Give a payment once it is no longer held, or as it stands when the time is up."""
        shown: dict[str, Any] = self.ask("await", payment_seq=payment_seq, timeout_s=int(timeout_s))["payment"]
        return shown

    def payment(self, payment_seq: int) -> dict[str, Any]:
        """Give a payment as it now stands."""
        shown: dict[str, Any] = self.ask("payment", payment_seq=payment_seq)["payment"]
        return shown

    def cases(self) -> list[dict[str, Any]]:
        """List what waits for somebody."""
        found: list[dict[str, Any]] = self.ask("open_cases")["payments"]
        return found

    def doubtful(self) -> list[dict[str, Any]]:
        """List the slips somebody must look for."""
        found: list[dict[str, Any]] = self.ask("doubtful")["jobs"]
        return found

    def sync(self) -> None:
        """Exchange with HQ now."""
        self.ask("sync")

    def export(self, file: Path) -> Path:
        """Write both journals with their proofs into a file, as the shopkeeper may at any time."""
        self.run("export", file, key=True)
        return file
