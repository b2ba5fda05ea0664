"""Who else has a device open, as Linux tells it under /proc; elsewhere nobody knows."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def holders_of(device: str, processes: Path = Path("/proc")) -> tuple[str, ...]:
    """Name the other programs that have a device open, ``PID 812 (cutecom)``; only those this user may look at."""
    target = os.path.realpath(device)
    others = [int(one.name) for one in _listed(processes) if one.name.isdigit() and int(one.name) != os.getpid()]
    return tuple(named(pid, processes) for pid in sorted(others) if _has_open(processes / str(pid), target))


def _has_open(process: Path, target: str) -> bool:
    return any(_points_to(file, target) for file in _listed(process / "fd"))


def _listed(folder: Path) -> list[Path]:
    with suppress(OSError):
        return list(folder.iterdir())
    return []


def _points_to(file: Path, target: str) -> bool:
    with suppress(OSError):
        return str(file.readlink()) == target
    return False


def named(pid: int, processes: Path = Path("/proc")) -> str:
    """Name a program by its number and, where it can be known, by its name."""
    with suppress(OSError):
        return f"PID {pid} ({(processes / str(pid) / 'comm').read_text('utf-8', 'replace').strip()})"
    return f"PID {pid}"
