"""Images and uploads for download: real bytes, HEAD and Range (RFC 9110), gone after their lifetime."""

from __future__ import annotations

import hashlib
import re
from math import floor

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pixpact.mockserver.context import FILES, MockContext
from pixpact.mockserver.core.problem import problem_response
from pixpact.mockserver.files.object_store import refusal
from pixpact.mockserver.state.store import Task
from pixpact.specs.contract.model import FileHost
from pixpact.specs.dialect.lifecycle import FOREVER
from pixpact.wire.images import media_type

_IMAGE = re.compile(r"([0-9a-f]{24})-([0-9]{1,3})\.(jpg|png|webp)")
_UPLOAD = re.compile(r"([0-9a-f]{24})-(.+)")
_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")


_CORS = {"access-control-allow-origin": "*", "access-control-expose-headers": "*"}
# What a client uploaded is shown to whoever follows its link: as the page of nobody, in which nothing runs.
_HARMLESS = {"x-content-type-options": "nosniff", "content-security-policy": "default-src 'none'; sandbox"}
_PREFLIGHT = {
    **_CORS,
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-allow-headers": "*, authorization",
    "access-control-max-age": "86400",
}


def files_app(context: MockContext) -> Starlette:
    """The application below `/_files`."""
    files = _FileRoutes(context)
    return Starlette(routes=[Route(FILES + "/{vendor}/{name}", files.response, methods=["GET", "OPTIONS"])])


class _FileRoutes:
    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def response(self, request: Request) -> Response:
        """A download, or leave for one to a page of any origin; as the contract has it where it says so."""
        host = await self._host(request.path_params["name"])
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT) if host.cors else _refused(403, "CORS is not enabled")
        response = await self.download(request)
        if response.status_code == 410 and host.expired is not None:
            response = _refused(host.expired, "Request has expired")
        return response if host.cors else _without_cors(response)

    async def _host(self, name: str) -> FileHost:
        """What the contract of the task says of the host of its images."""
        task = await self._context.store.task_by_token(name[:24])
        served = (
            contract.files
            for contract in self._context.faults.contracts
            if task is not None and contract.name == task.contract
        )
        return next(served, FileHost())

    async def download(self, request: Request) -> Response:
        """One image or upload; 404 unknown, 410 when its lifetime is over."""
        name = request.path_params["name"]
        image = await self._image(name) or await self._upload(name)
        if isinstance(image, Response):
            return image
        if image is None:
            detail = f"no task or upload of this mock has the file {name!r}"
            return problem_response(404, "No such file", detail, _CORS)
        return _ranged(request, *image)

    async def _image(self, name: str) -> tuple[bytes, str] | Response | None:
        parts = _IMAGE.fullmatch(name)
        task = await self._context.store.task_by_token(parts[1]) if parts else None
        if parts is None or task is None or task.promise is None or int(parts[2]) >= task.promise.count:
            return None
        if int(parts[2]) in task.fate.withheld:
            return None
        until = await self._until(task)
        if until is None:
            return None
        if self._context.clock.now() >= until:
            return _gone(task.promise.lifetime)
        content = await self._context.gallery.content(task, int(parts[2]))
        given = task.fate.image(int(parts[2]))
        return content, media_type(given.format if given else task.promise.format)

    async def _until(self, task: Task) -> float | None:
        """Until when a task's images exist; None when it has none, or none yet."""
        promise, store = task.promise, self._context.store
        if promise is None or task.route[-1].state.outcome != "success":
            return None
        after = task.ends_after
        ended_at = (await store.poll_count(task)).ended_at if after is None else task.created_at + after
        if ended_at is None or self._context.clock.now() < ended_at:
            return None
        # Responses state the end in whole seconds: that is when the image goes.
        return FOREVER if promise.lifetime is None else floor(ended_at + promise.lifetime)

    async def _upload(self, name: str) -> tuple[bytes, str] | Response | None:
        parts = _UPLOAD.fullmatch(name)
        upload = await self._context.store.upload_by_token(parts[1]) if parts else None
        if parts is None or upload is None or upload.filename != parts[2]:
            return None
        if upload.expires_at is not None and self._context.clock.now() >= upload.expires_at:
            return _gone(upload.expires_at - upload.created_at)
        return upload.content, upload.media_type


def _refused(status: int, text: str) -> Response:
    status, headers, body = refusal(status, text)
    return Response(body, status, {name.decode(): value.decode() for name, value in headers})


def _without_cors(response: Response) -> Response:
    for name in [name for name in response.headers if name.startswith("access-control-")]:
        del response.headers[name]
    return response


def _gone(lifetime: float | None) -> Response:
    hours = (lifetime or 0) / 3600
    detail = f"this file has expired: the contract keeps it for {hours:g} hours on the mock's clock"
    return problem_response(410, "Gone", detail, _CORS)


def _ranged(request: Request, content: bytes, kind: str) -> Response:
    """The whole content, or the part that a `Range` header asks for."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"accept-ranges": "bytes", "etag": etag, **_CORS, **_HARMLESS}
    if _is_listed(etag, request.headers.get("if-none-match")):
        return Response(status_code=304, headers=headers)
    # A range is of a GET alone, and of the very file that If-Range names (RFC 9110, sections 13.1.5 and 14.2).
    asked = request.headers.get("range") if request.method == "GET" else None
    if request.headers.get("if-range", etag).strip() != etag:
        asked = None
    part = _part(asked, len(content)) if asked else None
    if part is None:
        return Response(content, headers=headers, media_type=kind)
    start, end = part
    if start >= end:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{len(content)}"})
    headers["content-range"] = f"bytes {start}-{end - 1}/{len(content)}"
    return Response(content[start:end], 206, headers=headers, media_type=kind)


def _is_listed(etag: str, listed: str | None) -> bool:
    """Whether an `If-None-Match` names this file, strongly or weakly (RFC 9110, section 13.1.2)."""
    if listed is None:
        return False
    return listed.strip() == "*" or etag in (one.strip().removeprefix("W/") for one in listed.split(","))


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """(start, end) of a single byte range; None for a header that is to be ignored; empty when unsatisfiable."""
    match = _RANGE.fullmatch(asked.strip())
    if not match or match[1] == match[2] == "":
        return None
    if match[1] == "":
        return max(0, size - int(match[2])), size
    end = min(size, int(match[2]) + 1) if match[2] else size
    return int(match[1]), end
