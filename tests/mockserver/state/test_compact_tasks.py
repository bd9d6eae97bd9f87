"""Tasks as bytes: nothing of them is lost, and a collection has nothing to walk."""

from __future__ import annotations

import gc
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from pixpact.mockserver.core.pace import parse
from pixpact.mockserver.state.compact_tasks import CompactTasks
from pixpact.mockserver.state.store import Task, TaskOverrides
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.lifecycle import FOREVER, LifecycleState, RouteStage

QUEUED, DONE = LifecycleState("queued", (1.0, 2.0), ("done",)), LifecycleState("done", outcome="success")
TASK = Task(
    id="task_1",
    token="0" * 24,
    contract="toy",
    operation="startDrawing",
    account="a",
    created_at=1.5,
    route=(RouteStage(QUEUED, 1.25), RouteStage(DONE, FOREVER)),
    request=ExpressionRequest(),
    promise=ImagePromise(price=Decimal("0.03"), row=("2K",)),
    price=Decimal("0.06"),
    ends_after=None,
    size=20,
    pace=parse("10x"),
)
LEAVES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text() | st.binary()
BODIES = st.just(UNDEFINED) | st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)


@given(BODIES, st.dictionaries(st.text(), st.text(), max_size=2), st.lists(st.text(), max_size=3), st.booleans())
def test_what_is_kept_is_what_was_given(body, header, keys, withheld):
    """Whatever the body holds, JSON or not; what was injected, and under how many keys it is found."""
    fate = TaskOverrides(withheld=(1,)) if withheld else TaskOverrides()
    task = replace(TASK, request=ExpressionRequest({"id": "x"}, {}, header, body), fate=fate)
    tasks = CompactTasks()
    tasks.put(task, tuple(keys))
    kept = tasks.get(task.token)

    assert (task, tuple(keys), task.promise.row) == (kept.task, kept.keys, kept.task.promise.row)
    assert [task] == tasks.tasks()


def test_a_changed_task_takes_the_place_of_the_one_with_its_token():
    """It stays where it was in the order, and the last one forgotten leaves nothing behind."""
    tasks = CompactTasks()
    for number in range(3):
        tasks.put(replace(TASK, token=str(number)), ())
    tasks.put(replace(TASK, token="0", pace=parse("1x")), ())
    order = [(task.token, task.pace.text) for task in tasks.tasks()]
    for number in range(3):
        tasks.pop(str(number))

    assert [("0", "1x"), ("1", "10x"), ("2", "10x")] == order
    assert (0, [], {}) == (len(tasks.rows), tasks.tasks(), tasks._shapes)


def test_a_collection_walks_no_task():
    """However many are remembered, there are not more objects than before."""
    tasks = CompactTasks()
    tasks.put(TASK, ("task_1",))
    gc.collect()
    before = len(gc.get_objects())
    for number in range(2000):
        tasks.put(replace(TASK, token=str(number), request=ExpressionRequest(body={"prompt": ["A kite"]})), ("key",))
    gc.collect()

    assert len(gc.get_objects()) - before < 100
