"""What a client is told when there is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vectal.ai.ports import ProviderFault
from vectal.ai.proxy.wires.port import BadCallError, WireProblem
from vectal.ai.service.gateway.call import CallRefusedError
from vectal.platform.errors import AppError

_STATUS: Final[Mapping[str, int]] = {
    # A refused key of the workspace is the workspace's trouble, not a wrong key of the client.
    "authentication": 502,
    "permission": 403,
    "quota": 402,
    "model_not_found": 404,
    "invalid_request": 400,
    "context_too_large": 400,
    "address_refused": 403,
    "rate_limited": 429,
    "overloaded": 529,
    "timeout": 504,
    "unavailable": 503,
    "blocked_request": 400,
    "blocked_answer": 502,
}
_OF_THE_MODEL: Final = frozenset(("ai.unknown_model", "ai.no_model", "ai.wrong_model_kind"))


def problem_of_fault(fault: ProviderFault) -> WireProblem:
    """What a client is told when no provider answered."""
    return WireProblem(_STATUS.get(fault.kind, 502), fault.code, fault.detail)


def malformed(error: BadCallError) -> CallRefusedError:
    """The body is no request."""
    return CallRefusedError(WireProblem(400, "invalid_request", error.detail, error.param))


def problem_of(error: AppError) -> WireProblem:
    """An error of ours, for a client of a vendor's wire."""
    status = 404 if error.code == "ai.unknown_model" else error.status
    param = "model" if error.code in _OF_THE_MODEL else None
    return WireProblem(status, error.code, error.detail, param)


def retry_after(fault: ProviderFault) -> dict[str, str]:
    """The header that says when to come again; none where the provider did not."""
    if fault.retry_after_s is None:
        return {}
    return {"retry-after": str(max(1, round(fault.retry_after_s)))}
