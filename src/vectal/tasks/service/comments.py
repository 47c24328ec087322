"""Use cases of comments: what people say about a task, and what their runs ask and hand in."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from vectal.auth.errors import ForbiddenError
from vectal.auth.principal import Principal
from vectal.platform.clock import Clock
from vectal.platform.db import Database, DataScope, WriteSession
from vectal.platform.db.paging import encode_cursor
from vectal.platform.ids import new_id
from vectal.platform.printable import to_lines
from vectal.tasks import policy
from vectal.tasks.contracts import (
    Comment,
    CommentPage,
    Delivery,
    Person,
    Proof,
    comment_as_json,
)
from vectal.tasks.errors import (
    CommentFixedError,
    CommentNotFoundError,
    InvalidFieldError,
    QuestionClosedError,
    TaskNotFoundError,
    VersionConflictError,
)
from vectal.tasks.events import CommentChanged
from vectal.tasks.limits import COMMENT, DELIVERY, PROOF, PROOFS
from vectal.tasks.ports import Answers, People
from vectal.tasks.repository import comments, tasks
from vectal.tasks.repository.comments import StoredComment
from vectal.tasks.service.cursors import read_id

_CURSOR: Final = "tasks.comments"
_FORMER_MEMBER: Final = "Former member"
_NOBODY: Final = UUID(int=0)
_CUT: Final = "… (cut)"


class NobodyAsks:
    """Where no runs are: nothing waits for an answer."""

    async def answer(self, principal: Principal, run_id: UUID, call_id: str, text: str) -> None:
        del principal, run_id, call_id, text
        raise QuestionClosedError

    async def hear(self, principal: Principal, task_id: UUID, text: str) -> None:
        del principal, task_id, text


class CommentService:
    """Each method is one transaction, or a part of the caller's."""

    def __init__(self, database: Database, clock: Clock, people: People) -> None:
        self._database = database
        self._clock = clock
        self._people = people
        self.answers: Answers = NobodyAsks()
        """Runs live above tasks: whoever wires them puts them in here."""

    async def list_comments(
        self, principal: Principal, task_id: UUID, *, cursor: str | None = None, limit: int = 50
    ) -> CommentPage:
        """The newest first; also those of a deleted task."""
        before = read_id(_CURSOR, cursor) if cursor else None
        async with self._database.read(principal) as session:
            if task_id not in await tasks.list_versions(session, principal.workspace_id, [task_id]):
                raise TaskNotFoundError
            found = await comments.list_comments(
                session, principal.workspace_id, task_id, before, limit + 1
            )
            items = await self._shown(principal, found[:limit])
        more = len(found) > limit
        return CommentPage(items, encode_cursor(_CURSOR, [str(items[-1].id)]) if more else None)

    async def add(
        self, principal: Principal, task_id: UUID, text: str, *, answers: UUID | None = None
    ) -> Comment:
        """Say something; the person's own runs that are at work on the task hear it.

        With `answers`, the id of a question, it is the answer for the run that asked. Raises
        `QuestionClosedError` where it waits for no answer any more.
        """
        clean = _clean(text)
        async with self._database.transaction(principal) as session:
            if answers is not None:
                return await self._answer(session, principal, task_id, clean, answers)
            # A run's row is locked before a comment is written, here as where runs speak.
            await self.answers.hear(principal, task_id, clean)
            new = StoredComment(
                new_id(), task_id, principal.user_id, "note", clean, self._clock.now()
            )
            if not await comments.insert_comment(session, principal.workspace_id, new):
                raise TaskNotFoundError
            await session.emit(CommentChanged(task_id, new.id, "created"))
            return await self._show(principal, new)

    async def edit(
        self,
        principal: Principal,
        task_id: UUID,
        comment_id: UUID,
        text: str,
        *,
        version: int | None = None,
    ) -> Comment:
        """Write a note of one's own anew. Raises `CommentFixedError` for what is no note."""
        clean = _clean(text)
        async with self._database.transaction(principal) as session:
            known = await self._own(session, principal, task_id, comment_id, version)
            if known.kind != "note":
                raise CommentFixedError
            if clean == known.text:
                return await self._show(principal, known)
            written = await comments.update_text(
                session, principal.workspace_id, comment_id, clean, self._clock.now()
            )
            await session.emit(CommentChanged(task_id, comment_id, "updated"))
            return await self._show(principal, written or known)

    async def delete(
        self, principal: Principal, task_id: UUID, comment_id: UUID, *, version: int | None = None
    ) -> None:
        """Delete what one has said, or what a run of one's own has; a run's question stays open."""
        async with self._database.transaction(principal) as session:
            await self._own(session, principal, task_id, comment_id, version)
            await comments.delete_comment(session, principal.workspace_id, comment_id)
            await session.emit(CommentChanged(task_id, comment_id, "deleted"))

    # --- what runs say, in the transaction in which they come so far ---------------------------

    async def ask(
        self, scope: DataScope, task_id: UUID, run_id: UUID, call_id: str, question: str
    ) -> None:
        """A run of this person asks. Nothing happens when it has, or when the task is gone."""
        await self._say(
            scope,
            StoredComment(
                new_id(),
                task_id,
                scope.user_id,
                "question",
                _cut(question, COMMENT),
                self._clock.now(),
                run_id,
                call_id,
                is_open=True,
            ),
        )

    async def note_answer(
        self, scope: DataScope, task_id: UUID, run_id: UUID, call_id: str, text: str
    ) -> None:
        """The run was answered, wherever: its question is closed, and the answer stands here."""
        await self.close_questions(scope, run_id)
        now, words = self._clock.now(), _cut(text, COMMENT)
        await self._say(
            scope,
            StoredComment(new_id(), task_id, scope.user_id, "answer", words, now, run_id, call_id),
        )

    async def deliver(
        self, scope: DataScope, task_id: UUID, run_id: UUID, report: str, delivery: Delivery
    ) -> None:
        """A run of this person has come to an end; `report` is Markdown."""
        await self.close_questions(scope, run_id)
        clean = Delivery(
            delivery.outcome,
            _cut(delivery.reason, PROOF, empty=""),
            tuple(_clean_proof(each) for each in delivery.proofs[:PROOFS]),
        )
        text = _cut(report, DELIVERY, empty=clean.reason or "There is no report.")
        now = self._clock.now()
        new = StoredComment(
            new_id(), task_id, scope.user_id, "delivery", text, now, run_id, delivery=clean
        )
        await self._say(scope, new)

    async def close_questions(self, scope: DataScope, run_id: UUID) -> None:
        """The run waits for no answer any more."""
        async with self._database.transaction(scope) as session:
            for task_id, comment_id in await comments.close_questions(
                session, scope.workspace_id, run_id
            ):
                await session.emit(CommentChanged(task_id, comment_id, "updated"))

    async def _say(self, scope: DataScope, new: StoredComment) -> None:
        async with self._database.transaction(scope) as session:
            # A task in the bin may come back, and then says what became of it.
            if await comments.insert_comment(session, scope.workspace_id, new, on_deleted=True):
                await session.emit(CommentChanged(new.task_id, new.id, "created"))

    async def _answer(
        self,
        session: WriteSession,
        principal: Principal,
        task_id: UUID,
        text: str,
        question_id: UUID,
    ) -> Comment:
        """The run's row is what orders two answers: nothing is locked here before it."""
        workspace_id = principal.workspace_id
        asked = await comments.find_comment(session, workspace_id, task_id, question_id)
        if asked is None or asked.run_id is None or asked.call_id is None:
            raise CommentNotFoundError
        if asked.author_id != principal.user_id:
            raise ForbiddenError("Only the person whose run has asked can answer it.")
        if asked.kind != "question" or not asked.is_open:
            raise QuestionClosedError
        await self.answers.answer(principal, asked.run_id, asked.call_id, text)
        given = await comments.find_answer(session, workspace_id, asked.run_id, asked.call_id)
        if given is None:
            raise QuestionClosedError
        return await self._show(principal, given)

    async def _own(
        self,
        session: WriteSession,
        principal: Principal,
        task_id: UUID,
        comment_id: UUID,
        version: int | None,
    ) -> StoredComment:
        known = await comments.find_comment(
            session, principal.workspace_id, task_id, comment_id, lock=True
        )
        if known is None:
            raise CommentNotFoundError
        if not policy.can_change_comment(principal, known.author_id or _NOBODY):
            raise ForbiddenError("Only the person who has said it can change it.")
        if version is not None and known.version != version:
            raise VersionConflictError(comment_as_json(await self._show(principal, known)))
        return known

    async def _show(self, scope: DataScope, stored: StoredComment) -> Comment:
        (shown,) = await self._shown(scope, [stored])
        return shown

    async def _shown(self, scope: DataScope, found: Sequence[StoredComment]) -> Sequence[Comment]:
        authors = {one.author_id for one in found if one.author_id is not None}
        names = await self._people.find_names(scope, authors)
        return [
            Comment(
                one.id,
                one.task_id,
                one.kind,
                Person(
                    one.author_id or _NOBODY,
                    names.get(one.author_id or _NOBODY, _FORMER_MEMBER),
                ),
                one.text,
                one.run_id,
                one.call_id,
                one.is_open,
                one.delivery,
                one.version,
                one.created_at,
                one.edited_at,
            )
            for one in found
        ]


def _clean(text: str) -> str:
    clean = to_lines(text).strip()
    if not clean or len(clean) > COMMENT:
        raise InvalidFieldError(f"A comment has 1 to {COMMENT} characters.", pointer="/text")
    return clean


def _cut(text: str, longest: int, *, empty: str = "…") -> str:
    """What a run says is taken as it is, within its bounds: nobody is there to write it anew."""
    clean = to_lines(text).strip()
    if len(clean) > longest:
        return clean[: longest - len(_CUT)] + _CUT
    return clean or empty


def _clean_proof(proof: Proof) -> Proof:
    return replace(
        proof,
        criterion=_cut(proof.criterion, PROOF, empty=""),
        evidence=_cut(proof.evidence, PROOF, empty=""),
        why=_cut(proof.why, PROOF, empty=""),
    )
