"""The batch endpoints by the kind of their provider, and what each of them takes."""

from __future__ import annotations

from collections.abc import Mapping

from vectal.ai.ports import Egress, ProviderKind
from vectal.ai.providers.batches.anthropic import AnthropicBatches
from vectal.ai.providers.batches.openai import OpenAiBatches
from vectal.ai.providers.batches.port import VendorBatches

ENDPOINTS: Mapping[ProviderKind, frozenset[str]] = {
    "openai": frozenset(("/v1/chat/completions", "/v1/responses", "/v1/embeddings")),
    "anthropic": frozenset(("/v1/messages",)),
}
"""Those of our endpoints that the vendor's batches speak, too."""


def vendor_batches(egress: Egress) -> dict[ProviderKind, VendorBatches]:
    return {"openai": OpenAiBatches(egress), "anthropic": AnthropicBatches(egress)}
