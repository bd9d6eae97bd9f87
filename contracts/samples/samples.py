"""Sample values for the fields of a request: the contract's own values, else the plainest valid ones.

Images are placeholders: URLs below a reserved name (RFC 2606). The runner replaces each by the URL of an upload, a data
URI or the user's own URL.
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
"""The start of an image placeholder; the name of the image follows."""
ELSEWHERE = "https://pixpact.invalid/callback"
"""A URL without a server, for fields that require a URL."""
PLAIN = "http://pixpact.invalid/callback"
"""The same URL with plain http."""
REFERENCE = "https://pixpact.invalid/reference.png"
"""The URL of a reference image where the vendor has no upload; the user's own URL replaces it, if one is given."""
USUAL_IMAGE = "png-256x256"
MARK = "pixpact-1"
"""The value of fields that accept any short text."""

KEYWORDS = ("default", "examples", "x-image", "x-images", "x-total", "x-clamp")
_URL = re.compile(r"https?://|data:image/")


def slot(name: str) -> str:
    """The placeholder of an image such as `png-256x256`."""
    return SLOT + name


def image_of(text: Json) -> str | None:
    """The image name of a placeholder; None for any other value."""
    return text[len(SLOT) :] if isinstance(text, str) and text.startswith(SLOT) else None


def fill_slots(body: Json, by: Callable[[str], str]) -> Json:
    """The body with each image placeholder replaced by what `by` returns for its image name."""
    if isinstance(body, dict):
        return {key: fill_slots(value, by) for key, value in body.items()}
    if isinstance(body, list):
        return [fill_slots(value, by) for value in body]
    name = image_of(body)
    return body if name is None else by(name)


class RequestSamples:
    """Sample values for the fields of one request schema."""

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
        """The paths of values that have fields or items."""
        return frozenset(path[:length] for path in self._by_path for length in range(len(path)))

    @cached_property
    def _required(self) -> frozenset[str]:
        """The names of fields that are required anywhere."""
        return frozenset(
            name for statement in self.statements if statement.keyword == "required" for name in statement.value
        )

    @cached_property
    def _images(self) -> frozenset[Path]:
        """The paths of images: with a rule for images or a pattern that allows data URIs, or of format `binary`."""
        return frozenset(
            statement.path
            for statement in self.statements
            if (statement.keyword == "x-image" and not self._is_size(statement))
            or (statement.keyword == "pattern" and "data:image" in statement.value)
            or (statement.keyword == "type" and at(self._document, statement.schema).get("format") == "binary")
        )

    def _is_size(self, rule: SchemaStatement) -> bool:
        """Whether an `x-image` is about a size as text, such as 1024x1024."""
        return not {"format", "bytes", "alpha"} & rule.value.keys() and not any(
            statement.keyword == "pattern" and "http" in statement.value
            for statement in self._by_path.get(rule.path, ())
        )

    def takes_image(self, path: Path) -> bool:
        """Whether the field at this path accepts an image."""
        return path in self._images

    def is_file(self, path: Path) -> bool:
        """Whether the field at this path accepts a file, as a part of a form."""
        here = self._by_path.get(path, ())
        return any(
            statement.keyword == "type" and at(self._document, statement.schema).get("format") == "binary"
            for statement in here
        )

    def between_sides(self, path: Path) -> str:
        """The separator of width and height in the sizes that the field accepts; empty for an image."""
        if path in self._images:
            return ""
        return "x" if self._fits(path, "1024x1024") or not self._fits(path, "1024*1024") else "*"

    def is_free(self, path: Path) -> bool:
        """Whether the field at this path accepts any text, or any image."""
        here = self._by_path.get(path, [])
        if path in self._images:
            return True
        return self._fits(path, MARK) and not any(
            statement.keyword in ("enum", "const", "x-image") for statement in here
        )

    def _fits(self, path: Path, value: Json) -> bool:
        """Whether a text matches the patterns at its path; patterns of URLs are skipped."""
        patterns = [
            statement.value
            for statement in self._by_path.get(path, [])
            if statement.keyword == "pattern" and not statement.guards
        ]
        return not isinstance(value, str) or all("http" in pattern or matches(pattern, value) for pattern in patterns)

    def harmless(self, body: Json, path: Path = ()) -> Json:
        """The same request with sample texts, image placeholders and reserved names instead of its own texts."""
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
        """The shortest text that matches the patterns at the path, as a list; empty if none was found."""
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
    """The name of a plain image that keeps the rules for images."""
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
    """The value with its URLs replaced by one without a server."""
    if isinstance(value, str) and _URL.match(value):
        return ELSEWHERE
    if isinstance(value, list):
        return [_harmless(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _harmless(inner) for key, inner in value.items()}
    return value


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]
