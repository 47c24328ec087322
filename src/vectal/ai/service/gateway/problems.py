"""What a client is told when there is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from vectal.ai.errors import RequestTooLongError
from vectal.ai.ports import FaultKind, ProviderFault, TooLong, VendorWords
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
# What a vendor says of a call, not of the key or of itself: that is the client's to know.
_OF_THE_CALL: Final[frozenset[FaultKind]] = frozenset(
    (
        "permission",
        "quota",
        "model_not_found",
        "invalid_request",
        "context_too_large",
        "rate_limited",
    )
)
# Words for which the status has one of its own, among them all that are not OpenAI's.
_PLAIN_TYPES: Final = frozenset(
    (
        "api_error",
        "authentication_error",
        "billing_error",
        "error",
        "insufficient_quota",
        "invalid_request_error",
        "not_found_error",
        "overloaded_error",
        "permission_error",
        "rate_limit_error",
        "request_too_large",
        "server_error",
        "timeout_error",
    )
)
_OF_VENDORS: Final[Mapping[str, int]] = {"ai.unknown_model": 404, "ai.no_model": 400}
"""Where vendors have another status than we do elsewhere; their clients have no class for ours."""
_OF_THE_MODEL: Final = frozenset(("ai.unknown_model", "ai.no_model", "ai.wrong_model_kind"))


def problem_of_fault(fault: ProviderFault, too_long: TooLong | None = None) -> WireProblem:
    """What a client is told when no provider answered.

    `too_long` is what is known of the length where the fault itself does not tell.
    """
    status = _STATUS.get(fault.kind, 502)
    if fault.kind == "context_too_large" and (found := fault.too_long or too_long) is not None:
        return WireProblem(status, fault.code, fault.detail, too_long=found)
    said = fault.said if fault.kind in _OF_THE_CALL else None
    said = said or VendorWords()
    type_ = None if said.type in _PLAIN_TYPES else said.type
    return WireProblem(status, said.code or fault.code, fault.detail, said.param, type_)


def problem_of_inputs(fault: ProviderFault) -> WireProblem:
    """The same for a request for vectors, whose texts are in another member than a chat's."""
    problem = problem_of_fault(fault)
    return problem if problem.too_long is None else replace(problem, param="input")


def malformed(error: BadCallError) -> CallRefusedError:
    """The body is no request."""
    return CallRefusedError(WireProblem(400, "invalid_request", error.detail, error.param))


def problem_of(error: AppError) -> WireProblem:
    """An error of ours, for a client of a vendor's wire."""
    if isinstance(error, RequestTooLongError):
        return WireProblem(400, error.code, error.detail, too_long=error.too_long)
    status = _OF_VENDORS.get(error.code, error.status)
    param = "model" if error.code in _OF_THE_MODEL else None
    return WireProblem(status, error.code, error.detail, param)


def retry_after(fault: ProviderFault) -> dict[str, str]:
    """The header that says when to come again; none where the provider did not."""
    if fault.retry_after_s is None:
        return {}
    return {"retry-after": str(max(1, round(fault.retry_after_s)))}
