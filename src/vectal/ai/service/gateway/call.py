"""A call of an outside client, and what it gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from vectal.ai.budgets.rules import Subjects
from vectal.ai.contracts import Charges, Purpose
from vectal.ai.providers.pieces import Pieces
from vectal.ai.proxy.record import Target
from vectal.ai.proxy.wires.port import ClientWire, WireProblem
from vectal.ai.repository.usage import UsageLine
from vectal.auth.principal import Principal


@dataclass(frozen=True, slots=True)
class IncomingCall:
    """`vendor_headers` are those of the client that a vendor of the same wire should see."""

    principal: Principal
    wire: ClientWire
    body: bytes = field(repr=False)
    request_id: str
    client_ip: str = ""
    project_id: UUID | None = None
    run_id: UUID | None = None
    vendor_headers: Mapping[str, str] = field(default_factory=dict[str, str])
    hedge_after_ms: int | None = None
    """When to ask a second model, if the client says so itself."""
    no_cache: bool = False
    """Answer anew, also where an answer is kept."""
    no_store: bool = False
    """Neither read nor keep an answer."""
    sticky: str = ""
    """What calls have in common that should go to one provider; by default how they begin."""
    purpose: Purpose = "gateway"
    door: str = ""
    """The endpoint, for its limit of rate; empty for that of the wire."""
    keep: Callable[[UsageLine], None] | None = None
    """Takes the call's line of the ledger, to be written with something else; None: at once."""

    @property
    def subjects(self) -> Subjects:
        """Whose budgets pay for it."""
        return Subjects(
            user_id=self.principal.user_id,
            key_id=self.principal.api_key_id,
            maker_key_ids=self.principal.maker_key_ids,
            project_id=self.project_id,
            run_id=self.run_id,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` when it is whole; else `stream`, which must be closed in every case."""

    headers: Mapping[str, str]
    body: bytes = b""
    stream: Pieces[bytes] | None = None
    broken: Callable[[WireProblem], bytes] | None = None
    """What ends a stream that nobody goes on with."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a call would come to at the first of its targets.

    `body` is what the vendor would get, byte for byte but for the model's name; None when it
    would have to be translated, changed, or paced by the limits of a key. Sizes are the most
    tokens that may go in and come out.
    """

    target: Target
    body: bytes | None = field(repr=False)
    input_tokens: int
    output_tokens: int
    charges: Charges | None = None
    """What may be charged beside the tokens."""


class CallRefusedError(Exception):
    """There is no answer; the door writes `problem` in the client's shape."""

    def __init__(self, problem: WireProblem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.headers = headers or {}
