"""The control plane that the end-to-end tests run against."""

from collections.abc import Iterator

import pytest

from tests.e2e.control_plane.api_server import ApiServer, api_server
from tests.e2e.control_plane.programs import programs


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    """An empty API server, the same for all tests of a run."""
    with api_server(programs(), tmp_path_factory.mktemp("control-plane")) as running:
        yield running
