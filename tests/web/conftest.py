"""The bundled case, compiled once for all tests of the page."""

import pytest

import indranet
from indranet.web.served import Served, served


@pytest.fixture(scope="session")
def bundled() -> Served:
    return served(indranet.read("indo-pacific"))
