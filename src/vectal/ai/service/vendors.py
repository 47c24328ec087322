"""The adapters of all vendors, as one process holds them."""

from __future__ import annotations

from vectal.ai.ports import Egress, ProviderAdapter, ProviderKind
from vectal.ai.providers.anthropic import AnthropicAdapter
from vectal.ai.providers.compatible import compatible_adapter
from vectal.ai.providers.deepseek import deepseek_adapter
from vectal.ai.providers.openai import openai_adapter
from vectal.ai.providers.simulated.adapter import SimulatorAdapter


def vendor_adapters(egress: Egress, simulator_pace_s: float) -> dict[ProviderKind, ProviderAdapter]:
    """One adapter for each kind of provider, over the process's way out."""
    return {
        "openai": openai_adapter(egress),
        "anthropic": AnthropicAdapter(egress),
        "deepseek": deepseek_adapter(egress),
        "openai_compatible": compatible_adapter(egress),
        "simulator": SimulatorAdapter(simulator_pace_s),
    }
