"""Bring the numbers of docs/hindcasts.md up to date: python tools/hindcasts/page.py."""

import sys
from pathlib import Path

# Run as a script, Python looks for modules beside this file, not in the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.hindcasts.measures import EVENTS, line, observed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "hindcasts.md"


def refreshed(page: str) -> str:
    """Return the page with the numbers of its lines on measures made anew; words stay."""
    lines = page.splitlines()
    for event in EVENTS:
        for measure, seen in observed(event).items():
            begins = f"| {measure}, {seen.unit} |"
            (at,) = [n for n, text in enumerate(lines) if text.startswith(begins)]
            why = lines[at].split("|")[-2]
            lines[at] = f"{line(event, measure)}{why}|"
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
