"""A recording, sorted by what a contract calls it: requests by operation, answers, and the tasks they belong to.

A recorded task is a submission, the polls taken at it and its images. What stands for something that has another name
each time it is played (an id, the address of an upload or of an image) is known by an alias, in the recording and in
the requests that are compared with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import orjson

from pixpact.mockserver.core.bodies import MULTIPART, request_value
from pixpact.mockserver.images.cache import ImageCache
from pixpact.mockserver.playback.order import in_time
from pixpact.mockserver.playback.recorded_response import UNSAID, RecordedImage, RecordedResponse, ResponseReader
from pixpact.mockserver.state.store import Task
from pixpact.specs.contract.links import link_expressions
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.contract.routes import RouteTable
from pixpact.specs.dialect.expressions import UNDEFINED, Expression, ExpressionRequest, ExpressionRoots
from pixpact.specs.openapi.document import Json
from pixpact.wire.bodies import UndecodableBody, form_of
from pixpact.wire.exchange import Exchange, media_type
from pixpact.wire.images import read_image_facts
from pixpact.wire.redaction import redacted_body

OWN_FILE = re.compile(r"https?://[^/\s\"]+/_files/[A-Za-z0-9._-]+/([0-9a-f]{24})-([^/?#\s\"\\]+)")
"""The address of an upload or an image of a mock: its token, and its name."""

Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """One recorded exchange of an operation. `number` is its place in the recording, from 1."""

    number: int
    operation: Operation
    exchange: Exchange
    request: ExpressionRequest
    response: RecordedResponse


@dataclass(frozen=True, slots=True)
class RecordedTask:
    """One recorded task: its submission, the looks at it in their order, its images."""

    start: RecordedExchange
    keys: frozenset[str] = frozenset()
    polls: tuple[RecordedExchange, ...] = ()
    images: tuple[RecordedImage, ...] = ()

    @property
    def words(self) -> list[str | None]:
        """The status that each poll was answered with; None where the response told none."""
        return [entry.response.said.get("$task.status") for entry in self.polls]

    def poll(self, operation: Operation, poll: int) -> RecordedExchange | None:
        """The response to the `poll`-th look (from 1) through an operation; the last repeats."""
        polls_alike = [entry for entry in self.polls if entry.operation.id == operation.id]
        return polls_alike[min(poll, len(polls_alike)) - 1] if polls_alike else None


@dataclass(frozen=True, slots=True)
class ContractRecording:
    """What a recording holds of one contract. `episodes` by the number of the entry that submitted the task."""

    entries: tuple[RecordedExchange, ...] = ()
    episodes: Mapping[int, RecordedTask] = field(default_factory=dict)
    names: Names = field(default_factory=dict)
    subjects: Mapping[bytes, tuple[RecordedExchange, ...]] = field(default_factory=dict)
    left_out: Mapping[int, str] = field(default_factory=dict)
    """The exchanges of the contract that cannot be played, by their place, and why."""

    def of(self, operation: Operation) -> list[RecordedExchange]:
        """What was recorded of an operation."""
        return [entry for entry in self.entries if entry.operation.id == operation.id]


class Recording:
    """Recorded exchanges, for all the contracts of a mock. `only`: what was not recorded is refused."""

    def __init__(self, exchanges: Iterable[Exchange], *, only: bool = False, odd: tuple[str, ...] = ()) -> None:
        self.only = only
        self.odd = odd
        """What of the files is no exchange, a sentence each."""
        self._exchanges = tuple(exchanges)
        self._sorted: dict[str, tuple[Contract, ContractRecording]] = {}

    def __len__(self) -> int:
        return len(self._exchanges)

    def of(self, contract: Contract, among: Iterable[Contract] = ()) -> ContractRecording:
        """What belongs to a contract, and not to the others `among` which it is served; sorted out once."""
        before = self._sorted.get(contract.name)
        if before is None or before[0] is not contract:
            siblings = [sibling for sibling in among if sibling is not contract]
            before = self._sorted[contract.name] = (contract, recorded(contract, self._exchanges, siblings))
        return before[1]

    def image_of(self, task: Task, index: int) -> RecordedImage | None:
        """What was recorded of an image of a played task; None when it was not."""
        if task.contract not in self._sorted or task.recorded is None:
            return None
        episode = self._sorted[task.contract][1].episodes.get(task.recorded)
        return episode.images[index] if episode is not None and index < len(episode.images) else None


class RecordedGallery(ImageCache):
    """Gives the recorded bytes of an image, and paints those that were not recorded."""

    def __init__(self, seed: int, recording: Recording) -> None:
        super().__init__(seed)
        self._recording = recording

    async def content(self, task: Task, index: int) -> bytes:
        """The bytes of the image at `index` of a task."""
        image = self._recording.image_of(task, index)
        if image is not None and image.content is not None:
            return image.content
        if image is not None and image.size is not None and task.promise is not None:
            width, height = image.size
            task = replace(task, promise=replace(task.promise, width=width, height=height))
        return await super().content(task, index)


def recorded(contract: Contract, exchanges: Iterable[Exchange], siblings: Iterable[Contract] = ()) -> ContractRecording:
    """Sort out what belongs to a contract; what does not, or rather to one of the others, is passed over."""
    placed = in_time(exchanges)
    exchanges_kept = [exchange for _, exchange in placed]
    located = list(_located(contract, list(siblings), placed))
    left_out = {number: f"{_line(exchange)}: {why}" for number, _, exchange, why in located if why}
    reader = ResponseReader(contract)
    entries = [
        RecordedExchange(
            number, match[0], exchange, _request(match[0], match[1], exchange), reader.read(match[0], exchange)
        )
        for number, match, exchange, why in located
        if not why
    ]
    files = {
        exchange.url: exchange.response_body
        for exchange in exchanges_kept
        if exchange.status == 200 and read_image_facts(exchange.response_body, decode=False)
    }
    episodes = {episode.start.number: _with_images(episode, files) for episode in _episodes(contract, entries)}
    names = dict(_names(entries, episodes.values()))
    subjects: dict[bytes, tuple[RecordedExchange, ...]] = {}
    for entry in entries:
        key = subject(entry.operation, entry.request, names)
        subjects[key] = (*subjects.get(key, ()), entry)
    return ContractRecording(tuple(entries), episodes, names, subjects, left_out)


# ---------------------------------------------------------------------- which exchanges

Located = tuple[int, tuple[Operation, Mapping[str, str]], Exchange, str]


def _located(contract: Contract, siblings: list[Contract], exchanges: list[tuple[int, Exchange]]) -> Iterator[Located]:
    """The exchanges of a contract's operations: place from 1, (operation, path values), and why it is no use."""
    routes = RouteTable((operation, operation) for operation in contract.operations)
    for number, exchange in exchanges:
        path = _path(contract, exchange)
        if path is None and not any(_path(sibling, exchange) for sibling in siblings):
            path = _parts(exchange).path  # below a host that nobody knows: a proxy of the user's, perhaps
        match = routes.find(exchange.method, path) if path is not None else None
        if match is not None:
            yield number, (match.target, match.path), exchange, _useless(exchange)


def _parts(exchange: Exchange) -> SplitResult:
    """The parts of its URL; none where it is no URL."""
    try:
        return urlsplit(exchange.url)
    except ValueError:
        return urlsplit("")


def _path(contract: Contract, exchange: Exchange) -> str | None:
    """What a recorded URL means to a contract: the path below its host, or below its mount of a mock; else None."""
    parts = _parts(exchange)
    if parts.hostname in {urlsplit(url).hostname for url in contract.servers}:
        return parts.path
    mount, slash, rest = parts.path[1:].partition("/")
    return slash + rest if mount in (contract.name, contract.vendor) else None


def _useless(exchange: Exchange) -> str:
    cut = exchange.note.get("truncated", "").split()
    if not exchange.status:
        return "no response was recorded"
    if exchange.status in _PARTIAL:
        return f"its status is {exchange.status}, which relies on what the client already had"
    if "response" in cut:
        return "its response was not recorded completely"
    return "its request was not recorded completely" if "request" in cut else ""


_PARTIAL = (206, 304)
"""Statuses that make sense only to a client that asked for a part, or for what is new."""


def _line(exchange: Exchange) -> str:
    return f"{exchange.method} {urlsplit(exchange.url).path}"


def _request(operation: Operation, path: Mapping[str, str], exchange: Exchange) -> ExpressionRequest:
    """A recorded request as the vendor reads it: its body with defaults filled in, nulls left out."""
    query = dict(parse_qsl(urlsplit(exchange.url).query, keep_blank_values=True))
    header = {name.lower(): value for name, value in exchange.request_headers}
    body = request_value(exchange)
    kind = media_type(exchange.request_headers) or UNSAID
    media = [media for media in operation.body.media if media.name == kind] if operation.body else []
    if media and body is not UNDEFINED:
        body = media[0].reader.read(body).body
    return ExpressionRequest(dict(path), query, header, body)


# ---------------------------------------------------------------------- which tasks


def _episodes(contract: Contract, entries: list[RecordedExchange]) -> list[RecordedTask]:
    shows = {
        operation.id: operation for operation in contract.operations if operation.role and operation.role.verb == "show"
    }
    episodes_found: list[RecordedTask] = []
    for entry in entries:
        verb = entry.operation.role.verb if entry.operation.role else None
        if verb == "start" and (keys := _keys(entry, shows.values())):
            episodes_found.append(RecordedTask(entry, keys))
        elif verb == "run" and entry.response.images:
            episodes_found.append(RecordedTask(entry))
        elif entry.operation.id in shows:
            _poll(episodes_found, entry)
    return episodes_found


def _keys(entry: RecordedExchange, shows: Iterable[Operation]) -> frozenset[str]:
    """Every value that leads to the task that a response tells of."""
    roots = ExpressionRoots(request=entry.request, response=ExpressionRequest(body=entry.response.value))
    expressions = [expression for show in shows for expression in link_expressions(entry.operation, show)]
    return frozenset(str(key) for key in _values(expressions, roots) if key is not None)


def _values(expressions: Iterable[Expression], roots: ExpressionRoots) -> Iterator[Any]:
    for expression in expressions:
        if (value := expression.evaluate(roots)) is not UNDEFINED:
            yield value


def _poll(episodes: list[RecordedTask], entry: RecordedExchange) -> None:
    """Add a poll to the last task that its key leads to."""
    role = entry.operation.role
    assert role is not None
    assert role.expression is not None
    key = str(role.expression.evaluate(ExpressionRoots(request=entry.request)))
    for index in range(len(episodes) - 1, -1, -1):
        if key in episodes[index].keys:
            episodes[index] = replace(episodes[index], polls=(*episodes[index].polls, entry))
            return


def _with_images(episode: RecordedTask, files: Mapping[str, bytes]) -> RecordedTask:
    """The task with what all its responses, and the downloads, tell of its images; the last word counts."""
    images: list[RecordedImage] = []
    for entry in (*reversed(episode.polls), episode.start):
        for index, image in enumerate(entry.response.images):
            if index < len(images):
                images[index] = images[index].filled(image)
            else:
                images.append(image)
    return replace(episode, images=tuple(image.with_content(files.get(image.url or "")) for image in images))


# ---------------------------------------------------------------------- what is called otherwise each time


def _names(entries: Iterable[RecordedExchange], episodes: Iterable[RecordedTask]) -> Iterator[tuple[str, str]]:
    """(recorded text, alias) of every id and address that is another one when it is played."""
    for entry in entries:
        role = entry.operation.role
        if role and role.verb == "store":
            filename = _filename(entry)
            reported = entry.response.said
            yield from (
                (reported[name], f"upload:{filename}") for name in ("$upload.url", "$upload.id") if name in reported
            )
    for episode in episodes:
        yield from ((key, task_alias(episode.start.number)) for key in episode.keys)
        for index, image in enumerate(episode.images):
            if image.url:
                yield image.url, image_alias(episode.start.number, index)


def _filename(entry: RecordedExchange) -> str:
    """What the file of a recorded upload was called."""
    exchange = entry.exchange
    if media_type(exchange.request_headers) != MULTIPART:
        return ""
    try:
        files = form_of(exchange.request_body, exchange.request_header("content-type") or "")[1]
    except UndecodableBody:
        return ""
    return next((part.filename for part in files.values()), "")


def task_alias(number: int) -> str:
    """What the ids of a recorded task are called in comparisons."""
    return f"task:{number}"


def image_alias(number: int, index: int) -> str:
    """What the address of an image of a recorded task is called in comparisons."""
    return f"image:{number}:{index}"


def upload_alias(name: str) -> str:
    """What the address of an upload is called in comparisons: its file's name is all that stays the same."""
    return f"upload:{unquote(name)}"


def subject(operation: Operation, request: ExpressionRequest, names: Names) -> bytes:
    """What requests have in common that are answered alike: operation, path parameters, body.

    Secrets are blacked out and images replaced by what identifies them, as in a recording.
    """
    reported = [operation.id, _settled(request.path, names)]
    if request.body is not UNDEFINED:
        reported.append(_settled(request.body, names))
    return redacted_body(orjson.dumps(reported, option=orjson.OPT_SORT_KEYS))


def _settled(value: Json, names: Names) -> Json:
    """A value with aliases for what is called otherwise each time; 2.0 is 2, as in JSON Schema."""
    if isinstance(value, str):
        return names.get(value) or _own_upload(value)
    if isinstance(value, Mapping):
        return {key: _settled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [_settled(inner, names) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def _own_upload(text: str) -> str:
    own_file = OWN_FILE.fullmatch(text) if "/_files/" in text else None
    return upload_alias(own_file[2]) if own_file else text
