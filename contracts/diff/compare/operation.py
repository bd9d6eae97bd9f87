"""Compares one operation: parameters, bodies, responses, callbacks, and its own fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pixpact.contracts.diff.compare import media, security
from pixpact.contracts.diff.compare.differences import (
    Action,
    ContractDifference,
    MessageSite,
    StatedAt,
    change_of,
    of_both,
)
from pixpact.contracts.diff.compare.sides import ComparedSides
from pixpact.contracts.diff.compare.values import types_of
from pixpact.contracts.diff.read.applied_schemas import Direction, Pointers
from pixpact.contracts.diff.read.message_pairs import in_range, media_types, of_class, statuses
from pixpact.contracts.diff.read.operations import SideOperation, of_item
from pixpact.contracts.diff.read.styles import STYLE, style_of, written_apart
from pixpact.specs.openapi.document import at, escaped
from pixpact.specs.openapi.parts import resolved
from pixpact.wire.bodies import STREAM

_MOVES: tuple[Action, ...] = ("removed", "added")


class OperationComparison:
    """Compares one operation. The messages of a callback go the other way."""

    def __init__(self, both: ComparedSides, before: SideOperation, after: SideOperation, label: str = "") -> None:
        self.both = both
        self.calls = before, after
        self.label = label or before.label
        self.inbound = bool(label) or before.label.startswith("webhook ")
        self.request: Direction = "response" if self.inbound else "request"
        self.response: Direction = "request" if self.inbound else "response"

    def differences(self) -> Iterator[ContractDifference]:
        """Everything that differs."""
        yield from self._flags()
        yield from security.differences(self.both.base, self.both.revision, *self.calls)
        yield from self._parameters()
        yield from self._body()
        yield from self._responses()
        yield from self._callbacks()

    def _at(self, new: bool, pointer: str) -> Any:
        side = self.both.revision if new else self.both.base
        try:
            return at(side.value, resolved(side.value, pointer))
        except KeyError:
            return None

    def _fields(self, new: bool, pointer: str, names: bool = False) -> dict[str, str]:
        """Field → pointer behind its `$ref`. `names`: the keys are names of any form, `x-` too."""
        side = self.both.revision if new else self.both.base
        written = self._at(new, pointer) or {}
        owner = resolved(side.value, pointer) if written else pointer
        return {
            name: resolved(side.value, f"{owner}/{escaped(name)}")
            for name in written
            if names or not name.startswith("x-")
        }

    def _site(
        self, direction: Direction, area: str, name: str = "", old: Pointers = (), new: Pointers = ()
    ) -> MessageSite:
        return MessageSite(direction, area, self.label, name, old, new, self.inbound)

    def _flags(self) -> Iterator[ContractDifference]:
        old, new = (self._at(index == 1, call.pointer) for index, call in enumerate(self.calls))
        site = self._site("request", "operation")
        spots = of_both(StatedAt(f"{call.pointer}", None) for call in self.calls)
        if bool(old.get("deprecated")) != bool(new.get("deprecated")):
            action: Action = "added" if new.get("deprecated") else "removed"
            yield ContractDifference("operation-deprecated", action, site, (), *spots)
        yield from self._sunset(old, new, site)
        if old.get("operationId") != new.get("operationId"):
            named = of_both(
                StatedAt(f"{call.pointer}/operationId", written.get("operationId"))
                for call, written in zip(self.calls, (old, new), strict=True)
            )
            yield ContractDifference("operation-id", "changed", site, (), *named)

    def _sunset(self, old: dict[str, Any], new: dict[str, Any], site: MessageSite) -> Iterator[ContractDifference]:
        """`sunset`, the day on which an operation ends: not in OpenAPI, but widely used."""
        ends = [written.get("x-sunset", written.get("sunset")) for written in (old, new)]
        if ends[0] != ends[1]:
            action = change_of(ends[0] is not None, ends[1] is not None)
            spots = of_both(StatedAt(call.pointer, end) for call, end in zip(self.calls, ends, strict=True))
            yield ContractDifference("operation-sunset", action, site, (), *spots)

    # ------------------------------------------------------------------ parameters

    def _parameters(self) -> Iterator[ContractDifference]:
        old, new = self._parameters_of(False), self._parameters_of(True)
        for key in dict.fromkeys((*old, *new)):
            name = f"{key[0]} {key[1] if key[0] != 'path' else self._path_name(key[1])}"
            if key in old and key in new:
                yield from self._parameter(name, old[key], new[key])
            else:
                gone = key in old
                written = self._at(not gone, (old if gone else new)[key])
                subject = "required-parameter" if written.get("required") else "optional-parameter"
                site = self._site(self.request, "parameter", name, *self._schemas_of(old.get(key), new.get(key)))
                before = StatedAt(old[key]) if gone else StatedAt(self.calls[0].pointer)
                after = StatedAt(self.calls[1].pointer) if gone else StatedAt(new[key])
                yield ContractDifference(subject, "removed" if gone else "added", site, (key[1],), before, after)

    def _path_name(self, position: str) -> str:
        names = self.calls[0].parameter_names()
        return names[int(position)] if position.isdecimal() and int(position) < len(names) else position

    def _parameters_of(self, new: bool) -> dict[tuple[str, str], str]:
        """Parameters by location and name: path parameters by position, headers in lower case."""
        call, side = self.calls[new], self.both.revision if new else self.both.base
        pointers: dict[tuple[str, str], str] = {}
        for owner in (call.item, call.pointer):
            for index in range(len(at(side.value, owner).get("parameters", ()))):
                pointer = resolved(side.value, f"{owner}/parameters/{index}")
                written = at(side.value, pointer)
                if "in" not in written:
                    continue  # no parameter; a note says so
                kind, name = written["in"], written.get("name", "")
                if kind == "header":
                    name = name.lower()
                if kind == "header" and name in ("accept", "content-type", "authorization"):
                    continue  # OpenAPI 3.1.1, section 4.8.12.1: such a definition is ignored
                names = call.parameter_names()
                pointers[kind, str(names.index(name)) if kind == "path" and name in names else name] = pointer
        return pointers

    def _schemas_of(self, old: str | None, new: str | None) -> tuple[Pointers, Pointers]:
        return self._schema_of(False, old), self._schema_of(True, new)

    def _schema_of(self, new: bool, pointer: str | None) -> Pointers:
        """The schema of a parameter or header; if it has `content`, that of the only media type."""
        written = self._at(new, pointer) if pointer else None
        if not written:
            return ()
        if "schema" in written:
            return (f"{pointer}/schema",)
        media = next(iter(written.get("content", {})), None)
        schema = f"{pointer}/content/{escaped(media)}/schema" if media else ""
        return (schema,) if media and self._at(new, schema) is not None else ()

    def _parameter(self, name: str, old: str, new: str) -> Iterator[ContractDifference]:
        styles = style_of(self._at(False, old)), style_of(self._at(True, new))
        schemas = self._schemas_of(old, new)
        site = replace(self._site(self.request, "parameter", name, *schemas), styles=styles, coded=_coded(*schemas))
        path = (name.partition(" ")[2],)
        yield from self._requirement("parameter-required", site, path, old, new)
        before, after = self._at(False, old), self._at(True, new)
        yield from self._written(site, path, old, new)
        if bool(before.get("allowEmptyValue")) != bool(after.get("allowEmptyValue")):
            empty: Action = "added" if after.get("allowEmptyValue") else "removed"
            kinds = types_of(self.both.reader(True, site.direction).shape(site.after))
            yield ContractDifference(
                "parameter-empty", empty, site, path, StatedAt(old), StatedAt(new), detail=kinds is None
            )
        if bool(before.get("deprecated")) != bool(after.get("deprecated")):
            action: Action = "added" if after.get("deprecated") else "removed"
            yield ContractDifference("field-deprecated", action, site, (), StatedAt(old), StatedAt(new))
        yield from self.both.schemas(site)

    def _written(self, site: MessageSite, path: tuple[str, ...], old: str, new: str) -> Iterator[ContractDifference]:
        """How a value is serialized, if the texts differ."""
        readers = (self.both.reader(index == 1, site.direction) for index in (0, 1))
        kinds = [
            types_of(reader.shape(pointers))
            for reader, pointers in zip(readers, (site.before, site.after), strict=True)
        ]
        styles = site.styles or (style_of({}), style_of({}))
        if reported := written_apart(site.name.partition(" ")[2], styles[0], styles[1], kinds[0], kinds[1]):
            keys = [key for key, was, now in zip(STYLE, *styles, strict=True) if was != now]
            spots = (StatedAt(f"{old}/{keys[0]}", styles[0].reported), StatedAt(f"{new}/{keys[0]}", styles[1].reported))
            yield ContractDifference("parameter-style", "changed", site, path, *spots, detail=reported)

    def _requirement(
        self, subject: str, site: MessageSite, path: tuple[str, ...], old: str, new: str
    ) -> Iterator[ContractDifference]:
        was, is_now = (bool(self._at(index == 1, pointer).get("required")) for index, pointer in enumerate((old, new)))
        if was != is_now:
            spots = (StatedAt(f"{old}/required", was), StatedAt(f"{new}/required", is_now))
            yield ContractDifference(subject, "added" if is_now else "removed", site, path, *spots)

    # ------------------------------------------------------------------ bodies

    def _body(self) -> Iterator[ContractDifference]:
        pointers = [f"{call.pointer}/requestBody" for call in self.calls]
        old, new = (self._at(index == 1, pointer) for index, pointer in enumerate(pointers))
        if old is None and new is None:
            return
        if old is None or new is None:
            written = old or new or {}
            subject = "required-body" if written.get("required") else "optional-body"
            spots = of_both(
                StatedAt(pointer if body is not None else call.pointer)
                for pointer, body, call in zip(pointers, (old, new), self.calls, strict=True)
            )
            site = self._site(self.request, "body", self._media_names(old or new))
            yield ContractDifference(subject, "added" if old is None else "removed", site, (), *spots)
            return
        sides = (self.both.base, self.both.revision)
        bodies = [resolved(side.value, pointer) for side, pointer in zip(sides, pointers, strict=True)]
        both = set(old.get("content", {})) & set(new.get("content", {})) or {
            *old.get("content", {}),
            *new.get("content", {}),
        }
        site = self._site(self.request, "body", " or ".join(sorted(both)))
        yield from self._requirement("body-required", site, (), bodies[0], bodies[1])
        yield from self._contents(self.request, "body", "", bodies[0], bodies[1])

    def _media_names(self, body: dict[str, Any] | None) -> str:
        return " or ".join((body or {}).get("content", {}))

    def _contents(
        self, direction: Direction, area: str, prefix: str, old: str, new: str
    ) -> Iterator[ContractDifference]:
        """Media types that are new or gone, and the schemas of the common ones."""
        left, right = self._fields(False, f"{old}/content"), self._fields(True, f"{new}/content")
        subject = "media-type" if direction == self.request else "response-media-type"
        alone: set[tuple[str, Action]] = set()
        values = self.both.base.value, self.both.revision.value
        for before_name, after_name in media_types(left, right):
            if before_name and after_name:
                schemas = (self._schema_at(False, left[before_name]), self._schema_at(True, right[after_name]))
                name = after_name if in_range(after_name, before_name) else before_name
                site = self._site(direction, area, f"{prefix} {name}".strip(), *schemas)
                yield from self.both.schemas(site)
                if direction == "request":
                    yield from media.encodings(site, *values, left[before_name], right[after_name])
                    yield from self._part_styles(site, left[before_name], right[after_name])
                if before_name == after_name == STREAM and self.both.base.contract and self.both.revision.contract:
                    yield from media.streams(site, *values, left[before_name], right[after_name])
                # A range contains more than the type in it: the rest is new, or gone.
                if in_range(before_name, after_name):
                    alone.add((after_name, "added"))
                elif in_range(after_name, before_name):
                    alone.add((before_name, "removed"))
                continue
            alone.add((before_name or after_name or "", "removed" if before_name else "added"))
        for name in (*left, *right):
            for action in _MOVES:
                if (name, action) in alone:
                    alone.remove((name, action))
                    site = self._site(direction, "media-type", f"{prefix} {name}".strip())
                    before, after = StatedAt(left.get(name, old), name), StatedAt(right.get(name, new), name)
                    facts = {
                        "conditional": name in right and "x-when" in self._at(True, right[name]),
                        "narrowed": any(in_range(listed, name) for listed in (right if action == "removed" else left)),
                    }
                    yield ContractDifference(subject, action, site, (), before, after, detail=facts)

    def _part_styles(self, site: MessageSite, old: str, new: str) -> Iterator[ContractDifference]:
        """How fields of a form are serialized, if an encoding says so (OpenAPI 3.1.1, section 4.8.15.1.2)."""
        encodings = [self._fields(index == 1, f"{media}/encoding", True) for index, media in enumerate((old, new))]
        for name in dict.fromkeys((*encodings[0], *encodings[1])):
            spots = [encoding.get(name, media) for encoding, media in zip(encodings, (old, new), strict=True)]
            written = [
                self._at(index == 1, encoding[name]) if name in encoding else {}
                for index, encoding in enumerate(encodings)
            ]
            styles = style_of({"in": "query", **written[0]}), style_of({"in": "query", **written[1]})
            inner = [
                self.both.reader(index == 1, site.direction).declared(schemas).get(name, ())
                for index, schemas in enumerate((site.before, site.after))
            ]
            part = replace(site, name=f"form {name}", before=inner[0], after=inner[1], styles=styles)
            for difference in self._written(part, (name,), *spots):
                yield replace(difference, site=site)

    def _schema_at(self, new: bool, media: str) -> Pointers:
        return (f"{media}/schema",) if self._at(new, f"{media}/schema") is not None else ()

    # ------------------------------------------------------------------ responses

    def _responses(self) -> Iterator[ContractDifference]:
        old, new = (self._fields(index == 1, f"{call.pointer}/responses") for index, call in enumerate(self.calls))
        for before_status, after_status in statuses(old, new):
            if before_status and after_status:
                name = after_status if of_class(after_status, before_status) else before_status
                yield from self._contents(self.response, "response", name, old[before_status], new[after_status])
                yield from self._headers(name, old[before_status], new[after_status])
        for status in dict.fromkeys((*old, *new)):
            if status in old and status in new:
                continue
            success = "success-status" if status[0] in "123" else "error-status"
            site = self._site(self.response, "status", status)
            before = StatedAt(old.get(status, f"{self.calls[0].pointer}/responses"), status)
            after = StatedAt(new.get(status, f"{self.calls[1].pointer}/responses"), status)
            same = new if status in old else old
            facts = {
                "covered": next((wide for wide in same if of_class(status, wide)), None),
                "narrowed": any(of_class(listed, status) for listed in same),
                "others": [sibling for sibling in old if sibling in new and sibling[0] == status[0]],
            }
            action: Action = "removed" if status in old else "added"
            yield ContractDifference(success, action, site, (), before, after, detail=facts)

    def _headers(self, status: str, old: str, new: str) -> Iterator[ContractDifference]:
        left, right = (
            {name.lower(): pointer for name, pointer in self._fields(index == 1, f"{response}/headers", True).items()}
            for index, response in enumerate((old, new))
        )
        for name in dict.fromkeys((*left, *right)):
            if name == "content-type":
                continue
            schemas = self._schemas_of(left.get(name), right.get(name))
            site = replace(self._site(self.response, "header", f"{status} {name}", *schemas), coded=_coded(*schemas))
            if name in left and name in right:
                yield from self._requirement("header-required", site, (name,), left[name], right[name])
                yield from self.both.schemas(site)
                continue
            written = self._at(name in right, left.get(name) or right[name])
            subject = "required-header" if written.get("required") else "optional-header"
            before, after = StatedAt(left.get(name, old)), StatedAt(right.get(name, new))
            yield ContractDifference(subject, "removed" if name in left else "added", site, (name,), before, after)

    # ------------------------------------------------------------------ callbacks

    def _callbacks(self) -> Iterator[ContractDifference]:
        old, new = (self._called_back(index == 1, call.pointer) for index, call in enumerate(self.calls))
        for label in dict.fromkeys((*old, *new)):
            if label in old and label in new:
                yield from self._address(label, old[label], new[label])
                yield from OperationComparison(self.both, old[label], new[label], f"{self.label} {label}").differences()
            else:
                before = StatedAt(old[label].pointer) if label in old else StatedAt(self.calls[0].pointer)
                after = StatedAt(new[label].pointer) if label in new else StatedAt(self.calls[1].pointer)
                site = self._site("response", "callback", label)
                yield ContractDifference("callback", "removed" if label in old else "added", site, (), before, after)

    def _address(self, label: str, old: SideOperation, new: SideOperation) -> Iterator[ContractDifference]:
        """The URL of a callback, or the expression for it."""
        if old.path != new.path:
            spots = StatedAt(old.item, old.path), StatedAt(new.item, new.path)
            yield ContractDifference("callback-url", "changed", self._site("response", "callback", label), (), *spots)

    def _called_back(self, new: bool, pointer: str) -> dict[str, SideOperation]:
        side = self.both.revision if new else self.both.base
        callbacks = {}
        for name, callback in self._fields(new, f"{pointer}/callbacks").items():
            urls = list(self._fields(new, callback))
            for url in urls:
                item = resolved(side.value, f"{callback}/{escaped(url)}")
                for call in of_item(side, item, "", f"callback {name} "):
                    # A single URL may change; of several, each is a callback of its own.
                    label = call.label.strip() + (f" {url}" if len(urls) > 1 else "")
                    callbacks[label] = SideOperation(label, call.method, url, call.item, call.pointer)
        return callbacks


def _coded(old: Pointers, new: Pointers) -> bool:
    """Whether both sides state the schema of a parameter or header under a media type."""
    return bool(old and new) and all(schema.split("/")[-3] == "content" for schema in (old[0], new[0]))
