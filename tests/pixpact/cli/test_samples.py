"""The curl of a contract has all that its first request needs."""

from __future__ import annotations

import pytest

from pixpact.cli.samples import sample_curl


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("fixtures/specs/toy.yaml", ["curl http://m/v2/drawings", "-H 'X-Api-Key: k'", '"model": "crayon-1"']),
        ("replicate", ["black-forest-labs/flux-schnell/predictions", "-H 'Authorization: Bearer k'"]),
        ("fal", ["-H 'Authorization: Key k'"]),
        ("fixtures/specs/shapes.yaml", ["curl http://m/images", "Authorization: Key k"]),
    ],
)
def test_what_a_request_needs(contract, name, parts):
    """Values in its path, its key as the contract wants it, its body."""
    written = sample_curl(contract(name), "http://m", "k")

    assert [] == [part for part in parts if part not in written]
    assert "{" not in written.partition(" \\\n")[0]
