"""HQ's command line: one module a group of commands, all on one footing of settings, sign-in and error sentences."""

from __future__ import annotations
