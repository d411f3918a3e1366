"""Sphinx settings; the data dictionary is made from the schema on every build."""

from pathlib import Path

from indranet import __version__
from indranet.model.dictionary import dictionary

project = "Indranet"
author = "The Indranet contributors"
copyright = f"2026, {author}"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
suppress_warnings = ["autodoc.import_cycle"]
exclude_patterns = ["_build", "indo-pacific"]
html_theme = "furo"
html_title = "Indranet"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = True

_REFERENCE = Path(__file__).parent / "reference"
_REFERENCE.mkdir(exist_ok=True)
(_REFERENCE / "dictionary.md").write_text(dictionary(), encoding="utf-8")
