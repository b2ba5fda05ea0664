"""A biller's settlement file as another program would write it, for tests in which the biller has its own story."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path


@dataclass
class BillerFile:
    """Lines in the default layout; ``write`` puts the file and its flag into a folder."""

    biller: str
    day: date
    number: int
    rows: list[tuple[str, str, str, str, int]] = field(default_factory=list)

    def line(self, our_no: str, account_no: str, fen: int, kind: str = "PAY") -> None:
        self.rows.append((our_no, f"{self.biller}{self.number:03d}{len(self.rows):04d}", account_no, kind, fen))

    def write(self, folder: Path) -> Path:
        said = f"H|{self.biller}|{self.day:%Y%m%d}|{self.number}|1\n" + "".join(
            f"D|{place}|{ours}|{theirs}|{account}|{self.day:%Y%m%d}120000|{kind}|{fen}|SUCCESS\n"
            for place, (ours, theirs, account, kind, fen) in enumerate(self.rows, 1)
        )
        trailer = f"T|{len(self.rows)}|{sum(row[4] for row in self.rows)}|{hashlib.sha256(said.encode()).hexdigest()}\n"
        path = folder / f"{self.biller}_{self.day:%Y%m%d}_{self.number}.txt"
        path.write_text(said + trailer, "utf-8")
        path.with_name(path.name + ".ok").touch()
        return path
