"""Enrolment: the station makes its key, proves with a one-time code that it is the one HQ means, and gets certificates.

The code never travels: both sides prove that they know it, so the station also knows that HQ's key is HQ's. Every step
can be cut and made again: the key is on the disk before anybody hears of it, and what HQ approved is asked for again
until it is kept. A new epoch after a restore or a replacement is the same road with a new code.
"""

from __future__ import annotations

from station_pos.enrolment.approval import Approval, Profile, code_proof, read_approval
from station_pos.enrolment.database import EnrolledDatabase
from station_pos.enrolment.faults import EnrolmentError, EnrolmentFault
from station_pos.enrolment.steps import announce, ask, begin, enrol, finish

__all__ = [
    "Approval",
    "EnrolledDatabase",
    "EnrolmentError",
    "EnrolmentFault",
    "Profile",
    "announce",
    "ask",
    "begin",
    "code_proof",
    "enrol",
    "finish",
    "read_approval",
]
