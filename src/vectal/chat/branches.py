"""A conversation as a tree: an edit and a second answer are siblings, a branch leads to a leaf.

Pure. The nodes of a conversation are few (see `MAX_MESSAGES`), their words stay sealed in the
database, so the whole skeleton is read at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vectal.chat.contracts import MessageRole
from vectal.chat.errors import (
    BranchPointError,
    MessageNotFoundError,
    NothingToRegenerateError,
)

MAX_MESSAGES: Final = 4_000


@dataclass(frozen=True, slots=True)
class Node:
    id: UUID
    parent_id: UUID | None
    role: MessageRole


class Tree:
    """The skeleton of a conversation. Children are kept oldest first (ids sort by birth)."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = {node.id: node for node in sorted(nodes, key=lambda node: node.id)}
        self._children: dict[UUID | None, list[UUID]] = defaultdict(list)
        for node in self._nodes.values():
            self._children[node.parent_id].append(node.id)

    def __len__(self) -> int:
        return len(self._nodes)

    def get(self, message_id: UUID) -> Node:
        node = self._nodes.get(message_id)
        if node is None:
            raise MessageNotFoundError
        return node

    def children(self, message_id: UUID | None) -> Sequence[UUID]:
        """None asks for the first messages."""
        return tuple(self._children.get(message_id, ()))

    def siblings(self, message_id: UUID) -> Sequence[UUID]:
        return self.children(self.get(message_id).parent_id)

    def branch(self, leaf_id: UUID) -> Sequence[UUID]:
        """From the first message to `leaf_id`, which need not be a leaf."""
        path: list[UUID] = []
        here: UUID | None = leaf_id
        while here is not None:
            path.append(here)
            here = self.get(here).parent_id
        return tuple(reversed(path))

    def newest_leaf(self, below: UUID) -> UUID:
        """The leaf that one comes to by always taking the newest child."""
        here = self.get(below).id
        while children := self._children.get(here):
            here = children[-1]
        return here

    def parent_for_text(self, parent_id: UUID | None) -> UUID | None:
        """Where a user message may hang: below an answer, or at the root."""
        if parent_id is not None and self.get(parent_id).role != "assistant":
            raise BranchPointError("A message of yours goes below an answer.")
        return parent_id

    def question_of(self, answer_id: UUID) -> UUID:
        """The user message that `answer_id` answers."""
        node = self.get(answer_id)
        if node.role != "assistant" or node.parent_id is None:
            raise NothingToRegenerateError
        return node.parent_id
