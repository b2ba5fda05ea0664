"""Withdrawals at HQ: the agreement's terms, the acquirer's daily file against the journals, rulings, lists."""
