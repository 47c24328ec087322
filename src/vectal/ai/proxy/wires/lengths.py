"""How vendors say that a request is too long. Their clients look for exactly these words."""

from __future__ import annotations

from typing import Final

from vectal.ai.proxy.wires.port import WireProblem

OPENAI_CODE: Final = "context_length_exceeded"


def openai_message(problem: WireProblem, what: str) -> str:
    """`what` is the member of the request that is too long."""
    found = problem.too_long
    if found is None or found.most is None or found.tokens is None:
        return problem.message
    total = found.tokens + found.answer_tokens
    if total <= found.most:
        return problem.message
    lead = f"This model's maximum context length is {found.most} tokens. However,"
    if found.tokens > found.most:
        return (
            f"{lead} your {what} resulted in {found.tokens} tokens."
            f" Please reduce the length of the {what}."
        )
    return (
        f"{lead} you requested {total} tokens ({found.tokens} in the"
        f" {what}, {found.answer_tokens} in the completion). Please reduce the length of the"
        f" {what} or completion."
    )


def anthropic_message(problem: WireProblem) -> str:
    """What Anthropic says of a prompt, or of a prompt and the answer that was asked for."""
    found = problem.too_long
    if found is None:
        return problem.message
    if found.most is not None and found.tokens is not None:
        if found.tokens > found.most:
            return f"prompt is too long: {found.tokens} tokens > {found.most} maximum"
        if found.tokens + found.answer_tokens > found.most:
            return (
                "input length and `max_tokens` exceed context limit:"
                f" {found.tokens} + {found.answer_tokens} > {found.most},"
                " decrease input length or `max_tokens` and try again"
            )
    return f"prompt is too long: {problem.message}"
