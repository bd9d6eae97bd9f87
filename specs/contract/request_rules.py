"""The rules for requests of an operation, shared by the mock, which receives them, and the check, which reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pixpact.specs.contract.bodies import uploaded_file
from pixpact.specs.contract.forms import without_file
from pixpact.specs.contract.model import Contract, LifecycleRole, Operation, RequestMedia
from pixpact.specs.contract.parameters import ParameterReader, media_type_of
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRoots
from pixpact.specs.dialect.request_body import BodyReading
from pixpact.specs.openapi.media import is_form
from pixpact.specs.openapi.schemas import Violation, dotted_path, path_text, pointer_to
from pixpact.wire.bodies import FilePart
from pixpact.wire.json_values import value_on


@dataclass(frozen=True, slots=True)
class MediaTypeChoice:
    """The media type that decodes the body, or the violation; neither where no body is needed."""

    media: RequestMedia | None = None
    violation: Violation | None = None


class RequestRules:
    """The rules of one operation, compiled.

    They apply in steps, because callers act in between: `parameters`, `media_type`, then decoding (`undecodable` if
    that fails), then the schema, then `files`.
    """

    def __init__(self, contract: Contract, operation: Operation) -> None:
        self._operation = operation
        self.parameters = ParameterReader(operation.parameters, contract.schemas.violations)
        self._media = {media.name: media for media in operation.body.media} if operation.body else {}

    def media_type(self, raw: bytes, headers: Mapping[bytes, bytes]) -> MediaTypeChoice:
        """Choose the media type of a body among those of the operation."""
        assert self._operation.body is not None
        name = media_type_of(headers)
        if not raw and not name:
            return MediaTypeChoice(violation=self._missing()) if self._operation.body.required else MediaTypeChoice()
        if (media := self._media.get(name)) is not None:
            return MediaTypeChoice(media)
        text = f"Content-Type must be {' or '.join(self._media)}; got {name or 'none'}"
        return MediaTypeChoice(violation=self._violation("content-type", text, "Content-Type"))

    def undecodable(self, reason: str) -> Violation:
        """The violation of a body that cannot be decoded as its media type."""
        return self._violation("json", reason, "")

    def files(
        self,
        media: RequestMedia,
        reading: BodyReading,
        roots: ExpressionRoots,
        files: Mapping[str, FilePart],
        is_hidden: Callable[[str], bool] = lambda text: False,
    ) -> list[Violation]:
        """The violations of fields that need a file and have none. `is_hidden`: texts that a recording left out."""
        return [*self._upload(media, roots, files, is_hidden), *_in_form(media, reading, files, is_hidden)]

    def _upload(
        self,
        media: RequestMedia,
        roots: ExpressionRoots,
        files: Mapping[str, FilePart],
        is_hidden: Callable[[str], bool],
    ) -> list[Violation]:
        """The violation of an upload that is a text instead of a file."""
        role = self._store
        if role is None or role.expression is None:
            return []
        given = role.expression.evaluate(roots)
        if given is UNDEFINED or uploaded_file(role.expression, roots, files) or is_hidden(str(given)):
            return []
        name = role.expression.text.rpartition("/")[2]
        kind = "as a file, not as a text" if is_form(media.name) else "as base64 of a file"
        return [self._violation("required", f"{name} is required {kind}", name)]

    @property
    def _store(self) -> LifecycleRole | None:
        return next((role for role in self._operation.roles if role.verb == "store"), None)

    def _missing(self) -> Violation:
        return self._violation("required", "a request body is required", "")

    def _violation(self, keyword: str, message: str, name: str) -> Violation:
        assert self._operation.body is not None
        return Violation("media-type", "", keyword, message, self._operation.body.pointer, name)


def _in_form(
    media: RequestMedia, reading: BodyReading, files: Mapping[str, FilePart], is_hidden: Callable[[str], bool]
) -> list[Violation]:
    """The violations of form fields that need a file and have none."""
    branch = reading.branch
    if not is_form(media.name) or branch is None:
        return []
    judged = {violation.pointer for violation in reading.violations}
    return [
        Violation("body", pointer_to(path), "format", f"{path_text(path)} {text}", branch.pointer, dotted_path(path))
        for path, text in without_file(branch, reading.body, files)
        if pointer_to(path) not in judged and not is_hidden(str(value_on(reading.body, path)))
    ]
