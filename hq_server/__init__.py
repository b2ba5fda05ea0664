"""HQ: takes in station journals, keeps the books, reconciles with billers, pays commission and states it back."""

from __future__ import annotations
