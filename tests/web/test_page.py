"""The page in a browser: two things are taken away and the answer is read, at 390 pixels."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from tests.made_up import network_of

from indranet.web import app
from indranet.web.served import Served, served

BAD_NAME = '<img src=x onerror="document.title=1">'


@pytest.fixture(scope="module")
def named_badly(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Return a case of two hubs, either of which is enough for a lamp, with a name like markup."""
    return served(network_of(
        tmp_path_factory.mktemp("c"),
        countries={"country": ["AAA"], "name": ["Land"]},
        firms={"firm": ["bad"], "name": [BAD_NAME]},
        sites={"site": ["east", "west"], "operator": ["bad", ""], "lat": [1, 2], "lon": [3, 4]},
        services={"service": ["lamp"], "name": ["Lamp"], "country": ["AAA"], "people": [5]},
        needs={"user": ["lamp"] * 2, "need": ["hub"] * 2, "input": ["east", "west"],
               "at_least": [1, 1]},
    ))  # fmt: skip


@pytest.fixture(scope="module")
def address(named_badly: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = uvicorn.Config(
        app(named_badly, tmp_path_factory.mktemp("runs")), log_level="warning", ws="none"
    )
    server = uvicorn.Server(settings)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        server.should_exit = True
        serving.join()


def test_two_things_are_taken_away_and_the_answer_is_read(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))

    def take(words: str) -> None:
        page.keyboard.type(words)
        page.locator("#found [aria-selected=true]").wait_for()
        page.keyboard.press("Enter")

    def answered(words: str) -> str:
        page.locator("#answer", has_text=words).wait_for()
        return str(page.locator("#answer").inner_text())

    page.goto(address)
    assert answered("Nothing is taken away") == "Nothing is taken away yet: 1 service runs."
    assert page.locator("#map circle").count() == 2
    assert "not stated" in page.locator("#rows").inner_text(), "how the case is known"
    page.focus("#search")
    take("west")
    assert answered("west") == "Without west, no service stops in time, but 1 site with 0 users."
    take("<img")
    said = answered("1 of 1")
    assert said.startswith(f"Without west and {BAD_NAME}, 1 of 1 services stops in time, for 5 use")
    assert "only because more than one" in said
    assert page.locator("#map .c5").count() == 2
    row = page.locator("#countries tbody tr").inner_text().split()
    assert row == ["Land", "5", "100", "%", "1", "0"]
    page.locator("#services").get_by_role("button", name="Lamp").click()
    page.locator("#thing .path", has_text="taken away").wait_for()
    assert "its need" in page.locator("#thing .path").inner_text()
    assert "east" in page.locator("#thing").inner_text()
    assert page.locator("img").count() == 0, "a name is text"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#answer").get_attribute("aria-live") == "polite"

    page.select_option("#horizon", "now")
    answered("at once")
    page.reload()
    answered("at once")
    page.select_option("#horizon", "in time")
    assert answered("in time") == said, "the address holds the question"
    page.get_by_role("button", name="Put west back").first.click()
    assert answered("no service").startswith(f"Without {BAD_NAME}, no service stops")
    assert wrong == []
    assert asked
    assert all(url.startswith(address) for url in asked), "no request leaves the machine"
    page.close()


def test_every_word_of_the_page_is_in_one_file() -> None:
    static = Path(__file__).resolve().parents[2] / "src" / "indranet" / "web" / "static"
    page = (static / "index.html").read_text()
    body = re.sub(r"<noscript>.*?</noscript>", "", page.partition("<body>")[2])
    assert re.sub(r"<[^>]*>", "", body).strip() == ""
    for source in static.glob("*.js"):
        markup = r"innerHTML|insertAdjacentHTML|eval\(|https?://(?!www\.w3\.org)"
        assert not re.search(markup, source.read_text()), source.name
