"""Words for a relay that changes one thing of a conforming mock: what it changes, and when.

A relay is made anew for every run, for some remember what they have seen. What is provoked by `Prefer` goes through
unchanged: a vendor does not know it.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pixpact.contracts.transport.inprocess import App

from ..beneath import polls as is_poll
from ..proxying import Answered, Asked, Change, Wrap, answering

Which = Callable[[Asked, Answered], bool]
"""Which exchanges are changed."""
When = Callable[[], Which]
"""The same, made anew for every run."""
Alter = Callable[[Answered], Answered]
"""What becomes of a response. It may raise what a socket raises."""

# ---- which exchanges


def submits(asked: Asked, response: Answered) -> bool:
    """Requests for images that were taken."""
    return is_submit(asked) and response.status == 200


def is_submit(asked: Asked) -> bool:
    return asked.method == "POST" and ("generations" in asked.path or "responses" in asked.path)


def polls(asked: Asked, response: Answered) -> bool:
    """Polls of a task that were answered with it."""
    return is_poll(asked) and response.status == 200 and "json" in response.headers.get("content-type", "")


def images(_: Asked, response: Answered) -> bool:
    """Downloads of images."""
    return response.headers.get("content-type", "").startswith("image/")


def streams(_: Asked, response: Answered) -> bool:
    return "event-stream" in response.headers.get("content-type", "")


def refusals(asked: Asked, response: Answered) -> bool:
    """Submits that break a rule, and are told so."""
    return is_submit(asked) and response.status == 400


def keyless(asked: Asked, response: Answered) -> bool:
    """What is refused for its key."""
    return response.status == 401


def documents(_: Asked, response: Answered) -> bool:
    """Every response that is JSON, whatever its status."""
    return "json" in response.headers.get("content-type", "")


def success(asked: Asked, response: Answered) -> bool:
    """Every successful response that is JSON."""
    return response.status == 200 and documents(asked, response)


def finished(asked: Asked, response: Answered) -> bool:
    """Polls that show a task which has come to its outcome."""
    return polls(asked, response) and any(word in response.body for word in (b'"completed"', b'"failed"'))


def everything(_: Asked, __: Answered) -> bool:
    return True


# ---- when


def always(which: Which) -> When:
    return lambda: which


def first(which: Which, times: int = 1, each: Callable[[Asked], str] = lambda asked: asked.path) -> When:
    """Only the first times, counted for each path apart."""

    def made() -> Which:
        count = Counter[str]()

        def chosen(asked: Asked, response: Answered) -> bool:
            if not which(asked, response):
                return False
            count[each(asked)] += 1
            return count[each(asked)] <= times

        return chosen

    return made


def once(which: Which, at: int = 1) -> When:
    """Only the exchange of this number, counted over the whole run."""

    def made() -> Which:
        count = Counter[str]()

        def chosen(asked: Asked, response: Answered) -> bool:
            count["seen"] += which(asked, response)
            return which(asked, response) and count["seen"] == at

        return chosen

    return made


def every(which: Which, nth: int) -> When:
    """Every so manieth."""

    def made() -> Which:
        count = Counter[str]()

        def chosen(asked: Asked, response: Answered) -> bool:
            count["seen"] += which(asked, response)
            return which(asked, response) and count["seen"] % nth == 0

        return chosen

    return made


def after(which: Which, times: int) -> When:
    """All but the first so many, for each path apart."""

    def made() -> Which:
        count = Counter[str]()

        def chosen(asked: Asked, response: Answered) -> bool:
            if not which(asked, response):
                return False
            count[asked.path] += 1
            return count[asked.path] > times

        return chosen

    return made


def relay(when: When | Which, alter: Alter) -> Callable[[], Wrap]:
    """What makes a relay that alters these responses."""

    def made() -> Wrap:
        # A function of two arguments says which; one of none makes what says so.
        which: Which = when if when.__code__.co_argcount else when()  # type: ignore[assignment,call-arg,attr-defined]  # told apart by the number of arguments

        def change(asked: Asked, response: Answered) -> Answered:
            if "prefer" in asked.headers or not which(asked, response):
                return response
            return alter(response)

        return answering(change)

    return made


def before(times: int, alter: Alter) -> Callable[[], Wrap]:
    """A relay that answers the first submits itself: the mock never gets them, so that nothing is made or charged."""

    def made() -> Wrap:
        count = Counter[str]()

        def around(app: App) -> App:
            async def relayed(scope: Any, receive: Any, send: Any) -> None:
                headers = {name.lower() for name, _ in scope["headers"]}
                if scope["method"] == "POST" and "generations" in scope["path"] and b"prefer" not in headers:
                    count["submits"] += 1
                    if count["submits"] <= times:
                        response = alter(Answered(200, {}, b""))
                        pairs = [(name.encode(), text.encode()) for name, text in response.headers.items()]
                        await send({"type": "http.response.start", "status": response.status, "headers": pairs})
                        await send({"type": "http.response.body", "body": response.body})
                        return
                await app(scope, receive, send)

            return relayed

        return around

    return made


def through(change: Callable[[], Change]) -> Callable[[], Wrap]:
    """A relay of its own making."""
    return lambda: answering(change())


# ---- what becomes of a response


def status(code: int, **headers: str) -> Alter:
    """Another status, the rest as it is."""

    def alter(response: Answered) -> Answered:
        added = {name.replace("_", "-"): text for name, text in headers.items()}
        return replace(response, status=code, headers={**response.headers, **added})

    return alter


def instead(code: int, body: Any = b"", content_type: str = "application/json", **headers: str) -> Alter:
    """Another response altogether."""

    def alter(_: Answered) -> Answered:
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answered(code, {**({"content-type": content_type} if content_type else {}), **added}, text)

    return alter


def typed(content_type: str) -> Alter:
    """Another content type; empty: none."""

    def alter(response: Answered) -> Answered:
        others = {name: text for name, text in response.headers.items() if name != "content-type"}
        return replace(response, headers={**others, **({"content-type": content_type} if content_type else {})})

    return alter


def bytes_of(change: Callable[[bytes], bytes]) -> Alter:
    """Other bytes."""
    return lambda response: response.holding(change(response.body))


def value_of(change: Callable[[Any], Any]) -> Alter:
    """Another JSON value."""
    return lambda response: response.saying(change(response.json()))


def header(name: str, text: str) -> Alter:
    return lambda response: replace(response, headers={**response.headers, name: text})


def reset(_: Answered) -> Answered:
    raise ConnectionResetError("the relay closed the connection")


def silence(_: Answered) -> Answered:
    raise TimeoutError("the relay said nothing")


def both(*alters: Alter) -> Alter:
    def alter(response: Answered) -> Answered:
        for alter in alters:
            response = alter(response)
        return response

    return alter


# ---- changes of a value


def at(path: str, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Change what stands at a path of names; `*` is every item. Where nothing stands nothing changes."""
    names = path.split("/")

    def walk(value: Any, left: list[str]) -> Any:
        if not left:
            return change(value)
        name, rest = left[0], left[1:]
        if name == "*" and isinstance(value, list):
            return [walk(item, rest) for item in value]
        if isinstance(value, dict) and name in value:
            return {**value, name: walk(value[name], rest)}
        return value

    return lambda value: walk(copy.deepcopy(value), names)


def put(path: str, new: Any) -> Callable[[Any], Any]:
    """Another value at a path."""
    return at(path, lambda _: new)


def without(path: str) -> Callable[[Any], Any]:
    """The same without a field."""
    head, _, last = path.rpartition("/")

    def drop(value: Any) -> Any:
        return {name: inner for name, inner in value.items() if name != last} if isinstance(value, dict) else value

    return at(head, drop) if head else drop


def renamed(path: str, new: str) -> Callable[[Any], Any]:
    """A field under another name."""
    head, _, last = path.rpartition("/")

    def rename(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {(new if name == last else name): inner for name, inner in value.items()}

    return at(head, rename) if head else rename


def added(path: str, new: Any) -> Callable[[Any], Any]:
    """One more field."""
    head, _, last = path.rpartition("/")

    def add(value: Any) -> Any:
        return {**value, last: new} if isinstance(value, dict) else value

    return at(head, add) if head else add
