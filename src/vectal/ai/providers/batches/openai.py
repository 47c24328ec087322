"""OpenAI's batches: a file of lines, a job over it, files of answers and of errors."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from vectal.ai.ports import Credentials, Egress, ProviderFault
from vectal.ai.providers.batches.exchange import ask, read_lines, read_raw, text_of
from vectal.ai.providers.batches.port import (
    BatchLimits,
    Sought,
    VendorJob,
    VendorLine,
    VendorResult,
    Verdict,
)
from vectal.ai.providers.chat_completions.stream import read_usage
from vectal.ai.providers.raw import counted
from vectal.ai.providers.untrusted import as_list, as_object, as_text

MARK: Final = "vectal_job"
"""The member of a job's metadata by which it is found again."""
_KEEP_S: Final = 3 * 24 * 3600
"""What lies at the vendor goes by itself, also when nobody here remembers it."""
_PAGE: Final = 100
_MAX_PAGES: Final = 50
# Clocks differ, and the vendor's time is told in whole seconds.
_SKEW: Final = timedelta(minutes=10)
_ENDED: Final[dict[str, Verdict]] = {
    "completed": "refused",
    "expired": "expired",
    "cancelled": "cancelled",
}
_CODES: Final[dict[str, Verdict]] = {"batch_expired": "expired", "batch_cancelled": "cancelled"}
_OK: Final = 200
_BAD: Final = 500
_BOUNDARY: Final = "vectal-lines-of-a-batch-7d2f"


class OpenAiBatches:
    """`/v1/files` and `/v1/batches` over one way out."""

    # 200 MB is the vendor's limit of a file; a job's lines are in memory when they are sent.
    limits = BatchLimits(lines=50_000, bytes=100 << 20)

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    async def submit(
        self, credentials: Credentials, mark: str, endpoint: str, lines: Sequence[VendorLine]
    ) -> VendorJob:
        file_id = await self._upload(credentials, mark, endpoint, lines)
        body = {
            "input_file_id": file_id,
            "endpoint": endpoint,
            "completion_window": "24h",
            "metadata": {MARK: mark},
            "output_expires_after": {"anchor": "created_at", "seconds": _KEEP_S},
        }
        content = msgspec.json.encode(body)
        return _job(await self._ask(credentials, "POST", "/batches", content))

    async def find(self, credentials: Credentials, sought: Sought) -> VendorJob | None:
        since, after = (sought.since - _SKEW).timestamp(), ""
        for _ in range(_MAX_PAGES):
            page = await self._ask(credentials, "GET", f"/batches?limit={_PAGE}{after}")
            rows = [as_object(row) for row in as_list(page.get("data")) or ()]
            for row in rows:
                if as_object(row.get("metadata")).get(MARK) == sought.mark:
                    return _job(row)
            times = [row.get("created_at") for row in rows]
            is_past = any(isinstance(at, int) and at < since for at in times)
            if not rows or is_past or page.get("has_more") is not True:
                return None
            after = f"&after={text_of(rows[-1].get('id'), 'list of batches')}"
        raise ProviderFault("unavailable", "The provider has too many batches to look through.")

    async def get(self, credentials: Credentials, job_id: str) -> VendorJob:
        return _job(await self._ask(credentials, "GET", f"/batches/{job_id}"))

    async def cancel(self, credentials: Credentials, job_id: str) -> None:
        await self._ask(credentials, "POST", f"/batches/{job_id}/cancel", b"{}")

    async def results(
        self, credentials: Credentials, job: VendorJob
    ) -> AsyncGenerator[VendorResult]:
        for file_id in job.results:
            url = f"{_root(credentials)}/files/{file_id}/content"
            async for line in read_lines(self._egress, credentials, url, _headers(credentials)):
                yield _result(line)

    async def _upload(
        self, credentials: Credentials, mark: str, endpoint: str, lines: Sequence[VendorLine]
    ) -> str:
        fields = {
            "purpose": "batch",
            "expires_after[anchor]": "created_at",
            "expires_after[seconds]": str(_KEEP_S),
        }
        parts = [
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        head = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file";'
            f' filename="{mark}.jsonl"\r\nContent-Type: application/jsonl\r\n\r\n'
        )
        body = bytearray("".join((*parts, head)).encode())
        for line in lines:
            # A body has no line breaks but between its members.
            text = line.body.replace(b"\n", b" ").replace(b"\r", b" ")
            row = {"custom_id": line.name, "method": "POST", "url": endpoint}
            body += msgspec.json.encode({**row, "body": msgspec.Raw(text)}) + b"\n"
        body += f"\r\n--{_BOUNDARY}--\r\n".encode()
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        file = await self._ask(credentials, "POST", "/files", bytes(body), kind)
        return text_of(file.get("id"), "file")

    async def _ask(
        self,
        credentials: Credentials,
        method: Any,
        path: str,
        content: bytes = b"",
        kind: str = "application/json",
    ) -> dict[str, Any]:
        headers = _headers(credentials)
        if content:
            headers["content-type"] = kind
        url = _root(credentials) + path
        return await ask(self._egress, credentials, method, url, headers, content)


def _root(credentials: Credentials) -> str:
    return credentials.base_url.rstrip("/")


def _headers(credentials: Credentials) -> dict[str, str]:
    return {"authorization": f"Bearer {credentials.key}"} if credentials.key else {}


def _job(row: dict[str, Any]) -> VendorJob:
    job_id, status = text_of(row.get("id"), "batch"), as_text(row.get("status")) or ""
    if status == "failed":
        errors = as_list(as_object(row.get("errors")).get("data")) or []
        detail = as_text(as_object(errors[0]).get("message")) if errors else None
        return VendorJob(job_id, "failed", detail=detail or "It failed.")
    if status not in _ENDED:
        return VendorJob(job_id, "ending" if status == "cancelling" else "running")
    files = (row.get("output_file_id"), row.get("error_file_id"))
    named = tuple(text_of(each, "file") for each in files if each is not None)
    return VendorJob(job_id, "ended", named, _ENDED[status])


def _result(line: dict[str, msgspec.Raw]) -> VendorResult:
    name = as_text(read_raw(line.get("custom_id"))) or ""
    response = _members(line.get("response"))
    status = read_raw(response.get("status_code"))
    if not isinstance(status, int):
        error = as_object(read_raw(line.get("error")))
        verdict = _CODES.get(as_text(error.get("code")) or "", "refused")
        return VendorResult(name, verdict, _BAD, msgspec.json.encode({"error": error}))
    body = bytes(response.get("body") or b"null")
    if status != _OK:
        return VendorResult(name, "refused", status, body)
    answer = as_object(read_raw(response.get("body")))
    if answer.get("object") == "response":
        return _response(name, body)
    usage = as_object(answer.get("usage"))
    return VendorResult(name, "answered", status, body, read_usage(usage))


def _response(name: str, body: bytes) -> VendorResult:
    """An answer of `/v1/responses`, which may tell of its failure inside."""
    try:
        usage = counted("responses", body, "")
    except ProviderFault:
        return VendorResult(name, "refused", _BAD, body)
    return VendorResult(name, "answered", _OK, body, usage)


def _members(raw: msgspec.Raw | None) -> dict[str, msgspec.Raw]:
    if raw is None:
        return {}
    try:
        return msgspec.json.decode(raw, type=dict[str, msgspec.Raw] | None) or {}
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}
