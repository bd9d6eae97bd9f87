"""Mutants that no contract can tell of: what a vendor's servers may do to bytes, statuses, headers, order and time.

Each is made anew for every run, for some of them remember what they have seen.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from PIL import Image

from pixpact.cli.in_process import OWN, SECOND

from .proxying import Answered, Asked, Wrap, answering, asking


@dataclass(frozen=True)
class Beneath:
    """A proxy that changes something, and the claim that it breaks; none when it must not be a finding."""

    name: str
    vendor: str
    make: Callable[[], Wrap]
    breaks: str


def polls(asked: Asked) -> bool:
    """Whether a task is asked for."""
    return asked.method == "GET" and not any(word in asked.path for word in ("balance", "models", "_files"))


def reports(response: Answered) -> bool:
    return response.status == 200 and "json" in response.headers.get("content-type", "")


def on_polls(change: Callable[[Any], Any]) -> Wrap:
    """Change what a poll of a task says."""

    def changed(asked: Asked, response: Answered) -> Answered:
        return response.saying(change(response.json())) if polls(asked) and reports(response) else response

    return answering(changed)


def on_posts(change: Callable[[Any], Any]) -> Wrap:
    """Change what the response to a submit says, where it is JSON."""

    def changed(asked: Asked, response: Answered) -> Answered:
        is_submit = asked.method == "POST" and "generations" in asked.path
        return response.saying(change(response.json())) if is_submit and reports(response) else response

    return answering(changed)


def on_images(change: Callable[[Answered], Answered]) -> Wrap:
    """Change what a download gives."""

    def changed(asked: Asked, response: Answered) -> Answered:
        return change(response) if response.headers.get("content-type", "").startswith("image/") else response

    return answering(changed)


def on_streams(change: Callable[[list[bytes]], list[bytes]]) -> Wrap:
    """Change the events of a stream."""

    def changed(asked: Asked, response: Answered) -> Answered:
        if "event-stream" not in response.headers.get("content-type", ""):
            return response
        events = [event for event in response.body.split(b"\n\n") if event]
        return response.holding(b"".join(event + b"\n\n" for event in change(events)))

    return answering(changed)


# ---- times and numbers


def milliseconds() -> Wrap:
    def change(value: Any) -> Any:
        task = value["data"]
        for name in ("created", "completed"):
            if name in task:
                task[name] *= 1000
        for image in task.get("result", {}).get("images", ()):
            image["expires_at"] *= 1000
        return value

    return on_polls(change)


def created_moves() -> Wrap:
    count = Counter[str]()

    def change(value: Any) -> Any:
        count[value["id"]] += 1
        return value | {"created_at": value["created_at"] + count[value["id"]] % 2}

    return on_polls(change)


def another_id() -> Wrap:
    def change(value: Any) -> Any:
        return value | {"id": value["id"] + "-1"} if value["status"] == "in_progress" else value

    return on_polls(change)


def usage_off_by_one() -> Wrap:
    def change(value: Any) -> Any:
        value["usage"]["generated_images"] += 1
        return value

    return on_posts(change)


def size_swapped() -> Wrap:
    def change(value: Any) -> Any:
        for item in value["data"]:
            if "size" in item:
                item["size"] = "1024x768"
        return value

    return on_posts(change)


def cost_doubled() -> Wrap:
    def change(value: Any) -> Any:
        if "cost" in value["data"]:
            value["data"]["cost"] *= 2
        return value

    return on_polls(change)


def balance_falls_further() -> Wrap:
    taken = Counter[str]()

    def change(asked: Asked, response: Answered) -> Answered:
        if asked.method == "POST" and "generations" in asked.path and response.status == 200:
            taken["tasks"] += 1
        if "balance" not in asked.path or not reports(response):
            return response
        value = response.json()
        return response.saying(value | {"remain_balance": value["remain_balance"] - 0.01 * taken["tasks"]})

    return answering(change)


# ---- the course of a task


def progress_falls() -> Wrap:
    seen = Counter[str]()

    def change(value: Any) -> Any:
        if value["status"] == "in_progress":
            seen[value["id"]] += 1
            value["progress"] = max(1, 90 - 20 * seen[value["id"]])
        return value

    return on_polls(change)


def progress_beyond_100() -> Wrap:
    def change(value: Any) -> Any:
        if value["data"]["status"] == "processing":
            value["data"]["progress"] += 100
        return value

    return on_polls(change)


def reopens() -> Wrap:
    before: dict[str, Any] = {}
    over: set[str] = set()

    def change(value: Any) -> Any:
        key = value["id"]
        if value["status"] == "in_progress":
            before[key] = value
        elif value["status"] == "completed" and key in over:
            return before[key]
        elif value["status"] == "completed":
            over.add(key)
        return value

    return on_polls(change)


def result_changes() -> Wrap:
    seen = Counter[str]()

    def change(value: Any) -> Any:
        for image in value["data"].get("result", {}).get("images", ()):
            seen[value["data"]["id"]] += 1
            if seen[value["data"]["id"]] > 15:
                image["expires_at"] += 1
        return value

    return on_polls(change)


def result_moves_on() -> Wrap:
    seen = Counter[str]()

    def change(value: Any) -> Any:
        if value["status"] == "completed":
            seen[value["id"]] += 1
            value["expires_at"] += seen[value["id"]] % 2
        return value

    return on_polls(change)


def back_in_the_queue() -> Wrap:
    seen = Counter[str]()

    def change(value: Any) -> Any:
        task = value["data"]
        if task["status"] == "processing":
            seen[task["id"]] += 1
            if seen[task["id"]] == 2:
                task |= {"status": "pending", "progress": 0}
        return value

    return on_polls(change)


def one_missing() -> Wrap:
    def change(value: Any) -> Any:
        data = value.get("result", {}).get("data", [])
        if len(data) > 1:
            data.pop()
        return value

    return on_polls(change)


def none_delivered() -> Wrap:
    return on_posts(lambda value: value | {"data": []})


# ---- images


def truncated() -> Wrap:
    return on_images(lambda response: response.holding(response.body[: len(response.body) // 2]))


def no_image() -> Wrap:
    return on_images(lambda response: response.holding(b"<html>gone</html>"))


def type_of_another() -> Wrap:
    return on_images(lambda response: response.holding(response.body, "image/webp"))


def wants_the_key() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        if response.headers.get("content-type", "").startswith("image/") and not asked.key:
            return replace(response.holding(b"Forbidden", "text/plain"), status=403)
        return response

    return answering(change)


def works_once() -> Wrap:
    fetched = Counter[str]()

    def change(asked: Asked, response: Answered) -> Answered:
        if response.headers.get("content-type", "").startswith("image/"):
            fetched[asked.path] += 1
            if fetched[asked.path] > 1:
                return replace(response.holding(b"gone", "text/plain"), status=404)
        return response

    return answering(change)


def base64_in_lines() -> Wrap:
    def change(value: Any) -> Any:
        for item in value["data"]:
            if "b64_json" in item:
                text = item["b64_json"]
                item["b64_json"] = "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
        return value

    return on_posts(change)


def base64_half() -> Wrap:
    def change(value: Any) -> Any:
        for item in value["data"]:
            if "b64_json" in item:
                item["b64_json"] = item["b64_json"][: len(item["b64_json"]) // 8 * 4]
        return value

    return on_posts(change)


# ---- bodies


def html() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        if asked.method == "POST" and "generations" in asked.path and response.status == 200:
            return response.holding(b"<html><body>Welcome</body></html>", "text/html")
        return response

    return answering(change)


def half_a_json() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        return (
            response.holding(response.body[: len(response.body) // 2])
            if polls(asked) and reports(response)
            else response
        )

    return answering(change)


def two_objects() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        if asked.method == "POST" and "generations" in asked.path and reports(response):
            return response.holding(response.body + b'{"error":{"code":500,"message":"x","type":"server_error"}}')
        return response

    return answering(change)


def nginx_refuses() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        if response.status == 401:
            return response.holding(b"<html><h1>401 Authorization Required</h1></html>", "text/html")
        return response

    return answering(change)


def refusals_as_streams() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        if response.status == 400 and b'"stream": true' in asked.body.replace(b'":true', b'": true'):
            return response.holding(b"data: " + response.body + b"\n\n", "text/event-stream")
        return response

    return answering(change)


# ---- streams


def usage_first() -> Wrap:
    return on_streams(lambda events: [*events[-2:-1], *events[:-2], events[-1]])


def done_first() -> Wrap:
    return on_streams(lambda events: [events[-1], *events[:-1]])


def image_twice() -> Wrap:
    return on_streams(lambda events: [events[0], *events])


def usage_of_streams_off() -> Wrap:
    def change(events: list[bytes]) -> list[bytes]:
        return [event.replace(b'"generated_images":1', b'"generated_images":2') for event in events]

    return on_streams(change)


# ---- who may see and do what


def reads_anothers_task() -> Wrap:
    def change(asked: Asked) -> dict[str, str]:
        return (
            asked.headers | {"authorization": f"Bearer {OWN}"}
            if polls(asked) and asked.key == SECOND
            else asked.headers
        )

    return asking(change)


def shows_to_anyone() -> Wrap:
    def change(asked: Asked) -> dict[str, str]:
        is_known = asked.key in (OWN, SECOND)
        return asked.headers if is_known or not polls(asked) else asked.headers | {"authorization": f"Bearer {OWN}"}

    return asking(change)


# ---- what must not be a finding


def some_polls_fail() -> Wrap:
    count = Counter[str]()
    failure = {"error": {"code": 500, "message": "Internal server error", "type": "server_error"}}

    def change(asked: Asked, response: Answered) -> Answered:
        if not polls(asked) or not reports(response):
            return response
        count["looks"] += 1
        return replace(response.saying(failure), status=500) if count["looks"] % 4 == 0 else response

    return answering(change)


def some_polls_break() -> Wrap:
    count = Counter[str]()

    def change(asked: Asked, response: Answered) -> Answered:
        if polls(asked) and reports(response):
            count["looks"] += 1
            if count["looks"] % 5 == 0:
                raise ConnectionResetError("the proxy closed the connection")
        return response

    return answering(change)


def some_are_too_many() -> Wrap:
    count = Counter[str]()
    busy = {"error": {"code": 429, "message": "Too many requests", "type": "rate_limit_error"}}

    def change(asked: Asked, response: Answered) -> Answered:
        if asked.method == "POST" and "generations" in asked.path and response.status == 200:
            count["submits"] += 1
            if count["submits"] % 5 == 0:
                return replace(response.saying(busy), status=429)
        return response

    return answering(change)


def urls_signed_anew() -> Wrap:
    count = Counter[str]()

    def change(value: Any) -> Any:
        for image in value.get("result", {}).get("data", ()):
            count["looks"] += 1
            image["url"] += f"?signature={count['looks']}"
        return value

    return on_polls(change)


def headers_of_a_cdn() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        more = {
            "cf-ray": "8c1f",
            "x-cache": "MISS",
            "alt-svc": "h3",
            "content-type": response.headers.get("content-type", ""),
        }
        if more["content-type"] == "application/json":
            more["content-type"] = "Application/JSON; charset=UTF-8"
        return replace(response, headers={**response.headers, **more})

    return answering(change)


def spelled_otherwise() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        if "json" not in response.headers.get("content-type", ""):
            return response
        return response.holding(b"\n" + json.dumps(response.json(), indent=2, sort_keys=True).encode() + b"\n")

    return answering(change)


# ---- what outsiders thought of


def byte_order_mark() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        return response.holding(b"\xef\xbb\xbf" + response.body) if polls(asked) and reports(response) else response

    return answering(change)


def errors_with_200() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        is_refusal = response.status == 400 and asked.method == "POST" and "generations" in asked.path
        return replace(response, status=200) if is_refusal else response

    return answering(change)


def refusals_are_failures() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        is_refusal = response.status == 400 and asked.method == "POST" and "generations" in asked.path
        return replace(response, status=500) if is_refusal else response

    return answering(change)


def the_same_image_again() -> Wrap:
    def change(value: Any) -> Any:
        images = value.get("result", {}).get("data", [])
        for image in images:
            image["url"] = images[0]["url"]
        return value

    return on_polls(change)


def polls_come_too_soon() -> Wrap:
    seen = Counter[str]()
    unknown = {"error": {"code": 404, "message": "Task not found", "type": "not_found_error"}}

    def change(asked: Asked, response: Answered) -> Answered:
        if not polls(asked) or not reports(response):
            return response
        seen[asked.path] += 1
        return replace(response.saying(unknown), status=404) if seen[asked.path] == 1 else response

    return answering(change)


def result_too_early() -> Wrap:
    def change(value: Any) -> Any:
        early = {"type": "image", "data": [{"url": "https://files.toapis.com/early.jpg"}]}
        return value | {"result": early} if value["status"] == "in_progress" else value

    return on_polls(change)


def completed_before_created() -> Wrap:
    def change(value: Any) -> Any:
        return value | {"completed_at": value["created_at"] - 5} if "completed_at" in value else value

    return on_polls(change)


def links_end_early() -> Wrap:
    def change(value: Any) -> Any:
        for image in value["data"].get("result", {}).get("images", ()):
            image["expires_at"] -= 7200
        return value

    return on_polls(change)


def first_task_for_all() -> Wrap:
    known: list[str] = []

    def change(value: Any) -> Any:
        known.append(value["id"])
        return value | {"id": known[0]}

    return on_polls(change)


def base64_for_urls() -> Wrap:
    def change(value: Any) -> Any:
        for item in value["data"]:
            if "b64_json" in item:
                item["b64_json"] = item["b64_json"].replace("+", "-").replace("/", "_")
        return value

    return on_posts(change)


def painted(change: Callable[[Any], Any]) -> Wrap:
    """Change the images themselves, with Pillow."""

    def changed(response: Answered) -> Answered:
        with Image.open(BytesIO(response.body)) as image:
            out = BytesIO()
            change(image).save(out, image.format)
        return response.holding(out.getvalue())

    return on_images(changed)


def half_as_wide_and_high() -> Wrap:
    return painted(lambda image: image.resize((image.width // 2, image.height // 2)))


def on_their_side() -> Wrap:
    return painted(lambda image: image.transpose(Image.Transpose.ROTATE_90))


def jpeg_without_its_end() -> Wrap:
    return on_images(lambda response: response.holding(response.body[:-2]))


def second_is_gone() -> Wrap:
    def change(asked: Asked, response: Answered) -> Answered:
        is_second = "1." in asked.path[-7:] and response.headers.get("content-type", "").startswith("image/")
        return replace(response.holding(b"not found", "text/plain"), status=404) if is_second else response

    return answering(change)


def takes_any_key() -> Wrap:
    return asking(lambda asked: asked.headers | {"authorization": f"Bearer {OWN}"})


def local_time() -> Wrap:
    return on_posts(lambda value: value | {"created": value["created"] + 8 * 3600})


def done_twice() -> Wrap:
    return on_streams(lambda events: [*events, events[-1]])


def only_data_lines() -> Wrap:
    def bare(event: bytes) -> bytes:
        return b"\n".join(line for line in event.split(b"\n") if not line.startswith(b"event"))

    return on_streams(lambda events: [bare(event) for event in events])


def images_count_from_1() -> Wrap:
    def change(events: list[bytes]) -> list[bytes]:
        for index in (1, 0):
            old, new = (f'"image_index":{number}'.encode() for number in (index, index + 1))
            events = [event.replace(old, new) for event in events]
        return events

    return on_streams(change)


def never_says_when() -> Wrap:
    def change(_: Asked, response: Answered) -> Answered:
        return replace(response, headers={name: it for name, it in response.headers.items() if name != "retry-after"})

    return answering(change)


def other_line_ends() -> Wrap:
    def change(_: Asked, response: Answered) -> Answered:
        is_stream = "event-stream" in response.headers.get("content-type", "")
        return response.holding(response.body.replace(b"\n", b"\r\n")) if is_stream else response

    return answering(change)


def kept_alive() -> Wrap:
    return on_streams(lambda events: [b": keep-alive", *events])


def gateway_is_busy() -> Wrap:
    count = Counter[str]()

    def change(asked: Asked, response: Answered) -> Answered:
        count["looks"] += polls(asked)
        if not polls(asked) or count["looks"] % 7:
            return response
        return replace(response.holding(b"<html>busy</html>", "text/html"), status=503)

    return answering(change)


def fails_now_and_then() -> Wrap:
    count = Counter[str]()

    def change(asked: Asked, response: Answered) -> Answered:
        is_refusal = response.status == 400 and asked.method == "POST" and "generations" in asked.path
        count["refusals"] += is_refusal
        return replace(response, status=500) if is_refusal and count["refusals"] % 3 == 0 else response

    return answering(change)


BENEATH = (
    Beneath("milliseconds", "apimart", milliseconds, "getTask:answer/Task/created/x-value"),
    Beneath("created-moves", "toapis", created_moves, ":lifecycle/image/created"),
    Beneath("another-id", "toapis", another_id, ":lifecycle/image/id"),
    Beneath(
        "usage-off-by-one", "fasttoken", usage_off_by_one, "createImage:answer/Pictures/usage/generated_images/x-value"
    ),
    Beneath("size-swapped", "apiyi", size_swapped, "createImage:answer/Picture/size/x-value"),
    Beneath("cost-doubled", "apimart", cost_doubled, "createImage:billing/SeedreamRequest/allOf/1/price"),
    Beneath("balance-falls-further", "apimart", balance_falls_further, "getBalance:billing/balance"),
    Beneath("progress-falls", "toapis", progress_falls, ":lifecycle/image/rising"),
    Beneath("progress-beyond-100", "apimart", progress_beyond_100, "getTask:answer/Task/progress/maximum"),
    Beneath("reopens", "toapis", reopens, ":lifecycle/image/completed/terminal"),
    Beneath("result-moves-on", "toapis", result_moves_on, ":lifecycle/image/completed/terminal"),
    Beneath("back-in-the-queue", "apimart", back_in_the_queue, ":lifecycle/image/processing/next"),
    Beneath("one-missing", "toapis", one_missing, "createImage:image/SeedreamRequest/else/count"),
    Beneath("none-delivered", "fasttoken", none_delivered, "createImage:image/Seedream/then/count"),
    Beneath("truncated", "apiyi", truncated, "createImage:image/complete"),
    Beneath("no-picture", "fasttoken", no_image, "createImage:image/complete"),
    Beneath("type-of-another", "apiyi", type_of_another, "createImage:image/content-type"),
    Beneath("half-an-image", "ark", truncated, "createImage:image/complete"),
    Beneath("named-webp", "ark", type_of_another, "createImage:image/content-type"),
    Beneath("wants-the-key", "toapis", wants_the_key, "createImage:image/open"),
    Beneath("works-once", "fasttoken", works_once, "createImage:image/Image/available"),
    Beneath("base64-in-lines", "apiyi", base64_in_lines, "createImage:answer/Picture/oneOf/1/b64_json/x-value"),
    Beneath("base64-half", "fasttoken", base64_half, "createImage:image/complete"),
    Beneath("html", "apiyi", html, "createImage:answer/200/content-type"),
    Beneath("html-for-a-submit", "apimart", html, "createImage:answer/200/content-type"),
    Beneath("half-a-json", "apimart", half_a_json, "getTask:answer/200/content-type"),
    Beneath("two-objects", "toapis", two_objects, "createImage:answer/200/content-type"),
    Beneath("nginx-refuses", "fasttoken", nginx_refuses, ":answer/Unauthenticated/content-type"),
    Beneath("refusals-as-streams", "apiyi", refusals_as_streams, "createImage:stream/refusal"),
    Beneath("usage-first", "apiyi", usage_first, "createImage:stream/order"),
    Beneath("done-first", "apiyi", done_first, "createImage:stream/order"),
    Beneath("usage-of-streams-off", "apiyi", usage_of_streams_off, "createImage:answer/Usage/generated_images/x-value"),
    Beneath("reads-anothers-task", "toapis", reads_anothers_task, "getImage:isolation/task"),
    Beneath("shows-to-anyone", "apimart", shows_to_anyone, "getTask:refusal/unauthenticated"),
    Beneath("byte-order-mark", "apimart", byte_order_mark, "getTask:answer/200/content-type"),
    Beneath("errors-with-200", "apimart", errors_with_200, "createImage:refusal/invalid-request"),
    Beneath("refusals-are-failures", "toapis", refusals_are_failures, "createImage:refusal/invalid-request"),
    Beneath("the-same-picture-again", "toapis", the_same_image_again, "createImage:image/SeedreamRequest/then/count"),
    Beneath("looks-come-too-soon", "toapis", polls_come_too_soon, "createImage:answer/link/task"),
    Beneath("result-too-early", "toapis", result_too_early, ":answer/Task/allOf/0/else/result"),
    Beneath("completed-before-created", "toapis", completed_before_created, ":answer/Task/completed_at/x-value"),
    Beneath("links-end-early", "apimart", links_end_early, "createImage:image/SeedreamRequest/allOf/2/lifetime"),
    Beneath("first-task-for-all", "toapis", first_task_for_all, ":lifecycle/image/id"),
    Beneath("base64-for-urls", "apiyi", base64_for_urls, "createImage:answer/Picture/oneOf/1/b64_json/x-value"),
    Beneath("half-as-wide-and-high", "apiyi", half_as_wide_and_high, "createImage:image/Seedream/pixels"),
    Beneath("on-their-side", "toapis", on_their_side, "createImage:image/SeedreamRequest/allOf/1/pixels"),
    Beneath("jpeg-without-its-end", "toapis", jpeg_without_its_end, "createImage:image/complete"),
    Beneath("second-is-gone", "toapis", second_is_gone, "createImage:image/open"),
    Beneath("takes-any-key", "apiyi", takes_any_key, "createImage:refusal/unauthenticated"),
    Beneath("local-time", "fasttoken", local_time, "createImage:answer/Pictures/created/x-value"),
    Beneath("done-twice", "apiyi", done_twice, "createImage:answer/Stream/maxContains"),
    Beneath("only-data-lines", "apiyi", only_data_lines, "createImage:answer/PictureEvent/required/event"),
    Beneath(
        "pictures-count-from-1",
        "apiyi",
        images_count_from_1,
        "createImage:answer/PictureEvent/data/image_index/x-value",
    ),
    Beneath("some-looks-fail", "apimart", some_polls_fail, ""),
    Beneath("some-looks-break", "toapis", some_polls_break, ""),
    Beneath("some-are-too-many", "apimart", some_are_too_many, ""),
    Beneath("urls-signed-anew", "toapis", urls_signed_anew, ""),
    Beneath("headers-of-a-cdn", "fasttoken", headers_of_a_cdn, ""),
    Beneath("spelled-otherwise", "apimart", spelled_otherwise, ""),
    Beneath("never-says-when", "toapis", never_says_when, ""),
    Beneath("other-line-ends", "apiyi", other_line_ends, ""),
    Beneath("kept-alive", "apiyi", kept_alive, ""),
    Beneath("line-ends-of-another-system", "ark", other_line_ends, ""),
    Beneath("gateway-is-busy", "toapis", gateway_is_busy, ""),
    Beneath("fails-now-and-then", "toapis", fails_now_and_then, ""),
)
"""Every one of them; the claims without the name of the vendor."""
