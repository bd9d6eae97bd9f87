"""Converts requests and responses of a foreign document: media types that can be served, and named examples.

An error example is renamed to the cause that its status implies; missing examples become placeholders.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from pixpact.specs.adopt.draft import DraftDocument, placeholder
from pixpact.specs.adopt.samples import sample
from pixpact.specs.contract.model import CAUSES
from pixpact.specs.openapi.document import Json, steps
from pixpact.specs.openapi.media import STREAM, is_file, is_form, is_json

JSON = "application/json"
_CAUSE_OF = {
    "400": "invalid-request",
    "422": "invalid-request",
    "401": "unauthenticated",
    "402": "insufficient-balance",
    "403": "forbidden",
    "404": "unknown-task",
    "429": "rate-limited",
    "500": "server-error",
    "502": "bad-gateway",
    "503": "unavailable",
    "504": "gateway-timeout",
    "520": "gateway-error",
    "521": "origin-down",
    "522": "origin-connect-timeout",
    "523": "origin-unreachable",
    "524": "gateway-timeout",
}
_STATUSES = {"unauthenticated": ("401", "403", "4XX"), "invalid-request": ("400", "422", "4XX")}
"""The statuses in which a refusal may be documented, the usual one first."""
_PICTURE = "picture"
FORMATS = ("jpeg", "png", "webp")
"""The image formats that the mock can generate."""
MADE = "made of its schema"
_DEEPEST = 6
"""Maximum depth of included schemas in which a field is looked up."""


def convert_bodies(draft: DraftDocument) -> None:
    """Convert every request body and response of every operation."""
    for _, method, pointer, operation in draft.operations():
        _request(draft, pointer, operation)
        _responses(draft, pointer, operation)
        _success(draft, pointer, operation, method)
        for cause in needed_refusals(draft, operation):
            refuse(draft, pointer, cause)


def needed_refusals(draft: DraftDocument, operation: dict[str, Any]) -> list[str]:
    """The causes of refusal that every client of the operation may meet."""
    keyed = operation.get("security", draft.value.get("security"))
    asked = operation.get("requestBody") or any(one["in"] != "path" for one in operation.get("parameters", ()))
    return ["unauthenticated"] * bool(keyed) + ["invalid-request"] * bool(asked)


# ------------------------------------------------------------------------------------------------ requests


def _request(draft: DraftDocument, pointer: str, operation: dict[str, Any]) -> None:
    body = draft.resolved(operation.get("requestBody"))
    if not isinstance(body, dict) or not body.get("content"):
        operation.pop("requestBody", None)
        return
    content = body["content"] = _media_types(draft, f"{pointer}/requestBody", body["content"])
    for name, media in content.items():
        _examples(draft, media)
        if not media.get("examples") and (is_json(name) or is_form(name)):
            value = sample(draft, media["schema"])
            media["examples"] = {"sample": {"value": value, "x-evidence": placeholder(MADE)}}


def _media_types(draft: DraftDocument, pointer: str, content: dict[str, Any]) -> dict[str, Any]:
    """The content with wildcard media types replaced by concrete ones; each gets a schema."""
    media_types: dict[str, Any] = {}
    for name, written in content.items():
        media = written if isinstance(written, dict) else {}
        media.setdefault("schema", {})
        plain = {"*/*": JSON, "image/*": "image/png"}.get(name, name.replace("/*", "/octet-stream"))
        if plain != name:
            draft.note(pointer, "changed", f"media type: {name} as {plain}")
        media_types.setdefault(plain, media)
    return draft.derived(media_types, content)  # type: ignore[no-any-return]  # it is what was given


def _examples(draft: DraftDocument, media: dict[str, Any]) -> None:
    """Move the single `example` into `examples`; drop examples without an embedded value."""
    shown = {name: draft.resolved(one) for name, one in (media.get("examples") or {}).items()}
    if "example" in media:
        shown.setdefault("example", {"value": media.pop("example")})
    kept = {name: one for name, one in shown.items() if isinstance(one, dict) and "value" in one}
    media.pop("examples", None)
    if kept:
        media["examples"] = draft.derived(kept, kept)


# ------------------------------------------------------------------------------------------------ responses


def _responses(draft: DraftDocument, pointer: str, operation: dict[str, Any]) -> None:
    """Convert the responses of an operation; of several for one cause, only the first is unconditional."""
    causes: set[str] = set()
    responses = {str(status).replace("x", "X"): one for status, one in operation["responses"].items()}
    operation["responses"] = draft.derived(responses, operation["responses"])
    for status in list(responses):
        response = draft.resolved(responses[status])
        if status.startswith(("x-", "X-")) or not isinstance(response, dict):
            del responses[status]
            continue
        response.setdefault("description", "")
        _headers(draft, response)
        if "content" in response:
            response_pointer = f"{pointer}/responses/{status}"
            response["content"] = _media_types(draft, response_pointer, response["content"] or {})
            _streams(draft, response_pointer, operation, response["content"])
            for media in response["content"].values():
                _examples(draft, media)
        if not status.startswith("2"):
            responses[status] = _error(responses[status], response, _CAUSE_OF.get(status), causes)


def _streams(draft: DraftDocument, pointer: str, operation: dict[str, Any], content: dict[str, Any]) -> None:
    """Rewrite a stream as a list of events, one of each form, returned if the request's field `stream` is true."""
    media = content.pop(STREAM, None)
    if media is None:
        return
    where = f"stream of events: {steps(pointer)[1]}"
    asked = (draft.resolved(operation.get("requestBody")) or {}).get("content", {})
    if content and not any(_is_flag(draft, one.get("schema"), "stream") for one in asked.values()):
        draft.note(f"{pointer}/content", "left-out", where)
        return
    draft.note(f"{pointer}/content", "placeholder", where)
    events = {"type": "object", "required": ["event", "data"]}
    properties = {"event": {"type": "string"}, "data": media["schema"]}
    shown = [_event(sample(draft, form)) for form in _forms(draft, media["schema"])]
    streamed = {
        "schema": {"type": "array", "items": {**events, "properties": properties}},
        "examples": {"events": {"value": shown, "x-evidence": placeholder(MADE)}},
    }
    content[STREAM] = {"x-when": {"$request.body#/stream": {"const": True}}, **streamed} if content else streamed


def _forms(draft: DraftDocument, schema: Json) -> list[Json]:
    """The alternatives of a schema; the schema itself without any."""
    part = draft.resolved(schema)
    alternatives = part.get("oneOf") or part.get("anyOf") if isinstance(part, dict) else None
    return alternatives if isinstance(alternatives, list) and alternatives else [schema]


def _event(data: Json) -> dict[str, Json]:
    """An event with the name in its data's `type`, where most vendors repeat it."""
    name = data.get("type") if isinstance(data, dict) else None
    return {"event": name if isinstance(name, str) else "message", "data": data}


def _is_flag(draft: DraftDocument, schema: Json, name: str, depth: int = 0) -> bool:
    """Whether a schema, or one that it includes, has a boolean field of this name."""
    part = draft.resolved(schema)
    if not isinstance(part, dict) or depth > _DEEPEST:
        return False
    fields = part.get("properties")
    field = draft.resolved(fields.get(name)) if isinstance(fields, dict) else None
    kinds = field.get("type", ()) if isinstance(field, dict) else ()
    return "boolean" in ([kinds] if isinstance(kinds, str) else kinds) or any(
        _is_flag(draft, inner, name, depth + 1)
        for keyword in ("allOf", "oneOf", "anyOf")
        for inner in part.get(keyword) or ()
    )


def _headers(draft: DraftDocument, response: dict[str, Any]) -> None:
    """Give each header a schema. `Content-Type` is dropped (OpenAPI 3.1.1, 4.8.17.1); its image type becomes a body."""
    for name, header in list((response.get("headers") or {}).items()):
        written = draft.resolved(header)
        if name.lower() in ("content-type", "content-length"):
            shown = draft.resolved((written or {}).get("schema")) or {}
            image = next((one for one in shown.get("enum", ()) if str(one).startswith("image/")), None)
            if image is not None and not response.get("content"):
                response["content"] = {image: {"schema": {"type": "string", "format": "binary"}}}
            del response["headers"][name]
            continue
        if isinstance(written, dict):
            written.setdefault("schema", {})
        else:
            response["headers"][name] = {"schema": {}}


def _error(written: Json, response: dict[str, Any], cause: str | None, causes: set[str]) -> Json:
    """The error with its first example named after its cause; copied where a shared one is used for several causes."""
    shown = [(media, name) for media in response.get("content", {}).values() for name in media.get("examples", {})]
    names = {name for _, name in shown if name in CAUSES}
    if written is not response and (cause in causes or names & causes):
        written = response = deepcopy(response)
    for media in response.get("content", {}).values():
        examples = media.get("examples", {})
        for written_name, one in list(examples.items()):
            name = written_name
            one.pop("x-when", None)
            if name not in CAUSES and cause and cause not in causes:
                examples[cause] = examples.pop(written_name)
                name = cause
            if name not in CAUSES or name in causes:
                one["x-when"] = False
            causes.add(name)
    return written


def _success(draft: DraftDocument, pointer: str, operation: dict[str, Any], method: str) -> None:
    """Give every success an example: the document's, else one generated from its schema, else no body."""
    responses = operation["responses"]
    codes = [status for status in responses if status.startswith("2")]
    if not codes:
        draft.note(pointer, "placeholder", f"success: {operation['operationId']}")
        usual = deepcopy(draft.resolved(responses.get("default")) or {"description": ""})
        responses["200"] = usual | {"x-evidence": placeholder("the document has no success")}
        codes = ["200"]
    for status in codes:
        response = draft.resolved(responses[status])
        for name, media in list(response.get("content", {}).items()):
            if name.startswith("image/") and method != "get":
                _painted(draft, operation, media, name.partition("/")[2])
            elif is_file(name):
                draft.note(f"{pointer}/responses/{status}", "left-out", f"body of no text: {name}")
                del response["content"][name]
            elif not media.get("examples"):
                media["examples"] = {"placeholder": _made(draft, pointer, operation, media)}
            else:
                media["examples"] = {_success_name(one): held for one, held in media["examples"].items()}
        if not response.get("content", True):
            del response["content"]


def _success_name(name: str) -> str:
    return f"{name}-example" if name in CAUSES else name


def _made(draft: DraftDocument, pointer: str, operation: dict[str, Any], media: dict[str, Any]) -> dict[str, Any]:
    draft.note(pointer, "placeholder", f"example of a success: {operation['operationId']}")
    return {"value": sample(draft, media["schema"]), "x-evidence": placeholder(MADE)}


def _painted(draft: DraftDocument, operation: dict[str, Any], media: dict[str, Any], form: str) -> None:
    """Rewrite an image as the whole body: bound to the image of a task that ends in the same exchange."""
    media["schema"] = {"type": "string", "format": "binary", "x-value": "$image.bytes"}
    media["examples"] = {"done": {"value": "", "x-evidence": placeholder("the image is painted")}}
    lifecycles = draft.value["components"].setdefault("x-lifecycles", {})
    evidence = placeholder("the document shows that an image is the body, and no times")
    lifecycles[_PICTURE] = {"initial": "done", "states": {"done": {"outcome": "success"}}, "x-evidence": evidence}
    operation["x-lifecycle"] = {"run": _PICTURE}
    body = draft.resolved(operation.get("requestBody")) or {}
    for asked in body.get("content", {}).values() if form in FORMATS else ():
        schema = draft.resolved(asked["schema"])
        if isinstance(schema, dict) and not schema.keys() & {"oneOf", "x-images"}:
            asked["schema"] = {"allOf": [asked["schema"]], "x-images": {"count": 1, "format": form}}


# ------------------------------------------------------------------------------------------------ refusals


def refuse(draft: DraftDocument, pointer: str, cause: str) -> None:
    """Add a refusal with this cause if the document has none: to a response with a fitting status, or to a new one."""
    operation = draft.at(pointer)
    responses = operation["responses"]
    if _has_refusal(draft, responses, cause):
        return
    status = next((one for one in _STATUSES[cause] if one in responses), None)
    response = _own(draft, responses, status)
    if status is None:
        status = _STATUSES[cause][0]
        responses[status] = response
        response["x-evidence"] = placeholder("the document does not say how a request is refused")
    content = response.setdefault("content", {})
    name = next((one for one in content if is_json(one)), None)
    media = content[name] if name else content.setdefault(JSON, {"schema": {}})
    value = sample(draft, media["schema"]) if media["schema"] else {}
    draft.note(pointer, "placeholder", f"example of a refusal ({cause}): {operation['operationId']}")
    media.setdefault("examples", {})[cause] = {"value": value, "x-evidence": placeholder(MADE)}


def _has_refusal(draft: DraftDocument, responses: dict[str, Any], cause: str) -> bool:
    media = [
        one for response in responses.values() for one in (draft.resolved(response) or {}).get("content", {}).values()
    ]
    return any("x-when" not in one["examples"][cause] for one in media if cause in one.get("examples", {}))


def _own(draft: DraftDocument, responses: dict[str, Any], status: str | None) -> dict[str, Any]:
    """The response with this status as a copy of the operation's own; without a status, one like `default`."""
    written = responses.get(status or "default", {"description": "Refused."})
    response = draft.resolved(written) or {"description": "Refused."}
    if status is not None and response is written:
        return response  # type: ignore[no-any-return]  # the same dict as `written`
    copy: dict[str, Any] = deepcopy(response)
    for media in copy.get("content", {}).values():
        media.pop("examples", None) if status is None else None
    if status is not None:
        responses[status] = copy
    return copy
