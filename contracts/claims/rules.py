"""Finds the field rules that a request exercises, by testing its values where the rule applies."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.samples.predicates import Test
from pixpact.specs.dialect.applicators import AppliedKeyword, KeywordCollector, Visit
from pixpact.specs.dialect.expressions import UNDEFINED, value_at
from pixpact.specs.dialect.keyword_checks import Fetch
from pixpact.specs.dialect.request_body import BodyReading
from pixpact.specs.openapi.document import Json


class RuleClaims:
    """The claims of one request media type that are each about one rule of a field."""

    def __init__(self, collector: KeywordCollector) -> None:
        self._collector = collector
        self._walks: dict[str, Visit | None] = {}
        self._tests: dict[str, list[tuple[Claim, Test]]] = {}
        self._keys: set[str] = set()

    @property
    def keys(self) -> AbstractSet[str]:
        """The ids of these claims."""
        return self._keys

    def enter(self, rule: str, claim: Claim, test: Test) -> None:
        """Enter a claim about the rule at a pointer, with the test that a value passes when it exercises the claim."""
        self._tests.setdefault(rule, []).append((claim, test))
        self._keys.add(claim.id)

    def kept(
        self, body: Json, reading: BodyReading, fetch: Fetch, keys: AbstractSet[str] | None = None
    ) -> Iterator[Claim]:
        """Yield the claims that a valid body exercises; with `keys`, only claims with these ids."""
        pairs: set[tuple[str, str]] = set()
        for mark in self._marks(reading):
            sent = value_at(body, tuple(map(str, mark.path)))
            rule = f"{mark.schema}/{mark.keyword}"
            if sent is UNDEFINED or (rule, sent if isinstance(sent, str) else "") in pairs:
                continue
            if isinstance(sent, str):  # lists often repeat one image
                pairs.add((rule, sent))
            for claim, test in self._tests.get(rule, ()):
                if (keys is None or claim.id in keys) and test(sent, mark.instance, fetch):
                    yield claim

    def _marks(self, reading: BodyReading) -> list[AppliedKeyword]:
        """The rules that apply to a body, each with its value."""
        marks: list[AppliedKeyword] = []
        if reading.branch is not None:
            pointer = reading.branch.pointer
            if pointer not in self._walks:
                self._walks[pointer] = self._collector.compile(pointer)
            if (walk := self._walks[pointer]) is not None:
                walk(reading.body, (), marks)
        return marks
