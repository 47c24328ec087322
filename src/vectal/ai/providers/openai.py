"""OpenAI, by chat completions."""

from __future__ import annotations

from typing import Final

from vectal.ai.ports import Egress
from vectal.ai.providers.chat_completions.adapter import ChatCompletionsAdapter
from vectal.ai.providers.chat_completions.dialect import Dialect
from vectal.ai.providers.fitting import Abilities

BASE_URL: Final = "https://api.openai.com/v1"
_SAMPLING: Final = ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty")
DIALECT: Final = Dialect(
    "openai",
    max_tokens_field="max_completion_tokens",
    effort="openai",
    abilities=Abilities(frozenset(_SAMPLING), samples_while_thinking=False),
    text_lists=True,
    refusals=True,
    user_field="safety_identifier",
    tiers=True,
    longest_name=64,
    strict_by_form=True,
)


def openai_adapter(egress: Egress) -> ChatCompletionsAdapter:
    return ChatCompletionsAdapter(DIALECT, egress)
