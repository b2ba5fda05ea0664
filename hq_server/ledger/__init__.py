"""The books: both journals posted by the rules that stations use, and what can be read from them."""

from __future__ import annotations
