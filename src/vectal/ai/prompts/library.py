"""The prompts by name, each with its typed parameters."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from vectal.ai.contracts import Mode, Pinned, SystemContext
from vectal.ai.contracts_documents import SourceText
from vectal.ai.contracts_runs import ThinkPrompt
from vectal.ai.prompts.fencing import fenced, one_line, source_block, tagged

PromptName: TypeAlias = Literal[
    "agent",
    "agent-check",
    "chat.ask",
    "chat.act",
    "rerank",
    "research.check",
    "research.gaps",
    "research.plan",
    "research.write",
    "sources",
    "title",
]

CURRENT: Final[Mapping[PromptName, int]] = {
    "agent": 1,
    "agent-check": 1,
    "chat.ask": 1,
    "chat.act": 1,
    "rerank": 1,
    "research.check": 1,
    "research.gaps": 1,
    "research.plan": 1,
    "research.write": 1,
    "sources": 1,
    "title": 1,
}
"""The version that is used of each prompt."""

_PLACEHOLDER: Final = re.compile(r"\{\{([a-z_]+)\}\}")
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TITLE_CHARS: Final = 2_000
_LASTING: Final = ("goal", "criteria")
"""What of a run's values never changes, so that it stands where providers' caches keep it."""
_VALUE_NAME: Final = re.compile(r"[a-z][a-z_]{0,39}")


class PromptError(Exception):
    """A prompt file and its parameters don't match: a mistake of the programmer."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A filled prompt. `id` names file and version, for the ledger."""

    id: str
    text: str


def chat_prompt(
    mode: Mode, system: SystemContext, pinned: tuple[Pinned, ...], *, with_sources: bool = False
) -> Prompt:
    """The system prompt of a conversation. `pinned` is what of it has room.

    The rules about sources come last, so that everything before them stays in providers' caches.
    """
    prompt = _chat_prompt(mode, system, pinned)
    if not with_sources:
        return prompt
    rules = filled("sources", {})
    return Prompt(f"{prompt.id}+{rules.id}", f"{prompt.text}\n\n{rules.text}")


def _chat_prompt(mode: Mode, system: SystemContext, pinned: tuple[Pinned, ...]) -> Prompt:
    now = system.now.astimezone(_zone(system.timezone))
    # Minutes would make every request new to a provider's cache.
    surroundings = {**_surroundings(system, pinned), "time": f"about {now:%H}:00"}
    return filled("chat.ask" if mode == "ask" else "chat.act", surroundings)


def _surroundings(system: SystemContext, pinned: tuple[Pinned, ...]) -> dict[str, str]:
    now = system.now.astimezone(_zone(system.timezone))
    blocks = [fenced(item.label, item.text) for item in pinned]
    return {
        "weekday": _DAYS[now.weekday()],
        "date": now.date().isoformat(),
        "timezone": one_line(system.timezone),
        "user_name": one_line(system.user_name) or "the user",
        "workspace_name": one_line(system.workspace_name) or "of this user",
        "pinned": "\n".join(["", *blocks]) if blocks else "",
    }


def run_prompt(
    name: ThinkPrompt,
    system: SystemContext,
    values: Mapping[str, str],
    pinned: tuple[Pinned, ...] = (),
) -> Prompt:
    """The system prompt of a run: rules, goal and criteria."""
    task = [tagged(each, values[each]) for each in _LASTING if values.get(each)]
    return filled(name, {**_surroundings(system, pinned), "task": "\n".join(task)})


def run_state(values: Mapping[str, str]) -> str:
    """What of a run changes from step to step (its plan, what is left of its budget), fenced."""
    if bad := [name for name in values if not _VALUE_NAME.fullmatch(name)]:
        raise PromptError(f"a value's name has small letters alone, not {bad[0]!r}")
    return "\n".join(
        tagged(name, text) for name, text in values.items() if text and name not in _LASTING
    )


def title_prompt() -> Prompt:
    return filled("title", {})


def title_question(user: str, assistant: str) -> str:
    """What the title prompt is asked about."""
    return "\n".join(
        (tagged("user", user[:_TITLE_CHARS]), tagged("assistant", assistant[:_TITLE_CHARS]))
    )


def rerank_prompt() -> Prompt:
    return filled("rerank", {})


def rerank_question(question: str, passages: Mapping[str, str]) -> str:
    """What the rerank prompt is asked about. `passages` are by their numbers."""
    blocks = [source_block(SourceText(int(n), "", "", passages[n], False)) for n in passages]  # noqa: FBT003 - hidden text plays no part here
    return "\n".join([tagged("question", question), *blocks])


@functools.cache
def load(name: str, version: int) -> str:
    """The text of a prompt file, as it ships."""
    file = resources.files("vectal.ai.prompts") / f"{name}.v{version}.md"
    return file.read_text("utf-8").strip()


def filled(name: PromptName, values: Mapping[str, str]) -> Prompt:
    """The current version of the prompt, with exactly the values that it takes."""
    version = CURRENT[name]
    text = load(name, version)
    wanted = set(_PLACEHOLDER.findall(text))
    if wanted != set(values):
        raise PromptError(f"{name}.v{version} takes {sorted(wanted)}, got {sorted(values)}")
    # In one pass, so that a value that looks like a placeholder is not filled again.
    filled = _PLACEHOLDER.sub(lambda match: values[match.group(1)], text)
    return Prompt(f"{name}.v{version}", filled.rstrip())


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")
