"""The command line."""

from indranet.cli.main import app, main, run

__all__ = ["app", "main", "run"]
