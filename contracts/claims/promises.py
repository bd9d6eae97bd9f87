"""What a contract promises of the pictures themselves, as claims: pixels by row, format, count, lifetime, price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pixpact.contracts.claims.book import Book
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.samples.samples import Samples
from pixpact.contracts.samples.statements import Guard, Path, Statement, short
from pixpact.specs.dialect.images import EXACT, FIXED, REFERENCE, Promise
from pixpact.specs.dialect.request_body import Reading
from pixpact.specs.openapi.document import Json, escaped, steps
from pixpact.specs.openapi.messages import short as shown

BODY = "$request.body#"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A claim about pictures, and the members that a request needs for it."""

    claim: Claim
    members: tuple[tuple[Path, Json], ...]
    guards: tuple[Guard, ...]


def member_of(expression: Json) -> Path | None:
    """The path of the member that a runtime expression reads; None for any other value."""
    if isinstance(expression, str) and expression.startswith(BODY):
        return steps(expression.removeprefix(BODY))
    return None


class Promises:
    """The claims of the `x-images` of one request schema."""

    def __init__(self, book: Book, operation: str, samples: Samples) -> None:
        self._book = book
        self._operation = operation
        self._samples = samples
        self._said = [it for it in samples.statements if it.keyword == "x-images"]
        self.by = self._by()
        self.read = frozenset(path for it in self._said for path in _members_read(it.value))
        """The members that decide about the pictures."""
        self._index: dict[tuple[str, tuple[str, ...]], Claim] = {}
        self.wanted: list[Wanted] = [wanted for it in self._said for wanted in self._of(it)]

    def _by(self) -> tuple[Path, ...]:
        """The members whose values choose a row of the table of pixels."""
        tables = [it.value.get("pixels") for it in self._said]
        found = [table["by"] for table in tables if isinstance(table, dict) and "by" in table]
        return tuple(path for text in (found[-1] if found else ()) if (path := member_of(text)))

    def decides(self, path: Path) -> str:
        """What of the pictures a member decides about: `pixels`, `format`, `count` or `as` (how they come)."""
        if path in self.by:
            return "pixels"
        is_format = any(member_of(it.value.get("format")) == path for it in self._said)
        return "format" if is_format else "count" if path in self.read else "as"

    def of(self, reading: Reading, promise: Promise) -> dict[str, Claim]:
        """The claims that one request's pictures are judged by: what it is about → claim."""
        found: dict[str, Claim] = {}
        for mark in reading.marks:
            if mark.keyword == "x-images":
                found |= dict(self._stated(mark.schema, promise))
        if not promise.promised:
            found.pop("pixels", None)
        return found

    def _stated(self, schema: str, promise: Promise) -> Iterator[tuple[str, Claim]]:
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

    def _of(self, statement: Statement) -> Iterator[Wanted]:
        for about in ("pixels", "format", "count", "transparent", "lifetime", "price"):
            if about in statement.value:
                yield from getattr(self, f"_{about}")(statement, statement.value[about])

    def _enter(self, statement: Statement, about: str, key: tuple[str, ...], text: str, place: str = "") -> Claim:
        pointer = f"{statement.pointer}/{place or about}"
        grouped = f"{short(statement.schema)}/{about}" if key else ""
        claim = self._book.enter(
            "billing" if about == "price" else "image",
            self._operation,
            pointer,
            text,
            name=short(statement.schema),
            tail="/".join((about, *key)),
            group=grouped,
        )
        self._index[(f"{statement.schema}/{about}", key)] = claim
        return claim

    def _pixels(self, statement: Statement, pixels: Json) -> Iterator[Wanted]:
        if isinstance(pixels, str):
            yield Wanted(self._enter(statement, "pixels", (FIXED,), f"pictures have {pixels} px"), (), statement.guards)
            return
        if "from" in pixels and (path := member_of(pixels["from"])):
            text = f"pictures have the shape of {'.'.join(path)}"
            claim = self._enter(statement, "pixels", (REFERENCE,), text, "pixels/from")
            yield Wanted(claim, (), statement.guards)
        for row, size in _rows(pixels.get("table", {})):
            place = "pixels/table/" + "/".join(map(escaped, row))
            claim = self._enter(statement, "pixels", row, f"pictures for {', '.join(row)} have {size} px", place)
            if len(row) == len(self.by):
                yield Wanted(claim, tuple(zip(self.by, map(self._value, self.by, row), strict=True)), statement.guards)
        if "by" in pixels and (exact := self._exact()):
            text = "pictures have the pixels of a size text that was sent"
            claim = self._enter(statement, "pixels", (EXACT,), text, "pixels/by")
            yield Wanted(claim, (exact,), statement.guards)

    def _exact(self) -> tuple[Path, Json] | None:
        """A member that chooses the row and takes a size text as well, with such a text."""
        for path in self.by:
            rules = [it for it in self._samples.statements if it.path == path]
            if any(it.keyword == "x-image" for it in rules):
                return path, "1440x1152"
        return None

    def _value(self, path: Path, key: str) -> Json:
        """The value that a row of a table stands for: rows are named by texts."""
        return next((value for value in self._samples.of(path) if shown_key(value) == key), key)

    def _format(self, statement: Statement, written: Json) -> Iterator[Wanted]:
        path = member_of(written)
        if path is None:
            yield Wanted(self._enter(statement, "format", (), f"pictures are {written}"), (), statement.guards)
            return
        for it in self._samples.statements:
            if it.path == path and it.keyword == "enum":
                for value in it.value:
                    claim = self._enter(
                        statement,
                        "format",
                        (_PAINTED.get(value, value),),
                        f"pictures are {value} where {'.'.join(path)} says so",
                    )
                    yield Wanted(claim, ((path, value),), statement.guards)

    def _count(self, statement: Statement, written: Json) -> Iterator[Wanted]:
        limits = written["upTo"] if isinstance(written, dict) else written
        paths = [path for limit in (limits if isinstance(limits, list) else [limits]) if (path := member_of(limit))]
        most = "at most as many pictures as" if isinstance(written, dict) else "as many pictures as"
        what = (
            f"{most} {'.'.join(paths[0])} says"
            if paths
            else "one picture"
            if written == 1
            else f"{shown(written)} pictures"
        )
        claim = self._enter(statement, "count", (), f"{what} come back")
        yield Wanted(claim, tuple((path, 2) for path in paths), statement.guards)

    def _transparent(self, statement: Statement, written: Json) -> Iterator[Wanted]:
        if isinstance(written, bool):
            text = "pictures have transparent pixels" if written else "pictures have no transparent pixels"
            claim = self._enter(statement, "transparent", (str(written).lower(),), text)
            yield Wanted(claim, (), statement.guards)

    def _lifetime(self, statement: Statement, seconds: Json) -> Iterator[Wanted]:
        hours = f"{seconds / 3600:g} h"
        claim = self._enter(
            statement, "lifetime", (), f"the stated expiry of a picture is {hours} after its task ended"
        )
        yield Wanted(claim, (), statement.guards)
        claim = self._book.enter(
            "image",
            self._operation,
            f"{statement.pointer}/lifetime",
            f"pictures can be fetched for {hours}",
            name=short(statement.schema),
            tail="available",
        )
        self._index[(f"{statement.schema}/available", ())] = claim
        yield Wanted(claim, (), statement.guards)

    def _price(self, statement: Statement, _: Json) -> Iterator[Wanted]:
        text = "the stated cost is the price of the pictures that were made"
        yield Wanted(self._enter(statement, "price", (), text), (), statement.guards)


# What a vendor may call the formats that can be told from bytes.
_PAINTED = {"jpg": "jpeg"}


def shown_key(value: Json) -> str:
    """The name of a table's row for a value."""
    return value if isinstance(value, str) else shown(value)


def _rows(table: Json, row: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(table, Mapping):
        for key, inner in table.items():
            if key != "x-evidence":
                yield from _rows(inner, (*row, key))
    elif isinstance(table, str):
        yield row, table


def _members_read(written: Json) -> Iterator[Path]:
    """Every member that a statement about pictures reads."""
    if isinstance(written, Mapping):
        for key, inner in written.items():
            if key not in ("x-evidence", "watermark"):
                yield from _members_read(inner)
    elif isinstance(written, list):
        for inner in written:
            yield from _members_read(inner)
    elif (path := member_of(written)) is not None:
        yield path
