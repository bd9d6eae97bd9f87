"""Makes reference images available to the target: each once, as an upload, a data URI or the user's own URL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.plan.probe import Probe
from pixpact.contracts.plan.sendable import are_files, is_upload, texts_of, upload_of
from pixpact.contracts.samples.reference_images import data_uri, facts_of
from pixpact.contracts.samples.samples import REFERENCE, SLOT, USUAL_IMAGE, image_of
from pixpact.contracts.transport.transport import RequestSender
from pixpact.specs.openapi.document import Json
from pixpact.wire.images import ImageFacts

Upload = Callable[[Probe, str], Awaitable[str | None]]
"""Uploads an image; returns its URL, or None."""


class ReferenceImages:
    """The URL or data URI of each image in requests. `known_urls`: URL of an earlier run's upload → image name."""

    def __init__(
        self,
        claims: ContractClaims,
        transport: RequestSender,
        reference_url: str | None,
        upload: Upload,
        known_urls: Mapping[str, str],
    ) -> None:
        self._claims = claims
        self._transport = transport
        self._reference_url = reference_url
        self._upload = upload
        self._own = dict(known_urls)
        self.given: dict[str, str] = {REFERENCE: reference_url} if reference_url else {}
        """Image name → the URL or data URI that stands for it."""

    def forget_uploads(self) -> None:
        """Forget uploads: the server may have deleted them by now."""
        self.given = {name: url for name, url in self.given.items() if url not in self._own}

    def fetch(self, url: str) -> ImageFacts | None:
        """The facts of an uploaded image, by its URL; None for any other URL."""
        name = self._own.get(url) or image_of(url)
        return facts_of(name) if name else None

    async def prepare(self, probe: Probe) -> None:
        """Upload or encode the images of a request. Raises OverBudget; ValueError for an image that cannot be sent."""
        operation = self._claims.contract.operation(probe.operation)
        if is_upload(operation) or are_files(self._claims, operation, probe.body):
            return
        for name in sorted(_images_in(probe.body)):
            if name not in self.given:
                self.given[name] = await self._handed_over(name, probe)

    async def _handed_over(self, name: str, probe: Probe) -> str:
        for operation in self._claims.contract.operations:
            if operation.role and operation.role.verb == "store":
                url = await self._uploaded(operation.id, name)
                if url is not None:
                    return url
        accepted = self._claims.acceptance.get((probe.operation, probe.media))
        if accepted and accepted.takes_data(
            {**accepted.base(accepted.media.reader.all_branches()[0]), **_only(probe.body, name)}
        ):
            return data_uri(name)
        if self._reference_url:
            return self._reference_url
        if name != USUAL_IMAGE or not probe.expects:
            raise ValueError(f"the image {name} could not be sent: no upload returned a URL for it")
        return SLOT + name

    async def _uploaded(self, name: str, image: str) -> str | None:
        operation = self._claims.contract.operation(name)
        media = operation.body.media[0].name if operation.body else ""
        body = upload_of(operation, self._claims.acceptance[(name, media)], SLOT + image)
        probe = Probe(f"upload-{image}", "upload", name, f"an image: {image}", media=media, body=body)
        url = await self._upload(probe, image)
        if url is not None:
            self._transport.own(url)
            self._own[url] = image
        return url


def _images_in(body: Json) -> set[str]:
    return {name for text in texts_of(body) if (name := image_of(text))}


def _only(body: Json, name: str) -> Mapping[str, Json]:
    """The top-level fields of a body that contain this image."""
    return {key: value for key, value in body.items() if name in _images_in(value)} if isinstance(body, dict) else {}
