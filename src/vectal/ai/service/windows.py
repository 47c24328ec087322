"""How large a context may be at a target, and what of it is set aside."""

from __future__ import annotations

from typing import Final

from vectal.ai.context.build import Window
from vectal.ai.proxy.record import Target

OUTPUT_TOKENS: Final = 8_192
LEAST_OUTPUT_TOKENS: Final = 1_024
HISTORY_TOKENS: Final = 100_000
_TOOL_SHARE: Final = 0.2
_MOST_TOOL_TOKENS: Final = 32_000
# Vendors other than OpenAI count up to a fifth more for the same text.
_SLACK: Final = {"openai": 0.02, "simulator": 0.0}
_OTHER_SLACK: Final = 0.15


def window_for(target: Target, *, with_tools: bool) -> Window:
    """The window of the target's model; `with_tools` keeps room for what tools will return."""
    model = target.offer.model
    output = min(OUTPUT_TOKENS, model.max_output_tokens, max(1, model.context_tokens // 4))
    slack = int((model.context_tokens - output) * slack_of(target))
    for_tools = 0
    if with_tools:
        for_tools = min(_MOST_TOOL_TOKENS, int(model.context_tokens * _TOOL_SHARE))
    limit = None if target.slot == "large-context" else HISTORY_TOKENS
    return Window(model.context_tokens, output, for_tools, slack, limit)


def slack_of(target: Target) -> float:
    """The share by which the target's vendor may count more tokens than we do."""
    return _SLACK.get(target.offer.provider.kind, _OTHER_SLACK)
