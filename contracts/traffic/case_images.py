"""The images that a case shows: where they stand in a response, and what was fetched or decoded of them."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

from pixpact.contracts.traffic.base_urls import canonical
from pixpact.contracts.traffic.case import ReadExchange, TaskCase
from pixpact.contracts.traffic.images import ReceivedImage, image_in, image_of
from pixpact.contracts.transport.downloads import MOST_REDIRECTS
from pixpact.contracts.transport.response_reader import location
from pixpact.wire.exchange import Exchange

URL, BASE64, BYTES, ITEM = "$image.url", "$image.base64", "$image.bytes", "$image"


@dataclass(frozen=True, slots=True)
class ShownImage:
    """One image of one response."""

    step: ReadExchange
    pointer: str
    """JSON pointer of its URL or base64."""
    text: str
    """The URL, or the base64."""
    encoded: bool
    """Whether its bytes stand in the response itself."""
    download: ReadExchange | None
    image: ReceivedImage | None
    """What its bytes are; None where they were not fetched."""


def delivering(case: TaskCase) -> ReadExchange | None:
    """The first step whose response shows images where they belong; where none does, the first that shows any."""
    steps = [step for step in case.steps if step.accepted and step.asked and _texts(step)]
    return next((step for step in steps if not _is_too_early(step)), next(iter(steps), None))


def _is_too_early(step: ReadExchange) -> bool:
    """Whether images stand where there should be none yet."""
    wrong = [
        violation.pointer
        for _, violation in (step.body.violations if step.body else ())
        if violation.keyword == "false"
    ]
    return any(
        f"{pointer}/".startswith(f"{wrong_pointer}/") for wrong_pointer in wrong for pointer, _, _ in _texts(step)
    )


def shown_images(case: TaskCase) -> list[ShownImage]:
    """The images of the first response that shows any."""
    step = delivering(case)
    if step is None:
        return []
    downloads: dict[str, ReadExchange] = {}
    for download in case.of("download"):
        url = canonical(asked_url(download.exchange))
        if _shows_all(download.exchange) and (url not in downloads or _reports_more(download, downloads[url])):
            downloads[url] = download
    return [_shown(step, pointer, text, encoded, downloads) for pointer, text, encoded in _texts(step)]


def asked_url(exchange: Exchange) -> str:
    """The URL that was to be fetched, before any redirect."""
    return exchange.note.get("requested", exchange.url)


def shown_in(step: ReadExchange) -> int:
    """How many images a response shows."""
    return len(_texts(step))


def _texts(step: ReadExchange) -> list[tuple[str, str, bool]]:
    """(pointer, text, whether it is the file itself) of every image; what stands beside the items repeats one."""
    kinds = ((URL, False), (BASE64, True), (BYTES, True))
    texts = [(pointer, text, own) for kind, own in kinds for pointer, text in step.bound(kind) if isinstance(text, str)]
    items = [pointer for pointer, _ in step.bound(ITEM)]
    return [entry for entry in texts if not items or any(f"{entry[0]}/".startswith(f"{pointer}/") for pointer in items)]


def _shown(
    step: ReadExchange, pointer: str, text: str, encoded: bool, downloads: dict[str, ReadExchange]
) -> ShownImage:
    if encoded:
        return ShownImage(step, pointer, text, True, None, image_in(step.exchange, text))
    download = _ended(canonical(text), downloads)
    facts = image_of(download.exchange) if download and download.accepted else None
    return ShownImage(step, pointer, text, False, download, facts)


def _shows_all(exchange: Exchange) -> bool:
    """Whether a fetch tells what is there: a browser also asks for a part, or whether anything changed; a check not."""
    return exchange.method == "GET" and (exchange.status not in (206, 304) or "tries" in exchange.note)


def _reports_more(fetch: ReadExchange, before: ReadExchange) -> bool:
    """Whether an image came that did not come before: a client tries again."""
    return fetch.accepted and not before.accepted and location(before.exchange) is None


def _ended(url: str, downloads: dict[str, ReadExchange]) -> ReadExchange | None:
    """The fetch that a URL leads to in the end; None where a recorded redirect leads to one that was not recorded."""
    for _ in range(MOST_REDIRECTS + 1):
        ended = downloads.get(url)
        further = location(ended.exchange) if ended and ended.answered else None
        if further is None:
            return ended
        url = canonical(urljoin(url, further))
    return None


def places_are_clear(step: ReadExchange) -> bool:
    """Whether a response tells how many images there are: its places for them are there, and as documented."""
    wrong = [violation.pointer for _, violation in (step.body.violations if step.body else ())]
    lists = {pointer.rpartition("/")[0] for pointer, _ in step.bound(ITEM)}
    if not lists:
        return not wrong
    return not any(_touch(pointer, list_pointer) for pointer in wrong for list_pointer in lists)


def _touch(one: str, second: str) -> bool:
    """Whether one place is the other, or within it."""
    return f"{one}/".startswith(f"{second}/") or f"{second}/".startswith(f"{one}/")


def images_withheld(step: ReadExchange) -> int:
    """How many places for an image hold none."""
    places = {pointer for pointer, _ in step.bound(ITEM)}
    filled = {
        list_pointer
        for list_pointer in places
        for pointer, _, _ in _texts(step)
        if pointer.startswith(list_pointer + "/")
    }
    return len(places - filled)
