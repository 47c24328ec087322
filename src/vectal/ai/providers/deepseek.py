"""DeepSeek: the chat completions wire with a switch for thinking.

Its reasoning must come back on messages with tool calls, and it takes no JSON schema.
"""

from __future__ import annotations

from typing import Final

from vectal.ai.ports import Egress
from vectal.ai.providers.chat_completions.adapter import ChatCompletionsAdapter
from vectal.ai.providers.chat_completions.request import Dialect

BASE_URL: Final = "https://api.deepseek.com"
DIALECT: Final = Dialect("deepseek", effort="deepseek", returns_reasoning=True, json_schema=False)


def deepseek_adapter(egress: Egress) -> ChatCompletionsAdapter:
    return ChatCompletionsAdapter(DIALECT, egress)
