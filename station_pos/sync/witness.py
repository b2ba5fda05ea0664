"""The high-water witness: how far HQ has acknowledged this station's journal, kept outside the database.

A database put back from a backup forgets what was recorded after it; this file does not, so the station notices before
it signs a second record with a number it had used. It also remembers why the station was stopped, until a new epoch.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from station_journal.seal import DIGEST_BYTES, Position
from station_pos.durable_file import write_durably
from station_pos.sync.stop import Stop
from station_pos.sync.wording import TEXT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_WITNESS_FORMAT = 1
_WITNESS_BYTES_MAX = 4096


class WitnessError(Exception):
    """The witness file cannot be read or written; one sentence. An unreadable witness is never taken for none."""


@dataclass(frozen=True, slots=True)
class Witness:
    """The last acknowledged position of the station's journal, and the stop in force, if any."""

    acknowledged: Position
    stop: Stop | None = None


def read_witness(path: Path) -> Witness | None:
    """Read the witness; None only where there never was one.

    Raises:
        WitnessError: the file is there and cannot be read or is damaged.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_WITNESS_BYTES_MAX + 1)
        row = json.loads(content)
        position = Position(int(row["epoch"]), int(row["seq"]), bytes.fromhex(row["head"]))
        stop = Stop(row["stop"]) if row["stop"] else None
        sound = row["format"] == _WITNESS_FORMAT and len(position.digest) == DIGEST_BYTES and position.seq >= 0
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise WitnessError(TEXT("witness_unreadable", name=path.name)) from error
    if not sound:
        raise WitnessError(TEXT("witness_unreadable", name=path.name))
    return Witness(position, stop)


def write_witness(path: Path, witness: Witness) -> None:
    """Write the witness, whole or not at all.

    Raises:
        WitnessError: the disk is full or the folder cannot be written; the old witness stands.
    """
    position = witness.acknowledged
    row = {
        "format": _WITNESS_FORMAT,
        "epoch": position.epoch,
        "seq": position.seq,
        "head": position.digest.hex(),
        "stop": witness.stop.value if witness.stop else "",
    }
    try:
        write_durably(path, json.dumps(row).encode() + b"\n")
    except OSError as error:
        raise WitnessError(TEXT("witness_unwritable", name=path.name, why=error.strerror)) from error


def stop_by_witness(
    witness: Witness | None, head: Position, digest_at: Callable[[int, int], bytes | None]
) -> Stop | None:
    """Say whether the database must not be sold on, by what the witness knows.

    ``head`` is the database's own head; ``digest_at`` gives its digest by epoch and number (None where it has none;
    the epoch's start for the number before its first record).
    A witness of an epoch before the database's was overtaken by a new enrolment and stops nothing.
    """
    if witness is None or witness.acknowledged.epoch < head.epoch:
        return None
    if witness.stop is not None:
        return witness.stop
    known = witness.acknowledged
    if (known.epoch, known.seq) > (head.epoch, head.seq):
        return Stop.RESTORED
    held = head.digest if known.seq == head.seq else digest_at(known.epoch, known.seq)
    return None if held == known.digest else Stop.DIVERGED
