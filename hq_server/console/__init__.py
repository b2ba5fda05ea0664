"""HQ's console for its staff: pages made on the server, readable without a script, each decision under its own name."""

from __future__ import annotations
