"""Wires to the counter's devices: serial lines, and the drivers that speak over them."""

from __future__ import annotations
