"""Claims about tasks: their lifecycle, images, streams, isolation and billing."""

from __future__ import annotations

from pixpact.contracts.claims.book import ClaimBook
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.delivery import ways_of
from pixpact.specs.contract.model import Contract, Operation
from pixpact.specs.dialect.lifecycle import Lifecycle
from pixpact.specs.openapi.document import escaped
from pixpact.wire.bodies import STREAM


class LifecycleClaims:
    """The claims about the tasks of one contract."""

    def __init__(self, book: ClaimBook) -> None:
        self._book = book
        contract = book.contract
        self.state: dict[tuple[str, str, str], Claim] = {}
        self.task: dict[tuple[str, str], Claim] = {}
        self.image: dict[tuple[str, str], Claim] = {}
        self.stream: dict[tuple[str, str], Claim] = {}
        self.isolation: dict[str, Claim] = {}
        self.balance: dict[str, Claim] = {}
        self.ended: dict[str, Claim] = {}
        for operation in contract.operations:
            if operation.does("start", "run"):
                self._enter_images(operation)
                for life in {role.lifecycle or "" for role in operation.roles if role.verb == "start"}:
                    self._enter_lifecycle(contract.lifecycles[life])
                if any(media.name == STREAM for response in operation.responses for media in response.media):
                    self._enter_stream(operation)
            if operation.does("end"):
                self._enter_end(operation)
            if operation.does("show"):
                text = "another account's key cannot read the task"
                role_pointer = f"{operation.pointer}/x-lifecycle"
                self.isolation[operation.id] = book.enter("isolation", operation.id, role_pointer, text, name="task")
            if _shows_balance(operation):
                text = "the balance decreases by what was charged"
                self.balance[operation.id] = book.enter(
                    "billing", operation.id, operation.pointer, text, name="balance"
                )

    def _enter_lifecycle(self, life: Lifecycle) -> None:
        root = f"/components/x-lifecycles/{escaped(life.name)}"
        for word in life.reachable():
            state = life.states[word]
            state_pointer = f"{root}/states/{escaped(word)}"
            if state.progress is not None:
                text = f"progress in {word} is {state.progress[0]} to {state.progress[1]}"
                self._state(life.name, word, "progress", f"{state_pointer}/progress", text)
            if state.next and word != life.initial:
                self._state(life.name, word, "next", f"{state_pointer}/next", f"only documented states follow {word}")
            if state.outcome:
                text = f"a task that is {word} does not change"
                self._state(life.name, word, "terminal", f"{state_pointer}/outcome", text)
        for about, text in _OF_TASKS.items():
            if about != "rising" or any(state.progress for state in life.states.values()):
                claim = self._book.enter("lifecycle", "", root, text, name=life.name, tail=about)
                self.task[(life.name, about)] = claim

    def _enter_end(self, operation: Operation) -> None:
        assert operation.role is not None
        text = f"a task that it ends is {operation.role.becomes or 'gone'} afterwards"
        role_pointer = f"{operation.pointer}/x-lifecycle"
        self.ended[operation.id] = self._book.enter("lifecycle", operation.id, role_pointer, text, name="ended")

    def _state(self, life: str, word: str, about: str, pointer: str, text: str) -> None:
        claim = self._book.enter("lifecycle", "", pointer, text, name=f"{life}/{word}", tail=about)
        self.state[(life, word, about)] = claim

    def _enter_images(self, operation: Operation) -> None:
        linked = _shows_links(self._book.contract, operation)
        for about, text in _OF_IMAGES.items():
            if about != "complete" and not linked:
                continue
            claim = self._book.enter("image", operation.id, f"{operation.pointer}/x-lifecycle", text, name=about)
            self.image[(operation.id, about)] = claim
        for way, example in ways_of(operation).items():
            text = f"images come as {way} if the request asks for it"
            claim = self._book.enter("image", operation.id, example.pointer, text, name="as", tail=way)
            self.image[(operation.id, way)] = claim

    def _enter_stream(self, operation: Operation) -> None:
        for about, text in _OF_STREAMS.items():
            claim = self._book.enter("stream", operation.id, operation.pointer, text, name=about)
            self.stream[(operation.id, about)] = claim


_OF_TASKS = {
    "initial": "a submission returns the initial state",
    "words": "a task only has documented states",
    "id": "the id of a task stays the same",
    "created": "the creation time of a task stays the same",
    "rising": "progress never falls from one poll to the next",
    "outcome": "a task ends before the deadline",
}
_OF_IMAGES = {
    "open": "images can be downloaded without the key",
    "complete": "image files are complete and can be decoded",
    "content-type": "the content type of an image matches its bytes",
}
_OF_STREAMS = {
    "order": "the events of a stream come in the documented order",
    "refusal": "a refused request gets JSON even if it asked for a stream",
}


def _shows_balance(operation: Operation) -> bool:
    return any(
        binding.expression.text == "$account.balance"
        for _, example in operation.examples()
        for binding in example.bindings
    )


def _shows_links(contract: Contract, operation: Operation) -> bool:
    """Whether an operation may deliver images as URLs."""
    shows = (
        [candidate for candidate in contract.operations if candidate.does("show")] if operation.does("start") else []
    )
    examples = [example for delivering in (operation, *shows) for _, example in delivering.examples()]
    examples += [example for callback in operation.callbacks for media in callback.media for example in media.examples]
    return any(binding.expression.text == "$image.url" for example in examples for binding in example.bindings)
