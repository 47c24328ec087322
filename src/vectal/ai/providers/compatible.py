"""Any server that speaks chat completions: Ollama, vLLM, llama.cpp, a gateway."""

from __future__ import annotations

from typing import Final

from vectal.ai.ports import Egress
from vectal.ai.providers.chat_completions.adapter import ChatCompletionsAdapter
from vectal.ai.providers.chat_completions.dialect import Dialect

DIALECT: Final = Dialect("openai_compatible", inline_thinking=True, user_field="user")


def compatible_adapter(egress: Egress) -> ChatCompletionsAdapter:
    return ChatCompletionsAdapter(DIALECT, egress)
