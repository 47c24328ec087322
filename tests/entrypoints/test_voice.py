"""What `vectal up` prints, and what happens when nobody listens."""

import io
import json

from vectal.entrypoints.voice import Voice


def test_lines_are_marked_with_their_process() -> None:
    out = io.StringIO()
    voice = Voice("console", out)
    voice.say("one\ntwo")
    voice.of("postgres")("three")
    voice.of_program("serve")("four")
    assert out.getvalue().splitlines() == [
        "vectal    | one",
        "vectal    | two",
        "postgres  | three",
        "serve     | four",
    ]


def test_as_json_every_line_is_an_object() -> None:
    out = io.StringIO()
    voice = Voice("json", out)
    voice.say("one")
    voice.of_program("serve")('{"event": "two"}')
    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["module"], first["event"]) == ("vectal", "one")
    assert second == {"event": "two"}


def test_a_reader_that_has_gone_stops_nothing() -> None:
    class Broken(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    voice = Voice("console", Broken())
    voice.say("one")
    voice.say("two")
