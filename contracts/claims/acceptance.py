"""What an operation must take: each value, bound, form and omission that its request schema allows, as claims.

Whether a request exercises a claim is read off the request itself, so that planned, generated and recorded requests
are judged by the same index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

from pixpact.contracts.claims.book import ClaimBook
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.delivery import deciding
from pixpact.contracts.claims.promises import ImageClaims
from pixpact.contracts.claims.rules import RuleClaims
from pixpact.contracts.claims.wants import ClaimRequest, items_or, leaving_out, leaving_out_alone, setting, shares
from pixpact.contracts.claims.wording import negated, shown_tail, taken
from pixpact.contracts.samples import predicates
from pixpact.contracts.samples.bodies import got, put, smallest
from pixpact.contracts.samples.boundaries import derived, inside
from pixpact.contracts.samples.forms import FORMS, another_form, field_places, forms_of, of_some_form, path_of
from pixpact.contracts.samples.likeness import likeness
from pixpact.contracts.samples.predicates import Test, is_whole
from pixpact.contracts.samples.reference_images import data_uri, facts_of, media_type
from pixpact.contracts.samples.samples import ELSEWHERE, PLAIN, REFERENCE, USUAL_IMAGE, RequestSamples, filled, image_of
from pixpact.contracts.samples.statements import ASSERTIONS, ITEM, Path, SchemaGuard, SchemaStatement, short
from pixpact.specs.contract.forms import parts, shaped, text
from pixpact.specs.contract.model import Operation, RequestMedia
from pixpact.specs.dialect.applicators import KeywordCollector
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRequest
from pixpact.specs.dialect.images import ImagePromise
from pixpact.specs.dialect.keywords import Fetch
from pixpact.specs.dialect.request_body import BodyBranch, BodyReading, resolved
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.media import is_form
from pixpact.specs.openapi.messages import short as shown
from pixpact.specs.openapi.schemas import matches
from pixpact.wire.images import ImageFacts

RULES = (*ASSERTIONS, "x-image", "x-total", "x-clamp")
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const")
_LIMITS = (
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
)
_ROUNDS = 3


def fetch_slot(url: str) -> ImageFacts | None:
    """The facts of the image whose slot a URL is."""
    name = image_of(url)
    return facts_of(name) if name else None


class AcceptanceClaims:
    """The acceptance claims of one request media type of one operation."""

    def __init__(self, book: ClaimBook, operation: Operation, media: RequestMedia) -> None:
        self.operation = operation
        self.media = media
        self._book = book
        self._document = book.contract.document.value
        self._optional: dict[str, list[tuple[Path, Claim]]] = {}
        self._defaults: dict[str, list[tuple[Path, Claim]]] = {}
        self._forms: dict[str, list[tuple[Path, Callable[[Json], bool], Claim]]] = {}
        self._examples: dict[Json, list[Claim]] = {}
        self.samples: dict[str, RequestSamples] = {}
        self.promises: dict[str, ImageClaims] = {}
        self.wants: list[ClaimRequest] = []
        self.examples: list[tuple[Claim, Json]] = []
        self._rules = RuleClaims(KeywordCollector(self._document, RULES, book.contract.schemas.test))
        for branch in media.reader.all_branches():
            self._enter(branch)
        for example in media.examples:
            self._enter_example(example.name, example.pointer, example.value)

    # ---- what a request exercises

    def read(self, body: Json, fetch: Fetch = fetch_slot) -> BodyReading:
        """A body as the contract reads it; slots of images hold the images they name."""
        if is_form(self.media.name) and isinstance(body, dict):
            body = shaped(self.media.reader, [(name, text(value)) for name, value in parts(body)])
        return self.media.reader.read(body, fetch)

    def valid(self, body: Json) -> tuple[Json, BodyReading]:
        """A body with what it lacks put in, and how it reads then: perhaps still with violations."""
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
        """Whether a valid body stays valid with data URIs in place of its slots of images."""
        uris: dict[str, str] = {}

        def uri(name: str) -> str:
            # Base64 of such a length stands for no bytes: megabytes are judged by their facts instead.
            return uris.setdefault(name, f"data:{media_type(name)};base64,{'A' * (4 * len(uris) + 5)}")

        made = filled(body, uri)
        names = {text: name for name, text in uris.items()}
        return not self.read(made, lambda url: facts_of(names[url]) if url in names else fetch_slot(url)).violations

    def promise(self, reading: BodyReading, fetch: Fetch = fetch_slot) -> ImagePromise:
        """The images that a valid body must yield."""
        assert reading.branch is not None
        return reading.branch.promise(reading, ExpressionRequest(body=reading.body), fetch)

    def exercises(self, body: Json, reading: BodyReading, keys: AbstractSet[str]) -> bool:
        """Whether a valid body exercises those of the claims that are read off rules of its fields."""
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
        for path, claim in self._optional[branch.pointer]:
            if isinstance(got(body, path[:-1]), dict) and got(body, path) is UNDEFINED:
                exercised[claim.id] = claim
        for path, holds, claim in self._forms[branch.pointer]:
            if (value := got(body, path)) is not UNDEFINED and holds(value):
                exercised[claim.id] = claim
        for claim in self._examples.get(self._likeness(reading), ()):
            exercised[claim.id] = claim
        return exercised

    def defaults(self, body: Json, branch: BodyBranch) -> dict[Path, Claim]:
        """The claims about defaults whose fields a body leaves out."""
        return {path: claim for path, claim in self._defaults[branch.pointer] if got(body, path) is UNDEFINED}

    def _likeness(self, reading: BodyReading) -> Json:
        assert reading.branch is not None
        return likeness(reading.body, self.samples[reading.branch.pointer])

    # ---- entering the claims

    def _enter(self, branch: BodyBranch) -> None:
        shown_bodies = [
            example.value for example in self.media.examples if self.media.reader.read(example.value).branch is branch
        ]
        samples = self.samples[branch.pointer] = RequestSamples(self._document, branch.pointer, shown_bodies)
        self._optional[branch.pointer] = []
        self._defaults[branch.pointer] = []
        for statement in samples.statements:
            self._enter_statement(branch, samples, statement)
        self._enter_omissions(branch)
        self._enter_forms(branch, samples)
        if self.operation.does("start", "run"):
            self._enter_promises(branch, samples)

    def _enter_statement(self, branch: BodyBranch, samples: RequestSamples, statement: SchemaStatement) -> None:
        if not statement.path and statement.keyword != "x-total":
            return
        if statement.keyword == "x-image":
            self._enter_derived(branch, samples, statement)
        elif statement.keyword == "x-total":
            self._enter_total(branch, samples, statement)
        elif statement.keyword == "x-clamp":
            self._enter_clamp(branch, samples, statement)
        elif statement.keyword in ("enum", "const", "pattern", "type", *_LIMITS):
            self._enter_plain(branch, samples, statement)

    def _enter_plain(self, branch: BodyBranch, samples: RequestSamples, statement: SchemaStatement) -> None:
        schema = at(self._document, statement.schema)
        if statement.keyword == "type" and {"enum", "const", "pattern"} & schema.keys():
            return
        if (statement.keyword in ("minItems", "minLength") and statement.value == 0) or statement.value == "object":
            return
        if statement.keyword == "pattern" and samples.takes_image(statement.path):
            self._enter_ways(branch, samples, statement)
            return
        if statement.keyword == "pattern" and all(matches(statement.value, address) for address in (ELSEWHERE, PLAIN)):
            self._enter_schemes(branch, samples, statement)
            return
        values = inside(statement, items_or(statement, samples), is_whole(schema))
        parts = values if statement.keyword == "enum" or statement.value == "boolean" else [None]
        for part in parts:
            claim = self._claim(statement, part)
            test = predicates.plain(statement, part, is_whole(schema))
            self._rules.enter(statement.pointer, claim, test)
            chosen = values if part is None else [part]
            self._want(claim, branch, statement.guards, [((statement.path, value),) for value in chosen], samples)

    def _enter_schemes(self, branch: BodyBranch, samples: RequestSamples, statement: SchemaStatement) -> None:
        """An address that may be of either scheme is taken with both."""
        for about, address in {"": ELSEWHERE, "http": PLAIN}.items():
            name = ".".join(statement.path).replace(f".{ITEM}", "[]")
            text = f"{name} of plain http is taken" if about else taken(name, statement)
            self._enter_way(branch, samples, statement, (about, text), predicates.scheme(plain=bool(about)), address)

    def _enter_ways(self, branch: BodyBranch, samples: RequestSamples, statement: SchemaStatement) -> None:
        """The ways to hand over an image that a pattern lets through: by URL, and as a data URI."""
        named = samples.of(statement.path)[0]
        image = image_of(named) or USUAL_IMAGE
        ways = {"url": named if self._uploads else REFERENCE, "data": data_uri(image)}
        for about, value in ways.items():
            if matches(statement.value, value):
                name = ".".join(statement.path).replace(f".{ITEM}", "[]")
                text = f"{name} is taken as a data URI" if about == "data" else f"{name} is taken as a URL"
                self._enter_way(branch, samples, statement, (about, text), predicates.way(about, self._uploads), value)

    def _enter_way(
        self,
        branch: BodyBranch,
        samples: RequestSamples,
        statement: SchemaStatement,
        wording: tuple[str, str],
        test: Test,
        value: Json,
    ) -> None:
        claim = self._book.enter("request", self.operation.id, statement.pointer, wording[1], tail=wording[0])
        self._rules.enter(statement.pointer, claim, test)
        self._want(claim, branch, statement.guards, [((statement.path, value),)], samples)

    @property
    def _uploads(self) -> bool:
        """Whether the vendor takes uploads, which then have URLs."""
        return any(
            operation.role is not None and operation.role.verb == "store"
            for operation in self._book.contract.operations
        )

    def _claim(self, statement: SchemaStatement, part: Json) -> Claim:
        name = ".".join(statement.path).replace(f".{ITEM}", "[]")
        text = f"{name} {shown(part)} is taken" if part is not None else taken(name, statement)
        tail = f"{shown_tail(part)}" if part is not None else ""
        group = short(statement.pointer) if part is not None else ""
        pointer = statement.pointer
        return self._book.enter("request", self.operation.id, pointer, text, tail=tail, group=group)

    def _enter_derived(self, branch: BodyBranch, samples: RequestSamples, statement: SchemaStatement) -> None:
        text = not samples.takes_image(statement.path)
        for name, rule in statement.value.items():
            for bound in (word for word in BOUNDS if word in rule):
                values = derived(statement.value, name, bound, keep=True, text=text)
                pointer = f"{statement.pointer}/{name}/{bound}"
                parts: list[Json] = list(rule[bound]) if bound == "enum" else [None]
                for part in parts:
                    wording = (
                        f"{'.'.join(statement.path)}: {name} {shown(rule[bound] if part is None else part)} is taken"
                    )
                    claim = self._book.enter(
                        "request", self.operation.id, pointer, wording, tail="" if part is None else shown_tail(part)
                    )
                    self._rules.enter(statement.pointer, claim, predicates.derived(name, bound, rule[bound], part))
                    self._want(
                        claim, branch, statement.guards, [((statement.path, value),) for value in values], samples
                    )

    def _enter_total(self, branch: BodyBranch, samples: RequestSamples, statement: SchemaStatement) -> None:
        names = " + ".join(statement.value["of"]).replace("/", ".")
        text = f"{names} of {statement.value['maximum']} together is taken"
        claim = self._book.enter("request", self.operation.id, statement.pointer, text)
        paths = [(*statement.path, *steps(f"/{name}")) for name in statement.value["of"]]
        self._rules.enter(statement.pointer, claim, predicates.total(statement.value))
        self._want(claim, branch, statement.guards, shares(paths, statement.value["maximum"], samples), samples)

    def _enter_clamp(self, branch: BodyBranch, samples: RequestSamples, statement: SchemaStatement) -> None:
        for bound, limit in statement.value.items():
            outside = limit - 1 if bound == "minimum" else limit + 1
            name = ".".join(statement.path)
            text = f"{name} {outside} is taken as {limit}"
            claim = self._book.enter("normalisation", self.operation.id, f"{statement.pointer}/{bound}", text)
            test = predicates.beyond(bound, limit)
            self._rules.enter(statement.pointer, claim, test)
            self._want(claim, branch, statement.guards, [((statement.path, outside),)], samples)

    def _enter_omissions(self, branch: BodyBranch) -> None:
        samples = self.samples[branch.pointer]
        required = {
            (*statement.path, name)
            for statement in samples.statements
            if statement.keyword == "required"
            for name in statement.value
            if not statement.guards
        }
        refused = {statement.path for statement in samples.statements if statement.keyword == "false"}
        places: dict[Path, str] = {}
        for stated in samples.statements:
            for field_pointer, path in field_places(stated):
                places.setdefault(path, field_pointer)
        for path, field_pointer in places.items():
            if path in required or path in refused or ITEM in path:
                continue
            name = ".".join(path)
            claim = self._book.enter(
                "request", self.operation.id, field_pointer, f"{name} may be left out", tail="left-out"
            )
            self._optional[branch.pointer].append((path, claim))
            alone = leaving_out(path)
            others = (partial(another_form, alone, form, samples, self._document) for form in forms_of(samples, path))
            self.wants.append(ClaimRequest(claim, branch, (alone, *others)))

    def _enter_forms(self, branch: BodyBranch, samples: RequestSamples) -> None:
        """A field that may be of two forms (a text or a list, a tier or a size) is taken in both."""
        forms = self._forms[branch.pointer] = []
        guards = dict.fromkeys(
            guard for statement in samples.statements for guard in statement.guards if guard.path and not guard.field
        )
        for guard in guards:
            if ITEM in guard.path or not self._reports_forms(guard):
                continue
            test = self._book.contract.schemas.test(guard.pointer)
            holds = test if guard.holds else negated(test)
            word = "of the form in question" if guard.holds else "of the other form"
            text = f"{'.'.join(guard.path)} {word} is taken"
            pointer = f"{guard.pointer.rpartition('/')[0]}/{'then' if guard.holds else 'else'}"
            claim = self._book.enter("request", self.operation.id, pointer, text, tail="form")
            forms.append((guard.path, holds, claim))
            shown_forms = at(self._document, resolved(self._document, guard.pointer)).get("examples", [])
            values = [*shown_forms, *samples.of(guard.path), [samples.of((*guard.path, ITEM))[0]]]
            choices = [((guard.path, value),) for value in values if holds(value)]
            self._want(claim, branch, (), choices, samples)

    def _reports_forms(self, guard: SchemaGuard) -> bool:
        """Whether a condition is about what a value is, not about its fields."""
        condition = at(self._document, resolved(self._document, guard.pointer))
        return isinstance(condition, dict) and not {"properties", "required"} & condition.keys()

    def _enter_promises(self, branch: BodyBranch, samples: RequestSamples) -> None:
        promises = self.promises[branch.pointer] = ImageClaims(self._book, self.operation.id, samples)
        for wanted in promises.wanted:
            values = [wanted.fields] if wanted.fields else [()]
            self._want(wanted.claim, branch, wanted.guards, values, samples)
        for statement in samples.statements:
            if statement.keyword == "default" and statement.path in promises.read | deciding(self.operation):
                name = ".".join(statement.path)
                text = f"{name} is {shown(statement.value)} where it is left out"
                claim = self._book.enter("normalisation", self.operation.id, statement.pointer, text)
                self._defaults[branch.pointer].append((statement.path, claim))
                others = tuple((path, samples.of(path)[-1]) for path in promises.by if path != statement.path)
                without = (
                    leaving_out(statement.path)
                    if statement.path not in promises.by
                    else leaving_out_alone(statement.path, others)
                )
                self.wants.append(ClaimRequest(claim, branch, (without,)))

    def _enter_example(self, name: str, pointer: str, value: Json) -> None:
        reading = self.read(value)
        if reading.branch is None or reading.violations:
            return
        text = f"the documented example {name} is taken"
        claim = self._book.enter("request", self.operation.id, pointer, text, name="example", tail=name)
        self._examples.setdefault(self._likeness(reading), []).append(claim)
        self.examples.append((claim, self.samples[reading.branch.pointer].harmless(value)))

    def _want(
        self,
        claim: Claim,
        branch: BodyBranch,
        guards: tuple[SchemaGuard, ...],
        choices: Sequence[tuple[tuple[Path, Json], ...]],
        samples: RequestSamples,
    ) -> None:
        changes = tuple(setting(guards, choice, samples, self._document) for choice in choices)
        in_items = any(ITEM in path for choice in choices for path, _ in choice)
        fields = max(map(len, choices), default=0) + len(guards)
        self.wants.append(ClaimRequest(claim, branch, changes, fields, "" if in_items else claim.group))

    def base(self, branch: BodyBranch) -> Json:
        """The smallest request of a branch: what is required and nothing else."""
        samples = self.samples[branch.pointer]
        if samples.takes_image(()):
            return samples.of(())[0]
        violations = self.read(body := smallest(samples)).violations
        only_forms = violations and all(violation.keyword in FORMS for violation in violations)
        return self.valid(body)[0] if only_forms else body
