"""Plain requests, read without a model."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.providers.simulated.words import (
    BreakDown,
    CompleteTask,
    CreateTask,
    ListProjects,
    ListTasks,
    Prioritise,
    Reschedule,
    Wish,
    read_wishes,
)

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("said", "wishes"),
    [
        ("What's due today?", [ListTasks("today")]),
        ("what do I have to do today?", [ListTasks("today")]),
        ("What is due this week?", [ListTasks("week")]),
        ("What's due tomorrow?", [ListTasks("tomorrow")]),
        ("What was due last week and is late?", [ListTasks("overdue")]),
        ("Show me my tasks", [ListTasks()]),
        ("What is overdue?", [ListTasks("overdue")]),
        ("Which projects are there?", [ListProjects()]),
        ("Add a task to buy milk", [CreateTask("Buy milk")]),
        ("add milk", [CreateTask("Milk")]),
        ("Please create a task called “Pay rent”", [CreateTask("Pay rent")]),
        ("Can you add a task: call Bob, email Ann?", [CreateTask("Call Bob, email Ann")]),
        ("Remind me to water the plants", [CreateTask("Water the plants")]),
        ("add a task to pay rent tomorrow", [CreateTask("Pay rent", "2026-11-24")]),
        ("add a task to pay rent on friday", [CreateTask("Pay rent", "2026-11-27")]),
        ("add a task to pay rent next week", [CreateTask("Pay rent", "2026-11-30")]),
        (
            "add pay rent by 2026-12-01 with high priority",
            [CreateTask("Pay rent", "2026-12-01", 1)],
        ),
        ("add call mum p2", [CreateTask("Call mum", None, 2)]),
        (
            "Add tasks: milk, bread and eggs",
            [CreateTask("Milk"), CreateTask("Bread"), CreateTask("Eggs")],
        ),
        ("Mark pay rent done", [CompleteTask("pay rent")]),
        ('Mark "Pay rent" as done.', [CompleteTask("Pay rent")]),
        ("complete the laundry", [CompleteTask("laundry")]),
        ("I've finished the report", [CompleteTask("report")]),
        ("The report is done", [CompleteTask("The report")]),
        ("Break down plan the party", [BreakDown("plan the party")]),
        ("break the move to Berlin down into steps", [BreakDown("move to Berlin")]),
        ("Prioritise my tasks", [Prioritise()]),
        ("plan my day", [Prioritise()]),
        ("What should I work on?", [Prioritise()]),
        ("move pay rent to tomorrow", [Reschedule("pay rent", "2026-11-24", None)]),
        ("set pay rent to high priority", [Reschedule("pay rent", None, 1)]),
        (
            "Mark pay rent done and add a task to call mum, then list my tasks",
            [CompleteTask("pay rent"), CreateTask("Call mum"), ListTasks()],
        ),
        ("complete laundry; add buy soap", [CompleteTask("laundry"), CreateTask("Buy soap")]),
        ("Hello!", []),
        ("What is the capital of France?", []),
        ("How do I make bread?", []),
        ("make coffee", []),
        ("Write a story", []),
        ("", []),
    ],
)
def test_wishes_are_read(said: str, wishes: list[Wish]) -> None:
    assert list(read_wishes(said, MONDAY)) == wishes


@given(st.text(max_size=300))
def test_any_text_is_read_and_few_wishes_are_made(said: str) -> None:
    wishes = read_wishes(said, MONDAY)
    assert len(wishes) <= 8
    assert all(len(w.title) <= 300 for w in wishes if isinstance(w, CreateTask))


@pytest.mark.parametrize("said", ["add " * 20_000, "and " * 20_000, "a" * 100_000, "“" * 50_000])
def test_long_text_is_read_in_bounded_time(said: str) -> None:
    # The test's own timeout is the proof.
    assert len(read_wishes(said, MONDAY)) <= 8
