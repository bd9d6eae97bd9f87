"""Claims about the images that a contract promises: pixels by row, format, count, transparency, lifetime, price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pixpact.contracts.claims.book import ClaimBook
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.samples.samples import RequestSamples
from pixpact.contracts.samples.statements import Path, SchemaGuard, SchemaStatement, short_pointer
from pixpact.specs.dialect.expressions import field_of
from pixpact.specs.dialect.images import EXACT, FIXED, REFERENCE, ImagePromise
from pixpact.specs.dialect.request_body import BodyReading
from pixpact.specs.openapi.document import Json, escaped
from pixpact.specs.openapi.messages import short_json as shown


@dataclass(frozen=True, slots=True)
class WantedImage:
    """A claim about images, and the fields that a request needs to exercise it."""

    claim: Claim
    fields: tuple[tuple[Path, Json], ...]
    guards: tuple[SchemaGuard, ...]


class ImageClaims:
    """The claims of the `x-images` of one request schema."""

    def __init__(self, book: ClaimBook, operation: str, samples: RequestSamples) -> None:
        self._book = book
        self._operation = operation
        self._samples = samples
        self._statements = [statement for statement in samples.statements if statement.keyword == "x-images"]
        self.by = self._by()
        self.read = frozenset(path for statement in self._statements for path in _fields_read(statement.value))
        """The paths of all fields that decide about the images."""
        counts = (statement.value.get("count") for statement in self._statements)
        self.counting = frozenset(path for count in counts for path in _fields_read(count))
        """The paths of all fields that state the number of images, under any condition."""
        self.chosen: set[str] = set()
        """Ids of the claims on a number that the request chooses: a single image does not exercise them."""
        self._index: dict[tuple[str, tuple[str, ...]], Claim] = {}
        self.wanted: list[WantedImage] = [wanted for statement in self._statements for wanted in self._of(statement)]

    def _by(self) -> tuple[Path, ...]:
        """The paths of the fields whose values choose a row of the pixel table."""
        tables = [statement.value.get("pixels") for statement in self._statements]
        keys = [table["by"] for table in tables if isinstance(table, dict) and "by" in table]
        return tuple(path for text in (keys[-1] if keys else ()) if (path := field_of(text)))

    def decides(self, path: Path) -> str:
        """The aspect of the images that a field decides: `pixels`, `format`, `count` or `as` (form of delivery)."""
        if path in self.by:
            return "pixels"
        is_format = any(field_of(statement.value.get("format")) == path for statement in self._statements)
        return "format" if is_format else "count" if path in self.read else "as"

    def of(self, reading: BodyReading, promise: ImagePromise) -> dict[str, Claim]:
        """The claims that the images of one request are judged by: aspect → claim."""
        claims: dict[str, Claim] = {}
        for mark in reading.marks:
            if mark.keyword == "x-images":
                claims |= dict(self._stated(mark.schema, promise))
        if not promise.promised:
            claims.pop("pixels", None)
        return claims

    def _stated(self, schema: str, promise: ImagePromise) -> Iterator[tuple[str, Claim]]:
        keys = {
            "pixels": promise.row,
            "format": (promise.format,),
            "count": (),
            "transparent": (str(promise.transparent).lower(),),
            "lifetime": (),
            "available": (),
            "price": (),
        }
        for about, key in keys.items():
            claim = self._index.get((f"{schema}/{about}", key)) or self._index.get((f"{schema}/{about}", ()))
            if claim is not None:
                yield about, claim

    def _of(self, statement: SchemaStatement) -> Iterator[WantedImage]:
        for about in ("pixels", "format", "count", "transparent", "lifetime", "price"):
            if about in statement.value:
                yield from getattr(self, f"_{about}")(statement, statement.value[about])

    def _enter(self, statement: SchemaStatement, about: str, key: tuple[str, ...], text: str, tail: str = "") -> Claim:
        pointer = f"{statement.pointer}/{tail or about}"
        grouped = f"{short_pointer(statement.schema)}/{about}" if key else ""
        claim = self._book.enter(
            "billing" if about == "price" else "image",
            self._operation,
            pointer,
            text,
            name=short_pointer(statement.schema),
            tail="/".join((about, *key)),
            group=grouped,
        )
        self._index[(f"{statement.schema}/{about}", key)] = claim
        return claim

    def _pixels(self, statement: SchemaStatement, pixels: Json) -> Iterator[WantedImage]:
        if isinstance(pixels, str):
            yield WantedImage(
                self._enter(statement, "pixels", (FIXED,), f"images have {pixels} px"), (), statement.guards
            )
            return
        if "from" in pixels and (path := field_of(pixels["from"])):
            text = f"images have the aspect ratio of {'.'.join(path)}"
            claim = self._enter(statement, "pixels", (REFERENCE,), text, "pixels/from")
            yield WantedImage(claim, (), statement.guards)
        for row, size in _rows(pixels.get("table", {})):
            row_pointer = "pixels/table/" + "/".join(map(escaped, row))
            claim = self._enter(statement, "pixels", row, f"images for {', '.join(row)} have {size} px", row_pointer)
            if len(row) == len(self.by):
                yield WantedImage(
                    claim, tuple(zip(self.by, map(self._value, self.by, row), strict=True)), statement.guards
                )
        if "by" in pixels and (exact := self._exact()):
            text = "images have the requested size"
            claim = self._enter(statement, "pixels", (EXACT,), text, "pixels/by")
            yield WantedImage(claim, exact, statement.guards)

    def _exact(self) -> tuple[tuple[Path, Json], ...]:
        """The fields that choose the row where they also accept an exact size, each with a part of that size."""
        for path in self.by:
            rules = [statement for statement in self._samples.statements if statement.path == path]
            if any(rule.keyword == "x-image" for rule in rules):
                return ((path, f"1440{self._samples.between_sides(path)}1152"),)
        candidates = self.by if len(self.by) == _SIDES else tuple((*path, side) for path in self.by for side in _NAMES)
        sides = [(path, least) for path in candidates if (least := self._least(path))]
        return tuple(sides) if len(sides) == _SIDES else ()

    def _least(self, path: Path) -> int:
        """The smallest positive sample of an integer field; 0 for any other field."""
        numbers = (
            [number for number in self._samples.of(path) if type(number) is int and number > 0]
            if self._is_number(path)
            else []
        )
        return min(numbers, default=0)

    def _is_number(self, path: Path) -> bool:
        rules = [statement for statement in self._samples.statements if statement.path == path]
        return any(rule.keyword == "type" and "integer" in rule.value for rule in rules)

    def _value(self, path: Path, key: str) -> Json:
        """The field's value for a key of the table, whose keys are all strings."""
        return next((value for value in self._samples.of(path) if shown_key(value) == key), key)

    def _format(self, statement: SchemaStatement, written: Json) -> Iterator[WantedImage]:
        path = field_of(written)
        if path is None:
            yield WantedImage(self._enter(statement, "format", (), f"images are {written}"), (), statement.guards)
            return
        for stated in self._samples.statements:
            if stated.path == path and stated.keyword == "enum":
                for value in stated.value:
                    claim = self._enter(
                        statement,
                        "format",
                        (_PAINTED.get(value, value),),
                        f"images are {value} if {'.'.join(path)} says so",
                    )
                    yield WantedImage(claim, ((path, value),), statement.guards)

    def _count(self, statement: SchemaStatement, written: Json) -> Iterator[WantedImage]:
        limits = written["upTo"] if isinstance(written, dict) else written
        paths = [path for limit in (limits if isinstance(limits, list) else [limits]) if (path := field_of(limit))]
        most = "at most as many images" if isinstance(written, dict) else "as many images"
        text = (
            f"{most} are delivered as {'.'.join(paths[0])} says"
            if paths
            else "1 image is delivered"
            if written == 1
            else f"{shown(written)} images are delivered"
        )
        claim = self._enter(statement, "count", (), text)
        if paths:
            self.chosen.add(claim.id)
        yield WantedImage(claim, tuple((path, 2) for path in paths), statement.guards)

    def _transparent(self, statement: SchemaStatement, written: Json) -> Iterator[WantedImage]:
        if isinstance(written, bool):
            text = "images have transparent pixels" if written else "images have no transparent pixels"
            claim = self._enter(statement, "transparent", (str(written).lower(),), text)
            yield WantedImage(claim, (), statement.guards)

    def _lifetime(self, statement: SchemaStatement, seconds: Json) -> Iterator[WantedImage]:
        hours = f"{seconds / 3600:g} h"
        claim = self._enter(statement, "lifetime", (), f"the stated expiry of an image is {hours} after its task ended")
        yield WantedImage(claim, (), statement.guards)
        claim = self._book.enter(
            "image",
            self._operation,
            f"{statement.pointer}/lifetime",
            f"images can be downloaded for {hours}",
            name=short_pointer(statement.schema),
            tail="available",
        )
        self._index[(f"{statement.schema}/available", ())] = claim
        yield WantedImage(claim, (), statement.guards)

    def _price(self, statement: SchemaStatement, _: Json) -> Iterator[WantedImage]:
        text = "the stated cost is the price of the delivered images"
        yield WantedImage(self._enter(statement, "price", (), text), (), statement.guards)


_NAMES = ("width", "height")
_SIDES = len(_NAMES)

# Vendors' names of image formats → the names used by `ImageFacts`.
_PAINTED = {"jpg": "jpeg"}


def shown_key(value: Json) -> str:
    """The table key of a value."""
    return value if isinstance(value, str) else shown(value)


def _rows(table: Json, row: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(table, Mapping):
        for key, inner in table.items():
            if key != "x-evidence":
                yield from _rows(inner, (*row, key))
    elif isinstance(table, str):
        yield row, table


def _fields_read(written: Json) -> Iterator[Path]:
    """The paths of all fields that a statement about images reads."""
    if isinstance(written, Mapping):
        for key, inner in written.items():
            if key not in ("x-evidence", "watermark"):
                yield from _fields_read(inner)
    elif isinstance(written, list):
        for inner in written:
            yield from _fields_read(inner)
    elif (path := field_of(written)) is not None:
        yield path
