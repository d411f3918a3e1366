"""A page served on this machine: take anything away and see at once what goes dark."""

from indranet.web.app import app

__all__ = ["app"]
