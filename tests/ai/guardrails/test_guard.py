"""The guard of one call: what leaves, what comes back, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from vectal.ai.contracts import (
    ChatMessage,
    ImagePart,
    ReasoningDelta,
    ReasoningPart,
    TextDelta,
    TextPart,
    TokenUsage,
    ToolCallPart,
    ToolResultPart,
    user_message,
)
from vectal.ai.contracts_documents import FilePart
from vectal.ai.guardrails.contracts import DeniedIn, GuardrailRules, Stage, Webhook
from vectal.ai.guardrails.guard import MAX_JUDGED_CHARS, Guard, JudgeFailedError
from vectal.ai.ports import (
    ModelEvent,
    ModelFinished,
    ModelRequest,
    ProviderFault,
    ToolArgumentsDelta,
    ToolCallStarted,
    ToolSpec,
)
from vectal.ai.providers.answer import Answer

MAIL = "ada@example.org"
REDACT = GuardrailRules(personal_data="redact")
USAGE = TokenUsage(10, 5)
SCHEMA: dict[str, Any] = {"type": "object", "required": ["n"]}


def request(*parts: Any, **more: Any) -> ModelRequest:
    return ModelRequest("m", "Be brief.", (ChatMessage("user", parts),), 100, **more)


async def said(*texts: str, arguments: Sequence[str] = ()) -> AsyncGenerator[ModelEvent]:
    answer = Answer("openai")
    for text in texts:
        yield answer.add_text(text)
    if arguments:
        yield answer.begin_tool(0, "c-1", "mail")
        for piece in arguments:
            yield answer.add_arguments(0, piece)
    yield answer.finish("stop", USAGE)


async def shown(
    guard: Guard, asked: ModelRequest, events: AsyncGenerator[ModelEvent]
) -> tuple[str, ModelFinished]:
    seen = [event async for event in guard.answer(events, asked)]
    finished = seen[-1]
    assert isinstance(finished, ModelFinished)
    return "".join(each.text for each in seen if isinstance(each, TextDelta)), finished


async def test_every_text_of_a_request_is_looked_at() -> None:
    escaped = MAIL.replace("@", "\\u0040")
    whole = ModelRequest(
        "m",
        f"You serve {MAIL}.",
        (
            ChatMessage("user", (TextPart(MAIL), FilePart("text/plain", MAIL.encode(), name=MAIL))),
            ChatMessage(
                "assistant",
                (
                    ReasoningPart(f"hm {MAIL}", "signed", "anthropic"),
                    ReasoningPart(f"hm {MAIL}"),
                    ToolCallPart("c", "mail", f'{{"to": "{escaped}"}}'),
                ),
            ),
            ChatMessage("tool", (ToolResultPart("c", "mail", MAIL, pieces=(TextPart(MAIL),)),)),
        ),
        100,
        tools=(ToolSpec("mail", f"as {MAIL}", {"properties": {MAIL: {"const": MAIL}}}),),
        stop=(MAIL,),
        user_id=MAIL,
        response_schema={"enum": [MAIL]},
        system_parts=(TextPart(f"You serve {MAIL}."),),
    )
    guard = Guard(REDACT, None)
    hidden = await guard.screen(whole)
    assert MAIL not in repr(hidden)
    assert MAIL.encode() not in repr(hidden).encode()
    assert "u0040" not in repr(hidden)
    assert hidden.system == "You serve [EMAIL_1]."
    assert hidden.system_blocks[0].text == hidden.system
    # Signed thinking is not forged: it goes.
    assert [type(part) for part in hidden.messages[1].parts] == [ReasoningPart, ToolCallPart]
    assert guard.codes == ["guardrail.redacted.email"]
    assert not guard.leaves_alone


@pytest.mark.parametrize(
    "more",
    [
        {"metadata": {"owner": MAIL}},
        {"metadata": {MAIL: "owner"}},
        {"prediction": {"type": "content", "content": f"# by {MAIL}"}},
        {"nobody": ["knows", {"this": [MAIL]}]},
    ],
)
async def test_what_only_the_vendor_would_read_is_looked_at(more: dict[str, Any]) -> None:
    asked, body = request(TextPart("Hi")), json.dumps({"messages": ["Hi"], **more}).encode()
    guard = Guard(REDACT, None)
    assert await guard.screen(asked, body) == asked
    assert not guard.leaves_alone  # so it is written anew, without what nobody here has read
    assert guard.codes == ["guardrail.redacted.email"]
    again = Guard(REDACT, None)
    await again.recall(asked, body)
    assert again.has_changed
    with pytest.raises(ProviderFault, match="email"):
        await Guard(GuardrailRules(personal_data="refuse"), None).screen(asked, body)
    marked = Guard(GuardrailRules(personal_data="mark"), None)
    assert await marked.screen(asked, body) is asked
    assert (marked.codes, marked.leaves_alone) == (["guardrail.found.email"], True)
    denied = GuardrailRules(denied_phrases=(MAIL,), denied_in="prompts")
    with pytest.raises(ProviderFault, match="does not allow"):
        await Guard(denied, None).screen(asked, body)


async def test_pictures_are_no_texts() -> None:
    """Whatever their bytes look like, read as text."""
    picture = "data:image/png;base64," + "A" * 300 + "/+4915112345678/"
    body = json.dumps({"image": picture, "seal": picture.partition(",")[2]}).encode()
    guard = Guard(REDACT, None)
    await guard.screen(request(TextPart("Hi")), body)
    assert (guard.codes, guard.leaves_alone) == ([], True)


async def test_the_number_of_a_card_may_be_written_as_one() -> None:
    call = ToolCallPart("c", "pay", '{"card": 4111111111111111, "cents": 4111, "now": true}')
    guard = Guard(REDACT, None)
    hidden = await guard.screen(request(call))
    part = hidden.messages[0].parts[0]
    assert isinstance(part, ToolCallPart)
    assert json.loads(part.arguments) == {"card": "[CARD_1]", "cents": 4111, "now": True}


DENIED = GuardrailRules(denied_phrases=("Project Falcon",), denied_patterns=("(?i)in-?house",))
FALCON = "all about project falcon"
PICTURE = ImagePart("image/png", b"")
PDF = FilePart("application/pdf", b"%PDF")


@pytest.mark.parametrize(
    "part",
    [
        TextPart(FALCON),
        TextPart("INHOUSE only"),
        FilePart("text/plain", FALCON.encode()),
        ToolCallPart("c", "mail", '{"about": "project\\u0020falcon"}'),
        ToolResultPart("c", "mail", FALCON),
    ],
    ids=["text", "pattern", "file", "tool call", "tool result"],
)
@pytest.mark.parametrize("where", ["prompts", "answers", "both"])
async def test_denied_words_are_looked_for_where_it_is_said(part: Any, where: DeniedIn) -> None:
    guard = Guard(replace(DENIED, denied_in=where), None)
    if where == "answers":
        await guard.screen(request(part))
        assert guard.codes == []
        return
    with pytest.raises(ProviderFault) as caught:
        await guard.screen(request(part))
    assert caught.value.kind == "blocked_request"
    assert "falcon" not in str(caught.value).lower()
    assert guard.codes == ["guardrail.denied.request"]


async def test_a_prompt_without_denied_words_may_leave_and_its_answer_say_them() -> None:
    guard, asked = Guard(replace(DENIED, denied_in="prompts"), None), request(TextPart("Hi"))
    assert await guard.screen(asked) is asked
    assert guard.leaves_alone
    text, _ = await shown(guard, asked, said(FALCON))
    assert text == FALCON
    with pytest.raises(ProviderFault):
        await shown(Guard(DENIED, None), asked, said(FALCON))


@pytest.mark.parametrize("part", [PICTURE, PDF], ids=["image", "pdf"])
@pytest.mark.parametrize(
    ("rules", "refused"),
    [
        (GuardrailRules(unreadable="refuse"), True),
        (GuardrailRules(unreadable="refuse", fail_open=True), True),
        (GuardrailRules(max_answer_chars=5), False),
        (replace(DENIED, denied_in="prompts"), True),
        (replace(DENIED, denied_in="prompts", fail_open=True), False),
        (DENIED, False),
    ],
)
async def test_what_nobody_reads_is_refused_where_it_is_said(
    part: Any, rules: GuardrailRules, *, refused: bool
) -> None:
    assert rules.is_on
    for asked in (request(part), request(ToolResultPart("c", "t", "", pieces=(part,)))):
        guard = Guard(rules, None)
        if not refused:
            assert await guard.screen(asked) is asked
            continue
        with pytest.raises(ProviderFault):
            await guard.screen(asked)
        assert guard.codes == ["guardrail.unread"]
    assert await Guard(rules, None).screen(request(TextPart("Hi")))


async def test_what_holds_nothing_is_the_same_request() -> None:
    guard, asked = Guard(REDACT, None), request(TextPart("Hi"))
    assert await guard.screen(asked) is asked
    assert guard.leaves_alone
    assert guard.codes == []


async def test_marked_is_left_as_it_is() -> None:
    guard, asked = Guard(GuardrailRules(personal_data="mark"), None), request(TextPart(MAIL))
    assert await guard.screen(asked) is asked
    assert (guard.codes, guard.leaves_alone) == (["guardrail.found.email"], True)


async def test_refused_is_told_by_kind_and_never_by_value() -> None:
    guard = Guard(GuardrailRules(personal_data="refuse"), None)
    with pytest.raises(ProviderFault) as caught:
        await guard.screen(request(TextPart(f"{MAIL} at 10.0.0.1")))
    assert (caught.value.kind, caught.value.is_final) == ("blocked_request", True)
    assert "email" in caught.value.detail
    assert MAIL not in caught.value.detail
    assert set(guard.codes) == {"guardrail.refused.email", "guardrail.refused.ip"}


@pytest.mark.parametrize("part", [ImagePart("image/png", b"x"), FilePart("application/pdf", b"x")])
async def test_what_cannot_be_read_fails_closed_or_open(part: Any) -> None:
    guard = Guard(REDACT, None)
    with pytest.raises(ProviderFault):
        await guard.screen(request(part))
    assert guard.codes == ["guardrail.unread"]
    open_guard = Guard(replace(REDACT, fail_open=True), None)
    await open_guard.screen(request(part))
    assert open_guard.codes == ["guardrail.unread"]


async def test_a_request_that_is_too_deep_is_refused() -> None:
    deep = "[" * 900 + "]" * 900
    guard = Guard(REDACT, None)
    call = ToolCallPart("c", "mail", deep)
    asked = ModelRequest("m", "", (ChatMessage("assistant", (call,)),), 100)
    try:
        await guard.screen(asked)
    except ProviderFault as fault:
        assert fault.kind == "blocked_request"  # noqa: PT017 - either end is a good one


async def test_values_come_back_in_words_and_arguments() -> None:
    guard, asked = Guard(REDACT, None), request(TextPart(f"Mail {MAIL}"))
    asked = await guard.screen(asked)
    events = said("To [EM", "AIL_1], ", "done [", arguments=['{"to": "[EMAI', 'L_1]"}'])
    seen = [event async for event in guard.answer(events, asked)]
    words = "".join(each.text for each in seen if isinstance(each, TextDelta))
    arguments = "".join(each.text for each in seen if isinstance(each, ToolArgumentsDelta))
    assert words == f"To {MAIL}, done ["
    assert arguments == f'{{"to": "{MAIL}"}}'
    kinds = [type(each) for each in seen]
    assert kinds.index(ToolCallStarted) > max(
        place for place, kind in enumerate(kinds) if kind is TextDelta
    )
    finished = seen[-1]
    assert isinstance(finished, ModelFinished)
    assert finished.message.text == f"To {MAIL}, done ["
    assert finished.message.parts[1] == ToolCallPart("c-1", "mail", f'{{"to": "{MAIL}"}}')


async def test_thinking_keeps_its_placeholders() -> None:
    async def thinking() -> AsyncGenerator[ModelEvent]:
        answer = Answer("anthropic")
        yield answer.add_reasoning("about [EMAIL_1]")
        answer.sign_reasoning("signed")
        yield answer.finish("stop", USAGE)

    guard = Guard(REDACT, None)
    asked = await guard.screen(request(TextPart(MAIL)))
    seen = [event async for event in guard.answer(thinking(), asked)]
    assert seen[0] == ReasoningDelta("about [EMAIL_1]")


@pytest.mark.parametrize(
    ("rules", "texts"),
    [
        (GuardrailRules(denied_phrases=("Project FALCON",)), ("about project ", "falcon")),
        (GuardrailRules(denied_patterns=(r"\bsecret-\d+",)), ("a secr", "et-42")),
    ],
)
async def test_nothing_of_a_denied_answer_is_shown(
    rules: GuardrailRules, texts: tuple[str, ...]
) -> None:
    guard, asked = Guard(rules, None), request(TextPart("Hi"))
    seen: list[ModelEvent] = []
    with pytest.raises(ProviderFault) as caught:
        seen += [event async for event in guard.answer(said(*texts), asked)]
    assert (seen, caught.value.kind) == ([], "blocked_answer")
    assert (guard.codes, guard.spent) == (["guardrail.denied"], USAGE)
    text, _ = await shown(Guard(rules, None), asked, said("fine"))
    assert text == "fine"


async def test_a_denied_phrase_may_not_hide_in_arguments() -> None:
    guard = Guard(GuardrailRules(denied_phrases=("falcon",)), None)
    events = said("ok", arguments=['{"to": "Falcon"}'])
    with pytest.raises(ProviderFault):
        await shown(guard, request(TextPart("Hi")), events)


@pytest.mark.parametrize(
    ("schema", "text", "good"),
    [
        (SCHEMA, '{"n": 1}', True),
        (SCHEMA, '{"m": 1}', False),
        (SCHEMA, "prose", False),
        (SCHEMA, "", False),
        (SCHEMA, "[" * 5_000, False),
        ({"$ref": "http://127.0.0.1:1/schema"}, "{}", False),
        ({"type": 3}, "{}", False),
        ({"pattern": "("}, '"x"', False),
        (None, "prose", True),
    ],
)
async def test_an_answer_is_held_against_its_schema(
    schema: Any,
    text: str,
    good: bool,  # noqa: FBT001 - a parameter
) -> None:
    asked = request(TextPart("Hi"), response_schema=schema)
    flag = Guard(GuardrailRules(schema_check="flag"), None)
    await shown(flag, asked, said(text))
    assert flag.codes == ([] if good else ["guardrail.schema.failed"])
    strict = Guard(GuardrailRules(schema_check="refuse"), None)
    if good:
        await shown(strict, asked, said(text))
    else:
        with pytest.raises(ProviderFault):
            await shown(strict, asked, said(text))


@pytest.mark.parametrize("pattern", ["^(?=.*x)", r"(x)\1?"])
async def test_a_schema_that_nobody_can_check_is_a_check_that_failed(pattern: str) -> None:
    """Patterns with look-around are the client's good right; here they are not matched."""
    asked = request(TextPart("Hi"), response_schema={"properties": {"n": {"pattern": pattern}}})
    for rules in (
        GuardrailRules(schema_check="flag"),
        GuardrailRules(schema_check="refuse", fail_open=True),
    ):
        guard = Guard(rules, None)
        await shown(guard, asked, said('{"n": "x"}'))
        assert guard.codes == ["guardrail.schema.unchecked"]
    strict = Guard(GuardrailRules(schema_check="refuse"), None)
    with pytest.raises(ProviderFault, match="look-around"):
        await shown(strict, asked, said('{"n": "x"}'))
    assert strict.codes == ["guardrail.schema.unchecked"]
    with pytest.raises(ProviderFault, match="not of the JSON schema"):
        await shown(strict, asked, said("prose"))


async def test_json_mode_wants_an_object() -> None:
    asked = request(TextPart("Hi"), json_mode=True)
    guard = Guard(GuardrailRules(schema_check="flag"), None)
    await shown(guard, asked, said("[]"))
    assert guard.codes == ["guardrail.schema.failed"]


async def test_an_answer_that_is_too_long_is_cut() -> None:
    guard = Guard(GuardrailRules(max_answer_chars=7), None)
    text, finished = await shown(guard, request(TextPart("Hi")), said("one ", "two ", "three"))
    assert (text, finished.message.text, finished.reason) == ("one two", "one two", "length")
    assert guard.codes == ["guardrail.cut"]


class Judging:
    """Says what it is told to, and remembers what it was asked."""

    def __init__(self, *verdicts: str) -> None:
        self.verdicts = list(verdicts)
        self.asked: list[tuple[Stage, str]] = []

    async def allows(self, hook: Webhook, stage: Stage, text: str) -> bool:
        del hook
        self.asked.append((stage, text))
        verdict = self.verdicts.pop(0)
        if verdict == "fails":
            raise JudgeFailedError
        return verdict == "yes"


HOOKED = replace(REDACT, webhook=Webhook("https://judge.test"))


async def test_the_judge_never_sees_what_was_hidden() -> None:
    judge = Judging("yes", "yes")
    guard = Guard(HOOKED, judge)
    asked = await guard.screen(request(TextPart(f"I am {MAIL}")))
    text, _ = await shown(guard, asked, said("Hello [EMAIL_1]"))
    assert text == f"Hello {MAIL}"
    assert judge.asked == [
        ("request", "Be brief.\n\nI am [EMAIL_1]"),
        ("answer", "Hello [EMAIL_1]"),
    ]


async def test_an_answer_that_the_judge_refuses_is_held_back() -> None:
    guard = Guard(HOOKED, Judging("yes", "no"))
    asked = await guard.screen(request(TextPart("Hi")))
    with pytest.raises(ProviderFault) as caught:
        await shown(guard, asked, said("Hello"))
    assert caught.value.kind == "blocked_answer"
    assert guard.codes == ["guardrail.webhook.refused.answer"]


async def test_what_is_too_long_to_be_judged_is_not_judged() -> None:
    judge = Judging("yes")
    guard = Guard(replace(HOOKED, personal_data="off"), judge)
    with pytest.raises(ProviderFault):
        await guard.screen(
            replace(request(), messages=(user_message("x" * (MAX_JUDGED_CHARS + 1)),))
        )
    assert judge.asked == []


async def test_a_judge_that_fails_is_not_said_to_have_refused() -> None:
    with pytest.raises(ProviderFault, match="gave no verdict"):
        await Guard(HOOKED, Judging("fails")).screen(request(TextPart("Hi")))


@pytest.mark.parametrize("fail_open", [True, False])
async def test_a_judge_that_fails_decides_nothing(
    fail_open: bool,  # noqa: FBT001 - a parameter
) -> None:
    guard = Guard(replace(HOOKED, fail_open=fail_open), Judging("fails", "fails"))
    try:
        asked = await guard.screen(request(TextPart("Hi")))
    except ProviderFault:
        assert not fail_open
        assert guard.codes == ["guardrail.webhook.failed.request"]
    else:
        assert fail_open
        text, _ = await shown(guard, asked, said("Hello"))
        assert text == "Hello"
