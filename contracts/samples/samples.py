"""Values that a request may carry, for each of its fields: what the contract itself shows, else the plainest.

Images are written as slots, URLs under a reserved name (RFC 2606): the runner puts an upload, a data URI or the
user's own URL in their place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from pixpact.contracts.samples.pattern_texts import matching
from pixpact.contracts.samples.prompts import prompt
from pixpact.contracts.samples.statements import ITEM, Path, SchemaStatement, statements
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.openapi.document import Json, at
from pixpact.specs.openapi.schemas import matches

SLOT = "https://pixpact.invalid/picture/"
"""What the URL of an image that is not made yet begins with; its name follows."""
ELSEWHERE = "https://pixpact.invalid/callback"
"""An address that nobody listens at, for fields that want one."""
PLAIN = "http://pixpact.invalid/callback"
"""The same without TLS."""
REFERENCE = "https://pixpact.invalid/reference.png"
"""The URL of an image where the vendor has no upload: the user's own takes its place, if there is one."""
USUAL_IMAGE = "png-256x256"
MARK = "pixpact-1"
"""What stands in fields that take any short text."""

KEYWORDS = ("default", "examples", "x-image", "x-images", "x-total", "x-clamp")
_URL = re.compile(r"https?://|data:image/")


def slot(name: str) -> str:
    """The slot of an image such as `png-256x256`."""
    return SLOT + name


def image_of(text: Json) -> str | None:
    """The name of the image whose slot this is; None for any other value."""
    return text[len(SLOT) :] if isinstance(text, str) and text.startswith(SLOT) else None


def fill_slots(body: Json, by: Callable[[str], str]) -> Json:
    """The same body with what `by` gives for the name of an image in place of each slot."""
    if isinstance(body, dict):
        return {key: fill_slots(value, by) for key, value in body.items()}
    if isinstance(body, list):
        return [fill_slots(value, by) for value in body]
    name = image_of(body)
    return body if name is None else by(name)


class RequestSamples:
    """The values of the fields of one request schema."""

    def __init__(self, document: Mapping[str, Json], pointer: str, examples: Iterable[Json]) -> None:
        self._document = document
        self._examples = list(examples)
        self.pointer = pointer
        self.statements: tuple[SchemaStatement, ...] = tuple(statements(document, pointer, KEYWORDS))

    @cached_property
    def _by_path(self) -> dict[Path, list[SchemaStatement]]:
        by_path: dict[Path, list[SchemaStatement]] = {}
        for statement in self.statements:
            by_path.setdefault(statement.path, []).append(statement)
        return by_path

    @cached_property
    def _holders(self) -> frozenset[Path]:
        """The places of what has fields or items."""
        return frozenset(path[:length] for path in self._by_path for length in range(len(path)))

    @cached_property
    def _required(self) -> frozenset[str]:
        """The names of fields that are required somewhere."""
        return frozenset(
            name for statement in self.statements if statement.keyword == "required" for name in statement.value
        )

    @cached_property
    def _images(self) -> frozenset[Path]:
        """The places of images: those with rules for images, or whose rule lets data URIs of images in."""
        return frozenset(
            statement.path
            for statement in self.statements
            if (statement.keyword == "x-image" and not self._is_size(statement))
            or (statement.keyword == "pattern" and "data:image" in statement.value)
            or (statement.keyword == "type" and at(self._document, statement.schema).get("format") == "binary")
        )

    def _is_size(self, rule: SchemaStatement) -> bool:
        """Whether a rule for images is about a size text such as 1024x1024."""
        return not {"format", "bytes", "alpha"} & rule.value.keys() and not any(
            statement.keyword == "pattern" and "http" in statement.value
            for statement in self._by_path.get(rule.path, ())
        )

    def takes_image(self, path: Path) -> bool:
        """Whether an image stands at this path."""
        return path in self._images

    def is_file(self, path: Path) -> bool:
        """Whether a file stands at this path, which a form hands over as a part of its own."""
        here = self._by_path.get(path, ())
        return any(it.keyword == "type" and at(self._document, it.schema).get("format") == "binary" for it in here)

    def between_sides(self, path: Path) -> str:
        """What stands between width and height in the sizes that the field at this path takes; empty for an image."""
        if path in self._images:
            return ""
        return "x" if self._fits(path, "1024x1024") or not self._fits(path, "1024*1024") else "*"

    def is_free(self, path: Path) -> bool:
        """Whether any text may stand at this path: no rule tells one text from another, or only where it is kept."""
        here = self._by_path.get(path, [])
        if path in self._images:
            return True
        return self._fits(path, MARK) and not any(
            statement.keyword in ("enum", "const", "x-image") for statement in here
        )

    def _fits(self, path: Path, value: Json) -> bool:
        """Whether a text keeps the patterns at its path; those of addresses are met by addresses of ours."""
        patterns = [
            statement.value
            for statement in self._by_path.get(path, [])
            if statement.keyword == "pattern" and not statement.guards
        ]
        return not isinstance(value, str) or all("http" in pattern or matches(pattern, value) for pattern in patterns)

    def harmless(self, body: Json, path: Path = ()) -> Json:
        """The same request with our own words, and slots or reserved names in place of images and addresses."""
        if isinstance(body, dict):
            return {key: self.harmless(value, (*path, key)) for key, value in body.items()}
        if isinstance(body, list):
            return [self.harmless(value, (*path, ITEM)) for value in body]
        return self.of(path)[0] if isinstance(body, str) and self.is_free(path) else body

    def of(self, path: Path) -> list[Json]:
        """Values for the field at this path, the best first; never empty."""
        here = self._by_path.get(path, [])
        if path in self._images:
            return [slot(_image(here))]
        stated = [value for statement in here for value in _stated(statement)]
        if stated:
            return [_harmless(value) for value in stated]
        shown = [value for example in self._examples if (value := _shown(example, path)) is not UNDEFINED]
        own = [_harmless(value) for value in shown if not (isinstance(value, str) and self.is_free(path))]
        plain = own or [self._plainest(path, here)]
        return [value for value in plain if self._fits(path, value)] or self._made(path) or plain

    def _made(self, path: Path) -> list[Json]:
        """The shortest text that keeps the patterns at a path; none where none can be made."""
        patterns = [
            statement.value
            for statement in self._by_path[path]
            if statement.keyword == "pattern" and not statement.guards
        ]
        least = max(
            [
                1,
                *(
                    statement.value
                    for statement in self._by_path[path]
                    if statement.keyword == "minLength" and not statement.guards
                ),
            ]
        )
        made = matching(patterns, least)
        return [made] if made else []

    def _plainest(self, path: Path, here: list[SchemaStatement]) -> Json:
        types = [name for statement in here if statement.keyword == "type" for name in _listed(statement.value)]
        least = next((statement.value for statement in here if statement.keyword in ("minimum", "exclusiveMinimum")), 1)
        if (*path, ITEM) in self._by_path:
            return [self.of((*path, ITEM))[0]]
        if path in self._holders:
            return {}
        plain: dict[str, Json] = {
            "integer": least,
            "number": least,
            "boolean": True,
            "object": {},
            "array": [],
            "null": None,
        }
        if types and types[0] in plain:
            return plain[types[0]]
        if any(statement.keyword == "pattern" and "http" in statement.value for statement in here):
            return ELSEWHERE
        return prompt(0) if path and path[-1] in self._required else MARK


def _image(here: list[SchemaStatement]) -> str:
    """The name of a plain image that the rules for images at its place let through."""
    rules = [statement.value for statement in here if statement.keyword == "x-image"]
    wants_alpha = any(True in rule.get("alpha", {}).get("enum", ()) for rule in rules)
    formats = [rule["format"]["enum"] for rule in rules if "enum" in rule.get("format", {})]
    size = USUAL_IMAGE.partition("-")[2]
    form = "png" if all("png" in allowed for allowed in formats) else formats[0][0]
    return f"{form}-{size}" + ("-alpha" if wants_alpha else "")


def _stated(statement: SchemaStatement) -> list[Json]:
    if statement.keyword in ("enum", "examples"):
        return list(statement.value)
    return [statement.value] if statement.keyword in ("const", "default") else []


def _shown(example: Json, path: Path) -> Json:
    return value_at(example, tuple("0" if step == ITEM else step for step in path))


def _harmless(value: Json) -> Json:
    """The same value, its URLs replaced by one where nobody listens."""
    if isinstance(value, str) and _URL.match(value):
        return ELSEWHERE
    if isinstance(value, list):
        return [_harmless(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _harmless(inner) for key, inner in value.items()}
    return value


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
