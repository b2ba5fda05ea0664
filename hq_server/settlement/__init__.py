"""Settlement 清算: what is owed to whom between two cuts, paid by orders of two people, ended by the bank."""

from __future__ import annotations
