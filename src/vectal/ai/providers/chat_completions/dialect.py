"""What speakers of chat completions do differently from each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vectal.ai.ports import ProviderKind
from vectal.ai.providers.fitting import Abilities


@dataclass(frozen=True, slots=True)
class Dialect:
    """One speaker of the wire."""

    kind: ProviderKind
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    effort: Literal["none", "openai", "deepseek"] = "none"
    """How the model is told to think: not at all, by effort, or by a switch and effort."""
    returns_reasoning: bool = False
    """DeepSeek answers 400 when a message with tool calls comes back without its reasoning."""
    json_schema: bool = True
    """Takes `response_format` with a schema; else plain JSON mode is asked for."""
    inline_thinking: bool = False
    """Open models behind plain servers write `<think>…</think>` at the start of the text."""
    abilities: Abilities = field(default_factory=Abilities)
    text_lists: bool = False
    """Takes texts in pieces; not every server does, where a string would do."""
    files: bool = True
    """Takes files as data. None fetches them."""
    refusals: bool = False
    """Knows a member of its own for the words of a refusal."""
    user_field: Literal["", "user", "safety_identifier"] = ""
    tiers: bool = False
    longest_name: int | None = None
    """Of a tool. Others, Anthropic's among them, may be longer."""
    strict_by_form: bool = False
    """A strict tool whose schema is not of the strict form is refused."""
    cache_marks: bool = False
    """Takes Anthropic's marks for the cache on texts, images, files and the whole request."""
