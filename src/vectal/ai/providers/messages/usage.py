"""The counts of `/v1/messages`, in our own terms."""

from __future__ import annotations

from typing import Any

from vectal.ai.contracts import TokenUsage
from vectal.ai.providers.untrusted import as_count, as_object


def read_counts(usage: dict[str, Any]) -> TokenUsage | None:
    """Counts of a usage object; None when it holds none at all.

    The vendor counts what came from or went to the cache apart; we count all input.
    """
    if "input_tokens" not in usage and "output_tokens" not in usage:
        return None
    read = as_count(usage.get("cache_read_input_tokens"))
    written = as_count(usage.get("cache_creation_input_tokens"))
    details = as_object(usage.get("output_tokens_details"))
    return TokenUsage(
        input_tokens=as_count(usage.get("input_tokens")) + read + written,
        output_tokens=as_count(usage.get("output_tokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=as_count(details.get("thinking_tokens")),
    )
