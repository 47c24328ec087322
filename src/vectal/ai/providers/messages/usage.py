"""The counts of `/v1/messages`, in our own terms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from vectal.ai.contracts import Charges, TokenUsage
from vectal.ai.providers.untrusted import as_count, as_list, as_object
from vectal.ai.usage.fees import US_PERCENT

COUNTS: Final = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)
_CODE: Final = "code_execution"
"""How the names of its tools end; they were `bash_` and `text_editor_` at times."""
_NOTHING: Final = Charges()


def read_counts(usage: dict[str, Any]) -> TokenUsage | None:
    """Counts of a usage object; None when it holds none at all.

    The vendor counts what came from or went to the cache apart; we count all input.
    """
    if "input_tokens" not in usage and "output_tokens" not in usage:
        return None
    counts = usage if usage.get("iterations") is None else _summed(usage)
    read = as_count(counts.get("cache_read_input_tokens"))
    written = as_count(counts.get("cache_creation_input_tokens"))
    details = as_object(usage.get("output_tokens_details"))
    return TokenUsage(
        input_tokens=as_count(counts.get("input_tokens")) + read + written,
        output_tokens=as_count(counts.get("output_tokens")),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=as_count(details.get("thinking_tokens")),
        charges=_charges(usage),
    )


def with_uses(usage: TokenUsage | None, names: Sequence[str]) -> TokenUsage | None:
    """The counts of a stream that broke off, with the tools that the vendor has run by then.

    Each round has read what the first one did, and more.
    """
    if usage is None:
        return None
    code = sum(name.endswith(_CODE) for name in names)
    charges = (usage.charges or _NOTHING)._replace(
        searches=names.count("web_search"), code_runs=code
    )
    return replace(usage, input_tokens=usage.input_tokens * (1 + len(names)), charges=charges)


def _summed(usage: dict[str, Any]) -> dict[str, Any]:
    """The counts with those of summaries that were made on the way.

    The counts of the whole are without them: platform.claude.com, build-with-claude/compaction.
    """
    rounds = [as_object(each) for each in as_list(usage.get("iterations")) or ()]
    summed = {name: sum(as_count(each.get(name)) for each in rounds) for name in COUNTS}
    if _weight(summed) <= _weight(usage):
        return usage
    return summed


def _weight(counts: dict[str, Any]) -> int:
    return sum(as_count(counts.get(name)) for name in COUNTS)


def _charges(usage: dict[str, Any]) -> Charges | None:
    """What is charged beside the tokens; None where that is nothing, as in most answers.

    Names as in platform.claude.com: web-search-tool, code-execution-tool, prompt-caching,
    data-residency.
    """
    used, kept = usage.get("server_tool_use"), as_object(usage.get("cache_creation"))
    in_us, hour = usage.get("inference_geo") == "us", kept.get("ephemeral_1h_input_tokens")
    if not used and not hour and not in_us:
        return None
    tools = as_object(used)
    charges = Charges(
        searches=as_count(tools.get("web_search_requests")),
        code_runs=as_count(tools.get("code_execution_requests")),
        kept_tokens=as_count(hour),
        percent=US_PERCENT if in_us else 0,
    )
    return None if charges == _NOTHING else charges
