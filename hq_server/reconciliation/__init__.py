"""Reconciliation 对账: counterparties' files against our own books, difference by difference."""

from __future__ import annotations
