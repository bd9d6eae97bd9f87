"""The table of rules about what is no schema, as data: operations, messages, tasks, money, images.

In texts, {name} is the operation or field, {path} and {detail} its particulars, {old} and {new} what was and is said.
"""

from __future__ import annotations

from pixpact.contracts.diff.compare.differences import Action
from pixpact.contracts.findings import Severity

MessageRow = tuple[str, Action, Severity, str, str]
"""Subject, action, severity when proven, what to do (a key of `rules.TODO`), text."""


def _of_images(name: str, what: str, todo: str = "images", ordered: bool = False) -> tuple[MessageRow, ...]:
    subject = f"images-{name}"
    moved = f"the {what} is {{new}}; it was {{old}}"
    return (
        (subject, "changed", "breaking", todo, f"the promised {what} changed"),
        (subject, "added", "breaking", todo, f"the {what} is promised"),
        (subject, "removed", "breaking", todo, f"the {what} is no longer promised"),
        *(((subject, "raised", "breaking", todo, moved), (subject, "lowered", "breaking", todo, moved)) * ordered),
    )


MESSAGES: dict[tuple[str, str], tuple[MessageRow, ...]] = {
    ("request", "operation"): (
        ("operation", "removed", "breaking", "move", "{name} is gone"),
        ("operation", "added", "info", "use", "{name} is new"),
        ("operation-deprecated", "added", "info", "nothing", "{name} is deprecated"),
        ("operation-deprecated", "removed", "info", "nothing", "{name} is no longer deprecated"),
        ("operation-id", "changed", "info", "nothing", "its id is {new}; it was {old}"),
        ("operation-sunset", "added", "info", "nothing", "{name} ends on {new}"),
        ("operation-sunset", "removed", "info", "nothing", "{name} no longer ends on {old}"),
        ("operation-sunset", "changed", "info", "nothing", "{name} ends on {new}; it was {old}"),
    ),
    ("response", "operation"): (
        ("webhook", "removed", "warning", "stop", "{name} is no longer sent"),
        ("webhook", "added", "info", "use", "{name} is sent"),
        ("callback", "removed", "warning", "stop", "{name} is no longer sent"),
        ("callback", "added", "info", "use", "{name} is sent"),
        ("callback-url", "changed", "warning", "check", "{name} is sent to {new}; it was sent to {old}"),
    ),
    ("request", "server"): (
        ("server", "removed", "warning", "move", "the base URL {old} is gone"),
        ("server", "added", "info", "use", "the base URL {new} is new"),
    ),
    ("request", "parameter"): (
        ("required-parameter", "added", "breaking", "send", "{name} is new and required"),
        ("required-parameter", "removed", "warning", "check", "{name} is gone: it is ignored"),
        ("optional-parameter", "added", "info", "use", "{name} is new"),
        ("optional-parameter", "removed", "warning", "check", "{name} is gone: it is ignored"),
        ("parameter-required", "added", "breaking", "send", "{name} is required"),
        ("parameter-required", "removed", "info", "use", "{name} may be left out"),
        ("parameter-style", "changed", "breaking", "send", "{name} is serialized differently: {new}; it was {old}"),
        ("parameter-empty", "removed", "breaking", "send", "{name} may not be empty any more"),
        ("parameter-empty", "added", "info", "use", "{name} may be empty"),
    ),
    ("request", "body"): (
        ("required-body", "added", "breaking", "send", "a body is required; there was none"),
        ("required-body", "removed", "warning", "check", "no body is read any more"),
        ("optional-body", "added", "info", "use", "a body may be sent"),
        ("optional-body", "removed", "warning", "check", "no body is read any more"),
        ("body-required", "added", "breaking", "send", "the body is required"),
        ("body-required", "removed", "info", "use", "the body may be left out"),
    ),
    ("request", "media type"): (
        ("media-type", "removed", "breaking", "send", "{old} is no longer accepted"),
        ("media-type", "added", "info", "use", "{new} is accepted too"),
        ("part-type", "removed", "breaking", "send", "{path} may no longer be {old}"),
        ("part-type", "added", "info", "use", "{path} may be {new}"),
    ),
    ("request", "security"): (
        ("credential", "removed", "breaking", "send", "{path} is no longer accepted"),
        ("credential", "added", "info", "use", "{path} is accepted"),
        ("scope", "added", "breaking", "send", "the scope {path} is needed"),
        ("scope", "removed", "info", "use", "the scope {path} is no longer needed"),
        ("known-scope", "added", "info", "use", "there is a scope {new}"),
        ("known-scope", "removed", "warning", "check", "there is no scope {old} any more"),
        ("credential-url", "added", "info", "use", "{path} is {new}"),
        ("credential-url", "removed", "warning", "check", "{path} is no longer stated; it was {old}"),
        ("credential-url", "changed", "warning", "send", "{path} is {new}; it was {old}"),
    ),
    ("request", "schema"): (
        ("request-default", "changed", "warning", "check", "{name} left out means {new}; it meant {old}"),
        ("request-default", "added", "warning", "check", "{name} left out means {new}; nothing was stated before"),
        ("request-default", "removed", "warning", "check", "{name} left out meant {old}; nothing is stated any more"),
        ("clamp", "changed", "warning", "check", "{name} is clamped to {new}, before {old}"),
        ("clamp", "added", "warning", "check", "{name} is clamped to {new}"),
        ("clamp", "removed", "warning", "check", "{name} is no longer clamped to {old}"),
    ),
    ("response", "schema"): (
        ("response-default", "changed", "info", "nothing", "the default of {name} is {new}; it was {old}"),
        ("response-default", "added", "info", "nothing", "the default of {name} is {new}"),
        ("response-default", "removed", "info", "nothing", "{name} has no default any more"),
        ("response-meaning", "changed", "warning", "handle", "the meaning of {name} is {new}; it was {old}"),
        ("response-meaning", "added", "info", "nothing", "{name} holds {new}"),
        (
            "response-meaning",
            "removed",
            "warning",
            "handle",
            "the meaning of {name} is no longer documented; it was {old}",
        ),
    ),
    ("response", "status"): (
        ("success-status", "removed", "breaking", "stop", "no response has status {old} any more"),
        ("success-status", "added", "warning", "handle", "a response may have status {new}"),
        ("error-status", "removed", "info", "nothing", "no refusal has status {old} any more"),
        ("error-status", "added", "info", "handle", "a refusal may have status {new}"),
    ),
    ("response", "media type"): (
        ("response-media-type", "removed", "breaking", "stop", "no response is {old} any more"),
        ("response-media-type", "added", "warning", "handle", "a response may be {new}"),
    ),
    ("response", "header"): (
        ("required-header", "removed", "breaking", "stop", "the header {path} is gone"),
        ("required-header", "added", "info", "use", "every response has the header {path}"),
        ("optional-header", "removed", "warning", "stop", "the header {path} is gone"),
        ("optional-header", "added", "info", "use", "a response may have the header {path}"),
        ("header-required", "removed", "breaking", "handle", "the header {path} may be missing"),
        ("header-required", "added", "info", "use", "the header {path} is always there"),
    ),
    ("response", "stream"): (
        ("stream", "changed", "breaking", "handle", "the events come as {new}; they came as {old}"),
    ),
    ("response", "link"): (
        ("link", "removed", "warning", "follow", "{detail} is no longer a link"),
        ("link", "added", "info", "use", "{detail} leads on"),
    ),
    ("response", "lifecycle"): (
        ("task-role", "changed", "breaking", "follow", "the task is handled differently: {old}, now {new}"),
        ("task-role", "added", "breaking", "follow", "it uses a task now: {new}"),
        ("task-role", "removed", "breaking", "follow", "it uses no task any more"),
        ("state", "added", "breaking", "follow", "a task can be {path}"),
        ("state", "removed", "warning", "stop", "no task is {path} any more"),
        ("order", "added", "breaking", "follow", "{path}: the second can follow the first"),
        ("order", "removed", "info", "nothing", "{path}: the second no longer follows the first"),
        ("step", "added", "info", "nothing", "{path}: the second may follow at once"),
        ("step", "removed", "info", "nothing", "{path}: the second follows only after others"),
        ("initial-state", "changed", "breaking", "follow", "a task starts as {new}; it was {old}"),
        ("outcome", "changed", "breaking", "follow", "{path} means {new}; it meant {old}"),
        ("progress", "changed", "warning", "handle", "the progress of {path} is {new}; it was {old}"),
        ("duration", "raised", "warning", "follow", "a task takes longer: {old}, now {new}"),
        ("duration", "lowered", "info", "nothing", "a task takes less time: {old}, now {new}"),
        ("upload-lifetime", "lowered", "breaking", "follow", "an upload is kept shorter: {old}, now {new}"),
        ("upload-lifetime", "raised", "info", "nothing", "an upload is kept longer: {old}, now {new}"),
    ),
    ("response", "billing"): (
        ("billing-charge", "changed", "breaking", "pay", "it is charged {new}; it was {old}"),
        ("billing-charge", "added", "warning", "pay", "it is charged {new}; nothing was stated before"),
        ("billing-charge", "removed", "warning", "pay", "when it is charged is no longer stated; it was {old}"),
        ("billing-refund", "removed", "breaking", "pay", "a failure is no longer refunded"),
        ("billing-refund", "added", "info", "nothing", "a failure is refunded"),
        ("billing-refund", "changed", "breaking", "pay", "it is refunded {new}; it was {old}"),
        ("billing-currency", "changed", "breaking", "pay", "it is charged in {new}; it was {old}"),
        ("billing-currency", "added", "info", "nothing", "it is charged in {new}"),
        ("billing-currency", "removed", "warning", "pay", "the currency is no longer stated; it was {old}"),
    ),
    ("request", "images"): (
        *_of_images("count", "number of images"),
        *_of_images("pixels", "size in pixels"),
        *_of_images("format", "format"),
        *_of_images("transparent", "transparency"),
        *_of_images("watermark", "watermark"),
        *_of_images("lifetime", "lifetime of a result", ordered=True),
        *_of_images("price", "price of an image", "pay", ordered=True),
        *_of_images("tokens", "number of tokens", "pay"),
    ),
}
"""Direction and area → the rules about it."""
MESSAGE_CHANGES = frozenset(row[:2] for rows in MESSAGES.values() for row in rows)
