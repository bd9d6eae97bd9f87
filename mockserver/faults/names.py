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
    "task-over": "The contract's response to ending a task that is over, or can no longer be ended.",
    "insufficient-balance": "The contract's response to a key that cannot pay.",
    "rate-limited": "The contract's response to too many requests.",
    "moderated": "The contract's response when its safety check refuses a request or a result.",
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
    "origin-unreachable": "The gateway finds no route to the service (523): nothing is charged.",
    "gateway-timeout": "The gateway gives up waiting (524, or as documented): carried out and charged.",
}
CHOSEN = "response"
TRANSPORT_FAULTS: dict[str, str] = {
    "reset-before": "The connection is reset (TCP RST) before the request is carried out: nothing is charged.",
    "reset-after": "The request is carried out and charged; the connection is reset instead of the response.",
    "accept-then-drop": "The request is carried out and charged; the connection is closed without a byte of response.",
    "hang": "The request is carried out and charged; the connection stays open without a response.",
    "empty": "The response has its status and headers, and no body.",
    "malformed-json": "The body is JSON cut off in the middle, with a matching content length.",
    "two-json-objects": "The body is two JSON objects, one after the other.",
    "html": "A gateway's HTML page, with `status` (default 200).",
    "wrong-content-type": "The right body, labelled text/plain.",
    "truncated-image": "Images, in downloads and in base64, end halfway, with a matching content length.",
    "slow-drip": "The response comes in ten pieces over `delay` seconds (default 10).",
    "stream-cut": "The connection ends after the first event of a stream, or after half of any other body.",
    "redirect": "A redirect, with `status` (default 307), to another URL that gives the response.",
    "compressed": "The body is compressed with gzip, whether the client accepts it or not.",
    "chunked": "The body has no length and comes in chunks of a few bytes, which split characters and events.",
    "sse-comments": "A stream has comments between events, and one every `delay` seconds (default 1) while it waits.",
    "sse-crlf": "The lines of a stream end with CRLF.",
}
OF_FILES: dict[str, str] = {
    "file-error": "The image host responds with `status` (default 503) and the XML of an object store.",
    "authorization-refused": "The image host refuses a request with an `Authorization` header, with 400 and XML.",
    "no-cors": "The image host sends no CORS headers: a page of another origin cannot read the file.",
}
STREAMED = frozenset({"sse-comments", "sse-crlf"})
"""What has a meaning for streams of events alone."""
CODES = {"redirect": (301, 302, 303, 307, 308), "file-error": tuple(range(400, 600))}
"""The status codes that a fault may be given."""
OUTCOMES: dict[str, str] = {
    "failed": "The task fails; `example` chooses one of the contract's responses for it.",
    "partial": "Only `images` of the images are delivered (default: all but one).",
    "stuck": "The task never ends.",
    "slow": "The task takes `delay` seconds longer, or ten times as long as usual.",
    "takes": "The task takes `delay` seconds in total, at any pace (default: three minutes).",
    "unknown-status": "The task stays in a status that the contract does not have; `status` sets it.",
}
OF_WEBHOOKS: dict[str, str] = {
    "webhook-lost": "The callback of a task is never sent.",
    "webhook-late": "The callback is sent `delay` seconds late (default: a minute), after those of later tasks.",
    "webhook-twice": "The callback is sent twice, one right after the other.",
    "webhook-again": "The callback is sent again `delay` seconds after it was accepted (default: a minute).",
    "webhook-forged": "The callback is signed with a wrong secret.",
}
NAMES: dict[str, str] = {
    **OF_CAUSES,
    CHOSEN: "The contract's error response with `status` (default 500), or the one that `example` names.",
    "latency": "The response, or a stage of a task, takes `delay` seconds longer (default 1).",
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
