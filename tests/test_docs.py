"""The documentation: what it shows runs, and the commands it names are there."""

import re
from pathlib import Path

import pytest

from indranet.cli import app
from indranet.model.template import write_template

REPOSITORY = Path(__file__).resolve().parent.parent
PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
SHOWN = [
    (page.name, code)
    for page in PAGES
    for code in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
]
COMMANDS = {
    *(
        str(command.name or getattr(command.callback, "__name__", ""))
        for command in app.registered_commands
    ),
    *(group.name for group in app.registered_groups),
}
LATER: set[str] = set()
"""Commands of which the README says that they are not there yet."""


@pytest.mark.parametrize(("page", "code"), SHOWN)
def test_python_on_a_page_runs(
    page: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_template(tmp_path / "my-case")
    exec(compile(code, page, "exec"), {})


def test_commands_on_the_pages_exist() -> None:
    named = {
        word
        for page in PAGES
        for word in re.findall(r"indranet ([a-z]+)\b", page.read_text(encoding="utf-8"))
    }
    assert named - COMMANDS - LATER == set()
    readme = PAGES[0].read_text(encoding="utf-8")
    for word in named & LATER:
        assert re.search(rf"`indranet {word}` \| not yet", readme)


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = []
    for page in PAGES:
        for target in re.findall(
            r"\]\(([^)#:]+\.(?:md|png|svg))", page.read_text(encoding="utf-8")
        ):
            # Some pages are made by the build itself.
            if not (page.parent / target).exists() and target != "reference/dictionary.md":
                broken.append(f"{page.name}: {target}")
    assert broken == []
