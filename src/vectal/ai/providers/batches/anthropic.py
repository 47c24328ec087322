"""Anthropic's message batches: the requests come with the job, the results as lines.

A job has no place for a mark, and says nothing of its requests before it has ended. One that was
made and not heard of is told from others by its size at first, by the names in its results then.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from vectal.ai.ports import Credentials, Egress, ProviderFault
from vectal.ai.providers.anthropic import headers, root
from vectal.ai.providers.batches.exchange import ask, read_lines, read_raw, text_of
from vectal.ai.providers.batches.port import (
    BatchLimits,
    NotYetKnownError,
    Sought,
    VendorJob,
    VendorLine,
    VendorResult,
    Verdict,
)
from vectal.ai.providers.messages.usage import read_counts
from vectal.ai.providers.untrusted import as_count, as_list, as_object, as_text

_PATH: Final = "/v1/messages/batches"
_PAGE: Final = 100
_MAX_PAGES: Final = 50
# Clocks differ.
_SKEW: Final = timedelta(minutes=10)
_COUNTS: Final = ("processing", "succeeded", "errored", "canceled", "expired")
_STATUS: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_VERDICTS: Final[dict[str, Verdict]] = {"canceled": "cancelled", "expired": "expired"}


class AnthropicBatches:
    """`/v1/messages/batches` over one way out."""

    # 256 MB is the vendor's limit of a job; its lines are in memory when they are sent.
    limits = BatchLimits(lines=100_000, bytes=100 << 20)

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    async def submit(
        self, credentials: Credentials, mark: str, endpoint: str, lines: Sequence[VendorLine]
    ) -> VendorJob:
        del mark, endpoint  # the names of the lines begin with it; there is one endpoint
        requests = [{"custom_id": line.name, "params": msgspec.Raw(line.body)} for line in lines]
        content = msgspec.json.encode({"requests": requests})
        return _job(await self._ask(credentials, "POST", "", content))

    async def find(self, credentials: Credentials, sought: Sought) -> VendorJob | None:
        unsure = False
        async for row in self._newest(credentials, sought.since - _SKEW):
            job = _job(row)
            if job.id in sought.known or _total(row) != sought.lines:
                continue
            if job.state != "ended":
                unsure = True
            elif await self._is_marked(credentials, job, sought.mark):
                return job
        if unsure:
            raise NotYetKnownError
        return None

    async def get(self, credentials: Credentials, job_id: str) -> VendorJob:
        return _job(await self._ask(credentials, "GET", f"/{job_id}"))

    async def cancel(self, credentials: Credentials, job_id: str) -> None:
        await self._ask(credentials, "POST", f"/{job_id}/cancel", b"{}")

    async def results(
        self, credentials: Credentials, job: VendorJob
    ) -> AsyncGenerator[VendorResult]:
        # The address that the vendor tells is not asked: the key goes where it was entered for.
        url = f"{root(credentials)}{_PATH}/{job.id}/results"
        async for line in read_lines(self._egress, credentials, url, headers(credentials)):
            yield _result(line)

    async def _newest(
        self, credentials: Credentials, since: datetime
    ) -> AsyncGenerator[dict[str, Any]]:
        after = ""
        for _ in range(_MAX_PAGES):
            page = await self._ask(credentials, "GET", f"?limit={_PAGE}{after}")
            rows = [as_object(row) for row in as_list(page.get("data")) or ()]
            for row in rows:
                if _time(row) < since:
                    return
                yield row
            if not rows or page.get("has_more") is not True:
                return
            after = f"&after_id={text_of(rows[-1].get('id'), 'list of batches')}"
        raise ProviderFault("unavailable", "The provider has too many batches to look through.")

    async def _is_marked(self, credentials: Credentials, job: VendorJob, mark: str) -> bool:
        """Whether its lines are ours; the first one tells."""
        async with aclosing(self.results(credentials, job)) as results:
            async for result in results:
                return result.name.startswith(mark)
        return False

    async def _ask(
        self, credentials: Credentials, method: Any, path: str, content: bytes = b""
    ) -> dict[str, Any]:
        url = root(credentials) + _PATH + path
        told = headers(credentials)
        if content:
            told["content-type"] = "application/json"
        return await ask(self._egress, credentials, method, url, told, content)


def _job(row: dict[str, Any]) -> VendorJob:
    job_id = text_of(row.get("id"), "batch")
    status = row.get("processing_status")
    if status == "ended":
        return VendorJob(job_id, "ended")
    return VendorJob(job_id, "ending" if status == "canceling" else "running")


def _total(row: dict[str, Any]) -> int:
    counts = as_object(row.get("request_counts"))
    return sum(as_count(counts.get(name)) for name in _COUNTS)


def _time(row: dict[str, Any]) -> datetime:
    try:
        at = datetime.fromisoformat(str(row.get("created_at")))
    except ValueError as error:
        raise ProviderFault("garbage", "The provider's batch has no time.") from error
    if at.tzinfo is None:
        raise ProviderFault("garbage", "The provider's batch has no time.")
    return at


def _result(line: dict[str, msgspec.Raw]) -> VendorResult:
    name = as_text(read_raw(line.get("custom_id"))) or ""
    raw = line.get("result")
    try:
        members = msgspec.json.decode(raw or b"{}", type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, ValueError, RecursionError):
        members = {}
    kind = as_text(read_raw(members.get("type"))) or ""
    if kind == "succeeded":
        message = bytes(members.get("message") or b"null")
        usage = as_object(as_object(read_raw(members.get("message"))).get("usage"))
        return VendorResult(name, "answered", 200, message, read_counts(usage))
    if kind in _VERDICTS:
        return VendorResult(name, _VERDICTS[kind], 0)
    error = bytes(members.get("error") or b"null")
    told = as_object(as_object(read_raw(members.get("error"))).get("error"))
    status = _STATUS.get(as_text(told.get("type")) or "", 500)
    return VendorResult(name, "refused", status, error)
