"""The page's server: the numbers of the commands, and nothing for those who may not ask."""

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.made_up import network_of

import indranet
from indranet.cli import run, serving
from indranet.web import app
from indranet.web.guard import MOST_BYTES
from indranet.web.served import Served, served

HERE = "http://127.0.0.1"
TOKEN = "a-token-of-sixteen"
LOST = ("services_lost", "people_lost", "sites_lost")
BAD_NAME = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one run, a damaged one, a file, and a link that leads out of it."""
    folder = tmp_path_factory.mktemp("runs")
    case = Path(__file__).resolve().parent.parent / "cases" / "one_operator"
    assert run(["exposure", str(case), "--out", str(folder / "first"), "--quiet"]) == 0
    (folder / "torn").mkdir()
    (folder / "torn" / "run.json").write_text("{")
    (folder / "notes.txt").write_text("mine")
    outside = tmp_path_factory.mktemp("outside")
    shutil.copytree(folder / "first", outside / "secret")
    (folder / "linked").symlink_to(outside / "secret")
    (folder / "first" / "leak.parquet").symlink_to(outside / "secret" / "reach.parquet")
    return folder


@pytest.fixture(scope="module")
def client(bundled: Served, runs: Path) -> Iterator[TestClient]:
    with TestClient(app(bundled, runs), base_url=HERE, raise_server_exceptions=False) as made:
        yield made


def ask(client: TestClient, *things: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/loss", json={"things": things, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_numbers_are_those_of_exposure(client: TestClient, bundled: Served) -> None:
    found = indranet.exposure(bundled.case.network, by=("jurisdiction",), pairs=True)
    reach, countries = found.tables["reach"], found.tables["reach_countries"]
    lost = {name: ask(client, f"jurisdiction:{name}") for name in set(reach["id"].tolist())}
    assert len(lost) > 20
    for row, (name, horizon) in enumerate(zip(reach["id"], reach["horizon"], strict=True)):
        assert [lost[name]["totals"][horizon][c] for c in LOST] == [reach[c][row] for c in LOST]
    in_time = countries["horizon"] == "in time"
    for name, answer in lost.items():
        at = in_time & (countries["id"] == name)
        told = {c["country"]: (c["rows_lost"], c["people_lost"]) for c in answer["countries"]}
        rows = zip(
            *(countries[c][at] for c in ("country", "rows_lost", "people_lost")), strict=True
        )
        assert {c: tuple(rest) for c, *rest in rows}.items() <= told.items()
    assert max(len(answer["countries"]) for answer in lost.values()) > 1

    two = found.tables["pairs"]
    first = [row for row in range(len(two["a"])) if two["horizon"][row] == "in time"][:12]
    assert any(two["services_more"][row] > 0 for row in first)
    for row in first:
        both = ask(client, *(f"jurisdiction:{two[end][row]}" for end in "ab"))
        assert [both["totals"]["in time"][c] for c in LOST] == [two[c][row] for c in LOST]
        assert both["more"]["in time"]["services_lost"] == two["services_more"][row]


def test_a_loss_is_told_in_full(client: TestClient) -> None:
    lost = ask(client, "territory:FJI", "territory:FJI")
    assert [thing["name"] for thing in lost["things"]] == ["Fiji"]
    total = lost["totals"]["in time"]
    assert len(lost["services"]) == total["services_lost"] > 0
    people = [service["people"] for service in lost["services"]]
    assert people == sorted(people, reverse=True)
    assert sum(c["people_lost"] for c in lost["countries"]) == pytest.approx(total["people_lost"])
    places = client.get("/api/map").json()["places"]
    assert len(lost["shares"]) == len(places)
    gone = [p for p, share in zip(places, lost["shares"], strict=True) if share == 1]
    assert any(-20 < p["lat"] < -15 and 176 < p["lon"] < 180 for p in gone), "in Fiji"


def test_the_plane_of_trust_is_somebody_s(client: TestClient) -> None:
    authority = client.get("/api/case").json()["authorities"][0]
    trusted = ask(client, "territory:FJI", plane="trusted", authority=authority)
    assert trusted["plane"] == "trusted"
    refused = client.post("/api/loss", json={"things": [], "plane": "trusted"})
    assert refused.status_code == 404
    assert "name one" in refused.json()["error"]


def test_things_are_found_by_any_words_of_theirs(client: TestClient) -> None:
    def found(**asked: str) -> list[tuple[str, str]]:
        answer = client.get("/api/things", params=asked).json()
        assert len(answer["things"]) <= 50
        return [(thing["kind"], thing["id"]) for thing in answer["things"]]

    assert found(q="taiwan")[:2] == [("territory", "TWN"), ("jurisdiction", "TWN")]
    assert found(q="strait malacca") == [("passage", "malacca")]
    assert set(found(q="ASML", kind="firm")) == {("firm", "asml")}
    assert len(found()) == 50
    assert found(q="nothing is called that") == []
    assert client.get("/api/things", params={"kind": "moon"}).status_code == 404


def test_a_thing_says_what_it_needs_and_what_needs_it(client: TestClient) -> None:
    plant = client.get("/api/things", params={"q": "asml", "kind": "plant"}).json()["things"][0]
    told = client.get(f"/api/thing/plant/{plant['id']}").json()
    assert {"asml"} <= {thing["id"] for thing in told["needs"]["things"]}
    firm = client.get("/api/thing/firm/asml").json()
    assert plant["id"] in {thing["id"] for thing in firm["users"]["things"]}
    assert firm["country"] == "Netherlands"
    seated = client.get("/api/thing/jurisdiction/NLD").json()
    assert "asml" in {thing["id"] for thing in seated["takes"]["things"]}
    near = client.get("/api/thing/firm/asmll")
    assert near.status_code == 404
    assert "did you mean 'asml'" in near.json()["error"]


def test_what_stops_has_a_reason_that_ends_at_what_is_away(client: TestClient) -> None:
    things = ["lane:cable-male-addu", "lane:cable-hulhumale-addu"]
    lost = ask(client, *things)
    assert lost["more"]["in time"] == lost["totals"]["in time"], "one of them is enough"
    for service in lost["services"]:
        asked = {"thing": f"service:{service['id']}", "things": things}
        steps = client.post("/api/why", json=asked).json()["steps"]
        assert steps[0]["id"] == service["id"]
        assert f"lane:{steps[-1]['id']}" in things
        assert "taken away" in steps[-1]["why"]
        alone = client.post("/api/why", json={**asked, "things": things[:1]})
        assert alone.json() == {"steps": []}
    of_many = {"thing": "jurisdiction:JPN", "things": ["firm:asml"]}
    assert client.post("/api/why", json=of_many).status_code == 404


def test_runs_are_listed_and_read(client: TestClient) -> None:
    listed = client.get("/api/runs").json()
    assert [r["name"] for r in listed["runs"]] == ["first"]
    assert listed["damaged"] == ["torn"]
    assert client.get("/api/runs/first").json()["command"] == "exposure"
    torn = client.get("/api/runs/torn")
    assert torn.status_code == 409
    assert str(Path.cwd().anchor) not in torn.text, "no path of this machine"
    path = "/api/runs/first/tables/reach"
    some = client.get(path, params={"limit": 2, "offset": 1}).json()
    rest = client.get(path, params={"limit": 1000}).json()
    assert some["rows"] == rest["rows"][1:3]
    assert some["total"] == rest["total"] == len(rest["rows"])
    assert "people_lost" in some["columns"]
    report = client.get("/runs/first/report")
    assert "sandbox" in report.headers["content-security-policy"]
    assert report.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    "path",
    [
        "/api/runs/..", "/api/runs/%2e%2e%2fsecret", "/api/runs/linked", "/api/runs/notes.txt",
        "/api/runs/first/tables/leak", "/api/runs/first/tables/..%2freach",
        "/api/runs/first/tables/run.json", "/static/..%2fapp.py", "/static/%2e%2e/app.py",
        "/runs/linked/report", "/docs", "/nowhere",
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_is_read(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'{"things": 1}', b'{"things": [], "horizon": "soon"}',
     b'{"things": [], "more": 1}', json.dumps({"things": ["firm:asml"] * 65}).encode()],
)  # fmt: skip
def test_a_question_of_another_shape_is_refused(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/loss", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert set(answer.json()) == {"error"}
    assert "Traceback" not in answer.text


def test_a_large_question_is_refused_however_it_comes(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(MOST_BYTES // 1000 + 1):
            yield b" " * 1000

    for content in (b" " * (MOST_BYTES + 1), pieces()):
        assert client.post("/api/loss", content=content).status_code == 413


def test_every_answer_has_its_headers(client: TestClient) -> None:
    for path in ("/", "/static/page.js", "/api/case", "/api/nowhere", "/openapi.json"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
    assert "/api/loss" in client.get("/openapi.json").json()["paths"]


def test_another_name_is_refused(client: TestClient) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "", "10.0.0.1"):
        assert client.get("/api/case", headers={"host": host}).status_code == 421
    for host in ("localhost:8765", "[::1]:8765", "127.0.0.1"):
        assert client.get("/api/case", headers={"host": host}).status_code == 200


def test_an_error_of_ours_tells_nothing(bundled: Served, tmp_path: Path) -> None:
    made = app(bundled, tmp_path)

    @made.get("/broken")
    def broken() -> None:
        raise RuntimeError("where it stands")

    with TestClient(made, base_url=HERE, raise_server_exceptions=False) as client:
        answer = client.get("/broken")
    assert answer.status_code == 500
    assert set(answer.json()) == {"error"}
    assert "where it stands" not in answer.text


def test_a_token_is_asked_for_everywhere(bundled: Served, tmp_path: Path) -> None:
    made = app(bundled, tmp_path, TOKEN, hosts=("0.0.0.0",))
    with TestClient(made, base_url="http://10.1.2.3:8765", follow_redirects=False) as client:
        for path in ("/", "/api/case", "/static/page.js", "/openapi.json", "/?token=another-token"):
            assert client.get(path).status_code == 401
        wrong = {"authorization": "Bearer wrong"}
        assert client.post("/api/loss", json={"things": []}, headers=wrong).status_code == 401
        right = {"authorization": f"Bearer {TOKEN}"}
        assert client.get("/api/case", headers=right).status_code == 200
        assert client.get("/api/case", headers={"host": "evil.example", **right}).status_code == 421
        welcome = client.get(f"/?token={TOKEN}")
        assert (welcome.status_code, welcome.headers["location"]) == (303, "/")
        assert "HttpOnly" in welcome.headers["set-cookie"]
        assert client.get("/").status_code == 200, "the cookie was kept"


def test_a_name_is_never_markup(tmp_path: Path) -> None:
    network = network_of(
        tmp_path / "c",
        firms={"firm": ["bad"], "name": [BAD_NAME]},
        services={"service": ["lamp"], "people": [5]},
        needs={"user": ["lamp"], "need": ["n"], "input": ["bad"]},
    )
    with TestClient(app(served(network), tmp_path), base_url=HERE) as client:
        lost = client.post("/api/loss", json={"things": ["firm:bad"]})
        assert lost.headers["content-type"] == "application/json"
        assert lost.json()["things"][0]["name"] == BAD_NAME
        assert lost.json()["totals"]["now"]["services_lost"] == 1
        assert client.get("/api/map").json()["places"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "0.0.0.0"], "every machine that reaches this one"),
        (["--token", "short"], "16 to 200"),
        (["nowhere"], "no folder"),
    ],
)
def test_what_would_serve_too_much_is_refused(
    options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", *options]) == 2
    assert said in capsys.readouterr().err


def test_the_command_listens_and_says_where(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list[int] = []
    monkeypatch.setattr(serving, "_run", lambda _, listener: seen.append(listener.getsockname()[1]))
    case = Path(__file__).resolve().parent.parent / "cases" / "one_operator"
    assert run(["serve", "--case", str(case), "--port", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"address": f"http://127.0.0.1:{seen[0]}/"}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert run(["serve", "--case", str(case), "--port", port]) == 2
    assert "choose another --port" in capsys.readouterr().err
