"""The roads to billers: inquiry, payment, status and reversal, asked once at a time, unknown until told."""

from __future__ import annotations
