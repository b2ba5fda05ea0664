"""The facts of all services, as the two journals take them."""

from __future__ import annotations

from station_journal.facts.branch_days import DaysHqFact
from station_journal.facts.cash import CashHqFact, CashStationFact
from station_journal.facts.chain import ChainStationFact
from station_journal.facts.commission import CommissionHqFact
from station_journal.facts.disputes import DisputeHqFact, DisputeStationFact
from station_journal.facts.distribution import DistributionHqFact, DistributionStationFact
from station_journal.facts.grants import GrantHqFact, GrantStationFact
from station_journal.facts.integrity import BooksChecked
from station_journal.facts.known_faults import FaultHqFact
from station_journal.facts.notices import NoticeStationFact
from station_journal.facts.parcel_terms import ParcelTermsHqFact, ParcelTermsStationFact
from station_journal.facts.parcels import ParcelHqFact, ParcelStationFact
from station_journal.facts.withdrawals import WithdrawalHqFact, WithdrawalStationFact

ServiceStationFact = (
    CashStationFact
    | ChainStationFact
    | DisputeStationFact
    | DistributionStationFact
    | GrantStationFact
    | NoticeStationFact
    | ParcelStationFact
    | ParcelTermsStationFact
    | WithdrawalStationFact
)
"""What the services let the station record."""
ServiceHqFact = (
    BooksChecked
    | CashHqFact
    | CommissionHqFact
    | DaysHqFact
    | DisputeHqFact
    | DistributionHqFact
    | FaultHqFact
    | GrantHqFact
    | ParcelHqFact
    | ParcelTermsHqFact
    | WithdrawalHqFact
)
"""What the services let HQ record."""
