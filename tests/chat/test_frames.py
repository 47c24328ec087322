"""Batches of frames, and what they add up to."""

from collections.abc import Sequence
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from vectal.chat import frames
from vectal.chat.contracts import Draft, TextPiece, ToolPiece
from vectal.chat.frames import BATCH_BYTES, BATCH_S, FrameBatch, Transcript

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
text_drafts = texts.map(lambda text: Draft(frames.TEXT, {"text": text}))
drafts = st.one_of(
    text_drafts,
    texts.map(lambda text: Draft(frames.REASONING, {"text": text})),
    st.just(Draft(frames.RESTARTED, {"attempt": 2})),
    st.integers(0, 3).map(
        lambda number: Draft(
            frames.TOOL_CALLED,
            {"call_id": f"c{number}", "name": "list_tasks", "title": "List", "arguments": {}},
        )
    ),
)


def text_since_restart(stream: Sequence[Draft]) -> str:
    text = ""
    for draft in stream:
        if draft.event == frames.RESTARTED:
            text = ""
        elif draft.event == frames.TEXT:
            text += draft.data["text"]
    return text


def transcript_of(stream: Sequence[Draft]) -> Transcript:
    transcript = Transcript()
    for draft in stream:
        transcript.apply(draft.event, draft.data)
    return transcript


@given(st.lists(drafts), st.lists(st.booleans()))
def test_batching_changes_no_byte_of_the_text(stream: list[Draft], cuts: list[bool]) -> None:
    batch, out = FrameBatch(), list[Draft]()
    for index, draft in enumerate(stream):
        batch.add(draft)
        if index < len(cuts) and cuts[index]:
            out += batch.take(float(index))
    out += batch.take(0.0)

    assert text_since_restart(out) == text_since_restart(stream)
    assert transcript_of(out).content() == transcript_of(stream).content()
    assert transcript_of(stream).content().text == text_since_restart(stream)


def test_neighbouring_deltas_become_one_frame() -> None:
    batch = FrameBatch()
    for word in ("Hello", " ", "world"):
        batch.add(Draft(frames.TEXT, {"text": word}))
    assert batch.take(0.0) == [Draft(frames.TEXT, {"text": "Hello world"})]


def test_the_first_word_leaves_at_once_and_the_next_ones_wait_for_each_other() -> None:
    batch = FrameBatch()
    batch.add(Draft(frames.TEXT, {"text": "a"}))
    assert batch.due_in(100.0) == 0.0
    batch.take(100.0)
    batch.add(Draft(frames.TEXT, {"text": "b"}))
    assert 0.0 < batch.due_in(100.01) <= BATCH_S
    assert batch.due_in(100.0 + BATCH_S) == 0.0


def test_a_large_batch_does_not_wait() -> None:
    batch = FrameBatch()
    batch.take(100.0)
    batch.add(Draft(frames.TEXT, {"text": "x" * BATCH_BYTES}))
    assert batch.due_in(100.0) == 0.0


def test_an_empty_batch_is_never_due() -> None:
    assert FrameBatch().due_in(0.0) == float("inf")


def test_a_tool_call_stands_where_it_was_made_and_learns_its_end() -> None:
    changeset = UUID(int=7)
    transcript = transcript_of(
        [
            Draft(frames.TEXT, {"text": "I will "}),
            Draft(frames.TEXT, {"text": "add it."}),
            Draft(
                frames.TOOL_CALLED,
                {
                    "call_id": "c1",
                    "name": "create_task",
                    "title": "Create task",
                    "arguments": {"title": "Pay rent"},
                },
            ),
            Draft(
                frames.TOOL_RETURNED,
                {
                    "call_id": "c1",
                    "name": "create_task",
                    "ok": True,
                    "summary": "1 task proposed",
                    "changeset_id": str(changeset),
                },
            ),
            Draft(frames.TEXT, {"text": "Done."}),
        ]
    )
    transcript.keep_tool_content("c1", '{"proposed": 1}')
    assert transcript.content().parts == (
        TextPiece("I will add it."),
        ToolPiece(
            "c1",
            "create_task",
            "Create task",
            {"title": "Pay rent"},
            ok=True,
            summary="1 task proposed",
            changeset_id=changeset,
            content='{"proposed": 1}',
        ),
        TextPiece("Done."),
    )


def test_a_restart_forgets_what_was_said() -> None:
    transcript = transcript_of(
        [
            Draft(frames.TEXT, {"text": "half an ans"}),
            Draft(frames.RESTARTED, {"attempt": 2}),
            Draft(frames.TEXT, {"text": "A whole answer."}),
        ]
    )
    assert transcript.content().text == "A whole answer."


def test_content_survives_its_own_encoding() -> None:
    content = transcript_of([Draft(frames.TEXT, {"text": "naïve 🙂 \x00"})]).content()
    assert type(content).decode(content.encode()) == content
