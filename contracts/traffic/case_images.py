"""The images of a case: their pointers in the response, and the downloaded or decoded files."""

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
    """One image that a response shows."""

    step: ReadExchange
    pointer: str
    """JSON pointer of the image's URL or base64."""
    text: str
    """The image's URL or base64."""
    encoded: bool
    """Whether the response contains the image's bytes."""
    download: ReadExchange | None
    image: ReceivedImage | None
    """The image's bytes and facts; None if they were not fetched."""


def delivering(case: TaskCase) -> ReadExchange | None:
    """The first step whose response shows images where the contract allows them; else the first that shows any."""
    steps = [step for step in case.steps if step.accepted and step.asked and _texts(step)]
    return next((step for step in steps if not _is_too_early(step)), next(iter(steps), None))


def _is_too_early(step: ReadExchange) -> bool:
    """Whether the response shows an image in a field that must be absent in its state."""
    wrong = [
        violation.pointer
        for _, violation in (step.body.violations if step.body else ())
        if violation.keyword == "false"
    ]
    return any(
        f"{pointer}/".startswith(f"{wrong_pointer}/") for wrong_pointer in wrong for pointer, _, _ in _texts(step)
    )


def shown_images(case: TaskCase) -> list[ShownImage]:
    """The images of the step that delivers them, see `delivering`."""
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
    """The URL that was requested first, before any redirect."""
    return exchange.note.get("requested", exchange.url)


def shown_in(step: ReadExchange) -> int:
    """How many images a response shows."""
    return len(_texts(step))


def _texts(step: ReadExchange) -> list[tuple[str, str, bool]]:
    """(pointer, text, whether the text is the file itself) of every image.

    Where the response has a list of images, an image outside the list repeats one of its items and is left out.
    """
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
    """Whether a fetch shows the whole file; a browser also sends range and conditional requests, a check does not."""
    return exchange.method == "GET" and (exchange.status not in (206, 304) or "tries" in exchange.note)


def _reports_more(fetch: ReadExchange, before: ReadExchange) -> bool:
    """Whether this fetch succeeded where an earlier one failed, as when a client retries."""
    return fetch.accepted and not before.accepted and location(before.exchange) is None


def _ended(url: str, downloads: dict[str, ReadExchange]) -> ReadExchange | None:
    """The fetch at the end of a URL's redirects; None if that fetch was not recorded."""
    for _ in range(MOST_REDIRECTS + 1):
        ended = downloads.get(url)
        further = location(ended.exchange) if ended and ended.answered else None
        if further is None:
            return ended
        url = canonical(urljoin(url, further))
    return None


def places_are_clear(step: ReadExchange) -> bool:
    """Whether the number of images in a response can be counted: its list of images is there, and as documented."""
    wrong = [violation.pointer for _, violation in (step.body.violations if step.body else ())]
    lists = {pointer.rpartition("/")[0] for pointer, _ in step.bound(ITEM)}
    if not lists:
        return not wrong
    return not any(_touch(pointer, list_pointer) for pointer in wrong for list_pointer in lists)


def _touch(one: str, second: str) -> bool:
    """Whether one pointer equals the second, or one is below the other."""
    return f"{one}/".startswith(f"{second}/") or f"{second}/".startswith(f"{one}/")


def images_withheld(step: ReadExchange) -> int:
    """How many items of the response's list of images contain no image."""
    items = {pointer for pointer, _ in step.bound(ITEM)}
    filled = {
        list_pointer
        for list_pointer in items
        for pointer, _, _ in _texts(step)
        if pointer.startswith(list_pointer + "/")
    }
    return len(items - filled)
