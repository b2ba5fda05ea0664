"""One measured figure, and how it is written."""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class FoundError(Exception):
    """A long run found what must not be; the figures are taken all the same, what it was stands on standard error."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure by name. ``reference`` is what it is held against, in the same unit; ``ratio`` value over reference."""

    name: str
    value: float
    unit: str
    reference: float | None = None

    def line(self) -> str:
        """Write the figure as one line of JSON."""
        ratio = self.value / self.reference if self.reference else None
        parts = {"name": self.name, "value": self.value, "unit": self.unit, "reference": self.reference, "ratio": ratio}
        rounded = {key: round(part, 4) if isinstance(part, float) else part for key, part in parts.items()}
        return json.dumps(rounded)


def percentile(samples: Sequence[float], percent: int) -> float:
    """Take a percentile of at least two samples."""
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]
