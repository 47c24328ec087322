"""Prices: our own table first, then genai-prices, then nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module

import genai_prices
import pytest
from genai_prices.types import Provider
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.contracts import Charges, TokenUsage
from vectal.ai.ports import ProviderKind
from vectal.ai.usage.prices import (
    ModelPrice,
    Priced,
    batch_cost_usd,
    cost_units,
    cost_usd,
    listed_price,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 2, tzinfo=UTC)
MILLION = TokenUsage(input_tokens=100_000, output_tokens=10_000)


@pytest.mark.parametrize(
    ("kind", "model", "price"),
    [
        ("openai", "gpt-6.1-sol", ("2", "10")),
        ("anthropic", "claude-sonnet-5-5", ("2", "10")),
        ("anthropic", "claude-opus-5-5", ("4", "20")),
        ("anthropic", "claude-haiku-5-5", ("0.1", "0.5")),
        ("deepseek", "deepseek-v4-pro", ("0.66", "1.98")),
    ],
)
def test_the_slots_have_prices(kind: ProviderKind, model: str, price: tuple[str, str]) -> None:
    assert listed_price(Priced(kind, model), NOON) == tuple(map(Decimal, price))


def test_a_price_may_depend_on_the_hour() -> None:
    priced = Priced("deepseek", "deepseek-v4-pro")
    day, night = cost_usd(priced, MILLION, NOON), cost_usd(priced, MILLION, NIGHT)
    assert day is not None
    assert night == 2 * day


def test_cached_input_is_cheaper() -> None:
    priced = Priced("anthropic", "claude-sonnet-5-5")
    cached = TokenUsage(input_tokens=100_000, output_tokens=0, cache_read_tokens=100_000)
    assert cost_usd(priced, cached, NOON) == Decimal("0.01")


@pytest.mark.parametrize(
    "priced",
    [
        Priced("openai", "gpt-6.1-sol"),
        Priced("anthropic", "claude-haiku-5-5"),
        Priced("openai", "text-embedding-ada-002"),
        Priced("openai", "mine", own=ModelPrice(Decimal(3), Decimal(9))),
    ],
)
def test_a_batch_costs_half(priced: Priced) -> None:
    whole = cost_usd(priced, MILLION, NOON)
    assert whole is not None
    assert batch_cost_usd(priced, MILLION, NOON) == whole / 2


def test_nobody_knows_half_of_an_unknown_price() -> None:
    assert batch_cost_usd(Priced("openai", "no-such-model"), MILLION, NOON) is None


def test_our_own_price_stands() -> None:
    own = ModelPrice(Decimal(1), Decimal(2), Decimal("0.1"), Decimal("1.5"))
    usage = TokenUsage(1_000_000, 1_000_000, 300_000, 200_000)
    cost = cost_usd(Priced("openai", "gpt-6.1-sol", own=own), usage, NOON)
    assert cost == Decimal("0.5") + Decimal("0.03") + Decimal("0.3") + Decimal(2)


def test_without_a_price_of_its_own_the_cache_costs_what_input_costs() -> None:
    own = ModelPrice(Decimal(1), Decimal(2))
    usage = TokenUsage(1_000_000, 0, 300_000, 200_000)
    assert cost_usd(Priced("openai", "x", own=own), usage, NOON) == Decimal(1)


def test_nobody_knows_the_price_of_a_local_model() -> None:
    priced = Priced("openai_compatible", "my-model", "http://127.0.0.1:11434/v1")
    assert cost_usd(priced, MILLION, NOON) is None
    assert listed_price(priced, NOON) is None


@given(*(st.integers(0, 10_000_000) for _ in range(4)))
def test_no_usage_has_a_negative_price(fresh: int, out: int, read: int, written: int) -> None:
    usage = TokenUsage(fresh, out, read, written)
    own = ModelPrice(Decimal(1), Decimal(2), Decimal("0.1"))
    for priced in (Priced("openai", "gpt-6.1-sol"), Priced("openai", "x", own=own)):
        cost = cost_usd(priced, usage, NOON)
        assert cost is not None
        assert cost >= 0


def _priced_models() -> list[Priced]:
    kinds: dict[str, ProviderKind] = {
        "openai": "openai", "anthropic": "anthropic", "deepseek": "deepseek",
    }  # fmt: skip
    # By name: the type checker takes a minute to read the table, which is one literal.
    providers: list[Provider] = import_module("genai_prices.data").providers
    return [
        Priced(kinds[provider.id], model.id)
        for provider in providers
        if provider.id in kinds
        for model in provider.models
    ]


@given(
    st.sampled_from(_priced_models()),
    st.integers(0, 1_500_000),
    st.integers(0, 200_000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 24 * 60 - 1),
)
def test_remembered_rates_say_what_the_table_says(
    priced: Priced, sent: int, out: int, read: float, written: float, minute: int
) -> None:
    at = datetime(2026, 11, 23, minute // 60, minute % 60, 17, tzinfo=UTC)
    cached = int(sent * read)
    usage = TokenUsage(sent, out, cached, int((sent - cached) * written))
    asked = genai_prices.Usage(
        input_tokens=sent,
        output_tokens=out,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
    )
    try:
        table = genai_prices.calc_price(
            asked, priced.model, provider_id=priced.kind, genai_request_timestamp=at
        ).total_price.quantize(Decimal("0.00000001"))
    except (LookupError, ValueError):
        table = None
    if table is not None and (sent or out):
        table += Decimal(priced.fee).scaleb(-8)  # of models that search the web for each answer
    assert cost_usd(priced, usage, at) == table


_OWN = Priced("openai_compatible", "own", own=ModelPrice(Decimal("0.3"), Decimal("1.1")))


@given(
    st.sampled_from([*_priced_models(), _OWN]),
    st.builds(TokenUsage, *[st.integers(0, 3_000_000)] * 4),
)
def test_whole_units_say_what_the_price_says(priced: Priced, usage: TokenUsage) -> None:
    cost = cost_usd(priced, usage, NOON)
    assert cost_units(priced, usage, NOON) == (None if cost is None else cost.scaleb(8))


@pytest.mark.parametrize(
    "base_url",
    ["http://127.0.0.1:11434/v1", "http://192.168.7.20/v1", "http://[fd00::7]:8000/v1",
     "http://localhost:8000/v1", "http://ollama:11434/v1", "", "http://[broken"],
)  # fmt: skip
def test_a_machine_of_ones_own_has_no_price_and_loads_no_table(base_url: str) -> None:
    code = (
        "import sys; from datetime import UTC, datetime;"
        " from vectal.ai.contracts import TokenUsage;"
        " from vectal.ai.usage.prices import Priced, cost_units;"
        f" at = Priced('openai_compatible', 'gpt-6.1-sol', {base_url!r});"
        " print(cost_units(at, TokenUsage(9, 9), datetime.now(UTC)), 'genai_prices' in sys.modules)"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True)  # noqa: S603 - ours
    assert said.split() == ["None", "False"]


@pytest.mark.parametrize(
    ("kind", "model", "fee"),
    [
        ("openai", "gpt-5-search-api-2025-10-14", 1_000_000),
        ("openai", "gpt-4o-search-preview", 2_500_000),
        ("openai", "gpt-4o-mini-search-preview-2025-03-11", 2_500_000),
        ("openai", "gpt-5", 0),
        ("openai_compatible", "gpt-5-search-api", 0),
    ],
)
def test_models_that_search_have_a_fee_for_each_answer(
    kind: ProviderKind, model: str, fee: int
) -> None:
    priced = Priced(kind, model)
    assert priced.fee == fee
    if kind == "openai":
        own = ModelPrice(Decimal(1), Decimal(1))
        at = datetime(2026, 11, 29, tzinfo=UTC)
        ours = Priced(kind, model, own=own)
        assert cost_units(ours, TokenUsage(100, 100), at) == 20_000 + fee
        assert cost_units(ours, TokenUsage(), at) == 0


@pytest.mark.parametrize(
    ("model", "base_url", "percent"),
    [
        ("gpt-6.1-sol", "https://eu.api.openai.com/v1", 10),
        ("gpt-5.4", "https://us.api.openai.com/v1", 10),
        ("gpt-6.1-sol", "https://api.openai.com/v1", 0),
        ("gpt-5", "https://eu.api.openai.com/v1", 0),
        ("gpt-5.2-pro", "https://eu.api.openai.com/v1", 0),
        ("gpt-4.1", "https://eu.api.openai.com/v1", 0),
        ("o3", "https://eu.api.openai.com/v1", 0),
    ],
)
def test_the_address_of_a_region_has_a_price(model: str, base_url: str, percent: int) -> None:
    at, usage = datetime(2026, 11, 29, tzinfo=UTC), TokenUsage(10_000, 1_000)
    there, elsewhere = Priced("openai", model, base_url), Priced("openai", model)
    assert there.percent == percent
    plain = cost_units(elsewhere, usage, at) or 0
    assert cost_units(there, usage, at) == plain * (100 + percent) // 100


def test_fees_have_no_discount_in_batches() -> None:
    at, charges = datetime(2026, 11, 29, tzinfo=UTC), Charges(searches=3, percent=10)
    priced = Priced("anthropic", "claude-opus-4-8")
    tokens = batch_cost_usd(priced, TokenUsage(10_000, 1_000), at)
    assert tokens is not None
    charged = batch_cost_usd(priced, TokenUsage(10_000, 1_000, charges=charges), at)
    assert charged == tokens * Decimal("1.1") + Decimal("0.03")


def test_what_is_kept_for_an_hour_costs_twice_the_input() -> None:
    at, charges = datetime(2026, 11, 29, tzinfo=UTC), Charges(kept_tokens=600)
    usage = TokenUsage(1_000, 0, 0, 600, charges=charges)
    own = ModelPrice(Decimal(5), Decimal(25), cache_write=Decimal("6.25"))
    expected = Decimal(400 * 5 + 600 * 10) / 1_000_000
    assert cost_usd(Priced("anthropic", "claude-opus-4-8"), usage, at) == expected
    assert cost_usd(Priced("anthropic", "any", own=own), usage, at) == expected
