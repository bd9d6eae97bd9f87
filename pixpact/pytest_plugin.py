"""The pytest plugin: a fixture `pixpact_mock`, one mock per test. Imports nothing of Pixpact until it is used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pixpact import Mock


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "pixpact(*vendors, pace='instant', seed=0, start_time=None, api_keys=None, specs=()): "
        "which contracts `pixpact_mock` serves, and how",
    )


@pytest.fixture
def pixpact_mock(request: pytest.FixtureRequest) -> Iterator[Mock]:
    """A mock of the vendors' APIs on a free port, for this test alone: `pixpact_mock.url("apimart")`."""
    import pixpact

    marker = request.node.get_closest_marker("pixpact")
    arguments, options = (marker.args, marker.kwargs) if marker else ((), {})
    with pixpact.mock(*arguments, **options) as mock:
        yield mock
