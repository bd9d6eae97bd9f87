"""The pytest plugin: a fixture `pixpact_mock`, one mock per test. Imports nothing of Pixpact until it is used."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pixpact import Mock

MARKER = (
    "pixpact(*vendors, pace='instant', seed=0, start_time=None, api_keys=None, specs=(), faults=(), rate_limit=None, "
    "webhooks=None, answers='usual', play=(), recorded_only=False): which contracts `pixpact_mock` serves, and how"
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def pixpact_mock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mock]:
    """A mock of the vendors' APIs on a free port, for this test alone: `pixpact_mock.url("apimart")`.

    While the test runs, `PIXPACT_URL_APIMART` and the like in the environment hold the same addresses.
    """
    import pixpact

    vendors, options = _asked(request.node.get_closest_marker("pixpact"))
    with pixpact.mock(*vendors, **options) as mock:
        for name, url in mock.environ.items():
            monkeypatch.setenv(name, url)
        yield mock


def _asked(marker: pytest.Mark | None) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The vendors and the options of a marker; `vendors=` does as well as positions."""
    if marker is None:
        return (), {}
    options = dict(marker.kwargs)
    named = options.pop("vendors", ())
    return (*marker.args, *([named] if isinstance(named, str) else named)), options


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what was sent to its mock beside a test that failed."""
    report = yield
    mock = getattr(item, "funcargs", {}).get("pixpact_mock")
    if mock is not None and report.failed and report.when == "call":
        report.sections.append(("Requests to pixpact_mock", str(mock.requests)))
    return report
