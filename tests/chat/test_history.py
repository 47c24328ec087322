"""A branch as a model reads it."""

from vectal.ai.contracts import ChatMessage, TextPart, ToolCallPart, ToolResultPart
from vectal.chat.contracts import Content, TextPiece, ToolPiece, plain
from vectal.chat.history import MAX_HISTORY_CHARS, as_history


def tool(call_id: str, *, ok: bool | None = True, content: str = "found 2") -> ToolPiece:
    return ToolPiece(call_id, "list_tasks", "List", {"q": "rent"}, ok=ok, content=content)


def test_an_answer_with_tools_becomes_what_was_called_and_what_came_back() -> None:
    answer = Content((TextPiece("Looking."), tool("c1"), tool("c2"), TextPiece("Two."), tool("c3")))
    history = as_history([("user", plain("What is due?")), ("assistant", answer)])
    called = '{"q":"rent"}'
    assert history == (
        ChatMessage("user", (TextPart("What is due?"),)),
        ChatMessage(
            "assistant",
            (
                TextPart("Looking."),
                ToolCallPart("c1", "list_tasks", called),
                ToolCallPart("c2", "list_tasks", called),
            ),
        ),
        ChatMessage(
            "tool",
            (
                ToolResultPart("c1", "list_tasks", "found 2"),
                ToolResultPart("c2", "list_tasks", "found 2"),
            ),
        ),
        ChatMessage("assistant", (TextPart("Two."), ToolCallPart("c3", "list_tasks", called))),
        ChatMessage("tool", (ToolResultPart("c3", "list_tasks", "found 2"),)),
    )


def test_an_unfinished_tool_call_is_not_told() -> None:
    answer = Content((TextPiece("Looking."), tool("c1", ok=None)))
    assert as_history([("assistant", answer)]) == (
        ChatMessage("assistant", (TextPart("Looking."),)),
    )


def test_an_empty_answer_is_left_out() -> None:
    branch = [("user", plain("a")), ("assistant", Content()), ("user", plain("b"))]
    assert [message.text for message in as_history(branch)] == ["a", "b"]  # pyright: ignore[reportArgumentType]


def test_a_huge_branch_keeps_its_newest_messages() -> None:
    big = plain("x" * (MAX_HISTORY_CHARS // 2 + 1))
    history = as_history([("user", big), ("assistant", big), ("user", plain("now"))])
    assert [message.role for message in history] == ["assistant", "user"]


def test_the_newest_message_is_kept_whatever_its_size() -> None:
    assert len(as_history([("user", plain("x" * (MAX_HISTORY_CHARS + 1)))])) == 1
