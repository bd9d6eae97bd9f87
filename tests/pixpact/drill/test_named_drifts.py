"""Every drift that is shipped can be served by its name, in one's own tests and by the command."""

from __future__ import annotations

import httpx2
import pytest

import pixpact
from pixpact.drill.environment import contracts_of, shipped_drifts, source_of
from pixpact.specs.catalogue import SpecCatalogue, UnknownVendor
from pixpact.wire.images import read_image_facts

pytestmark = pytest.mark.sweep

PATH = "/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0", "prompt": "A kite", "size": "16:9"}
KEY = {"Authorization": "Bearer sk-test"}


def size(mock):
    """Of the image that a request for 16:9 gives."""
    url = mock.url("toapis") + PATH
    task = httpx2.post(url, json=BODY, headers=KEY).json()["id"]
    link = httpx2.get(f"{url}/{task}", headers=KEY).json()["result"]["data"][0]["url"]
    found = read_image_facts(httpx2.get(link).content, decode=False)
    return found.width, found.height


def test_a_drift_beside_the_vendors_name():
    """The ratio that was asked for is ignored; the address is the vendor's as ever."""
    with pixpact.mock("toapis@always-square") as mock:
        assert (2048, 2048) == size(mock)
    with pixpact.mock("toapis") as mock:
        assert (2848, 1600) == size(mock)


@pytest.mark.pixpact("toapis@always-square")
def test_a_drift_in_the_marker(pixpact_mock):
    """It is a name as any."""
    assert (2048, 2048) == size(pixpact_mock)


def test_a_drift_in_the_environment(monkeypatch):
    """By its name, for every mock that the process starts."""
    monkeypatch.setenv("PIXPACT_DRIFT", "toapis=always-square")
    with pixpact.mock("toapis") as mock:
        assert (2048, 2048) == size(mock)


@pytest.mark.parametrize("vendor", SpecCatalogue().names())
def test_every_shipped_drift_has_a_name_that_is_served(vendor):
    """Each of them loads; an overlay of the vendor's own counts before it."""
    names = shipped_drifts(vendor)

    assert names
    assert [f"{vendor}@{name}" for name in names] == [
        it.name for it in contracts_of([f"{vendor}@{it}" for it in names])
    ]
    assert not set(names) & set(SpecCatalogue().overlays(vendor))


def test_overlays_and_drifts_together():
    """In the order in which they are named."""
    found = source_of(SpecCatalogue(), "toapis@observed@always-square")

    assert ["observed", "always-square"] == [path.stem for path in found.overlays]
    assert "toapis@observed@always-square" == found.name


@pytest.mark.parametrize("name", ["toapis@always-sqare", "toapis@observed@always-sqare"])
def test_a_misspelt_drift_is_named(name):
    """With the one that was meant."""
    with pytest.raises(UnknownVendor, match="did you mean 'always-square'"):
        source_of(SpecCatalogue(), name)


def test_a_misspelt_drift_of_the_environment_is_named(monkeypatch):
    """So that a suite is not run against the vendor as it is."""
    monkeypatch.setenv("PIXPACT_DRIFT", "toapis=always-sqare")
    with pytest.raises(UnknownVendor, match=r"PIXPACT_DRIFT: 'always-sqare'.*did you mean 'always-square'"):
        contracts_of(["toapis"])
