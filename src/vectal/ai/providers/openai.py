"""OpenAI, by chat completions."""

from __future__ import annotations

from typing import Final

from vectal.ai.ports import Egress
from vectal.ai.providers.chat_completions.adapter import ChatCompletionsAdapter
from vectal.ai.providers.chat_completions.request import Dialect

BASE_URL: Final = "https://api.openai.com/v1"
DIALECT: Final = Dialect("openai", max_tokens_field="max_completion_tokens", effort="openai")


def openai_adapter(egress: Egress) -> ChatCompletionsAdapter:
    return ChatCompletionsAdapter(DIALECT, egress)
