"""The API reference of a served contract: the page, its files, and the document behind it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.export import exported

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "mockserver/reference/static"
VENDORS = sorted(path.stem for path in (ROOT / "specs/vendors").glob("*.yaml"))
OWN_DOCS = """\
openapi: 3.1.0
info: {title: Docs, version: '1'}
servers: [{url: 'https://docs.example'}]
paths:
  /docs:
    get:
      operationId: docs
      responses:
        '200': {description: ok, content: {application/json: {examples: {own: {value: {mine: true}}}, schema: {}}}}
"""


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_document_is_the_export_with_the_mock_as_its_server(mocked, vendor):
    """Nothing of a vendor's host is left in what tools send to."""
    document = mocked(vendor).get(f"/{vendor}/openapi.json").json
    export = json.loads(exported(SpecCatalogue().source(vendor).contract(), "json"))
    servers = [server["url"] for server in document["servers"]]

    assert export["info"] == document["info"]
    assert export["components"] == document["components"]
    assert sorted(export["paths"]) == sorted(document["paths"])
    assert servers
    assert [] == [url for url in servers if not url.startswith(f"/{vendor}")]
    assert [] == re.findall(r'"servers"', json.dumps(document["paths"]))


def test_the_page_runs_no_script_but_its_own(mocked):
    """Under a policy, without an address that leads away; no token of the control side is needed for it."""
    client = mocked("toapis", token="a-token-of-ours")
    page = client.get("/toapis/docs")

    assert (200, "text/html; charset=utf-8") == (page.status, page.headers["content-type"])
    assert {"default-src 'none'", "script-src 'self'", "connect-src 'self'"} <= set(
        page.headers["content-security-policy"].split("; ")
    )
    assert [] == re.findall(r"<script>|<style|\son\w+=|https?://", page.text)
    names = re.findall(r'(?:src|href)="(docs/[^"]+)"', page.text)
    assert len(names) == 6
    assert {200} == {client.get(f"/toapis/{name}").status for name in names}
    assert (307, "/toapis/docs") == (
        client.get("/toapis/docs/").status,
        client.get("/toapis/docs/").headers["location"],
    )
    assert 404 == client.get("/toapis/docs/../pages.py").status


def test_looking_at_it_is_no_call(mocked):
    """The journal has what clients sent to the vendor, and a reference is none of it."""
    client = mocked("toapis")
    client.get("/toapis/docs")
    client.get("/toapis/openapi.json")

    assert [] == client.get("/_pixpact/journal").json["exchanges"]


def test_other_methods_are_those_of_the_contract(mocked):
    """Only a GET reads the page."""
    assert 404 == mocked("toapis").post("/toapis/docs", {}).status


def test_a_contract_keeps_a_path_of_its_own(mocked, tmp_path):
    """What the vendor documents comes first."""
    (tmp_path / "docs.yaml").write_text(OWN_DOCS)

    assert {"mine": True} == mocked(str(tmp_path / "docs.yaml")).get("/docs/docs").json


def test_the_renderer_is_that_of_the_registry(npm_project):
    """Byte for byte what npm has, with its licence."""
    package = npm_project(ROOT / "tests/console/npm") / "node_modules/swagger-ui-dist"
    vendored = {
        "swagger-ui-bundle.js": "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui-bundle.js.LICENSE.txt",
        "swagger-ui.css": "swagger-ui.css",
        "LICENSE": "LICENSE-swagger-ui",
        "NOTICE": "NOTICE-swagger-ui",
    }

    for name, own in vendored.items():
        assert (package / name).read_bytes() == (STATIC / "vendor" / own).read_bytes()
