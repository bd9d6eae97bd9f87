"""Method and path → operation."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pixpact.specs.contract.routes import RouteTable


class TestRoutes:
    @pytest.fixture
    def routes(self):
        paths = [("GET", "/a"), ("POST", "/a"), ("GET", "/a/{id}"), ("GET", "/a/b"), ("GET", "/x/{model-id}/y.json")]
        return RouteTable((SimpleNamespace(method=method, path=path), f"{method} {path}") for method, path in paths)

    @pytest.mark.parametrize(
        ("method", "path", "target", "values"),
        [
            ("GET", "/a", "GET /a", {}),
            ("POST", "/a", "POST /a", {}),
            ("GET", "/a/b", "GET /a/b", {}),
            ("GET", "/a/c", "GET /a/{id}", {"id": "c"}),
            ("GET", "/a/c%2Fd", "GET /a/{id}", {"id": "c/d"}),
            ("GET", "/x/1/y.json", "GET /x/{model-id}/y.json", {"model-id": "1"}),
        ],
    )
    def test_a_request_finds_its_operation(self, routes, method, path, target, values):
        """Literal paths win over templates; any name may stand in braces; values are decoded."""
        found = routes.find(method, path)

        assert (target, values) == (found.target, found.path)

    @pytest.mark.parametrize(("method", "path"), [("PUT", "/a"), ("GET", "/a/"), ("GET", "/x/1/yXjson"), ("GET", "/")])
    def test_others_find_none(self, routes, method, path):
        """A template matches one segment, and dots are dots."""
        assert routes.find(method, path) is None

    def test_methods_and_nearest(self, routes):
        """What a path knows, and what was probably meant."""
        assert ["GET", "POST"] == routes.methods("/a")
        assert [] == routes.methods("/b/c/d")
        assert "GET /a/b" == routes.nearest("GET", "/a/bb")
