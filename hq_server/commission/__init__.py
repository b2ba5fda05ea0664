"""Commission 酬金: dated rates, monthly lines, tax withheld, and the file it is paid by."""

from __future__ import annotations
