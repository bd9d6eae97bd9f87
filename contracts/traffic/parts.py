"""The files that a request carries: the file parts of a form, or the whole body."""

from __future__ import annotations

from collections.abc import Mapping

from pixpact.specs.contract.bodies import WHOLE
from pixpact.specs.openapi.media import MULTIPART, is_file
from pixpact.wire.bodies import FilePart, UndecodableBody, form_of
from pixpact.wire.exchange import Exchange, media_type


def files_of(exchange: Exchange) -> Mapping[str, FilePart]:
    """The files of a request by the `cid:` URL that stands for each; empty if the body cannot be decoded."""
    kind = media_type(exchange.request_headers)
    if kind == MULTIPART:
        try:
            return form_of(exchange.request_body, exchange.request_header("content-type") or "")[1]
        except UndecodableBody:
            return {}
    if kind and is_file(kind) and exchange.request_body:
        return {WHOLE: FilePart(exchange.request_body, "", kind)}
    return {}
