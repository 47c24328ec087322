"""What vendors charge, by the table of genai-prices.

The table takes a tenth of a second to load, so it is imported where it is first asked.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

import genai_prices

from vectal.ai.contracts import TokenUsage


def table_price(
    usage: TokenUsage,
    model: str,
    *,
    kept: int,
    vendor: str | None,
    base_url: str,
    at: datetime,
    context: Mapping[str, str] | None,
) -> Decimal | None:
    """USD; None when the table does not know it. With a `vendor`, `base_url` means nothing.

    `kept` tokens of what was written into the cache stay there for an hour.
    """
    # A provider that counts more cached than sent would make the rest negative.
    written = min(usage.cache_write_tokens, max(0, usage.input_tokens - usage.cache_read_tokens))
    counted = genai_prices.Usage(
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=min(usage.cache_read_tokens, usage.input_tokens),
        cache_write_tokens=written,
        cache_write_1h_tokens=min(kept, written),
    )
    try:
        calculated = _calculate(counted, model, vendor, base_url, at, context)
    except (LookupError, ValueError):
        return None
    return Decimal(calculated.total_price)


def _calculate(
    usage: genai_prices.Usage,
    model: str,
    vendor: str | None,
    base_url: str,
    at: datetime,
    context: Mapping[str, str] | None,
) -> genai_prices.types.PriceCalculation:
    if vendor is not None:
        return genai_prices.calc_price(
            usage,
            model,
            provider_id=vendor,
            genai_request_timestamp=at,
            price_context=context,
        )
    return genai_prices.calc_price(
        usage,
        model,
        provider_api_url=base_url,
        genai_request_timestamp=at,
        price_context=context,
    )
