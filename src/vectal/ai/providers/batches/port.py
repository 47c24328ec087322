"""What a vendor's batch endpoint is to whoever sends lines there."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from vectal.ai.contracts import TokenUsage
from vectal.ai.ports import Credentials

Verdict: TypeAlias = Literal["answered", "refused", "cancelled", "expired"]


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How much one job may hold."""

    lines: int
    bytes: int


@dataclass(frozen=True, slots=True)
class VendorLine:
    """`body` is the request as the vendor's plain endpoint would take it."""

    name: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class VendorJob:
    """A job at the vendor.

    `ending` ones were asked to end, and have not. `failed` means that the vendor did not take the
    lines, and has charged nothing. `left` says what lines came to that it tells nothing of.
    """

    id: str
    state: Literal["running", "ending", "ended", "failed"]
    results: tuple[str, ...] = ()
    left: Verdict = "refused"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class VendorResult:
    """What came of one line. `body` is the answer, or the error object of a refusal."""

    name: str
    verdict: Verdict
    status: int
    body: bytes = field(repr=False, default=b"null")
    usage: TokenUsage | None = None


@dataclass(frozen=True, slots=True)
class Sought:
    """A job that may have been made at `since` or later, of which nobody heard.

    `known` are jobs of ours that are others.
    """

    mark: str
    since: datetime
    lines: int
    known: frozenset[str] = frozenset()


class NotYetKnownError(Exception):
    """The vendor can't tell yet whether a job is the one that is sought."""


class VendorBatches(Protocol):
    """Raises nothing but `ProviderFault`, `NotYetKnownError` where it is said, and cancellation."""

    @property
    def limits(self) -> BatchLimits: ...

    async def submit(
        self, credentials: Credentials, mark: str, endpoint: str, lines: Sequence[VendorLine]
    ) -> VendorJob:
        """Make a job of lines, whose names begin with `mark`."""
        ...

    async def find(self, credentials: Credentials, sought: Sought) -> VendorJob | None:
        """The job of this mark, whose making nobody heard of. Raises NotYetKnownError."""
        ...

    async def get(self, credentials: Credentials, job_id: str) -> VendorJob: ...

    async def cancel(self, credentials: Credentials, job_id: str) -> None:
        """Ask the vendor to end a job that runs; `get` tells when it has."""
        ...

    def results(self, credentials: Credentials, job: VendorJob) -> AsyncGenerator[VendorResult]:
        """What came of the lines of a job that has ended, in any order."""
        ...
