"""A process that has loaded the station's code and forks for each start of it: ``python -m ...nursery``.

A JSON line in, a JSON line out: {"start": [words], "log": path, "wire": path or null} gives {"pid": n}, {"wait": pid}
its exit code (negative: the signal), {"ended": pid} the same or null while it runs. It ends when its input does, and
takes with it what still runs.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

_LOADED = (
    "station_pos.__main__",
    "station_pos.bootstrap",
    "station_pos.control",
    "station_pos.data_folder",
    "station_pos.devices.from_settings",
    "station_pos.devices.printer",
    "station_pos.devices.zvt.factory",
    "station_pos.workers.card_turn",
    "station_pos.workers.device_watch",
    "station_pos.workers.exchanger",
    "station_pos.workers.register_journals",
    "station_pos.workers.spooler",
    "station_pos.workers.syncer",
    "station_pos.sync.transport",
    "station_journal.standalone_verifier",
    "sqlalchemy.dialects.sqlite",
    "argon2",
    "cryptography.hazmat.primitives.ciphers.aead",
    "benchmarks.power_cut.instrument",
)


RESUMPTION_S = 3.0


def in_step_with_the_terminal() -> None:
    """Let the ZVT driver listen 3 s, not 15, for a transaction that a cut interrupted, before it asks.

    The simulated terminal's own patience is 0.6 s where a real one's is 15: nothing is told after that.
    """
    from station_pos.devices.zvt import driver
    from station_pos.devices.zvt.link import ZvtTimes

    driver.ZvtTimes = lambda: ZvtTimes(resumption_s=RESUMPTION_S)  # type: ignore[assignment, attr-defined, misc]


class Nursery:
    """What was started and has not been waited for."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._running: set[int] = set()
        self._codes: dict[int, int] = {}

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do what a line asks."""
        if "start" in asked:
            child = os.fork()
            if child == 0:
                _become(asked["start"], Path(asked["log"]), asked.get("wire"))
            self._running.add(child)
            return {"pid": child}
        pid = asked.get("wait") or asked["ended"]
        return {"code": self._code(pid, block="wait" in asked)}

    def _code(self, pid: int, *, block: bool) -> int | None:
        if pid in self._running:
            ended, status = os.waitpid(pid, 0 if block else os.WNOHANG)
            if not ended:
                return None
            self._running.discard(pid)
            self._codes[pid] = os.waitstatus_to_exitcode(status)
        return self._codes.get(pid)

    def close(self) -> None:
        """End what still runs."""
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _become(words: list[str], log: Path, wire: str | None) -> None:
    """Be ``station-pos`` (or the verifier) with these words; ends as that does."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for place, file in ((0, nothing), (1, said), (2, said)):
            os.dup2(file, place)
        if wire is not None:
            from benchmarks.power_cut.instrument import Instrument, Wire

            Instrument(Wire(Path(wire))).wrap()
        sys.argv = list(words)
        main = import_module(words[0]).main
        code = main() or 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001 - a child never goes on as the nursery
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> int:
    """Serve lines until the input ends."""
    for name in _LOADED:
        import_module(name)
    in_step_with_the_terminal()
    gc.freeze()
    nursery = Nursery()
    print(json.dumps({"ready": True}), flush=True)
    try:
        for line in sys.stdin:
            print(json.dumps(nursery.answer(json.loads(line))), flush=True)
    finally:
        nursery.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
