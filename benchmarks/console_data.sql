-- A country of stations: statements run one by one with the parameters :stations, :bills, :breaks, :now, :today,
-- :per_day and :billers. A bill is three records (taken, receipted, answered) and three entries.

CREATE FUNCTION bench_code(s int) RETURNS text IMMUTABLE LANGUAGE sql RETURN 'ST-' || lpad(s::text, 4, '0');

INSERT INTO stations (station_code, name, branch, address, complaint_line, created_at, maker_no, last_seen_at)
    SELECT bench_code(s), '太平镇 ' || s || ' 站', '支局 ' || (s % 140), '正街 ' || s || ' 号', '11185', :now, 11,
    CAST(:now AS timestamptz) - (s % 97) * (s % 97) * interval '1 minute' FROM generate_series(1, :stations) s;

INSERT INTO enrolments (station_code, issue_no, epoch, state, code_expires_at, public_key, maker_no, approver_no,
    created_at)
    SELECT bench_code(s), 1, 1, 'APPROVED', :now, decode(md5(s::text), 'hex'), 11, 12, :now FROM generate_series(1, :stations) s;

INSERT INTO journal_heads (station_code, side, epoch, seq, digest)
    SELECT bench_code(s), side, 1, CASE side WHEN 'S' THEN 2 * :bills ELSE :bills END, decode(md5(s::text), 'hex')
    FROM generate_series(1, :stations) s, (VALUES ('S'), ('H')) sides (side);

INSERT INTO journal_epochs (station_code, side, epoch, certificate, signature, opened_at)
    SELECT bench_code(s), side, 1, '', '', CAST(:now AS timestamptz) - interval '220 days'
    FROM generate_series(1, :stations) s, (VALUES ('S'), ('H')) sides (side);

INSERT INTO standings (station_code, station_seq, hq_seq, seen_seq, tariff_hash, receipts_issued, operation_no,
    day_ended)
    SELECT bench_code(s), 2 * :bills, :bills, :bills, '', :bills, :bills, CAST(:today AS date) - 1 FROM generate_series(1, :stations) s;

INSERT INTO journal_records (station_code, side, seq, epoch, data, digest, stored_at)
    SELECT bench_code(s), 'S', q, 1, (SELECT data FROM bench_samples WHERE no = q % 2), sha256((s || '.' || q)::bytea), :now
    FROM generate_series(1, :stations) s, generate_series(1, 2 * :bills) q;

INSERT INTO journal_records (station_code, side, seq, epoch, data, digest, stored_at)
    SELECT bench_code(s), 'H', b, 1, (SELECT data FROM bench_samples WHERE no = 2), sha256((s || ':' || b)::bytea), :now
    FROM generate_series(1, :stations) s, generate_series(1, :bills) b;

INSERT INTO payments (station_code, seq, operation_no, recorded_at, business_date, operator_no, product_code,
    biller_code, account_no, bill_no, bill_period, payer_name, amount_fen, fee_fen, tendered_fen, offline,
    status, cash, biller_no, reason, receipt_seq, receipt_no, pending_seq, invoice_no, reversal_seq,
    source_seq, answered_seq, released_seq, reversal_refused_seq)
    SELECT bench_code(s), 2 * b - 1, b, (CAST(:today AS date) - CAST((CAST(:bills AS int) - b) / CAST(:per_day AS int) AS int)) + interval '4 hours', (CAST(:today AS date) - CAST((CAST(:bills AS int) - b) / CAST(:per_day AS int) AS int)), 1, 101 + (s + b) % 4,
    (CAST(:billers AS text[]))[1 + (s + b) % 4], lpad((s * 7 + b % 700)::text, 10, '0'), 'B' || b, '2026-10', '*三',
    1000 + (s * 31 + b * 17) % 20000, 0, 30000, false,
    CASE WHEN (s + b) % 5000 = 0 THEN 1 ELSE 2 END, 1, 'N' || s || '.' || b, '', 2 * b, b, 0, '', 0, 0, b, 0, 0
    FROM generate_series(1, :stations) s, generate_series(1, :bills) b;

INSERT INTO ledger_entries (station_code, side, epoch, seq, line, debit_account, debit_party, credit_account,
    credit_party, amount_fen, business_date)
    SELECT bench_code(s), side, 1, CASE side WHEN 'S' THEN 2 * b - 1 ELSE b END, line, debit, '', credit,
    CASE credit WHEN 2201 THEN (CAST(:billers AS text[]))[1 + (s + b) % 4] ELSE '' END,
    1000 + (s * 31 + b * 17) % 20000, (CAST(:today AS date) - CAST((CAST(:bills AS int) - b) / CAST(:per_day AS int) AS int))
    FROM generate_series(1, :stations) s, generate_series(1, :bills) b,
    (VALUES ('S', 0, 1001, 2001), ('S', 1, 2101, 2102), ('H', 0, 2001, 2201)) lines (side, line, debit, credit);

INSERT INTO balances (station_code, account, party, balance_fen)
    SELECT station_code, account, party, sum(fen) FROM (
    SELECT station_code, debit_account account, debit_party party,
        sum(CASE WHEN debit_account < 2000 THEN amount_fen ELSE -amount_fen END) fen
    FROM ledger_entries GROUP BY 1, 2, 3
    UNION ALL
    SELECT station_code, credit_account, credit_party,
        sum(CASE WHEN credit_account < 2000 THEN -amount_fen ELSE amount_fen END)
    FROM ledger_entries GROUP BY 1, 2, 3) both_sides GROUP BY 1, 2, 3;

INSERT INTO credit_purchases (station_code, purchase_no, amount_fen, evidence, state, maker_no, approver_no,
    entered_at, decided_at, hq_seq)
    SELECT bench_code(s), n, 50000 * n, '存款单 ' || s || '-' || n, CASE WHEN n = 20 AND s % 50 = 0 THEN 'ENTERED' ELSE 'APPROVED' END,
    21, CASE WHEN n = 20 AND s % 50 = 0 THEN NULL ELSE 11 END, CAST(:now AS timestamptz) - (20 - n) * interval '9 days' - s * interval '1 second',
    CASE WHEN n = 20 AND s % 50 = 0 THEN NULL ELSE CAST(:now AS timestamptz) END,
    CASE WHEN n = 20 AND s % 50 = 0 THEN NULL ELSE n END
    FROM generate_series(1, :stations) s, generate_series(1, 20) n;

INSERT INTO audit_entries (station_code, at, actor, tag, details)
    SELECT bench_code(s), CAST(:now AS timestamptz) - n * interval '9 days', 'staff:11',
    (ARRAY['credit.entered', 'credit.approved', 'staff.signed_in', 'invoice.issued'])[1 + n % 4],
    jsonb_build_object('purchase_no', n) FROM generate_series(1, :stations) s, generate_series(1, 40) n;

INSERT INTO gateway_requests (station_code, kind, seq, payment_seq, our_no, biller_code, account_no, bill_no,
    amount_fen, state, next_at, created_at)
    SELECT bench_code(s), 'PAY', 2 * :bills - 1, 2 * :bills - 1, bench_code(s) || '-' || 2 * :bills, 'SCDL', '0081234567', 'B',
    1000 + s, 'SENT', :now, CAST(:now AS timestamptz) - s * interval '1 minute' FROM generate_series(1, :stations) s
    WHERE s % 50 = 0;

INSERT INTO break_cases (station_code, layer, counterparty, business_date, item, break_class, match_key, payment_seq,
    our_no, their_no, account_no, ours_fen, theirs_fen, difference_fen, state, opened_at, due_on, owner_no)
    SELECT bench_code(CAST(1 + n % :stations AS int)), 'BILLER', (CAST(:billers AS text[]))[1 + n % 4], CAST(:today AS date) - n % 20,
    'S:' || n, (ARRAY['THEIRS_ONLY', 'OURS_ONLY', 'AMOUNT_MISMATCH', 'DUPLICATE_THEIRS', 'STATUS_MISMATCH'])[1 + n % 5], 'our_no', n, 'ST-' || n, 'N' || n, '0081234567', 1000 + n, 1100 + n, 100, 'OPEN',
    CAST(:now AS timestamptz) - (n % 20) * interval '1 day', CAST(:today AS date) - n % 20 + 7, 11 + n % 2
    FROM generate_series(1, :breaks) n;

INSERT INTO recon_findings (station_code, biller_code, run_date, finding_no, break_class, match_key, payment_seq,
    our_no, biller_no, account_no, ours_fen, theirs_fen, difference_fen)
    SELECT bench_code(CAST(1 + n % :stations AS int)), (CAST(:billers AS text[]))[1 + n % 4], CAST(:today AS date) - n % 20, n, (ARRAY['THEIRS_ONLY', 'OURS_ONLY', 'AMOUNT_MISMATCH', 'DUPLICATE_THEIRS', 'STATUS_MISMATCH'])[1 + n % 5],
    'our_no', n, 'ST-' || n, 'N' || n, '0081234567', 1000 + n, 1100 + n, 100
    FROM generate_series(1, :breaks) n;
