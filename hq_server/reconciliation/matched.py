"""When a sale counts as matched with its biller's file: the question that commission asks."""

from __future__ import annotations

from hq_server.reconciliation.discrepancy import CLOSED_CLASSES

_CLOSED = ", ".join(f"'{one.value}'" for one in sorted(CLOSED_CLASSES))
MATCHED_BY_RUN = """(EXISTS (SELECT FROM recon_stations h WHERE h.station_code = p.station_code
        AND h.biller_code = p.biller_code AND h.run_date = p.business_date AND h.upto_seq >= p.seq)
    AND NOT EXISTS (SELECT FROM recon_findings n WHERE n.station_code = p.station_code AND n.payment_seq = p.seq))"""
"""Tells, in SQL, of a row ``p`` of ``payments`` whether a run of its day had it and found nothing to say about it."""
MATCHED_BY_FINDING = f"""EXISTS (SELECT FROM recon_findings f
    WHERE f.station_code = p.station_code AND f.payment_seq = p.seq
        AND f.break_class IN ({_CLOSED}) AND (f.line_date IS NOT NULL OR f.group_no IS NOT NULL))"""
"""Tells whether a finding pairs it with a line or a sum of lines. No row is matched in both ways."""
IS_MATCHED = f"({MATCHED_BY_RUN} OR {MATCHED_BY_FINDING})"
"""Tells whether a run matched it with a line, in either way."""
