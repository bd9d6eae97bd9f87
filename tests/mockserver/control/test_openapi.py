"""The control API's own OpenAPI document: it names every route there is, and real responses are as it says."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from starlette.routing import Route

from pixpact.mockserver.console.routes import console_routes
from pixpact.mockserver.control.control import control_app
from pixpact.mockserver.control.reset import RESETS

ROOT = Path(__file__).parents[3]
DOCUMENT = yaml.safe_load((ROOT / "mockserver/control/openapi.yaml").read_text())
PAGES = {"/", "/_pixpact/", "/_pixpact/console/{name:path}", "/{rest:path}"}
SUBMIT = "/toapis/v1/images/generations"
BODY = {"model": "doubao-seedream-5-0", "prompt": "A red kite"}
CALLS = [
    ("GET", "/_pixpact/health", None, 200),
    ("GET", "/_pixpact/clock", None, 200),
    ("POST", "/_pixpact/clock", {"advance": "5s"}, 200),
    ("POST", "/_pixpact/clock", {"advance": "soon"}, 400),
    ("POST", "/_pixpact/pace", {"pace": "instant"}, 200),
    ("POST", "/_pixpact/pace", {"pace": "fast"}, 400),
    ("GET", "/_pixpact/journal", None, 200),
    ("GET", "/_pixpact/journal.har", None, 200),
    ("GET", "/_pixpact/exchanges/1", None, 200),
    ("GET", "/_pixpact/exchanges/99", None, 404),
    ("GET", "/_pixpact/exchanges/1.har", None, 200),
    ("POST", "/_pixpact/verify", {"operation": "createImage"}, 200),
    ("POST", "/_pixpact/verify", {"operation": "getImage", "times": 3}, 409),
    ("GET", "/_pixpact/tasks", None, 200),
    ("GET", "/_pixpact/gallery", None, 200),
    ("GET", "/_pixpact/tasks/nobody/images/0", None, 404),
    ("POST", "/_pixpact/tasks/nobody/state", {"state": "completed"}, 404),
    ("POST", "/_pixpact/tasks/TASK/state", {"state": "completed"}, 200),
    ("POST", "/_pixpact/tasks/TASK/state", {"state": "nowhere"}, 400),
    ("POST", "/_pixpact/tasks/nobody/expire", {}, 404),
    ("GET", "/_pixpact/webhooks", None, 200),
    ("POST", "/_pixpact/webhooks/wait", {"timeout": 0}, 408),
    ("POST", "/_pixpact/webhooks/wait", {"until": "now"}, 400),
    ("POST", "/_pixpact/faults", {"fault": "rate-limited"}, 201),
    ("POST", "/_pixpact/faults", {"fault": "nothing"}, 400),
    ("GET", "/_pixpact/faults", None, 200),
    ("DELETE", "/_pixpact/faults", None, 200),
    ("DELETE", "/_pixpact/faults/99", None, 404),
    ("POST", "/_pixpact/stubs", {"on": {"prompt": "A kite"}, "gives": {"status": 429}}, 201),
    ("GET", "/_pixpact/ledger", None, 200),
    ("GET", "/_pixpact/accounts", None, 200),
    ("GET", "/_pixpact/contracts", None, 200),
    ("GET", "/_pixpact/contracts/toapis", None, 200),
    ("GET", "/_pixpact/contracts/nobody", None, 404),
    ("POST", "/_pixpact/reset", {"what": "journal"}, 200),
    ("POST", "/_pixpact/reset", {"what": "nothing"}, 400),
]


def routes(context):
    """(path, method) of every route of the control side that is no page."""
    guarded = control_app(context, console_routes(context))
    app = next(cell.cell_contents for cell in guarded.__closure__ if hasattr(cell.cell_contents, "routes"))
    for route in app.routes:
        assert isinstance(route, Route)
        if route.path not in PAGES:
            path = re.sub(":[a-z_]+}", "}", route.path)
            yield from ((path, method) for method in (route.methods or {"GET"}) - {"HEAD"})


def test_it_names_every_route(mocked):
    """No more and no fewer."""
    named = {(path, method.upper()) for path, item in DOCUMENT["paths"].items() for method in item}

    assert set(routes(mocked("toapis").context)) == named


def test_it_names_what_can_be_reset():
    """And nothing else."""
    assert {*RESETS} == {*DOCUMENT["components"]["schemas"]["Resettable"]["enum"]}


def test_its_page_lists_every_operation():
    """The table of docs/control-api.md is that of the document."""
    page = (ROOT / "docs/control-api.md").read_text().partition("<!-- operations -->")[2]
    rows = [
        f"| `{method.upper()} {path}` | {operation['summary']} |"
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
    ]

    assert rows == [line for line in page.partition("<!-- /operations -->")[0].splitlines() if line.startswith("| `")]


def operation_of(path, method):
    for template, item in DOCUMENT["paths"].items():
        if re.fullmatch(re.sub(r"\\\{[a-z]+\\\}", "[^/.]+", re.escape(template)), path) and method.lower() in item:
            return item[method.lower()]
    raise AssertionError(f"{method} {path} is not in the document")


def resolved(part):
    while "$ref" in part:
        found = DOCUMENT
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


@pytest.mark.parametrize(("method", "path", "body", "status"), CALLS)
def test_real_responses_are_as_it_says(mocked, method, path, body, status):
    """Status, media type and schema; the requests too are such as it allows where they are taken."""
    client = mocked("toapis", pace="manual")
    task = client.post(SUBMIT, BODY).json["id"]
    response = client.request(method, path.replace("TASK", task), json=body)
    operation = operation_of(path, method)
    documented = resolved(operation["responses"][str(status)])["content"]
    schema = documented[response.headers["content-type"].partition(";")[0]]["schema"]
    sent = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")

    assert status == response.status
    jsonschema.validate(response.json, {**schema, "components": DOCUMENT["components"]})
    if sent and status < 300:
        jsonschema.validate(body, {**sent, "components": DOCUMENT["components"]})
