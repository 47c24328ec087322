"""The rules of a workspace, and how a call that breaks them ends."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeAlias

from vectal.ai.guardrails.signing import SigningKey

PersonalData: TypeAlias = Literal["off", "mark", "redact", "refuse"]
"""What happens to personal data in a request: nothing, a note, a placeholder, a refusal."""
DataKind: TypeAlias = Literal["email", "phone", "iban", "card", "ip", "secret"]
DATA_KINDS: Final[tuple[DataKind, ...]] = ("email", "phone", "iban", "card", "ip", "secret")
SchemaCheck: TypeAlias = Literal["off", "flag", "refuse"]
DeniedIn: TypeAlias = Literal["prompts", "answers", "both"]
"""Where denied phrases and patterns may not stand."""
Unreadable: TypeAlias = Literal["allow", "refuse"]
"""What happens to requests with images and files that nobody here reads, PDFs above all."""
Stage: TypeAlias = Literal["request", "answer"]

CODE: Final = "guardrail."
"""Before every code that tells what a guardrail did."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An outside judge, asked before the call and once more with the whole answer."""

    url: str
    timeout_ms: int = 2_000
    key: SigningKey | None = field(default=None, repr=False, compare=False)
    """What requests to it are signed with; None sends them unsigned."""


@dataclass(frozen=True, slots=True)
class GuardrailRules:
    """What a workspace wants to be checked.

    `fail_open` decides what happens when a check can't be made: the webhook does not answer, or a
    request holds a file that nobody here reads. Closed, which is the default, refuses the call.
    """

    personal_data: PersonalData = "off"
    kinds: tuple[DataKind, ...] = DATA_KINDS
    denied_phrases: tuple[str, ...] = ()
    denied_patterns: tuple[str, ...] = ()
    schema_check: SchemaCheck = "off"
    max_answer_chars: int | None = None
    webhook: Webhook | None = None
    fail_open: bool = False
    denied_in: DeniedIn = "answers"
    unreadable: Unreadable = "allow"

    def signed_with(self, key: SigningKey | None) -> GuardrailRules:
        """The same rules; None takes the key away, so that they can be stored and compared."""
        hook = self.webhook
        return self if hook is None else replace(self, webhook=replace(hook, key=key))

    @property
    def denies(self) -> bool:
        return bool(self.denied_phrases or self.denied_patterns)

    @property
    def denies_prompts(self) -> bool:
        return self.denies and self.denied_in != "answers"

    @property
    def denies_answers(self) -> bool:
        return self.denies and self.denied_in != "prompts"

    @property
    def checks_answers(self) -> bool:
        """Whether an answer has to be whole before any of it may be shown."""
        return bool(self.denies_answers or self.schema_check != "off" or self.webhook is not None)

    @property
    def is_on(self) -> bool:
        watches = self.personal_data != "off" and bool(self.kinds)
        refuses = self.denies_prompts or self.unreadable == "refuse"
        cuts = self.max_answer_chars is not None
        return watches or refuses or self.checks_answers or cuts


NO_RULES: Final = GuardrailRules()
