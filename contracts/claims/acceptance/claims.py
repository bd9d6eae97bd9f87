"""Acceptance claims of a request media type: each value, bound, form and omission that its schema allows.

The claims that a request exercises are derived from the request itself, so that planned, generated and recorded
requests are judged alike.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from pixpact.contracts.claims.acceptance.branch import BranchClaims
from pixpact.contracts.claims.book import ClaimBook
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.claim_requests import ClaimRequest
from pixpact.contracts.claims.effort import PLANNED, PlanningEffort
from pixpact.contracts.claims.promises import ImageClaims
from pixpact.contracts.claims.rules import RuleClaims
from pixpact.contracts.samples.bodies import put, smallest_body, value_in
from pixpact.contracts.samples.forms import FORMS, of_some_form, path_of
from pixpact.contracts.samples.reference_images import facts_of, media_type
from pixpact.contracts.samples.samples import RequestSamples, fill_slots, image_of
from pixpact.contracts.samples.similar_requests import similarity_key
from pixpact.contracts.samples.statements import ASSERTIONS, Path
from pixpact.specs.contract.forms import form_object, parts, text
from pixpact.specs.contract.model import Operation, RequestMedia
from pixpact.specs.dialect.applicators import KeywordCollector
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.keyword_checks import Fetch
from pixpact.specs.dialect.request_body import BodyBranch, BodyReading
from pixpact.specs.openapi.document import Json
from pixpact.specs.openapi.media import is_form
from pixpact.wire.images import ImageFacts

RULES = (*ASSERTIONS, "x-image", "x-total", "x-clamp")
_ROUNDS = 3


def fetch_slot(url: str) -> ImageFacts | None:
    """The facts of the image whose placeholder the URL is; None for any other URL."""
    name = image_of(url)
    return facts_of(name) if name else None


class AcceptanceClaims:
    """The acceptance claims of one request media type of one operation."""

    def __init__(self, book: ClaimBook, operation: Operation, media: RequestMedia) -> None:
        self.operation = operation
        self.media = media
        self._book = book
        self._document = book.contract.document.value
        self._branches: dict[str, BranchClaims] = {}
        self._examples: dict[Json, list[Claim]] = {}
        self.samples: dict[str, RequestSamples] = {}
        self.effort = PlanningEffort(PLANNED)
        self._most_rules = 0
        self._bases: dict[str, Json] = {}
        self.promises: dict[str, ImageClaims] = {}
        self.wants: list[ClaimRequest] = []
        self.examples: list[tuple[Claim, Json]] = []
        self._rules = RuleClaims(KeywordCollector(self._document, RULES, book.contract.schemas.test))
        for branch in media.reader.all_branches():
            self._enter(branch)
        for example in media.examples:
            self._enter_example(example.name, example.pointer, example.value)

    def _enter(self, branch: BodyBranch) -> None:
        read = self.media.reader.read
        shown_bodies = [example.value for example in self.media.examples if read(example.value).branch is branch]
        samples = self.samples[branch.pointer] = RequestSamples(self._document, branch.pointer, shown_bodies)
        self._most_rules = max(self._most_rules, len(samples.statements))
        entered = self._branches[branch.pointer] = BranchClaims(
            self._book, self.operation, branch, samples, self._rules
        )
        self.wants += entered.wants
        if entered.promises is not None:
            self.promises[branch.pointer] = entered.promises

    @property
    def given_up(self) -> str:
        """Why some claims were not tried; empty if all were tried."""
        return f"{self.media.reader.pointer} has too many rules to try them all" if self.effort.is_spent else ""

    def _enter_example(self, name: str, pointer: str, value: Json) -> None:
        reading = self.read(value)
        if reading.branch is None or reading.violations:
            return
        text = f"the documented example {name} is accepted"
        claim = self._book.enter("request", self.operation.id, pointer, text, name="example", tail=name)
        self._examples.setdefault(self._likeness(reading), []).append(claim)
        self.examples.append((claim, self.samples[reading.branch.pointer].harmless(value)))

    def read(self, body: Json, fetch: Fetch = fetch_slot) -> BodyReading:
        """Read a body with the contract; image placeholders stand for the images they name."""
        if is_form(self.media.name) and isinstance(body, dict):
            body = form_object(self.media.reader, [(name, text(value)) for name, value in parts(body)])
        self.effort.spend(body, self._most_rules)
        return self.media.reader.read(body, fetch)

    def valid(self, body: Json) -> tuple[Json, BodyReading]:
        """(the body with missing required fields filled in, its reading); the reading may still have violations."""
        reading = self.read(body)
        for _ in range(_ROUNDS):
            if reading.branch is None:
                break
            if all(violation.keyword in FORMS for violation in reading.violations):
                samples = self.samples[reading.branch.pointer]
                body, reading = of_some_form(body, reading, self.read, samples, self._document)
            missing = [violation for violation in reading.violations if violation.keyword == "required"]
            if reading.branch is None or not missing or len(missing) < len(reading.violations):
                break
            samples = self.samples[reading.branch.pointer]
            for statement in missing:
                path = path_of(statement)
                body = put(body, path, samples.of(path)[0])
            reading = self.read(body)
        return body, reading

    def takes_data(self, body: Json) -> bool:
        """Whether a valid body stays valid when data URIs replace its image placeholders."""
        uris: dict[str, str] = {}

        def uri(name: str) -> str:
            # Base64 of this length decodes to nothing: megabytes are judged by their facts instead.
            return uris.setdefault(name, f"data:{media_type(name)};base64,{'A' * (4 * len(uris) + 5)}")

        made = fill_slots(body, uri)
        names = {text: name for name, text in uris.items()}
        return not self.read(made, lambda url: facts_of(names[url]) if url in names else fetch_slot(url)).violations

    def promise(self, reading: BodyReading, fetch: Fetch = fetch_slot) -> ImagePromise:
        """The images that a valid body must yield."""
        assert reading.branch is not None
        return reading.branch.promise(reading, ExpressionRequest(body=reading.body), fetch)

    def exercises(self, body: Json, reading: BodyReading, keys: AbstractSet[str]) -> bool:
        """Whether a valid body exercises all claims of `keys` that are about a rule of one field."""
        keys = keys & self._rules.keys
        return not keys or keys <= {claim.id for claim in self._rules.kept(body, reading, fetch_slot, keys)}

    def exercised(self, body: Json, reading: BodyReading, fetch: Fetch = fetch_slot) -> dict[str, Claim]:
        """The acceptance claims that a valid body exercises, by id."""
        branch = reading.branch
        if branch is None:
            return {}
        exercised: dict[str, Claim] = {}
        for claim in self._rules.kept(body, reading, fetch):
            exercised[claim.id] = claim
        for path, claim in self._branches[branch.pointer].optional:
            if isinstance(value_in(body, path[:-1]), dict) and value_in(body, path) is UNDEFINED:
                exercised[claim.id] = claim
        for path, holds, claim in self._branches[branch.pointer].forms:
            if (value := value_in(body, path)) is not UNDEFINED and holds(value):
                exercised[claim.id] = claim
        for claim in self._examples.get(self._likeness(reading), ()):
            exercised[claim.id] = claim
        return exercised

    def defaults(self, body: Json, branch: BodyBranch) -> dict[Path, Claim]:
        """The claims about defaults of the fields that a body leaves out, by path."""
        return {
            path: claim for path, claim in self._branches[branch.pointer].defaults if value_in(body, path) is UNDEFINED
        }

    def _likeness(self, reading: BodyReading) -> Json:
        assert reading.branch is not None
        return similarity_key(reading.body, self.samples[reading.branch.pointer])

    def base(self, branch: BodyBranch) -> Json:
        """The smallest request body of a branch: only the required fields."""
        if branch.pointer not in self._bases:
            self._bases[branch.pointer] = self._smallest(branch)
        return self._bases[branch.pointer]

    def _smallest(self, branch: BodyBranch) -> Json:
        samples = self.samples[branch.pointer]
        if samples.takes_image(()):
            return samples.of(())[0]
        violations = self.read(body := smallest_body(samples)).violations
        only_forms = violations and all(violation.keyword in FORMS for violation in violations)
        return self.valid(body)[0] if only_forms else body
