"""Every fault by its name, with what it does: the vocabulary of the command line, the API and `Prefer`."""

from __future__ import annotations

from typing import Literal

from pixpact.specs.contract.model import CAUSES

Stage = Literal["submit", "poll", "queue", "run", "download", "webhook"]
STAGES: dict[Stage, str] = {
    "submit": "operations that start a task, or run one while the client waits",
    "poll": "operations that show a task",
    "queue": "the first state of a task under way",
    "run": "the last state of a task under way",
    "download": "images and uploads under `/_files/`",
    "webhook": "callbacks of a task that is over",
}

OF_CAUSES: dict[str, str] = {
    "unauthenticated": "The contract's response to a missing or wrong key.",
    "forbidden": "The contract's response to a key that may not do this.",
    "invalid-request": "The contract's response to a request that breaks a rule.",
    "unknown-task": "The contract's response to a task that it does not know.",
    "task-over": "The contract's response to who ends a task that is over, or cannot be ended any more.",
    "insufficient-balance": "The contract's response to a key that cannot pay.",
    "rate-limited": "The contract's response to too many requests.",
    "moderated": "The contract's response to a request, or an end of a task, that its safety check refuses.",
    "server-error": "The contract's response when the service fails.",
    "bad-gateway": "The contract's response when the service behind it fails.",
    "unavailable": "The contract's response when it has no capacity.",
    "idempotency-in-progress": "The contract's response while an earlier request with the same idempotency key runs.",
    "idempotency-reused": "The contract's response to an idempotency key that was used with another body.",
    "idempotency-indeterminate": "The contract's response when the result of the first request is not known.",
    "idempotency-unavailable": "The contract's response when idempotency keys cannot be looked up.",
    "gateway-error": "The gateway does not understand the service's response (520): carried out and charged.",
    "origin-down": "The gateway is refused by the service (521): nothing is charged.",
    "origin-connect-timeout": "The gateway cannot connect to the service in time (522): nothing is charged.",
    "origin-unreachable": "The gateway finds no way to the service (523): nothing is charged.",
    "gateway-timeout": "The gateway gives up waiting (524, or as documented): carried out and charged.",
}
CHOSEN = "response"
TRANSPORT_FAULTS: dict[str, str] = {
    "reset-before": "The connection is reset (TCP RST) before the request is carried out: nothing is charged.",
    "reset-after": "The request is carried out and charged; the connection is reset instead of the response.",
    "accept-then-drop": "The request is carried out and charged; the connection is closed without a byte of response.",
    "hang": "The request is carried out and charged; the response never comes, until the client gives up.",
    "empty": "The response has its status and headers, and no body.",
    "malformed-json": "The response's body breaks off inside its JSON, with a content length that fits.",
    "two-json-objects": "Two JSON objects stand one after the other in the body.",
    "html": "A gateway's page of HTML, with `status`, 200 by default.",
    "wrong-content-type": "The right body as text/plain.",
    "truncated-image": "The bytes of images end half-way, with a content length that fits; in downloads and in base64.",
    "slow-drip": "The response comes in ten pieces over `delay` seconds, ten by default.",
    "stream-cut": "The connection ends after the first event of a stream, or after half of any other body.",
    "redirect": "A redirect leads to the same place below another path; its `status` is 307 by default.",
    "compressed": "The body is compressed with gzip, whether the client takes that or not.",
    "chunked": "The body comes in chunks of a few bytes without a length, cut inside of characters and events.",
    "sse-comments": "Comments stand between events; while a stream waits one comes every `delay` seconds (1).",
    "sse-crlf": "The lines of a stream end with CR and LF.",
}
OF_FILES: dict[str, str] = {
    "file-error": "The image's host answers with `status`, 503 by default, and the XML of an object store.",
    "authorization-refused": "The image's host refuses, with 400 and XML, a link that is sent with `Authorization`.",
    "no-cors": "The image's host sends no CORS headers: a page of another origin cannot read the file.",
}
STREAMED = frozenset({"sse-comments", "sse-crlf"})
"""What has a meaning for streams of events alone."""
CODES = {"redirect": (301, 302, 303, 307, 308), "file-error": tuple(range(400, 600))}
"""The status codes that a fault may be given."""
OUTCOMES: dict[str, str] = {
    "failed": "The task fails; `example` names one of the contract's ways to tell it.",
    "partial": "Some images are not delivered; `images` says how many are, all but one by default.",
    "stuck": "The task never comes to an outcome.",
    "slow": "The task takes `delay` seconds longer, or ten times as long as usual.",
    "takes": "The task takes `delay` seconds in all, at any pace; three minutes by default.",
    "unknown-status": "The task stays in a status that the contract does not know; `status` names the word.",
}
OF_WEBHOOKS: dict[str, str] = {
    "webhook-lost": "The callback of a task is never sent.",
    "webhook-late": "The callback is sent `delay` seconds later, a minute by default: others overtake it.",
    "webhook-twice": "The callback is sent twice, one right after the other.",
    "webhook-again": "The callback is sent again `delay` seconds after it was taken, a minute by default.",
    "webhook-forged": "The callback is signed with another secret than the receiver's.",
}
NAMES: dict[str, str] = {
    **OF_CAUSES,
    CHOSEN: "The contract's refusal of `status`, 500 by default, or the one that `example` names.",
    "latency": "The response, or the stage of a task, takes `delay` seconds longer; one second by default.",
    **TRANSPORT_FAULTS,
    **OUTCOMES,
    **OF_WEBHOOKS,
    **OF_FILES,
}
"""Every fault there is, with what it does."""

assert tuple(OF_CAUSES) == CAUSES

NOT_CARRIED_OUT = frozenset({"reset-before", "redirect"})
IMAGE = "image"
"""Not a fault, but chosen like one: the task yields the images that it names."""
RESPONSE_LOST = frozenset({"reset-after", "accept-then-drop", "hang"})
UNKNOWN_WORD = "archived"
