"""Who did what, for an auditor: append only, with a closed set of tags and no secret in it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from hq_server.db.reference_tables import audit_entries

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection, Row

NO_STATION = "HQ"
"""Stands for the station in entries about none."""
SYSTEM_ACTOR = "system"


class AuditTag(StrEnum):
    """What happened. A tag's text is stored and never changes its meaning."""

    STAFF_ADDED = "staff.added"
    SIGN_IN_REFUSED = "staff.sign_in_refused"
    STATION_ADDED = "station.added"
    ENROLMENT_CODE_ISSUED = "enrolment.code_issued"
    ENROLMENT_REQUESTED = "enrolment.requested"
    ENROLMENT_REFUSED = "enrolment.refused"
    ENROLMENT_APPROVED = "enrolment.approved"
    EPOCH_OPENED = "journal.epoch_opened"
    FRAME_REFUSED = "journal.frame_refused"
    BRANCH_FROZEN = "journal.branch_frozen"
    TARIFF_PUBLISHED = "tariff.published"
    POSTING_STOPPED = "ledger.posting_stopped"
    LEDGER_RECOMPUTED = "ledger.recomputed"
    BILLER_SET = "gateway.biller_set"
    BATCH_RUN_WRITTEN = "gateway.batch_run_written"
    BATCH_RESULT_TAKEN = "gateway.batch_result_taken"
    BATCH_RESULT_REFUSED = "gateway.batch_result_refused"
    CREDIT_ENTERED = "credit.entered"
    CREDIT_APPROVED = "credit.approved"
    CREDIT_REFUSED = "credit.refused"
    DAYS_STATED = "station.days_stated"
    YEAR_LIST_ENTERED = "calendar.entered"
    YEAR_LIST_DECIDED = "calendar.decided"
    GOODS_PUBLISHED = "distribution.goods_published"
    DISTRIBUTION_RECORDED = "distribution.recorded"
    LEAD_CONTACT_ERASED = "distribution.contact_erased"
    PARCEL_CONTACTS_ERASED = "parcels.contacts_erased"
    CREDIT_SEALED = "credit.sealed"
    SEAL_APPROVED = "credit.seal_approved"
    CODE_READ = "credit.code_read"
    SEAL_REVOKED = "credit.seal_revoked"
    SEAL_RETURNED = "credit.seal_returned"
    POUCH_ENTERED = "cash.pouch_entered"
    POUCH_APPROVED = "cash.pouch_approved"
    POUCH_REFUSED = "cash.pouch_refused"
    FILE_IMPORTED = "reconciliation.file_imported"
    FILE_REFUSED = "reconciliation.file_refused"
    FILE_PROFILE_SET = "reconciliation.file_profile_set"
    BREAK_PROPOSED = "reconciliation.break_proposed"
    BREAK_RESOLVED = "reconciliation.break_resolved"
    RULING_PROPOSED = "reconciliation.ruling_proposed"
    RULING_REFUSED = "reconciliation.ruling_refused"
    RULING_MADE = "reconciliation.ruling_made"
    INVOICE_ISSUED = "invoice.issued"
    COMMISSION_RUN = "commission.run"
    COMMISSION_APPROVED = "commission.approved"
    PAY_FILE_WRITTEN = "commission.pay_file_written"
    COMMISSION_INVOICED = "commission.invoiced"
    BRANCH_FIGURE_ENTERED = "commission.branch_figure_entered"
    BRANCH_FIGURE_DECIDED = "commission.branch_figure_decided"
    BRANCH_RATE_ENTERED = "commission.branch_rate_entered"
    BRANCH_RATE_APPROVED = "commission.branch_rate_approved"
    BRANCH_RATE_REFUSED = "commission.branch_rate_refused"
    COMMISSION_ACCOUNT_ENTERED = "commission.account_entered"
    COMMISSION_ACCOUNT_DECIDED = "commission.account_decided"
    PAYEE_NAMED = "settlement.payee_named"
    PAYEE_DECIDED = "settlement.payee_decided"
    CUT_TAKEN = "settlement.cut_taken"
    ORDER_MADE = "settlement.order_made"
    ORDER_DECIDED = "settlement.order_decided"
    ORDER_WRITTEN = "settlement.order_written"
    ORDER_RESULT = "settlement.order_result"
    ITEM_RULING_PROPOSED = "settlement.item_ruling_proposed"
    ITEM_RULED = "settlement.item_ruled"
    BANK_MATCHED = "settlement.bank_matched"
    HQ_RECOVERED = "hq.recovered"
    MANDATE_ENTERED = "settlement.mandate_entered"
    MANDATE_DECIDED = "settlement.mandate_decided"
    COURIER_NAMED = "parcels.courier_named"
    MANIFEST_ANNOUNCED = "parcels.manifest_announced"
    MANIFEST_REFUSED = "parcels.manifest_refused"
    PARCEL_RULED = "parcels.ruled"
    PARCEL_TERMS_SET = "parcels.terms_set"
    TERMS_ENTERED = "withdrawals.terms_entered"
    TERMS_APPROVED = "withdrawals.terms_approved"
    TERMS_REFUSED = "withdrawals.terms_refused"
    STAFF_PROPOSED = "staff.proposed"
    STAFF_APPROVED = "staff.approved"
    STAFF_REFUSED = "staff.refused"
    STAFF_CLOSED = "staff.closed"
    PASSWORD_CHANGED = "staff.password_changed"  # noqa: S105 - a tag
    CODES_SET_UP = "staff.codes_set_up"
    SIGNED_IN = "staff.signed_in"
    JOURNAL_EXPORTED = "journal.exported"
    LIST_EXPORTED = "list.exported"
    CORRECTION_PROPOSED = "disputes.correction_proposed"
    CORRECTION_SIGNED = "disputes.correction_signed"
    CORRECTION_APPROVED = "disputes.correction_approved"
    CORRECTION_REFUSED = "disputes.correction_refused"
    CASE_TAKEN = "disputes.case_taken"
    CASE_ANSWERED = "disputes.case_answered"
    CASE_RULING_PROPOSED = "disputes.ruling_proposed"
    CASE_RULING_REFUSED = "disputes.ruling_refused"
    PROPOSAL_WITHDRAWN = "proposals.withdrawn"
    CASE_RULED = "disputes.ruled"
    FAULT_PUBLISHED = "faults.published"
    FAULT_ENDED = "faults.ended"


def staff_actor(staff_no: int) -> str:
    """Name a member of staff as the author of an entry."""
    return f"staff:{staff_no}"


def note(
    connection: Connection,
    tag: AuditTag,
    actor: str,
    now: datetime,
    details: dict[str, Any],
    station_code: str = NO_STATION,
) -> None:
    """Append an entry in the transaction of the deed itself, so that neither exists without the other."""
    connection.execute(
        insert(audit_entries).values(station_code=station_code, at=now, actor=actor, tag=tag.value, details=details)
    )


def entries(connection: Connection, station_code: str = NO_STATION) -> list[Row[Any]]:
    """List the entries about one station, or about none, in order."""
    table = audit_entries
    return list(
        connection.execute(select(table).where(table.c.station_code == station_code).order_by(table.c.entry_no))
    )
