"""Which lines of service earn commission and which paying unit pays each (article 8, part three, item four 3).

Bill payment is paid by HQ; distribution and insurance by the branch that gave the month's figures; a withdrawal's fee
goes from the customer's account straight to the owner's (1 yuan), outside of what HQ pays, and is shown alone.
"""

from __future__ import annotations

from enum import StrEnum

from station_journal.facts.commission import DISTRIBUTION_PRODUCT, INSURANCE_PRODUCT, INSURANCE_PRODUCTS_END


class ServiceLine(StrEnum):
    """A line of service."""

    E_COMMERCE = "E_COMMERCE"
    DISTRIBUTION = "DISTRIBUTION"
    INSURANCE = "INSURANCE"


class PayingUnit(StrEnum):
    """Who pays."""

    HQ = "HQ"
    BRANCH = "BRANCH"


PAID_BY = {
    ServiceLine.E_COMMERCE: PayingUnit.HQ,
    ServiceLine.DISTRIBUTION: PayingUnit.BRANCH,
    ServiceLine.INSURANCE: PayingUnit.BRANCH,
}
LINE_WORDS = {
    ServiceLine.E_COMMERCE: ("代收费", "bill payment"),
    ServiceLine.DISTRIBUTION: ("分销", "distribution"),
    ServiceLine.INSURANCE: ("代理保险", "insurance"),
}
UNIT_WORDS = {PayingUnit.HQ: ("总部", "HQ"), PayingUnit.BRANCH: ("支局", "branch")}


def line_of_product(product_code: int) -> ServiceLine:
    """Tell which line of service a product belongs to; whatever a tariff sells is bill payment."""
    if product_code == DISTRIBUTION_PRODUCT:
        return ServiceLine.DISTRIBUTION
    if INSURANCE_PRODUCT <= product_code < INSURANCE_PRODUCTS_END:
        return ServiceLine.INSURANCE
    return ServiceLine.E_COMMERCE
