"""Rebuild the bundled Indo-Pacific case: python tools/indo_pacific/build.py [--into DIR]."""

import sys
from pathlib import Path

# Run as a script, Python looks for modules beside this file, not in the repository.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tools.indo_pacific.case import main

if __name__ == "__main__":
    main()
