"""The tasks as a gallery: images, timelines, and what can be done with each."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pixpact.mockserver.console.replies import as_json, not_there
from pixpact.mockserver.console.task_control import CannotSteer, expire, following, push
from pixpact.mockserver.context import MockContext
from pixpact.mockserver.control.task_summary import discreet, facts_of
from pixpact.mockserver.core.problem import bad_request
from pixpact.mockserver.requests.current_snapshot import current_snapshot
from pixpact.mockserver.state.store import Task
from pixpact.specs.dialect.lifecycle import FOREVER
from pixpact.wire.images import media_type

MOST_TASKS = 500
"""The newest tasks that the gallery shows."""


class TaskPages:
    """Tasks for the console. Looking here is no poll, and its images are no downloads."""

    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def gallery(self, request: Request) -> Response:
        """The newest tasks first, each with its stages and images."""
        tasks = (await self._context.store.tasks())[: -MOST_TASKS - 1 : -1]
        return as_json({"now": self._context.clock.now(), "tasks": [await self._card(task) for task in tasks]})

    async def _card(self, task: Task) -> dict[str, Any]:
        facts = await facts_of(self._context, task)
        snapshot, ended_at = await current_snapshot(self._context, task)
        lifetime = task.promise.lifetime if task.promise else None
        return {
            **discreet(self._context, facts, task.account),
            "token": task.token,
            "account": task.account,
            "next": [] if snapshot.over else following(self._context, task, snapshot.state.name),
            "stages": _stages(task),
            "pictures": self._images(task) if snapshot.state.outcome == "success" else [],
            "size": f"{task.promise.width}x{task.promise.height}" if task.promise else None,
            "format": task.promise.format if task.promise else None,
            "expires_at": None if ended_at is None or lifetime is None else ended_at + lifetime,
        }

    def _images(self, task: Task) -> list[int]:
        """The images that were delivered, by index."""
        count = task.promise.count if task.promise else 0
        return [index for index in range(count) if index not in task.fate.withheld]

    async def image(self, request: Request) -> Response:
        """One image of a task that succeeded, whether its link has expired or not."""
        task = await self._task(request)
        index = request.path_params["index"]
        snapshot = (await current_snapshot(self._context, task))[0] if task else None
        if task is None or snapshot is None or snapshot.state.outcome != "success" or index not in self._images(task):
            return not_there("there is no such image")
        content = await self._context.gallery.content(task, index)
        assert task.promise is not None
        headers = {"cache-control": "private, max-age=86400, immutable", "x-content-type-options": "nosniff"}
        return Response(content, headers=headers, media_type=media_type(task.promise.format))

    async def push(self, request: Request) -> Response:
        """Put a task into a state: `{"state": "completed"}`; `"hold": true` keeps it there."""
        return await self._steered(request, ending=False)

    async def expire(self, request: Request) -> Response:
        """Let the images of a task be gone."""
        return await self._steered(request, ending=True)

    async def _steered(self, request: Request, *, ending: bool) -> Response:
        task = await self._task(request)
        if task is None:
            return not_there(f"there is no task {request.path_params['name']!r}; GET /_pixpact/tasks lists them")
        try:
            if ending:
                task = await expire(self._context, task)
            else:
                state, hold = _wish(await request.body())
                task = await push(self._context, task, state, hold=hold)
        except CannotSteer as error:
            return bad_request(str(error))
        await self._context.settled()
        return as_json(await self._card(task))

    async def _task(self, request: Request) -> Task | None:
        """The task of an id that a vendor gave, or of the token in the links of its images."""
        name = request.path_params["name"]
        task = await self._context.store.task_by_token(name)
        return task or next((task for task in await self._context.store.tasks() if task.id == name), None)


def _wish(raw: bytes) -> tuple[str, bool]:
    try:
        body = json.loads(raw)
        state, hold = body["state"], body.get("hold", False)
    except (ValueError, KeyError, TypeError, AttributeError):
        state, hold = None, False
    if not isinstance(state, str) or not isinstance(hold, bool):
        raise CannotSteer('name a state: send {"state": "completed"}, with "hold": true to keep the task there')
    return state, hold


def _stages(task: Task) -> list[dict[str, Any]]:
    """The stages of a task, with seconds of the clock; None where they depend on polls, or never end."""
    timed = task.pace.polls is None
    speed = task.pace.speed if task.pace.speed is not None else FOREVER
    stages = []
    for stage in task.route:
        seconds = stage.seconds / speed if stage.seconds != FOREVER else None
        stages.append(
            {"state": stage.state.name, "outcome": stage.state.outcome, "seconds": seconds if timed else None}
        )
    held = [stage for stage in stages if stage["outcome"] is None]
    if held and timed:
        held[0]["seconds"] = _plus(held[0]["seconds"], task.fate.queue)
        held[-1]["seconds"] = _plus(held[-1]["seconds"], task.fate.run)
    return stages


def _plus(seconds: Any, more: float) -> Any:
    return None if seconds is None else seconds + more
