"""Cases that come with the package."""

from importlib.resources import files
from importlib.resources.abc import Traversable

from indranet.errors import UsageError

EXAMPLES = ("starter", "indo-pacific")
"""Their names: one to fill in, one to ask."""


def example_folder(name: str) -> Traversable:
    """Return where a case that comes with the package lies.

    Raises
    ------
    UsageError
        When there is none of that name.
    """
    if name not in EXAMPLES:
        raise UsageError(f"no example {name!r}: choose from {', '.join(EXAMPLES)}")
    return files("indranet.data") / name
