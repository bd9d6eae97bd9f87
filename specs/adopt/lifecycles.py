"""Proposes which operations of a plain document start and show tasks, with reasons.

OpenAPI does not state it. Evidence is: an id in a response that another path takes, status words, 202, `Location`, a
URL to poll. Proposals are comments in the draft, without effect until an author confirms them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pixpact.specs.adopt.draft import DraftDocument
from pixpact.specs.openapi.document import Json, escaped
from pixpact.specs.openapi.media import is_json

_SUCCESS = {
    "succeeded",
    "success",
    "successful",
    "completed",
    "complete",
    "done",
    "finished",
    "ready",
    "ok",
    "processed",
}
_FAILURE = {
    *("failed", "failure", "fail", "error", "errored", "canceled", "cancelled", "expired", "rejected", "aborted"),
    *("moderated", "request_moderated", "content_moderated", "timeout", "timed_out", "task_not_found", "incomplete"),
}
_STATUS = {"status", "state", "taskstatus", "jobstatus"}
_POLLED = {"get", "pollingurl", "statusurl", "responseurl", "resulturl"}
_DEEPEST = 3
_UNNAMED = ("id", "uuid")
_OF_TASKS = ("task", "job", "result", "prediction", "generation", "status", "request", "operation", "queue")


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field of a response: JSON pointer, name (lower case, letters and digits only), and its enum values."""

    pointer: str
    name: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LifecycleProposal:
    """An operation that seems to start tasks, the one that seems to show them, and why."""

    starts: str
    """The JSON pointer of the operation."""
    shows: str
    operation: str
    """The id of the operation that shows the task."""
    name: str
    parameter: tuple[str, str]
    """(name, location) of the parameter that takes the task id."""
    status: str
    """The status of the response with the task id."""
    id: ShownField
    word: ShownField | None
    reasons: tuple[str, ...]

    def states(self) -> dict[str, dict[str, Json]]:
        """A lifecycle of the status words, in their order, with outcomes last."""
        words = self.word.words if self.word else ("pending", "succeeded", "failed")
        ends = [word for word in words if _plain(word) in {_plain(one) for one in _SUCCESS | _FAILURE}]
        good = [word for word in ends if _plain(word) in {_plain(one) for one in _SUCCESS}] or ["succeeded"]
        bad = [word for word in ends if word not in good]
        waiting = [word for word in words if word not in ends] or ["pending"]
        following = [*waiting[1:], ""]
        states: dict[str, dict[str, Json]] = {
            word: {"after": 5, "next": after or [*good[:1], *bad]}
            for word, after in zip(waiting, following, strict=True)
        }
        states |= {word: {"outcome": "success"} for word in good}
        return states | {word: {"outcome": "failure"} for word in bad}


def lifecycle_proposals(draft: DraftDocument) -> list[LifecycleProposal]:
    """The likely lifecycles, at most one for each operation that may start tasks."""
    proposals = []
    for path, method, pointer, operation in draft.operations():
        if method in ("post", "put") and "x-lifecycle" not in operation:
            options = list(_options(draft, path, pointer, operation))
            if options:
                proposals.append(max(options, key=lambda one: len(one.reasons)))
    return proposals


def _options(draft: DraftDocument, path: str, pointer: str, operation: dict[str, Any]) -> Iterator[LifecycleProposal]:
    for status, response in _successes(draft, operation):
        given = list(_fields(draft, response))
        own = list(_reasons(status, response, given))
        likely = bool(own)
        if any(one.name in _STATUS for one in given):
            own.append("its response has a status")
        for shown_path, method, path_item, shows in draft.operations():
            if method == "get" and (taken := _taken(given, path, shown_path, shows, likely)):
                word = _word(draft, shows)
                reasons = [*own, *_worded(word, shows)]
                if reasons:
                    first = f"{shows['operationId']} takes the {taken[0].pointer} of its response as {taken[1][0]}"
                    name = shows["operationId"]
                    yield LifecycleProposal(
                        pointer, path_item, name, _task_name(name), taken[1], status, taken[0], word, (first, *reasons)
                    )


def _task_name(operation: str) -> str:
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z0-9]+", operation)]
    kept = [
        word
        for word in words
        if word not in ("get", "show", "retrieve", "fetch", "read", "find", "by", "id", "v1", "v2")
    ]
    return "-".join(kept) or "task"


def _successes(draft: DraftDocument, operation: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    responses = operation["responses"]
    return [(status, draft.resolved(responses[status])) for status in responses if status.startswith("2")]


def _taken(
    given: list[ShownField], path: str, shown_path: str, shows: dict[str, Any], likely: bool
) -> tuple[ShownField, tuple[str, str]] | None:
    """(response field, (name, location) of the parameter that takes it); None if there is no such parameter.

    `likely`: the response itself suggests a task.
    """
    parameters = [one for one in shows.get("parameters", ()) if one.get("in") in ("path", "query")]
    related = _related(path, shown_path, likely)
    for parameter in reversed([one for one in parameters if one["in"] == "path" or one.get("required")]):
        name = _plain(parameter["name"])
        for field in given:
            same = field.name == name and name.endswith(("id", "uuid")) and name not in _UNNAMED
            own = field.name in _UNNAMED and related and name.endswith(("id", "uuid"))
            if same or own:
                return field, (parameter["name"], parameter["in"])
    return None


def _related(path: str, shown_path: str, likely: bool) -> bool:
    """Whether a field named just `id` may be meant: both paths share a collection, or the collection is of tasks."""
    base = re.sub(r"/\{.*", "", shown_path)
    collection = base.rpartition("/")[2].lower()
    last = re.sub(r"/\{[^/]*", "", path).rpartition("/")[2].lower()
    below = path.startswith(f"{base}/") or base.startswith(path.rstrip("/") + "/")
    same = bool(collection) and (last == collection or below)
    return same or (likely and any(word in collection for word in _OF_TASKS))


def _reasons(status: str, response: dict[str, Any], given: list[ShownField]) -> Iterator[str]:
    if status == "202":
        yield "it answers 202"
    if any(name.lower() in ("location", "operation-location") for name in response.get("headers", {})):
        yield "its response names a Location"
    polled = next((one for one in given if one.name in _POLLED), None)
    if polled is not None:
        yield f"its response names an address to poll, {polled.pointer}"


def _word(draft: DraftDocument, shows: dict[str, Any]) -> ShownField | None:
    fields = [field for _, response in _successes(draft, shows) for field in _fields(draft, response)]
    return next((field for field in fields if field.name in _STATUS and len(field.words) > 1), None)


def _worded(word: ShownField | None, shows: dict[str, Any]) -> Iterator[str]:
    if word is not None:
        yield f"{shows['operationId']} says {word.pointer}: {', '.join(word.words)}"


def _fields(draft: DraftDocument, response: dict[str, Any]) -> Iterator[ShownField]:
    """Yield the fields of a response's JSON bodies, to the usual depth of an id or a status."""
    for name, media in response.get("content", {}).items():
        if is_json(name):
            yield from (one for one in _inner(draft, media["schema"], "", _DEEPEST) if not _many(one.pointer))


def _many(pointer: str) -> bool:
    """Whether a field is in a list within a list, or in a list that is the whole body."""
    return pointer.startswith("/0/") or pointer.count("/0/") > 1


def _inner(draft: DraftDocument, schema: Json, pointer: str, depth: int) -> Iterator[ShownField]:
    part = draft.resolved(schema)
    if not isinstance(part, dict) or depth == 0:
        return
    for keyword in ("allOf", "anyOf", "oneOf"):
        for one in part.get(keyword, ()):
            yield from _inner(draft, one, pointer, depth)
    for name, written in part.get("properties", {}).items():
        inner = draft.resolved(written)
        if isinstance(inner, dict):
            field_pointer = f"{pointer}/{escaped(name)}"
            yield ShownField(field_pointer, _plain(name), tuple(dict.fromkeys(_words(draft, inner))))
            yield from _inner(draft, inner, field_pointer, depth - 1)
    if "items" in part:
        yield from _inner(draft, part["items"], f"{pointer}/0", depth - 1)


def _words(draft: DraftDocument, schema: dict[str, Any]) -> Iterator[str]:
    yield from (word for word in schema.get("enum", ()) if isinstance(word, str))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for one in schema.get(keyword, ()):
            part = draft.resolved(one)
            yield from _words(draft, part) if isinstance(part, dict) else ()


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
