"""Guardrails for embeddings: what may not leave in a question may not leave in a text either."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from vectal.ai.contracts import ChatMessage, TextPart
from vectal.ai.guardrails.guard import Guard
from vectal.ai.ports import ModelRequest, ProviderFault
from vectal.ai.proxy.wires.embeddings.reading import EmbeddingCall
from vectal.ai.router.request import Preferences

_SENT = frozenset(("model", "input", "dimensions", "encoding_format"))
_UNREADABLE = "The inputs are tokens, which can't be checked. Send them as texts."


async def screen_inputs(
    guard: Guard, preferences: Preferences, asked: EmbeddingCall, body: bytes
) -> tuple[EmbeddingCall, bytes]:
    """The call and its body as they may leave; raises ProviderFault when they may not.

    Placeholders stay in the texts: a vector has no words to put back.
    """
    rules = preferences.guardrails
    texts = [each for each in asked.inputs if isinstance(each, str)]
    if len(texts) < len(asked.inputs):
        is_checked = rules.personal_data != "mark" or rules.denies_prompts
        if (is_checked and not rules.fail_open) or rules.unreadable == "refuse":
            raise ProviderFault("blocked_request", _UNREADABLE)
        return asked, body
    message = ChatMessage("user", tuple(TextPart(text) for text in texts))
    request = ModelRequest(asked.model, "", (message,), 1)
    screened = await guard.screen(request, body)
    if not guard.has_changed:
        return asked, body
    inputs = tuple(part.text for part in screened.messages[0].parts if isinstance(part, TextPart))
    members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    # What else there is, a user's name say, may hold what was found.
    members = {name: value for name, value in members.items() if name in _SENT}
    members["input"] = msgspec.Raw(msgspec.json.encode(inputs))
    return replace(asked, inputs=inputs), msgspec.json.encode(members)
