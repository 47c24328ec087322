"""DeepSeek: the chat completions wire with a switch for thinking.

Its reasoning must come back on messages with tool calls; it takes no JSON schema, no files, and
no order to call a tool while it thinks.
"""

from __future__ import annotations

from typing import Final

from vectal.ai.ports import Egress
from vectal.ai.providers.chat_completions.adapter import ChatCompletionsAdapter
from vectal.ai.providers.chat_completions.dialect import Dialect
from vectal.ai.providers.fitting import Abilities

BASE_URL: Final = "https://api.deepseek.com"
_SAMPLING: Final = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
DIALECT: Final = Dialect(
    "deepseek",
    effort="deepseek",
    returns_reasoning=True,
    json_schema=False,
    abilities=Abilities(frozenset(_SAMPLING), forces_tools_while_thinking=False),
    files=False,
    longest_name=64,
)


def deepseek_adapter(egress: Egress) -> ChatCompletionsAdapter:
    return ChatCompletionsAdapter(DIALECT, egress)
