"""The pytest plugin: the fixture `pixpact_mock`, one mock per test. Imports nothing of Pixpact until it is used."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pixpact import Mock

MARKER = (
    "pixpact(*vendors, pace='instant', seed=0, start_time=None, api_keys=None, specs=(), faults=(), stubs=(), "
    "rate_limit=None, webhooks=None, responses='usual', strict=False, images='drawing', play=(), "
    "recorded_only=False, host='127.0.0.1', port=0, public_url=None, tls=False): "
    "which contracts `pixpact_mock` serves, and how"
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", MARKER)


@pytest.fixture
def pixpact_mock(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mock]:
    """A mock of the vendors' APIs on a free port, for this test alone: `pixpact_mock.url("apimart")`.

    While the test runs, `PIXPACT_URL_APIMART` and the like in the environment hold the same addresses, and `NO_PROXY`
    keeps them from a proxy.
    """
    with ExitStack() as stack:
        mock = _started(stack, request.node)
        for name, url in mock.environ.items():
            monkeypatch.setenv(name, url)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, _without_proxy(os.environ.get(name, ""), mock.base_url))
        yield mock


def _without_proxy(listed: str, url: str) -> str:
    """The value of `NO_PROXY`: the existing hosts, this machine, and the mock."""
    from urllib.parse import urlsplit

    hosts = [host.strip() for host in listed.split(",") if host.strip()]
    return ",".join(dict.fromkeys([*hosts, "127.0.0.1", "localhost", "::1", urlsplit(url).hostname or ""]))


def _started(stack: ExitStack, test: pytest.Item) -> Mock:
    """The mock for a test's marker. Invalid arguments fail the test, without a traceback."""
    from inspect import signature

    import pixpact
    from pixpact.specs.openapi.problems import SpecError

    options = _asked(test.get_closest_marker("pixpact"))
    try:
        _refuse_unknown(options, list(signature(pixpact.mock).parameters)[1:])
        return stack.enter_context(pixpact.mock(**options))
    except (ValueError, SpecError) as error:
        path, line, _ = test.location
        asked = "@pytest.mark.pixpact" if options else "pixpact_mock"
        reported = f"{path}:{(line or 0) + 1}: {asked}: {error}"
    pytest.fail(reported, pytrace=False)


def _asked(marker: pytest.Mark | None) -> dict[str, Any]:
    """The arguments of a marker; vendors may be positional and named."""
    if marker is None:
        return {}
    named = marker.kwargs.get("vendors", ())
    vendors = [*marker.args, *([named] if not isinstance(named, (list, tuple)) else named)]
    return {**marker.kwargs, "vendors": vendors}


def _refuse_unknown(options: Iterable[str], allowed: Iterable[str]) -> None:
    from difflib import get_close_matches

    for name in options:
        if name not in allowed:
            near = get_close_matches(name, allowed, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(allowed)}"
            raise ValueError(f"{name!r} is not an argument; {hint}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the requests to a failed test's mocks, whichever fixtures provided them."""
    report = yield
    embedded = sys.modules.get("pixpact.testing.embedded_mock")  # None if not imported: no test has a mock
    if embedded is not None and report.failed and report.when == "call":
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, embedded.Mock):
                report.sections.append((f"Requests to {name}", str(value.requests)))
    return report
