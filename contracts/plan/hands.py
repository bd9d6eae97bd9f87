"""Probes → requests: bodies with their images in place, and what goes around them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import quote, urlencode

from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.samples.reference_images import filename, image, media_type
from pixpact.contracts.samples.samples import REFERENCE, filled, image_of
from pixpact.contracts.transport.forms import FormFile, form
from pixpact.contracts.transport.sending import PlannedRequest
from pixpact.specs.contract.model import Operation
from pixpact.specs.openapi.document import Json

_FORM = "multipart/form-data"


def build_request(probe: Probe, operation: Operation, images: Mapping[str, str]) -> PlannedRequest:
    """The request of a probe; `images` gives what stands for each image: a URL, or a data URI."""
    kind, body = _encoded(probe, images)
    headers = [*probe.headers, *([("Content-Type", kind)] if kind else [])]
    if probe.prefer:
        headers.append(("Prefer", probe.prefer))
    return PlannedRequest(
        method=operation.method,
        path=path_of(operation, dict(probe.path), probe.query),
        headers=tuple(headers),
        body=body,
        key=probe.key,
        images=probe.images,
        price=None if probe.price is None else Decimal(probe.price),
        must_be_refused=bool(probe.expects),
        operation=operation.id,
    )


def role_of(operation: Operation) -> str:
    """What an operation does: start, run, show, store or other."""
    return operation.role.verb if operation.role else "other"


def path_of(operation: Operation, values: Mapping[str, str], query: tuple[tuple[str, str], ...] = ()) -> str:
    """The path of an operation with the values of its templates, and a query."""
    path = operation.path
    for name, value in values.items():
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path + (f"?{urlencode(query)}" if query else "")


def _encoded(probe: Probe, images: Mapping[str, str]) -> tuple[str, bytes]:
    if probe.text is not None:
        return probe.media, probe.text.encode()
    if not probe.media:
        return "", b""
    if probe.media == _FORM:
        return _form(probe.body)
    body = filled(probe.body, lambda name: images[name])
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return probe.media, text.replace(REFERENCE, images.get(REFERENCE, REFERENCE)).encode()


def _form(body: Json) -> tuple[str, bytes]:
    """A form; fields that are slots of images become files."""
    entries = body if isinstance(body, dict) else {}
    files = [
        FormFile(name, filename(made), image(made), media_type(made))
        for name, value in entries.items()
        if (made := image_of(value)) is not None
    ]
    named = {file.name for file in files}
    fields = [(name, _text(value)) for name, value in entries.items() if name not in named]
    return form(fields, files)


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)
