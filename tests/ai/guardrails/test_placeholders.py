"""Placeholders and the way back, wherever a stream is cut."""

from hypothesis import given
from hypothesis import strategies as st

from vectal.ai.guardrails.contracts import DATA_KINDS
from vectal.ai.guardrails.placeholders import Placeholders, Restorer

MAILS = ["ada@example.org", "bob@example.com", "eve@example.net"]


def test_the_same_value_has_the_same_name() -> None:
    hidden = Placeholders(DATA_KINDS)
    assert hidden.hide(f"{MAILS[0]}, {MAILS[1]}") == "[EMAIL_1], [EMAIL_2]"
    assert hidden.hide(f"{MAILS[1]} at 10.0.0.1") == "[EMAIL_2] at [IP_1]"
    assert hidden.found == ("email", "ip")
    assert hidden.restore("[IP_1] [EMAIL_2] [EMAIL_3]") == f"10.0.0.1 {MAILS[1]} [EMAIL_3]"


def test_a_name_that_the_client_wrote_itself_stays_its_own() -> None:
    text = f"Write [EMAIL_1] and {MAILS[0]}"
    hidden = Placeholders(DATA_KINDS, [text])
    assert hidden.hide(text) == "Write [EMAIL_1] and [EMAIL_2]"
    assert hidden.restore("[EMAIL_1] [EMAIL_2]") == f"[EMAIL_1] {MAILS[0]}"


def test_what_goes_into_json_is_written_as_json() -> None:
    hidden = Placeholders(("email",))
    hidden.hide("müller@example.org")
    assert hidden.restore_json('{"to": "[EMAIL_1]"}') == '{"to": "m\\u00fcller@example.org"}'


@given(
    st.lists(st.sampled_from([*MAILS, "10.0.0.1", " and [", "] text ", "[EMAIL_9]", "[EM"])),
    st.data(),
)
def test_cuts_change_nothing(words: list[str], data: st.DataObject) -> None:
    text = " ".join(words)
    hidden = Placeholders(DATA_KINDS, [text])
    told = hidden.hide(text)
    assert not any(mail in told for mail in MAILS)
    restorer, shown, at = Restorer(hidden.restore), list[str](), 0
    while at < len(told):
        size = data.draw(st.integers(1, 9))
        shown.append(restorer.feed(told[at : at + size]))
        at += size
    assert "".join([*shown, restorer.end()]) == text == hidden.restore(told)


def test_little_is_held_back() -> None:
    restorer = Restorer(Placeholders(()).restore)
    assert restorer.feed("a [list] of [things") == "a [list] of [things"
    assert restorer.feed("] and [EMA") == "] and "
    assert restorer.feed("il]") == "[EMAil]"
    assert restorer.end() == ""
