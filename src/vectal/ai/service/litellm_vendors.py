"""Which provider a model string of LiteLLM means: `groq/llama-3.3-70b`, `gpt-6.1-sol`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from vectal.ai.ports import ProviderKind


@dataclass(frozen=True, slots=True)
class Vendor:
    """`base_url` "" is the kind's own, None means that the file has to name one.

    `variables` are where LiteLLM looks for a key that the file does not give.
    """

    kind: ProviderKind
    base_url: str | None = None
    variables: tuple[str, ...] = ()


def _compatible(base_url: str, *variables: str) -> Vendor:
    return Vendor("openai_compatible", base_url, variables)


_OWN: Final = Vendor("openai_compatible")
_OLLAMA: Final = Vendor("openai_compatible", "http://localhost:11434/v1")
VENDORS: Final[Mapping[str, Vendor]] = {
    "openai": Vendor("openai", "", ("OPENAI_API_KEY",)),
    "anthropic": Vendor("anthropic", "", ("ANTHROPIC_API_KEY",)),
    "deepseek": Vendor("deepseek", "", ("DEEPSEEK_API_KEY",)),
    "cerebras": _compatible("https://api.cerebras.ai/v1", "CEREBRAS_API_KEY"),
    "deepinfra": _compatible("https://api.deepinfra.com/v1/openai", "DEEPINFRA_API_KEY"),
    "fireworks_ai": _compatible(
        "https://api.fireworks.ai/inference/v1", "FIREWORKS_AI_API_KEY", "FIREWORKS_API_KEY"
    ),
    "gemini": _compatible(
        "https://generativelanguage.googleapis.com/v1beta/openai",
        "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
    ),
    "groq": _compatible("https://api.groq.com/openai/v1", "GROQ_API_KEY"),
    "mistral": _compatible("https://api.mistral.ai/v1", "MISTRAL_API_KEY"),
    "nvidia_nim": _compatible("https://integrate.api.nvidia.com/v1", "NVIDIA_NIM_API_KEY"),
    "openrouter": _compatible("https://openrouter.ai/api/v1", "OPENROUTER_API_KEY"),
    "perplexity": _compatible("https://api.perplexity.ai", "PERPLEXITYAI_API_KEY"),
    "sambanova": _compatible("https://api.sambanova.ai/v1", "SAMBANOVA_API_KEY"),
    "together_ai": _compatible(
        "https://api.together.xyz/v1", "TOGETHERAI_API_KEY", "TOGETHER_API_KEY"
    ),
    "xai": _compatible("https://api.x.ai/v1", "XAI_API_KEY"),
    "ollama": _OLLAMA,
    "ollama_chat": _OLLAMA,
    "custom_openai": _OWN,
    "hosted_vllm": _OWN,
    "litellm_proxy": _OWN,
    "llamafile": _OWN,
    "lm_studio": _OWN,
    "openai_like": _OWN,
}
_HOSTS: Final[Mapping[ProviderKind, str]] = {
    "openai": "api.openai.com",
    "anthropic": "api.anthropic.com",
    "deepseek": "api.deepseek.com",
}
_OPENAI: Final = re.compile(r"(gpt|chatgpt|o\d)-?.*|ft:gpt-.*|\*")


def split_model(text: str, provider: str | None) -> tuple[str, str]:
    """The prefix that names the vendor, and the vendor's own name of the model."""
    prefix, slash, rest = text.partition("/")
    if provider:
        return provider, rest if slash and prefix == provider else text
    if slash:
        return prefix, rest
    if _OPENAI.fullmatch(text):
        return "openai", text
    return ("anthropic", text) if text.startswith("claude-") else ("", text)


def find_vendor(prefix: str, base_url: str) -> tuple[Vendor, str] | None:
    """The vendor and the address to store, "" for its own; None when Vectal has no way to it."""
    vendor = VENDORS.get(prefix)
    if vendor is None:
        return None
    address = _cut(base_url.strip().rstrip("/"))
    if not address:
        return None if vendor.base_url is None else (vendor, vendor.base_url)
    if host_of(address) == _HOSTS.get(vendor.kind):
        return vendor, ""
    if prefix == "openai":
        return _OWN, address
    if vendor.kind == "anthropic":
        return Vendor("anthropic"), address.removesuffix("/v1")
    if prefix.startswith("ollama") and not address.endswith("/v1"):
        # LiteLLM speaks Ollama's own wire; ours is the one under /v1.
        address += "/v1"
    # A key that is kept for the vendor is not for somebody else's server.
    return Vendor(vendor.kind), address


def host_of(address: str) -> str:
    """The host that an address names; "" for what is no address."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _cut(address: str) -> str:
    """The address without the path of one call, which our adapters add themselves."""
    for path in ("/chat/completions", "/messages"):
        address = address.removesuffix(path)
    return address
