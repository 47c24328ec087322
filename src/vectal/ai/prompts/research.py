"""The prompts of a research: plan, gaps, write, check. What others wrote stands between tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vectal.ai.contracts_documents import SourceText
from vectal.ai.prompts.fencing import source_block, tagged
from vectal.ai.prompts.library import PromptError, PromptName, filled

_STEPS: Final[Mapping[str, PromptName]] = {
    "plan": "research.plan",
    "gaps": "research.gaps",
    "write": "research.write",
    "check": "research.check",
}


def research_prompt(values: Mapping[str, str]) -> tuple[str, str]:
    """System and question of one step.

    `step` is `plan`, `gaps`, `write` or `check`; `question` and `today` go with each. `most` is
    how many questions a plan may have, how many gaps are named, and how many words a text has.
    `asked` are the queries so far, one a line. Digits are passages by the number of their source,
    `from:3` says where the third comes from. `claim:1` is a sentence to check, with the numbers
    that it cites before it.
    """
    name = _STEPS.get(values.get("step", ""))
    if name is None:
        raise PromptError(f"a research has no step {values.get('step')!r}")
    system = filled(name, {} if name == "research.check" else {"most": values["most"]}).text
    numbers = sorted(int(key) for key in values if key.isdigit())
    blocks = [_source(number, values) for number in numbers]
    claims = sorted((key for key in values if key.startswith("claim:")), key=_number)
    parts = [
        *blocks,
        *(tagged("asked", asked) for asked in (values.get("asked"),) if asked),
        *(tagged("claim", f"{_number(key)}. {values[key]}") for key in claims),
        tagged("today", values["today"]),
        tagged("question", values["question"]),
    ]
    return system, "\n".join(parts)


def _source(number: int, values: Mapping[str, str]) -> str:
    about = values.get(f"from:{number}", "")
    return source_block(SourceText(number, about, "", values[str(number)], False))  # noqa: FBT003 - pages are cleaned before


def _number(key: str) -> int:
    return int(key.partition(":")[2])
