"""The counts of `/responses`, in our own terms."""

from __future__ import annotations

from typing import Any

from vectal.ai.contracts import TokenUsage
from vectal.ai.providers.untrusted import as_count, as_object


def read_response_usage(usage: dict[str, Any]) -> TokenUsage | None:
    """Counts of a usage object; None when it holds none at all."""
    if "input_tokens" not in usage and "output_tokens" not in usage:
        return None
    taken = as_object(usage.get("input_tokens_details"))
    given = as_object(usage.get("output_tokens_details"))
    return TokenUsage(
        input_tokens=as_count(usage.get("input_tokens")),
        output_tokens=as_count(usage.get("output_tokens")),
        cache_read_tokens=as_count(taken.get("cached_tokens")),
        cache_write_tokens=as_count(taken.get("cache_write_tokens")),
        reasoning_tokens=as_count(given.get("reasoning_tokens")),
    )
