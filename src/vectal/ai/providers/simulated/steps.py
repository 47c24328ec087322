"""Sensible steps for a task, by what kind of task its words make it look like."""

from __future__ import annotations

import re
from typing import Final

_KINDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        r"party|birthday|wedding|event|dinner|meeting|workshop",
        (
            "Fix date and place",
            "Write the guest list and invite",
            "Plan food and drinks",
            "Prepare the room",
            "Thank everybody afterwards",
        ),
    ),
    (
        r"move|moving|flat|apartment|relocat",
        (
            "Make a list of what comes along",
            "Book a van or movers",
            "Tell the landlord, the bank and the post",
            "Pack one room a day",
            "Hand over the keys",
        ),
    ),
    (
        r"trip|travel|holiday|vacation|flight|journey",
        (
            "Choose dates and set a budget",
            "Book the way there and back",
            "Book a place to stay",
            "Check passport and insurance",
            "Pack the day before",
        ),
    ),
    (
        r"report|write|essay|article|thesis|presentation|slides|talk|paper|blog",
        (
            "Write down the one message it must carry",
            "Collect the facts and sources",
            "Draft an outline",
            "Write the first version",
            "Let somebody read it, then revise",
        ),
    ),
    (
        r"clean|tidy|declutter|spring|garage|kitchen|laundry",
        (
            "Gather bags and cleaning things",
            "Sort: keep, give away, throw out",
            "Clean from top to bottom",
            "Put everything back in its place",
        ),
    ),
    (
        r"learn|study|exam|course|language",
        (
            "Say what you want to be able to do",
            "Pick one book or course",
            "Block thirty minutes a day",
            "Practise with old questions",
            "Test yourself and note the gaps",
        ),
    ),
    (
        r"website|app|software|launch|release|feature|deploy|code",
        (
            "Write down what done means",
            "Sketch the smallest version that helps",
            "Build that version",
            "Test it with two people",
            "Fix what they tripped over, then ship",
        ),
    ),
    (
        r"tax|taxes|invoice|insurance|contract|form|application|apply",
        (
            "Find the form and its deadline",
            "Collect the documents it asks for",
            "Fill it in",
            "Check every number once more",
            "Send it and file a copy",
        ),
    ),
    (
        r"buy|shop|shopping|order|gift|present",
        (
            "Write down what it must be able to do",
            "Set a budget",
            "Compare three offers",
            "Order or pick it up",
        ),
    ),
)
_ANY: Final = (
    "Write down what “done” looks like",
    "List what is needed and who can help",
    "Do the first part that takes under thirty minutes",
    "Finish the rest",
    "Check the result and tell whoever waits for it",
)


def steps_for(title: str) -> tuple[str, ...]:
    for words, steps in _KINDS:
        if re.search(rf"\b(?:{words})", title, re.IGNORECASE):
            return steps
    return _ANY
