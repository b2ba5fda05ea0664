"""What a station and HQ must agree on: money, records, their bytes, seals, postings and balances.

Pure: no clock, no network, no database, no log. Both sides import this package and compute the same figures
from the same two journals.
"""

from __future__ import annotations

__version__ = "0.1.0"
