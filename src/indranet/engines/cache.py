"""Where compiled kernels are kept: one folder for each state of the sources of the engines.

Numba does not see that a helper in another file changed, and would go on with the old machine
code. A folder named after all sources of the engines leaves nothing stale to find.
"""

import os
import sys
import tempfile
from hashlib import sha256
from pathlib import Path

import numba


def keep_kernels() -> Path:
    """Point Numba at the folder for these sources, make it, and return it.

    It stands under what NUMBA_CACHE_DIR says, else in the user's cache, else in a folder of the
    user's own in the temporary directory.
    """
    for parent in _parents():
        folder = parent / _sources()
        try:
            parent.parent.mkdir(parents=True, exist_ok=True)
            parent.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK | os.X_OK) and _own(parent) and _own(folder):
            break
    else:
        folder = Path(tempfile.mkdtemp(prefix="indranet-"))
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # made at run time
    return folder


def _parents() -> list[Path]:
    own = f"indranet-{os.getuid()}" if os.name == "posix" else "indranet"
    temporary = Path(tempfile.gettempdir()) / own
    if os.environ.get("NUMBA_CACHE_DIR"):
        return [Path(os.environ["NUMBA_CACHE_DIR"]) / "indranet", temporary]
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is no home
    if sys.platform == "darwin":
        user = home / "Library" / "Caches"
    elif os.name == "nt":
        user = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    else:
        user = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return [user / "indranet", temporary]


def _own(folder: Path) -> bool:
    """Return whether nobody else can have put machine code there: loading it would run it."""
    if os.name != "posix":
        return True
    status = folder.stat()
    return status.st_uid == os.getuid() and not status.st_mode & 0o022


def _sources() -> str:
    here = Path(__file__).parent
    digest = sha256()
    for file in sorted(here.rglob("*.py")):
        digest.update(file.relative_to(here).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
