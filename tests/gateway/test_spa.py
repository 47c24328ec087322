"""The web app's files: from a fixed list, kept as long as their names allow."""

import gzip
from pathlib import Path

import pytest
from tests.gateway.conftest import MakeHouse

from vectal.gateway.spa import find_web_dir
from vectal.platform.config import Settings

PAGE = "<!doctype html><title>Vectal</title>"
SCRIPT = "console.log('x');" * 200


@pytest.fixture
def web_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(PAGE)
    (folder / "assets" / "app-abc123.js").write_text(SCRIPT)
    (folder / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not for you")
    return folder


HTML = {"Accept": "text/html,*/*"}


async def test_every_page_address_gets_the_app(make_house: MakeHouse, web_dir: Path) -> None:
    client = make_house(web_dir=web_dir)
    for path in ("/", "/today", "/p/some-project", "/settings/keys", "/task/%2e%2e"):
        answer = await client.get(path, headers=HTML)
        assert (answer.status_code, answer.text) == (200, PAGE), path
        assert answer.headers["cache-control"] == "no-cache"
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy


async def test_the_page_of_a_mailed_link_tells_nobody_where_one_came_from(
    make_house: MakeHouse, web_dir: Path
) -> None:
    client = make_house(web_dir=web_dir)
    linked = await client.get("/approve", headers=HTML)
    assert (linked.status_code, linked.text) == (200, PAGE)
    assert linked.headers["referrer-policy"] == "no-referrer"
    other = await client.get("/today", headers=HTML)
    assert other.headers["referrer-policy"] == "same-origin"


async def test_hashed_files_are_kept_for_ever_and_packed(
    make_house: MakeHouse, web_dir: Path
) -> None:
    client = make_house(web_dir=web_dir)
    path = "/assets/app-abc123.js"
    packed = await client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.text == SCRIPT
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(gzip.compress(SCRIPT.encode(), 9))
    assert packed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert packed.headers["content-type"].startswith("text/javascript")
    plain = await client.get(path, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    same = await client.get(path, headers={"If-None-Match": plain.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    head = await client.head(path)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/assets/gone.js", "*/*"),
        ("/../secret.txt", "*/*"),
        ("/..%2fsecret.txt", "*/*"),
        ("/assets/../../secret.txt", "*/*"),
        ("/api/v1/nowhere", "text/html"),
        ("/v1/chat", "text/html"),
        ("/ws", "text/html"),
    ],
)
async def test_what_is_not_in_the_list_is_not_there(
    make_house: MakeHouse, web_dir: Path, path: str, accept: str
) -> None:
    answer = await make_house(web_dir=web_dir).get(path, headers={"Accept": accept})
    assert answer.status_code == 404
    told = answer.json()
    assert told.get("error", told)["code"] == "not_found"


async def test_posting_to_a_page_is_not_found(make_house: MakeHouse, web_dir: Path) -> None:
    answer = await make_house(web_dir=web_dir).post("/today", headers=HTML)
    assert answer.status_code == 404


async def test_a_house_without_the_app_says_how_to_build_it(
    make_house: MakeHouse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
) -> None:
    monkeypatch.setattr("vectal.gateway.spa._CHECKOUT", tmp_path)
    monkeypatch.setattr("vectal.gateway.spa._PACKAGED", tmp_path)
    assert find_web_dir(settings) is None
    answer = await make_house().get("/", headers=HTML)
    assert answer.status_code == 503
    assert "make web" in answer.text
