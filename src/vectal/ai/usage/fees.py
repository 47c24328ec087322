"""What vendors charge beside tokens: by the piece, and on top of all. In units of 1e-8 USD.

Looked up in November 2026. A fee that changes is changed here and nowhere else.

Of Anthropic (platform.claude.com, about-claude/pricing):
- a search costs $10 per 1,000, a page that is fetched its tokens alone;
- code costs $0.05 for an hour of a container, and 5 minutes at least;
- `inference_geo: "us"` adds 10 % to all tokens (manage-claude/data-residency).

Of OpenAI (developers.openai.com, api/docs/pricing):
- a search by `web_search` or `gpt-5-search-api` costs $10 per 1,000; by `web_search_preview` or
  `gpt-4o-search-preview` $25, but for models that reason;
- a search in files $2.50 per 1,000;
- a container of 1 GB $0.03 for 20 minutes;
- the address of a region 10 % more, for models since 5 March 2026.

What has no price here is refused by its name, see `ai.proxy.wires.terms`: larger containers,
pictures that a tool makes, models that a tool asks.
"""

from __future__ import annotations

import re
from typing import Final

from vectal.ai.contracts import Charges
from vectal.ai.ports import ProviderKind

SEARCH_UNITS: Final = 1_000_000
CODE_UNITS: Final = 833_334
"""Of ten minutes, which a call may last at most. How long it ran, and whether hours that are free
were left, no answer says."""
PREVIEW_UNITS: Final = 2_500_000
FILES_UNITS: Final = 250_000
CONTAINER_UNITS: Final = 3_000_000
KEPT_FACTOR: Final = 2
"""What stays in Anthropic's cache for an hour costs twice the plain input."""
US_PERCENT: Final = 10

_REGION_PERCENT: Final = 10
_SEARCHING: Final = re.compile(r"gpt-(?:(4o)(?:-mini)?-search-preview|[5-9][\w.]*-search-api)")
_REGION: Final = re.compile(r"https://[a-z]{2}\.api\.openai\.com(?:[:/]|$)")
_OLDER: Final = re.compile(r"gpt-[34]|gpt-5(?:\.[0-3])?(?![.\d])|o\d|chatgpt-4o|text-embedding")
"""What OpenAI released before the address of a region had its price."""
_PERCENT: Final = 100


def answer_fee(kind: ProviderKind, model: str) -> int:
    """What each answer of the model costs beside its tokens.

    Models of chat completions that search the web do so before each answer, and say nowhere how
    often: platform.openai.com/docs/guides/tools-web-search.
    """
    found = _SEARCHING.match(model) if kind == "openai" else None
    if found is None:
        return 0
    return PREVIEW_UNITS if found[1] else SEARCH_UNITS


def region_percent(kind: ProviderKind, model: str, base_url: str) -> int:
    """What the provider's address adds to the price of all tokens."""
    if kind != "openai" or not _REGION.match(base_url) or _OLDER.match(model):
        return 0
    return _REGION_PERCENT


def units_of(charges: Charges) -> int:
    """What is charged by the piece."""
    return (
        charges.searches * SEARCH_UNITS
        + charges.previews * PREVIEW_UNITS
        + charges.files * FILES_UNITS
        + charges.containers * CONTAINER_UNITS
        + (CODE_UNITS if charges.code_runs else 0)
    )


def raised(units: int, percent: int) -> int:
    """Rounded up, so that what is set aside is never below what is charged."""
    return units - (-units * percent // _PERCENT)


def codes_of(charges: Charges | None, fee: int) -> list[str]:
    """What the reason of a line in the ledger says of it; `fee` is that of the answer."""
    if charges is None:
        return ["fees.answer"] if fee else []
    counts = {
        "searches": charges.searches + charges.previews,
        "files": charges.files,
        "code": charges.code_runs + charges.containers,
        "percent": charges.percent,
    }
    return [f"fees.{name}.{count}" for name, count in counts.items() if count]
