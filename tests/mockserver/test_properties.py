"""Whatever JSON is sent, the response is a valid success or a refusal of the vendor's shape."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = ["apimart", "apiyi", "fasttoken", "toapis", "apimart@2026-09", "fasttoken@upstream"]
PATH = "/v1/images/generations"

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20).filter(lambda text: text.isprintable())
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def fields(contract):
    """Every field that some branch of a contract's request knows, and the values its schemas name."""
    operation = contract.operation("createImage")
    reader = operation.body.media[0].reader
    names = sorted({name for branch in reader.all_branches() for name in branch.fields})
    examples = [example.value for example in operation.body.media[0].examples]
    values = [value for example in examples for value in example.values()]
    return list(reader.branches), names, examples, values


def bodies(contract):
    models, names, examples, values = fields(contract)
    value = st.sampled_from(values) | anything
    changes = st.dictionaries(st.sampled_from(names), value, max_size=4)
    model = st.fixed_dictionaries({"model": st.sampled_from(models or ["toy"]) | scalars})
    return (
        st.builds(lambda base, more, first: {**base, **first, **more}, st.sampled_from(examples), changes, model)
        | anything
    )


@pytest.mark.sweep
@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_json_gets_a_documented_response(mocked, contract, name, data):
    """Never a 5xx, never a traceback; every body sent is valid against the schema of its status."""
    served = contract(name)
    body = data.draw(bodies(served))
    client = mocked(name, pace="instant")
    reply = client.post(
        f"/{name}{PATH}", content=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
    )

    assert reply.status < 500, (body, reply.text)
    response = next(it for it in served.operation("createImage").responses if it.status == str(reply.status))
    media = next(it for it in response.media if it.name == reply.headers["content-type"])
    if media.name == "application/json":
        assert served.schemas.violations(media.schema, reply.json) == [], (body, reply.text)


@pytest.mark.parametrize("name", ["apimart", "toapis"])
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(key=st.text(min_size=1, max_size=60))
def test_any_task_id_gets_a_documented_response(mocked, contract, name, key):
    """An id nobody gave is an unknown task, however it is written."""
    from urllib.parse import quote

    show = next(
        operation for operation in contract(name).operations if operation.role and operation.role.verb == "show"
    )
    path = show.path.replace("{task_id}", "{id}").replace("{id}", quote(key, safe=""))
    response = mocked(name).get(f"/{name}{path}")

    assert response.status in (400, 404)
