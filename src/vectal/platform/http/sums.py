"""What is asked of the egress ledger, and sums of its entries."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class EgressFilter:
    """Which entries: from `since` on and before `until`; None leaves a side open.

    `host` without a port means it at any port; with one, only there.
    `outcome` is the whole outcome, or what stands before its colon.
    """

    since: datetime | None = None
    until: datetime | None = None
    host: str | None = None
    purpose: str | None = None
    user_id: UUID | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class EgressSum:
    """Requests to one host on one day. `failed` leaves out those that were `refused` here."""

    day: date
    host: str
    requests: int
    failed: int
    refused: int
    bytes_out: int
    bytes_in: int
