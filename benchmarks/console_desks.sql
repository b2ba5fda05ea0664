-- What HQ's desks hold of a country: statements run one by one after those of the network, with :stations, :bills,
-- :now, :today and :billers. Two hundred days of files, cuts, windows and statements; six months of commission.

INSERT INTO subjects (station_code, kind, key, state, data)
    SELECT bench_code(s), kind, key_before || lpad((s * each + n)::text, digits, '0'), state, data
    FROM bench_things, generate_series(1, :stations) s, generate_series(1, each) n WHERE s % every = 0;

INSERT INTO tariff_publications (station_code, tariff_hash, hq_seq)
    SELECT bench_code(s), tariff_hash, 1 FROM tariffs, generate_series(1, :stations) s;

INSERT INTO subjects (station_code, kind, key, state, data)
    SELECT p.station_code, t.kind, encode(p.tariff_hash, 'hex'), t.state, t.data FROM tariff_publications p, bench_notice t
    WHERE right(p.station_code, 1) <> '7';

INSERT INTO case_clocks (station_code, case_no, owner_no, due_on)
    SELECT station_code, CAST(key AS int), 11 + CAST(key AS int) % 2, CAST(:today AS date) + CAST(key AS int) % 20 - 10
    FROM subjects WHERE kind = 41 AND CAST(key AS int) % 5 <> 0;

INSERT INTO corrections (station_code, correction_no, book, cited_side, cited_seq, cited_on, reason, explanation,
    old_fen, new_fen, evidence_hash, evidence_title, stale, hq_seq, state, maker_no, made_at, approver_no, decided_at)
    SELECT bench_code(s), 1, 1, 1, 1, CAST(:today AS date) - 9, 1, '对账文件金额 ' || s, 1000, 1000 + s, '', '对账单', false,
    CASE WHEN s % 20 = 0 THEN NULL ELSE 1 END, CASE WHEN s % 20 = 0 THEN 'PROPOSED' ELSE 'APPROVED' END, 11,
    CAST(:now AS timestamptz) - s * interval '1 minute', CASE WHEN s % 20 = 0 THEN NULL ELSE 12 END,
    CASE WHEN s % 20 = 0 THEN NULL ELSE CAST(:now AS timestamptz) END FROM generate_series(1, :stations) s WHERE s % 2 = 0;

INSERT INTO known_faults (fault_no, predicate, parameters, title, title_en, work_around, work_around_en, since, made_by,
    made_at)
    SELECT n, 'KIND_BETWEEN', '{}', '已知问题 ' || n, 'Known fault ' || n, '改用小键盘', 'Use the numpad',
    CAST(:today AS date) - n, 11, :now FROM generate_series(1, 20) n;

INSERT INTO alarms (station_code, code, station_seq, amount_fen, hq_seq, raised_at, reason)
    SELECT bench_code(s), 1 + (s + n) % 14, n, CASE n % 3 WHEN 0 THEN 0 ELSE 100 * n END, n,
    CAST(:now AS timestamptz) - n * interval '1 day' - s * interval '1 second', '' FROM generate_series(1, :stations) s, generate_series(1, 10) n
    WHERE s % 4 = 0;

INSERT INTO integrity_checks (station_code, checked_at, checked_on, station_seq, hq_seq, fault_count, took_ms)
    SELECT bench_code(s), CAST(:now AS timestamptz) - n * interval '1 day', CAST(:today AS date) - n, 2 * :bills, :bills,
    CASE WHEN n = 1 AND s % 250 = 0 THEN 1 ELSE 0 END, 12 FROM generate_series(1, :stations) s, generate_series(1, 60) n;

INSERT INTO integrity_faults (station_code, checked_at, fault_no, code, side, seq, amount_fen, what)
    SELECT station_code, checked_at, 1, 9, 'S', 7, 100, 'the balance of account 2001 is 1.00 off'
    FROM integrity_checks WHERE fault_count > 0;

INSERT INTO network_digests (checked_on, digest, station_count, made_at)
    SELECT CAST(:today AS date) - n, sha256(n::text::bytea), :stations, CAST(:now AS timestamptz) - n * interval '1 day' FROM generate_series(1, 60) n;

INSERT INTO received_files (sha256, file_name, purpose, party_code, business_date, file_seq, profile_name,
    profile_version, state, line_count, amount_fen, net_fen, fee_fen, byte_count, imported_by, imported_at)
    SELECT encode(sha256((party || d)::bytea), 'hex'), party || '_' || d || '.csv',
    CASE party WHEN 'BANK' THEN 'ACCOUNT' WHEN 'UNION' THEN 'ACQUIRER' ELSE 'BILLER' END, party, CAST(:today AS date) - d, 1, 'default-1', 1,
    'ACCEPTED', 4000, 40000000, 40000000, 0, 200000, 11, CAST(:now AS timestamptz) - d * interval '1 day'
    FROM unnest(CAST(:billers AS text[]) || ARRAY['UNION', 'BANK']) party, generate_series(1, 200) d;

INSERT INTO received_chunks (sha256, chunk_no, content)
    SELECT sha256, 0, 'our_no,amount'::bytea FROM received_files;

INSERT INTO recon_days (biller_code, run_date, sale_count, line_count, matched_count, file_count, amount_fen,
    status_sum, run_at)
    SELECT biller, CAST(:today AS date) - d, 4000, 4000, 3990, 1, 40000000, 8000, CAST(:now AS timestamptz) - d * interval '1 day'
    FROM unnest(CAST(:billers AS text[])) biller, generate_series(1, 200) d;

INSERT INTO acquirer_days (acquirer_code, business_date, file_count, run_at)
    SELECT 'UNION', CAST(:today AS date) - d, 1, CAST(:now AS timestamptz) - d * interval '1 day' FROM generate_series(1, 200) d;

INSERT INTO payees (kind, party, valid_from, payee_name, account_no, cycle, settle_days, state, maker_no, made_at,
    approver_no, decided_at)
    SELECT CASE n % 3 WHEN 0 THEN 'SENDER' WHEN 1 THEN 'CARRIER' ELSE 'BRANCH' END, '对方' || n, CAST(:today AS date) - 300,
    '收款单位 ' || n, (51000000000 + n)::text, 'WEEK', 1, 'APPROVED', 11, :now, 12, :now FROM generate_series(1, 600) n
    UNION ALL SELECT 'BILLER', biller, CAST(:today AS date) - 300, biller, '5100123', 'DAY', 1, 'APPROVED', 11, :now, 12, :now
    FROM unnest(CAST(:billers AS text[])) biller;

INSERT INTO settlement_cuts (cut_no, business_date, taken_at)
    SELECT n, CAST(:today AS date) - 201 + n, CAST(:now AS timestamptz) - (200 - n) * interval '1 day' FROM generate_series(1, 200) n;

INSERT INTO settlement_cut_positions (station_code, cut_no, station_seq, hq_seq)
    SELECT bench_code(s), n, greatest(0, 2 * :bills - 2 * 3 * (200 - n)), greatest(0, :bills - 3 * (200 - n))
    FROM generate_series(1, :stations) s, generate_series(1, 200) n;

INSERT INTO settlement_windows (kind, party, window_no, from_cut, to_cut, business_date, due_fen, line_count, due_on,
    order_no, closed_at)
    SELECT 'BILLER', biller, n, n - 1, n, CAST(:today AS date) - 201 + n, 40000000, 4000, CAST(:today AS date) - 200 + n,
    CASE WHEN n < 198 THEN n ELSE NULL END, :now FROM unnest(CAST(:billers AS text[])) biller, generate_series(1, 199) n;

INSERT INTO payment_orders (order_no, kind, subject, subject_seq, pay_on, item_count, amount_fen, state, maker_no,
    made_at, approver_no, decided_at, profile, file_name, content, sha256, written_at, bank_line, bank_fen, ended_on)
    SELECT n, 'BILLER', (CAST(:today AS date) - 200 + n)::text, 1, CAST(:today AS date) - 200 + n, 4, 160000000,
    'APPROVED', 31, :now, 32, :now, 'bank-csv', 'PO' || n || '.csv', '', '', :now, concat_ws('/', '5100', CAST(:today AS date) - 200 + n, 2, n),
    -160000000, CAST(:today AS date) - 200 + n FROM generate_series(1, 197) n;

INSERT INTO payment_items (station_code, order_no, item_no, kind, source, payee_name, account_no, gross_fen, tax_fen,
    amount_fen, state, ended_on, effect_seq)
    SELECT 'BILLER:' || biller, n, position, 'BILLER', 'window ' || n, biller, '5100123', 40000000, 0, 40000000, 'PAID',
    CAST(:today AS date) - 200 + n, 0 FROM unnest(CAST(:billers AS text[])) WITH ORDINALITY billers (biller, position), generate_series(1, 197) n;

INSERT INTO commission_runs (month, state, maker_no, made_at, list_due, pay_due, approver_no, approved_at, told_at,
    sale_count, waiting_count, disputed_count)
    SELECT 202600 + m, CASE WHEN m < 10 THEN 'PAID' ELSE 'LISTED' END, 11, :now, make_date(2026, m + 1, 15), make_date(2026, m + 1, 20),
    CASE WHEN m < 10 THEN 12 ELSE NULL END, CASE WHEN m < 10 THEN CAST(:now AS timestamptz) ELSE NULL END, NULL, 90 * :stations, 12, 0
    FROM generate_series(5, 10) m;

INSERT INTO commission_months (station_code, month, carried_in_fen, gross_fen, carried_out_fen, tax_fen, net_fen,
    tax_regime, tax_rule, tax_formula, payee_name, settlement_account)
    SELECT bench_code(s), 202600 + m, 0, 3240, 0, 0, 3240, 'LABOUR_WITHHOLDING', 'LR', '32.40 <= 800.00', '张三', '6217990'
    FROM generate_series(1, :stations) s, generate_series(5, 10) m;

INSERT INTO commission_parts (station_code, month, service_line, paying_unit, carried_in_fen, gross_fen,
    carried_out_fen, tax_fen, net_fen, tax_regime, tax_rule, tax_formula)
    SELECT station_code, month, 'E_COMMERCE', 'HQ', 0, 3240, 0, 0, 3240, CASE WHEN right(station_code, 1) IN ('3', '8')
    THEN 'BUSINESS_INVOICE' ELSE tax_regime END, tax_rule, tax_formula FROM commission_months;

INSERT INTO commission_invoices (station_code, month, invoice_no, amount_fen, entered_by, entered_at)
    SELECT station_code, month, '2651' || month, 3240, 31, :now FROM commission_parts
    WHERE tax_regime = 'BUSINESS_INVOICE' AND month < 202610;

INSERT INTO commission_lines (station_code, month, line_no, product_code, rate_version, item_count, base_fen,
    commission_fen, formula)
    SELECT station_code, month, n, 100 + n, '2026-1', 22, 22000, 810, '22 x 0.36 = 7.92' FROM commission_months, generate_series(1, 4) n;

INSERT INTO branch_rates (product_code, valid_from, rate, state, maker_no, made_at, approver_no, decided_at)
    SELECT 900000 + n, CAST(:today AS date) - 400, '{"basis": "per_item", "value": 36, "version": "2026-1"}', 'APPROVED', 11, :now, 12, :now
    FROM generate_series(1, 40) n;

INSERT INTO branch_figures (station_code, figure_no, month, product_code, item_count, base_fen, evidence, state,
    maker_no, made_at, approver_no, decided_at, run_month)
    SELECT bench_code(s), n, 202605 + n, 900001, n, 1000 * n, '分销月报', CASE n WHEN 6 THEN 'PROPOSED' ELSE 'APPROVED' END, 22,
    CAST(:now AS timestamptz) - (6 - n) * interval '30 days' - s * interval '1 second', CASE n WHEN 6 THEN NULL ELSE 12 END,
    CASE n WHEN 6 THEN NULL ELSE CAST(:now AS timestamptz) END, CASE n WHEN 6 THEN NULL ELSE 202605 + n END
    FROM generate_series(1, :stations) s, generate_series(1, 6) n;

INSERT INTO debit_mandates (station_code, mandate_no, holder_name, account_no, each_max_fen, valid_from, valid_until,
    state, maker_no, made_at, approver_no, decided_at)
    SELECT bench_code(s), 'WT-' || s, '张三', (6217990000 + s)::text, 200000, CAST(:today AS date) - 300, CAST(:today AS date) + 900,
    CASE WHEN s % 100 = 0 THEN 'PROPOSED' ELSE 'APPROVED' END, 22, :now, CASE WHEN s % 100 = 0 THEN NULL ELSE 12 END,
    CASE WHEN s % 100 = 0 THEN NULL ELSE CAST(:now AS timestamptz) END FROM generate_series(1, :stations) s;

INSERT INTO agreements (station_code, terms_no, valid_from, payee_name, settlement_account, tax_regime, state, maker_no,
    made_at, approver_no, decided_at)
    SELECT bench_code(s), n, CAST(:today AS date) - 300 * n, '张三', (6217990000 + s)::text, 'LABOUR_WITHHOLDING', 'APPROVED',
    11, CAST(:now AS timestamptz) - n * interval '300 days' - s * interval '1 second', 12, :now
    FROM generate_series(1, :stations) s, generate_series(1, 2) n;

INSERT INTO bank_entries (account_no, business_date, file_seq, row_no, entry_no, statement_no, booked_on, amount_fen,
    is_reversal, bank_no, end_to_end_id, batch_no, their_name, their_account, text, is_free)
    SELECT '5100', CAST(:today AS date) - 200 + n, 2, n, n, 'S' || n, CAST(:today AS date) - 200 + n, -160000000, false,
    'B' || n, 'PO' || lpad(n::text, 6, '0'), '', 'JYSW', '5100123', '', false FROM generate_series(1, 197) n
    UNION ALL SELECT '5100', CAST(:today AS date) - 9 * (20 - n), 1, s, s, 'S' || n, CAST(:today AS date) - 9 * (20 - n), 50000 * n, false,
    'B' || s || '.' || n, '', '', '张三', '6217', '存款单 ' || s || '-' || n, n = 20 AND s % 10 = 0
    FROM generate_series(1, :stations) s, generate_series(1, 20) n;

INSERT INTO purchase_matches (station_code, purchase_no, match_no, bank_line, amount_fen, booked_on, exact, finding,
    state, maker_no, made_at, approver_no, decided_at)
    SELECT bench_code(row_no), 20 - (CAST(:today AS date) - business_date) / 9, 1,
    concat_ws('/', account_no, business_date, file_seq, row_no), amount_fen, booked_on, true, '', 'APPROVED', 0, :now, 11, :now
    FROM bank_entries WHERE file_seq = 1 AND NOT is_free;

UPDATE credit_purchases SET has_line = purchase_no < 20 OR CAST(right(station_code, 4) AS int) % 10 <> 0
    WHERE state = 'APPROVED';

INSERT INTO cash_pouches (station_code, entry_no, direction, label, amount_fen, faces_fen, pieces, coins_fen, state,
    maker_no, approver_no, entered_at, decided_at, hq_seq)
    SELECT bench_code(s), n, 'RECEIVED', 'L' || s || '.' || n, 100000, '{}', '{}', 0, 'APPROVED', 21, 22, :now, :now, n
    FROM generate_series(1, :stations) s, generate_series(1, 10) n
