"""Payment orders 付款单 and direct debits 代扣: made by one, approved by another, ended by the bank."""

from __future__ import annotations
