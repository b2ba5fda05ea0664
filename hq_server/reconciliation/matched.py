"""When a sale counts as matched with its biller's file: the question that commission asks."""

from __future__ import annotations

from hq_server.reconciliation.discrepancy import CLOSED_CLASSES

_CLOSED = ", ".join(f"'{one.value}'" for one in sorted(CLOSED_CLASSES))
IS_MATCHED = f"""((EXISTS (SELECT FROM recon_stations h WHERE h.station_code = p.station_code
        AND h.biller_code = p.biller_code AND h.run_date = p.business_date AND h.upto_seq >= p.seq)
    AND NOT EXISTS (SELECT FROM recon_findings n WHERE n.station_code = p.station_code AND n.payment_seq = p.seq))
    OR EXISTS (SELECT FROM recon_findings f WHERE f.station_code = p.station_code AND f.payment_seq = p.seq
        AND f.break_class IN ({_CLOSED}) AND (f.line_date IS NOT NULL OR f.group_no IS NOT NULL)))"""  # noqa: S608
"""Tells, in SQL, of a row ``p`` of ``payments`` whether a run matched it with a line.

A run of its day had it and found nothing to say about it, or a finding pairs it with a line or a sum of lines.
"""
