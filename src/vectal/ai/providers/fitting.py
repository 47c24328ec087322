"""What a vendor can't express, and what becomes of it: the one place that says so.

A client may speak a wire that knows more than the vendor's. What only colours an answer is left
out, without a word:

- sampling that the vendor or the model doesn't take, or doesn't take while it thinks, and
  temperatures above the vendor's highest are the highest; `top_p` beside a temperature, where
  Anthropic's models take one of the two;
- stop sequences of nothing but blanks, where the vendor refuses them;
- names of users and service tiers that the vendor has no word for;
- marks for the cache, outside the messages wire; chat completions cache by themselves;
- citations and signed thinking, with any vendor but the one that wrote them;
- whether a tool's result was an error, in chat completions, where only its words say so;
- images, for a model that sees none.

What would change the answer is said in another way where there is one:

- a tool that must be called is one that may be called, while DeepSeek thinks (it answers 400);
  Anthropic's models don't think then, if they can do without;
- a schema or plain JSON becomes words in the system prompt, where the wire has none for it, and a
  schema that Anthropic does not take; of others it refuses bounds, which become descriptions;
- tools whose schema is not what a vendor promises to keep to are not strict;
- a name of a tool that is longer than OpenAI allows is a shorter one there;
- a system prompt that nobody asks anything after is what the user says to Anthropic;
- images and files in a tool's result follow it as a message, where results are text alone;
- plain text files are text, where only PDF is a file;
- thinking is off when a budget is asked for and the tool loop lost its signed thinking.

A file that can't be sent at all is a fault: an answer without it would be about nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

import msgspec
from pydantic import JsonValue

from vectal.ai.contracts_documents import FilePart
from vectal.ai.ports import ModelRequest, ProviderFault, Sampling

PDF: Final = "application/pdf"
PLAIN_JSON: Final = "Answer with one JSON object and nothing else."
_NEUTRAL: Final = Sampling()
_ALL: Final = frozenset(each.name for each in fields(Sampling))


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a wire and its vendor take of a request."""

    sampling: frozenset[str] = _ALL
    """Names of the fields of `Sampling`."""
    max_temperature: float = 2.0
    samples_while_thinking: bool = True
    forces_tools_while_thinking: bool = True
    blank_stops: bool = True


def fitted(request: ModelRequest, abilities: Abilities) -> ModelRequest:
    """The request without what the vendor would refuse or not understand."""
    sampling = _sampling(request, abilities)
    stop = request.stop
    if not abilities.blank_stops:
        stop = tuple(text for text in stop if text.strip())
    choice = request.tool_choice
    if request.thinks and not abilities.forces_tools_while_thinking and choice != "none":
        choice = "auto"
    if (sampling, stop, choice) == (request.sampling, request.stop, request.tool_choice):
        return request
    return replace(request, sampling=sampling, stop=stop, tool_choice=choice)


def sampling_fields(sampling: Sampling) -> dict[str, float | int]:
    """What was asked for, by the names that all wires share."""
    if sampling == _NEUTRAL:
        return {}
    values = ((name, getattr(sampling, name)) for name in sorted(_ALL))
    return {name: value for name, value in values if value is not None}


def schema_words(schema: Mapping[str, JsonValue]) -> str:
    """A schema for the system prompt."""
    written = msgspec.json.encode(dict(schema)).decode()
    return f"Answer with one JSON object that fits this JSON schema:\n{written}"


def unsendable(part: FilePart, why: str) -> ProviderFault:
    """The fault of a file that the vendor can't be given."""
    name = f"The file {part.name!r}" if part.name else "A file"
    return ProviderFault("invalid_request", f"{name} can't be sent to this model: {why}")


def _sampling(request: ModelRequest, abilities: Abilities) -> Sampling:
    asked = request.sampling
    silent = request.thinks and not abilities.samples_while_thinking
    if asked == _NEUTRAL or silent or not request.traits.sampling:
        return _NEUTRAL
    left_out = dict.fromkeys(_ALL - abilities.sampling, None)
    if asked.temperature is not None and "temperature" in abilities.sampling:
        left_out["temperature"] = min(asked.temperature, abilities.max_temperature)
    return replace(asked, **left_out)
