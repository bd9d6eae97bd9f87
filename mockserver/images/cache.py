"""The images of tasks: painted when somebody asks for them, and kept for a little while.

Nothing is painted in advance: a task of fifteen images that nobody downloads costs nothing.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import partial
from typing import Literal

import orjson

from pixpact.mockserver.core import threads
from pixpact.mockserver.core.identity import entropy
from pixpact.mockserver.state.store import Task

MOST_BYTES = 16 * 1024 * 1024
EXTENSIONS = {"jpeg": "jpg"}


def extension(form: str) -> str:
    """The file extension of an image format."""
    return EXTENSIONS.get(form, form)


class ImageCache:
    """Paints images in a thread, one at a time, and remembers the last few of them."""

    def __init__(self, seed: int, style: Literal["drawing", "photo", "outline"] = "drawing") -> None:
        """`outline`: only what can be measured of each is painted."""
        self._seed = seed
        self._style = style
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._bytes = 0
        self._painting = asyncio.Lock()

    async def content(self, task: Task, index: int) -> bytes:
        """The bytes of the image at `index` of a task."""
        if (given := task.fate.image(index)) is not None:
            return given.content
        async with self._painting:
            key = (task.token, index)
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            content = await threads.run_in_thread(partial(_paint, self._seed, task, index, self._style))
            self._keep(key, content)
            return content

    def _keep(self, key: tuple[str, int], content: bytes) -> None:
        self._kept[key] = content
        self._bytes += len(content)
        while self._bytes > MOST_BYTES and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest)


def _paint(seed: int, task: Task, index: int, style: str) -> bytes:
    # Pillow costs 30 ms to import: paid by the first image, not by the start of the server.
    from pixpact.mockserver.images.outlines import solid_image
    from pixpact.mockserver.images.painting import ImageSpec, paint

    promise = task.promise
    assert promise is not None
    body = task.request.body if isinstance(task.request.body, dict) else {}
    size = f"{promise.width}x{promise.height} {promise.format}"
    return (solid_image if style == "outline" else paint)(
        ImageSpec(
            width=promise.width,
            height=promise.height,
            format=promise.format,  # type: ignore[arg-type]  # lint knows no other formats
            transparent=promise.transparent,
            watermark=promise.watermark,
            entropy=entropy(seed, task.contract, sorted_text(body)),
            index=index,
            count=promise.count,
            caption=(task.contract, str(body.get("model", task.operation)), size),
            prompt=str(body.get("prompt", "")),
            photo=style == "photo",
        )
    )


def sorted_text(body: object) -> str:
    """A body as text in which the order of fields does not count."""
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()
