"""Builds requests from probes: fills in images, encodes the body, adds required parameters."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from urllib.parse import quote, urlencode

from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.plan.required_parameters import path_values, with_required
from pixpact.contracts.plan.sendable import is_upload
from pixpact.contracts.samples.reference_images import data_uri, filename, image, media_type
from pixpact.contracts.samples.samples import REFERENCE, fill_slots, image_of
from pixpact.contracts.transport.forms import FormFile, form
from pixpact.contracts.transport.planned_request import PlannedRequest
from pixpact.specs.contract.forms import parts, text
from pixpact.specs.contract.model import Operation
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.media import FORM, MULTIPART, is_json


def build_request(probe: Probe, operation: Operation, images: Mapping[str, str]) -> PlannedRequest:
    """The request of a probe; `images`: image name → the URL or data URI that stands for it."""
    kind, body = _encoded(probe, operation, images)
    given = with_required(operation, "header", probe.headers)
    headers = _preferring([*given, *([("Content-Type", kind)] if kind else [])], probe.prefer)
    query = with_required(operation, "query", probe.query)
    return PlannedRequest(
        method=operation.method,
        path=path_of(operation, path_values(operation, dict(probe.path)), query),
        headers=tuple(headers),
        body=body,
        key=probe.key,
        images=probe.images,
        price=None if probe.price is None else Decimal(probe.price),
        must_be_refused=bool(probe.expects),
        operation=operation.id,
    )


def role_of(operation: Operation) -> str:
    """The role of an operation: start, run, show, store, end or other."""
    return operation.role.verb if operation.role else "other"


def _preferring(headers: list[tuple[str, str]], wish: str) -> list[tuple[str, str]]:
    """The headers with `wish` added to the `Prefer` header that the contract itself may define."""
    own = [text for name, text in headers if name.lower() == "prefer"]
    rest = [(name, text) for name, text in headers if name.lower() != "prefer"]
    preferences = ", ".join([*own, *([wish] if wish else [])])
    return [*rest, ("Prefer", preferences)] if preferences else rest


def path_of(operation: Operation, values: Mapping[str, str], query: tuple[tuple[str, str], ...] = ()) -> str:
    """The path of an operation with its path parameters and query filled in."""
    path = operation.path
    for name, value in values.items():
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path + (f"?{urlencode(query)}" if query else "")


def _encoded(probe: Probe, operation: Operation, images: Mapping[str, str]) -> tuple[str, bytes]:
    if probe.text is not None:
        return probe.media, probe.text.encode()
    if not probe.media:
        return "", b""
    if probe.media == MULTIPART:
        return _form(probe.body)
    if probe.media == FORM:
        return probe.media, urlencode(_fields(fill_slots(probe.body, lambda name: images[name]))).encode()
    if not is_json(probe.media):
        made = image_of(probe.body)
        return probe.media, image(made) if made else text(probe.body).encode()
    handed = _encoder(probe, operation) if is_upload(operation) else lambda name: images[name]
    body = fill_slots(probe.body, handed)
    written = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return probe.media, written.replace(REFERENCE, images.get(REFERENCE, REFERENCE)).encode()


def _form(body: Json) -> tuple[str, bytes]:
    """A multipart form; image placeholders become file parts."""
    values = parts(body)
    files = [
        FormFile(name, filename(made), image(made), media_type(made))
        for name, value in values
        if (made := image_of(value)) is not None
    ]
    return form([(name, text(value)) for name, value in values if image_of(value) is None], files)


def _fields(body: Json) -> list[tuple[str, str]]:
    return [(name, text(value)) for name, value in parts(body)]


def _encoder(probe: Probe, operation: Operation) -> Callable[[str], str]:
    """The encoder of an upload's image in JSON: plain base64, or a data URI where the schema refuses base64."""
    media = (
        next((media for media in operation.body.media if media.name == probe.media), None) if operation.body else None
    )

    def plain(name: str) -> str:
        return base64.b64encode(image(name)).decode()

    refused = media is not None and media.reader.read(fill_slots(probe.body, lambda _: "AAAA")).violations
    return data_uri if refused and not probe.expects else plain
