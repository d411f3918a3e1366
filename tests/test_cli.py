"""The command line as a user meets it: what it prints, writes, and returns."""

import json
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from indranet.cli import run, showing
from indranet.model.schema import TABLES

CASES = Path(__file__).resolve().parent / "cases"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(CASES / "one_operator", tmp_path / "case")
    return tmp_path


def command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "indranet", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def test_a_new_case_passes_check_and_answers(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "mine"]) == 0
    for table in TABLES.values():
        header = (here / "mine" / f"{table.name}.csv").read_text().splitlines()
        assert header[0].split(",") == [column.name for column in table.columns]
        assert len(header) > 1, f"a worked row in {table.name}"
    assert "## needs" in (here / "mine" / "DICTIONARY.md").read_text()
    assert run(["check", "mine"]) == 0
    assert run(["describe", "mine"]) == 0
    assert run(["exposure", "mine"]) == 0
    assert run(["stress", "mine", "mine/scenario.toml"]) == 0
    assert run(["report", "runs/exposure-1", "--xlsx"]) == 0
    assert (here / "runs" / "exposure-1" / "report.xlsx").is_file()
    assert (here / "runs" / "exposure-1" / "report.html").stat().st_size > 10_000
    printed = capsys.readouterr()
    assert "runs/exposure-1" in printed.out
    assert run(["check", "runs/exposure-1"]) == 0
    both = here / "runs" / "both.html"
    assert run(["report", "runs/stress-1", "runs/exposure-1", "--out", str(both), "--xlsx"]) == 0
    assert "The foundry stands still" in both.read_text()
    assert both.with_suffix(".xlsx").is_file()


def test_init_leaves_a_folder_in_use_alone(here: Path) -> None:
    before = sorted(p.name for p in (here / "case").iterdir())
    assert run(["init", "case"]) == 2
    assert sorted(p.name for p in (here / "case").iterdir()) == before


def test_the_bundled_case_can_be_started_from(here: Path) -> None:
    assert run(["init", "copy", "--example", "indo-pacific", "--quiet"]) == 0
    assert run(["check", "copy", "--quiet"]) == 0
    assert (here / "copy" / "scenarios" / "malacca-closed.toml").is_file()
    assert run(["init", "other", "--example", "nowhere"]) == 2


def test_faults_are_all_listed_at_once(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (here / "case" / "sites.csv").open("a") as file:
        file.write("shed,telko,AAA,radio,many,1\n")
    assert run(["check", "case"]) == 1
    found = capsys.readouterr().err
    assert "sites.csv:5 operator 'telko'" in found
    assert "did you mean 'telco'" in found
    assert "sites.csv:5 people 'many'" in found
    assert "2 faults" in found
    assert run(["exposure", "case", "--out", "answer"]) == 1
    assert not (here / "answer").exists(), "a broken case never gives a number"
    assert run(["check", "case", "--json"]) == 1
    printed = capsys.readouterr().out
    assert {f["column"] for f in json.loads(printed)["faults"]} == {"operator", "people"}


def test_json_is_alone_on_standard_output(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["exposure", "case", "--json", "--by", "firm"]) == 0
    printed = capsys.readouterr()
    summary = json.loads(printed.out)
    assert summary["services"] == 2
    assert summary["worst"]["in time"][0]["services_lost"] == 2


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (["init", "mine"], "case"),
        (["generate", "country", "--sites", "60", "--seed", "2", "--into", "made"], "case"),
        (["describe", "case"], "tables"),
        (["check", "case"], "faults"),
    ],
)
def test_every_command_speaks_json(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], key: str
) -> None:
    assert run([*arguments, "--json"]) == 0
    assert key in json.loads(capsys.readouterr().out)
    assert here.is_dir()


def test_quiet_prints_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["exposure", "case", "--quiet", "--out", "answer"]) == 0
    assert run(["report", "answer", "--quiet"]) == 0
    assert run(["describe", "case", "--quiet"]) == 0
    assert run(["check", "case", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert (here / "answer" / "run.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["exposure", "case", "--systemic", "--weight", "people"], 2, "choose from sales, largest"),
        (["exposure", "case", "--only", " , "], 2, "--only ' , ' names nothing"),
        (["exposure", "case", "--by", ""], 2, "--by '' names nothing"),
        (["exposure", "case", "--authority", ""], 2, "--authority '' names nothing"),
        (["exposure", "case", "--reasons", ""], 2, "--reasons '' names nothing"),
        (["exposure", "case", "--by", "vendor"], 2, "vendor is written firm"),
        (["exposure", "case", "--by", "moon"], 2, "choose from"),
        (["exposure", "case", "--on", "2026-02-30"], 2, "YYYY-MM-DD"),
        (["exposure", "case", "--out", "case"], 2, "never overwrites"),
        (["exposure", "case", "--only", "AAB"], 2, "AAA"),
        (["exposure", "case", "--authority", "ours"], 2, "the case has no exclusions"),
        (["exposure", "case", "--reasons", "nowhere"], 2, "names no one thing"),
        (["exposure", "case", "--reasons", "AAA"], 2, "write territory:AAA or jurisdiction:AAA"),
        (["exposure"], 2, "CASE"),
        (["exposure", "case", "--nothing"], 2, "--nothing"),
        (["no-such-command"], 2, "no-such-command"),
        (["exposure", "nowhere"], 1, "does not exist"),
        (["report", "case"], 1, "is not a run folder"),
        (["import", "visio", "x", "--into", "y"], 2, "faulttree"),
        (["describe", "case", "--max-file-gb", "0.0000000001"], 1, "limit"),
    ],
)
def test_exit_codes_and_what_is_said(
    here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert run(arguments) == code
    assert said in capsys.readouterr().err
    assert here.is_dir()


def test_every_question_is_answered_and_drawn(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["init", "mine", "--quiet"]) == 0
    asked = ["--only", "IND,JPN", "--authority", "list-one", "--pairs", "--availability",
             "--systemic", "--reasons", "emergency-call-pune"]  # fmt: skip
    services = (here / "mine" / "services.csv").read_text().splitlines()[1:]
    asked[-1] = services[0].split(",")[0]
    assert run(["exposure", "mine", *asked, "--out", "answer"]) == 0
    told = capsys.readouterr().out
    for line in (
        "What can they make alone?", "What stops, without what?", "Two at once",
        "Not trusted where list-one excludes Alpha Radio", "is lost: ",
        "Smallest sets of things without which it stops:", "Down most",
        "Most of all production stops in the end without:",
    ):  # fmt: skip
        assert line in told, line
    assert run(["check", "answer"]) == 0
    manifest = json.loads((here / "answer" / "run.json").read_text())
    flags = ["--pairs", "--availability", "--systemic", "--tolerance", "0.01", "--weight", "sales"]
    assert manifest["inputs"] == ["mine", *asked[:4], *asked[7:], *flags]
    assert manifest["seed"] == 0
    assert run(["report", "answer", "--xlsx"]) == 0
    page = (here / "answer" / "report.html").read_text()
    for title in (
        "Down every tier", "Two losses at once", "What works and is not trusted",
        "How often services are down", "What they can make alone",
        "How much production stops in the end",
    ):  # fmt: skip
        assert page.count(f">{title}<") == 2, title  # once in the contents, once as a heading


def test_the_reasons_of_a_cause_are_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["exposure", "case", "--reasons", "firm:south"]) == 0
    told = capsys.readouterr().out
    assert "In time, without south (firm): full-cover" in told
    assert "core-south (product): nothing left that serves AMF" in told
    assert here.is_dir()


def test_a_zip_is_a_case(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile("case.zip", "w") as archive:
        for path in sorted((here / "case").iterdir()):
            archive.write(path, path.name)
    assert run(["describe", "case.zip", "--json"]) == 0
    zipped = json.loads(capsys.readouterr().out)
    assert run(["describe", "case", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == zipped


def test_names_with_markup_are_printed_as_they_are(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = here / "case"
    lines = (folder / "firms.csv").read_text().splitlines()
    named = ["firm,country,parent,name", lines[1] + ",[/F99] <b>bold</b>"]
    (folder / "firms.csv").write_text("\n".join([*named, *[x + "," for x in lines[2:]], ""]))
    assert run(["exposure", "case", "--by", "firm"]) == 0
    assert "[/F99] <b>bold</b>" in capsys.readouterr().out


def test_what_is_down_before_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (here / "case" / "sites.csv").open("a") as file:
        file.write("shed,telco,AAA,radio,1,1\n")
    with (here / "case" / "needs.csv").open("a") as file:
        file.write("shed,link,island,\nisland,link,shed,\n")
    (here / "case" / "services.csv").write_text(
        "service,people\nisland,1\nemergency-call,400\nfull-cover,400\n"
    )
    (here / "case" / "lanes.csv").write_text("lane,origin,destination,mode\nx,shed,hill,cable\n")
    needs = (here / "case" / "needs.csv").read_text().splitlines()
    rows = [f"{needs[0]},how", *[f"{line},works" for line in needs[1:]], "shed,core,lab,,reaches"]
    (here / "case" / "needs.csv").write_text("\n".join([*rows, ""]))
    assert run(["exposure", "case", "--by", "firm", "--out", "answer"]) == 0
    said = "island and shed are down before anything is taken away"
    assert said in capsys.readouterr().err
    assert said in json.loads((here / "answer" / "run.json").read_text())["warnings"][0]


def test_an_error_of_ours_does_not_look_like_a_fault(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("inside")

    monkeypatch.setattr("indranet.studies.exposure.exposure", broken)
    assert run(["exposure", "case", "--out", "answer"]) == 70
    assert "not of your input" in capsys.readouterr().err
    assert not (here / "answer").exists()


def test_help_and_version_start_fast_and_import_no_engine(here: Path) -> None:
    code = (
        "import sys; from indranet.cli import run; code = run(['--help']); "
        "assert not {'numba', 'duckdb', 'scipy'} & set(sys.modules); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=here, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in ("demo", "init", "check", "describe", "exposure", "stress", "report", "import"):
        assert name in done.stdout
    assert command("--version", folder=here).stdout.strip()


def test_import_and_generate_make_cases(here: Path) -> None:
    tree = Path(__file__).parent / "intake" / "faulttrees"
    first = sorted(tree.glob("*.xml"))[0]
    assert run(["import", "faulttree", str(first), "--into", "tree", "--quiet"]) == 0
    assert run(["check", "tree", "--quiet"]) == 0
    assert run(["generate", "country", "--sites", "200", "--seed", "1", "--into", "made"]) == 0
    assert run(["check", "made", "--quiet"]) == 0
    assert run(["generate", "country", "--sites", "200", "--seed", "1", "--into", "made"]) == 2


def test_the_demo_answers_and_takes_the_place_of_the_one_before(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Fewer draws and scenarios than the demo itself takes; all its parts.
    monkeypatch.setattr(showing, "_SCENARIO", "fiji-cables-cut")
    monkeypatch.setattr(showing, "_AGAINST", ("fiji-cables-cut",))
    monkeypatch.setattr(showing, "_AGREED", {"manager-exploited": 2})
    before = here / "demo-run" / "plan" / "run.json"
    before.parent.mkdir(parents=True)
    before.write_text("that of the one before")
    assert run(["demo"]) == 0
    told = capsys.readouterr().out
    assert "demo-run/report.html" in told
    assert "  5. " in told
    assert "Buy first: fiji-auckland-cable" in told
    assert "in-jp-cyber" in told.rpartition("worth are")[2]
    assert json.loads(before.read_text())["command"] == "plan"
    (here / "demo-run" / "mine.txt").write_text("keep")
    assert run(["demo"]) == 2
    assert (here / "demo-run" / "mine.txt").is_file()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["terminate", "ctrl-c"])
@pytest.mark.parametrize("seconds", [0.6, 1.0, 1.6])
def test_a_stopped_command_leaves_nothing_half_written(
    here: Path, number: int, seconds: float
) -> None:
    """Stopped anywhere: exit code 130 (or done), and a whole run folder or none."""
    process = subprocess.Popen(
        [sys.executable, "-m", "indranet", "demo"], cwd=here,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(seconds)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    folder = here / "demo-run"
    if process.returncode == 0:
        assert (folder / "report.html").is_file()
        return
    # Before the command has begun there is nobody to catch the signal; and an interpreter that was
    # interrupted in code made from text ends itself by SIGINT at last: 130 to a shell.
    assert process.returncode in {130, -number, -signal.SIGINT}, said
    left = [p.name for p in folder.rglob("*")] if folder.exists() else []
    assert not [name for name in left if name.startswith(".")]
    assert "run.json" in left or not left
