"""Remembers recorded uploads by the URL that the server returned, so that later requests with them can be judged."""

from __future__ import annotations

from collections import OrderedDict

from pixpact.contracts.traffic.case import ReadExchange
from pixpact.contracts.traffic.images import image_in
from pixpact.contracts.traffic.parts import files_of
from pixpact.specs.contract.bodies import uploaded_file
from pixpact.wire.images import ImageFacts

MOST_UPLOADS = 1000
"""Beyond this number the oldest uploads are dropped."""
_MOST_BYTES = 1024 * 1024
_URL = "$upload.url"


class SeenUploads:
    """The files of the uploads seen so far."""

    def __init__(self, most: int = MOST_UPLOADS) -> None:
        self._most = most
        self._contents: OrderedDict[str, bytes | ImageFacts] = OrderedDict()

    def note(self, step: ReadExchange) -> None:
        """Remember the file of an accepted upload; any other step is ignored."""
        url = step.says(_URL) if step.role == "store" and step.accepted else None
        content = _file(step) if isinstance(url, str) else None
        if content is None:
            return
        self._contents[str(url)] = content
        if len(self._contents) > self._most:
            self._contents.popitem(last=False)

    def fetch(self, url: str) -> bytes | ImageFacts | None:
        """The bytes of an upload, or their facts; None for any other URL. Sends no request."""
        return self._contents.get(url)


def _file(step: ReadExchange) -> bytes | ImageFacts | None:
    """The uploaded file, or its facts; None if it was not recorded whole, or is longer than 1 MiB."""
    exchange = step.exchange
    if exchange.note.get("truncated", "response") != "response":
        return None
    content = next((part.content for part in files_of(exchange).values()), None) or _encoded(step)
    if content is None or len(content) > _MOST_BYTES:
        return None
    image = image_in(exchange, content.decode("latin-1")) if len(content) < 80 else None
    return image.facts if image and image.facts else content


def _encoded(step: ReadExchange) -> bytes | None:
    """The bytes of a file that was sent as base64."""
    role = step.operation.role
    if role is None or role.expression is None:
        return None
    part = uploaded_file(role.expression, step.roots, {})
    return part.content if part else None
