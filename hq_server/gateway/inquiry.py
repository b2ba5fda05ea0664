"""Bill inquiry for a station: who asks is proved, how often is bounded, and the payer's name leaves HQ masked only.

The one call of a station that leaves no record: it moves nothing. Data minimised by JR/T 0171-2020: the counter reads
a masked name back to the payer and needs no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hq_server.db.reference_tables import tariff_publications, tariffs
from hq_server.gateway.answers import AccountUnknownError, BillerSilentError
from hq_server.gateway.billers import RoadKind, find_biller
from hq_server.gateway.http_adapter import HttpAdapter
from hq_server.logs import get_logger
from hq_server.reference.question_rates import QUESTIONS_A_MINUTE, within_rate
from hq_server.reference.senders import check_asked, check_sender
from hq_server.wording import RefusedError
from station_journal.exchange import read_inquiry
from station_journal.masking import mask_name
from station_journal.tariff import read_tariff

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from hq_server.db import Clock
    from hq_server.gateway.answers import AccountFound
    from hq_server.gateway.billers import Biller
    from station_journal.tariff import Product

INQUIRIES_A_MINUTE = QUESTIONS_A_MINUTE
INQUIRY_TIMEOUT_S = 8
"""The customer stands at the counter; a biller that takes longer is as good as silent."""

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class InquiryAnswer:
    """An answer as it goes out: HTTP status and JSON fields; amounts in fen."""

    status: int
    fields: dict[str, Any]


_REFUSED = InquiryAnswer(403, {"error": "refused"})
_UNKNOWN_ACCOUNT = InquiryAnswer(404, {"error": "unknown_account"})
_SILENT = InquiryAnswer(502, {"error": "biller_silent"})
_TOO_MANY = InquiryAnswer(429, {"error": "too_many"})


class InquiryDesk:
    """Answers inquiries; holds nothing but the database and the clock, so any web worker may answer."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Keep the database and the clock."""
        self._engine = engine
        self._clock = clock

    def answer(self, data: bytes) -> InquiryAnswer:
        """Answer one signed inquiry.

        Raises:
            ExchangeRefusedError: the bytes are no inquiry.
        """
        inquiry = read_inquiry(data)
        now = self._clock()
        with self._engine.begin() as connection:
            try:
                check_sender(connection, inquiry.station_code, inquiry)
                check_asked(inquiry.asked_at, now)
            except RefusedError as refused:
                _log.warning("inquiry.refused", station_code=inquiry.station_code, reason=str(refused))
                return _REFUSED
            if not within_rate(connection, inquiry.station_code, now):
                return _TOO_MANY
            product = _product_sold(connection, inquiry.station_code, inquiry.product_code)
            biller = find_biller(connection, product.biller_code) if product else None
        if product is None:
            return _REFUSED
        if not product.accepts_account(inquiry.account_no):
            return _UNKNOWN_ACCOUNT
        if biller is None or biller.adapter is not RoadKind.HTTP:
            return _SILENT
        return _ask(biller, inquiry.account_no)


def _product_sold(connection: Connection, station_code: str, product_code: int) -> Product | None:
    """Find a product in the tariffs that were published to the station, the newest first."""
    query = (
        select(tariffs.c.document)
        .join(tariff_publications, tariff_publications.c.tariff_hash == tariffs.c.tariff_hash)
        .where(tariff_publications.c.station_code == station_code)
        .order_by(tariff_publications.c.hq_seq.desc())
    )
    found = (read_tariff(document).product(product_code) for document in connection.scalars(query))
    return next((product for product in found if product is not None), None)


def _ask(biller: Biller, account_no: str) -> InquiryAnswer:
    road = HttpAdapter(biller.base_url, min(biller.timeout_s, INQUIRY_TIMEOUT_S))
    try:
        return InquiryAnswer(200, _shown(road.inquire(account_no)))
    except AccountUnknownError:
        return _UNKNOWN_ACCOUNT
    except BillerSilentError as error:
        _log.warning("inquiry.silent", biller_code=biller.biller_code, reason=str(error))
        return _SILENT
    finally:
        road.close()


def _shown(account: AccountFound) -> dict[str, Any]:
    bills = [{"bill_no": bill.bill_no, "period": bill.period, "amount_fen": bill.amount_fen} for bill in account.bills]
    return {"payer_name": mask_name(account.payer_name), "address": account.address, "bills": bills}
