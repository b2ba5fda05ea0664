"""The power fails at every step of a withdrawal, a bill, a hand-off and a close: what is lost, what is done twice.

A real counter (``station-pos run``) with a printer and a card terminal on pseudo-serial lines and HQ over HTTP is ended
by SIGKILL at one step of one job, started again in the same folder, and used on as a shopkeeper would. The steps are
those that an unkilled run of each job takes, in an order drawn from the seed, so that each is met before one is met
twice. In every fifth run the power fails once more while the counter recovers. One folder serves all runs and grows.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.figure import Figure, FoundError
from benchmarks.power_cut.audit import Before, Findings, audit, look_at_doubtful
from benchmarks.power_cut.folder import FLOAT_FEN
from benchmarks.power_cut.instrument import COUNT_ONLY
from benchmarks.power_cut.jobs import JOBS
from benchmarks.power_cut.shop import CounterError, PowerCutError, Shop
from station_journal import standalone_verifier
from station_pos.demo.processes import WorldError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.power_cut.jobs import Job

RUNS = 1_000
PROOF_EVERY = 50
AGAIN_EVERY = 5
AGAIN_STEPS_MAX = 40
INSIDE_US_MAX = 2_000
DRAWER_MAX_FEN = 5_000_000
_BEFORE_DATA = 1 + 4 + 8 + 32
"""Bytes before a record's own in an export: side, epoch, number, digest (docs/journal-format.md)."""


@dataclass(frozen=True)
class Cut:
    """Where the power fails: in which job, at which of its steps, how far into a commit; and again in the recovery."""

    number: int
    job: str
    step: int
    inside_us: int
    again: int = 0


@dataclass
class Tally:
    """What the runs came to."""

    runs: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    proofs: int = 0
    bank_words: int = 0
    unproved: list[str] = field(default_factory=list)
    met: set[tuple[str, int]] = field(default_factory=set)
    steps: dict[str, int] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not (self.lost or self.doubled or self.wrong or self.unproved)


def figures(runs: int = RUNS, seed: int = 1, step: str = "") -> Iterator[Figure]:
    """Cut the power so many times; ``step`` names the one (``withdrawal:37``) to meet in every run.

    Raises:
        FoundError: something was found, after the figures.
    """
    tally = soak(runs, seed, step)
    yield Figure("kill9_runs", tally.runs, "runs", RUNS)
    yield Figure("kill9_lost", tally.lost, "runs", 0)
    yield Figure("kill9_doubled", tally.doubled, "runs", 0)
    yield Figure("kill9_wrong", tally.wrong, "runs", 0)
    yield Figure("kill9_steps_met", len(tally.met), "steps", sum(tally.steps.values()))
    yield Figure("kill9_by_bank_word", tally.bank_words, "results")
    yield Figure("kill9_proofs", tally.proofs, "proofs")
    if not tally.clean:
        message = f"kill9 found something; seed {seed} and the step of each run do it again"
        raise FoundError(message)


def soak(runs: int, seed: int, step: str = "") -> Tally:
    """Run it; what is found is told on standard error with all that it takes to do it again."""
    tally = Tally()
    with Shop(parcels=runs + 2 * len(JOBS) + 2) as shop:
        shop.start()
        tally.steps = {name: _steps(shop, name, number) for number, name in enumerate(JOBS)}
        for cut in plan(runs, seed, tally.steps, step):
            found, name = _run(shop, cut)
            tally.runs += 1
            tally.met.add((cut.job, cut.step))
            if found:
                _tell(seed, cut, name, found)
                tally.lost += bool(found.lost)
                tally.doubled += bool(found.doubled)
                tally.wrong += bool(found.wrong)
            if tally.runs % PROOF_EVERY == 0 or tally.runs == runs:
                tally.proofs += 1
                tally.unproved += _unproved(shop)
        for sentence in tally.unproved:
            print(f"kill9 seed {seed}: {sentence}", file=sys.stderr, flush=True)
        tally.bank_words = shop.bank_words
        shop.end()
    return tally


def plan(runs: int, seed: int, steps: dict[str, int], only: str = "") -> list[Cut]:
    """Draw where each run is cut: every step of every job before any a second time, the jobs mixed."""
    chance = random.Random(seed)
    places: list[tuple[str, int]] = []
    while len(places) < runs:
        every = [(job, step) for job, count in steps.items() for step in range(1, count + 1)]
        chance.shuffle(every)
        places += every
    if only:
        name, _, place = only.partition(":")
        places = [(name, int(place))] * runs
    first = 2 * len(JOBS)
    return [
        Cut(
            number=first + index,
            job=job,
            step=step,
            inside_us=chance.randrange(INSIDE_US_MAX),
            again=chance.randint(1, AGAIN_STEPS_MAX) if index % AGAIN_EVERY == 0 else 0,
        )
        for index, (job, step) in enumerate(places[:runs])
    ]


def _steps(shop: Shop, name: str, number: int) -> int:
    """Count the steps of a job that is not cut; it is done to its end."""
    job = JOBS[name](number)
    job.prepare(shop)
    shop.all_sent()
    shop.wire.arm(COUNT_ONLY, 0)
    job.do(shop)
    shop.all_sent()
    shop.wire.disarm()
    job.finish(shop)
    return shop.wire.read()[1]


def _run(shop: Shop, cut: Cut) -> tuple[Findings, str]:
    """Cut the power once (or once more in the recovery), go on, and audit; gives the name of the step too."""
    job: Job = JOBS[cut.job](cut.number)
    _spare_the_drawer(shop)
    job.prepare(shop)
    shop.all_sent()
    before = Before.now(shop)
    shop.wire.arm(cut.step, cut.inside_us)
    try:
        job.do(shop)
        shop.all_sent()
    except PowerCutError:
        pass
    except (WorldError, CounterError) as error:
        return _given_up(shop, before, job, error), shop.wire.end_name()
    name = shop.wire.end_name() or "after the last step"
    missing: list[str] = []
    again = cut.again
    while True:
        shop.end()
        shop.tear_off()
        shop.start()
        if again:
            shop.wire.arm(again, cut.inside_us)
        try:
            look_at_doubtful(shop, before, missing)
            job.finish(shop)
            shop.paper_idle()
            look_at_doubtful(shop, before, missing)
            shop.paper_idle()
            shop.all_sent()
        except PowerCutError:
            name += f", again at {shop.wire.end_name()}"
        except (WorldError, CounterError) as error:
            return _given_up(shop, before, job, error), name
        else:
            shop.wire.disarm()
            return audit(shop, job, before, missing), name
        again = 0


def _given_up(shop: Shop, before: Before, job: Job, error: Exception) -> Findings:
    """Note a counter that did not get on, and start it afresh for the next run."""
    shop.end()
    shop.tear_off()
    shop.start()
    records = [record.fact for _, record in shop.house.records(before.station_seq)]
    return Findings(wrong=[*job.told.objections, f"it did not get on: {error}; on record: {records}"])


def _spare_the_drawer(shop: Shop) -> None:
    """Take cash out before the drawer holds more than a count may state in coins."""
    if shop.till_fen > DRAWER_MAX_FEN:
        out_fen = shop.till_fen - FLOAT_FEN
        moved = shop.ask("move_cash", reason=2, amount_fen=out_fen)
        assert moved["accepted"], moved
        shop.till_fen -= out_fen
        shop.paper_idle()


def _unproved(shop: Shop) -> list[str]:
    """Prove the closed folder: read back, derived again, exported and verified alone, equal to what HQ holds."""
    figures_fen = shop.ask("figures")["figures"]["expected_fen"]
    shop.stop()
    export = shop.root / "export.journal"
    found = []
    if figures_fen != shop.till_fen:
        found.append(f"the drawer holds {shop.till_fen} fen, the books say {figures_fen}")
    for words in (
        ("station_pos.__main__", "verify", "--data", shop.folder),
        ("station_pos.__main__", "rebuild", "--check", "--data", shop.folder),
        ("station_pos.__main__", "export", export, "--data", shop.folder, "--pass-phrase-file", shop.phrase),
    ):
        code, said = shop.run(*words)
        if code:
            found.append(f"{words[1]} ended with {code}: {said.strip()}")
    code, said = shop.run("station_journal.standalone_verifier", export, "--json")
    if code:
        found.append(f"the verifier ended with {code}: {said.strip()}")
    elif exported(export) != shop.house.station.data:
        found.append(f"the export is not what HQ holds: {said.strip()}")
    shop.start()
    return found


def exported(export: Path) -> list[bytes]:
    """Read the station's records out of an export, as the stand-alone verifier reads it."""
    with export.open("rb") as stream:
        stream.seek(len(standalone_verifier.MAGIC))
        payloads = [payload for letter, payload, _ in standalone_verifier.items(stream) if letter == b"R"]
    return [payload[_BEFORE_DATA:] for payload in payloads if payload[:1] == b"S"]


def _tell(seed: int, cut: Cut, name: str, found: Findings) -> None:
    what = {"lost": found.lost, "doubled": found.doubled, "wrong": found.wrong}
    told = {kind: sentences for kind, sentences in what.items() if sentences}
    where = f"kill9 seed {seed} run {cut.number}, {cut.job}:{cut.step} ({name})"
    print(f"{where}: {json.dumps(told, ensure_ascii=False)}", file=sys.stderr, flush=True)
