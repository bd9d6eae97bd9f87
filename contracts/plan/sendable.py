"""Decides whether a body can be sent: whether its images and URLs can reach the vendor."""

from __future__ import annotations

from pixpact.contracts.claims.acceptance import AcceptanceClaims
from pixpact.contracts.claims.contract_claims import ContractClaims
from pixpact.contracts.claims.exercise import most_images
from pixpact.contracts.plan.capabilities import Capabilities
from pixpact.contracts.samples.bodies import put
from pixpact.contracts.samples.reference_images import read
from pixpact.contracts.samples.samples import ELSEWHERE, PLAIN, REFERENCE, SLOT, USUAL_IMAGE, RequestSamples, image_of
from pixpact.contracts.samples.statements import ITEM, Path
from pixpact.specs.contract.model import Operation
from pixpact.specs.openapi.document import Json, steps
from pixpact.specs.openapi.media import MULTIPART

_MOST_BYTES = 20 * 2**20 + 1
"""Maximum size of a file that must be refused, in bytes: it is transferred for a single claim."""


class SendableBodies:
    """Gives the reason why a body cannot be sent with the capabilities of a run."""

    def __init__(self, claims: ContractClaims, means: Capabilities) -> None:
        self._claims = claims
        self._means = means
        self._uploads = any(is_upload(operation) for operation in claims.contract.operations)
        self._taken: dict[str, bool] = {}

    def why_not(self, operation: Operation, body: Json, refused: bool = False) -> str:
        """Why a body cannot be sent; empty when it can. `refused`: it must be refused."""
        passages = texts_of(body)
        if self._means.live and not refused and any(text.startswith((ELSEWHERE, PLAIN)) for text in passages):
            return "no callback address is available"
        if self._means.live and not refused and REFERENCE in passages and not self._means.reference_url:
            return "no URL of an image: give --reference-url"
        names = {name for text in passages if (name := image_of(text))}
        if not names or is_upload(operation):
            return ""
        if are_files(self._claims, operation, body):
            too_large = refused and any((read(name).size or 0) > _MOST_BYTES for name in names)
            return "a file of more than 20 MB is not sent to be refused" if too_large else ""
        if all(map(self._can_upload, names)) or self._takes_data(operation, body):
            return ""
        if names == {USUAL_IMAGE} and (refused or self._means.reference_url):
            return ""
        if self._uploads:
            return "no way to send such an image"
        return "no way to send an image: give --reference-url"

    def _can_upload(self, name: str) -> bool:
        """Whether the vendor's own upload accepts the image."""
        if name not in self._taken:
            self._taken[name] = any(self._takes(operation, name) for operation in self._claims.contract.operations)
        return self._taken[name]

    def _takes(self, operation: Operation, name: str) -> bool:
        if not (is_upload(operation) and operation.role and operation.role.expression and operation.body):
            return False
        accepted = self._claims.acceptance[(operation.id, operation.body.media[0].name)]
        return not accepted.read(upload_of(operation, accepted, SLOT + name)).violations

    def _takes_data(self, operation: Operation, body: Json) -> bool:
        for media in operation.body.media if operation.body else ():
            return self._claims.acceptance[(operation.id, media.name)].takes_data(body)
        return False


def are_files(claims: ContractClaims, operation: Operation, body: Json) -> bool:
    """Whether the images of a body are file parts of a form, which need no upload."""
    forms = [media for media in operation.body.media if media.name == MULTIPART] if operation.body else []
    accepted = [claims.acceptance[(operation.id, media.name)] for media in forms]
    return any(_only_files(samples, body) for claims_of_form in accepted for samples in claims_of_form.samples.values())


def _only_files(samples: RequestSamples, body: Json, path: Path = ()) -> bool:
    """Whether every image of a body is in a field for files."""
    if isinstance(body, dict):
        return all(_only_files(samples, value, (*path, key)) for key, value in body.items())
    if isinstance(body, list):
        return all(_only_files(samples, value, (*path, ITEM)) for value in body)
    return image_of(body) is None or samples.is_file(path)


def is_upload(operation: Operation) -> bool:
    """Whether an operation stores an uploaded image."""
    return operation.role is not None and operation.role.verb == "store"


def upload_of(operation: Operation, accepted: AcceptanceClaims, image: str) -> Json:
    """The body of an upload of this image."""
    assert operation.role is not None
    assert operation.role.expression is not None
    path = tuple(steps(operation.role.expression.text.partition("#")[2]))
    return put(accepted.base(accepted.media.reader.all_branches()[0]), path, image)


def texts_of(value: Json) -> set[str]:
    """All texts in a body, without keys."""
    if isinstance(value, dict):
        return {text for inner in value.values() for text in texts_of(inner)}
    if isinstance(value, list):
        return {text for inner in value for text in texts_of(inner)}
    return {value} if isinstance(value, str) else set()


def bought_by(accepted: AcceptanceClaims, body: Json) -> int:
    """The maximum number of images that a body costs if it is accepted although it must be refused."""
    reading = accepted.read(body)
    if not accepted.promises:
        return 0
    branch = reading.branch or accepted.media.reader.all_branches()[0]
    if branch.pointer not in accepted.promises:
        return 0
    try:
        return max(1, most_images(accepted, body, reading, accepted.promise(reading))) if reading.branch else 1
    except (TypeError, ValueError):
        return 1
