"""Acceptance claims of one branch of a request body: each value, bound, form and omission that its schema allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from pixpact.contracts.claims.book import ClaimBook
from pixpact.contracts.claims.claim import Claim
from pixpact.contracts.claims.claim_requests import (
    ClaimRequest,
    items_or,
    leaving_out,
    leaving_out_alone,
    shares,
    ways_to_set,
)
from pixpact.contracts.claims.delivery import delivery_fields
from pixpact.contracts.claims.promises import ImageClaims
from pixpact.contracts.claims.rules import RuleClaims
from pixpact.contracts.claims.wording import accepted_text, negated_test, shown_tail
from pixpact.contracts.samples import predicates
from pixpact.contracts.samples.boundaries import derived, values_inside
from pixpact.contracts.samples.forms import another_form, field_places, forms_of
from pixpact.contracts.samples.predicates import Test, is_whole
from pixpact.contracts.samples.reference_images import data_uri
from pixpact.contracts.samples.samples import ELSEWHERE, PLAIN, REFERENCE, USUAL_IMAGE, RequestSamples, image_of
from pixpact.contracts.samples.statements import ITEM, Path, SchemaGuard, SchemaStatement, short_pointer
from pixpact.specs.contract.model import Operation
from pixpact.specs.dialect.request_body import BodyBranch, resolved
from pixpact.specs.openapi.document import Json, at, steps
from pixpact.specs.openapi.messages import short_json as shown
from pixpact.specs.openapi.schemas import matches

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


class BranchClaims:
    """The acceptance claims of one branch of a request body."""

    def __init__(
        self, book: ClaimBook, operation: Operation, branch: BodyBranch, samples: RequestSamples, rules: RuleClaims
    ) -> None:
        self.operation = operation
        self.branch = branch
        self.samples = samples
        self.optional: list[tuple[Path, Claim]] = []
        self.defaults: list[tuple[Path, Claim]] = []
        self.forms: list[tuple[Path, Callable[[Json], bool], Claim]] = []
        self.wants: list[ClaimRequest] = []
        self.promises: ImageClaims | None = None
        self._book = book
        self._document = book.contract.document.value
        self._rules = rules
        for statement in samples.statements:
            self._enter_statement(statement)
        self._enter_omissions()
        self._enter_forms()
        if operation.does("start", "run"):
            self._enter_promises()

    def _enter_statement(self, statement: SchemaStatement) -> None:
        if not statement.path and statement.keyword != "x-total":
            return
        if statement.keyword == "x-image":
            self._enter_derived(statement)
        elif statement.keyword == "x-total":
            self._enter_total(statement)
        elif statement.keyword == "x-clamp":
            self._enter_clamp(statement)
        elif statement.keyword in ("enum", "const", "pattern", "type", *_LIMITS):
            self._enter_plain(statement)

    def _enter_plain(self, statement: SchemaStatement) -> None:
        schema = at(self._document, statement.schema)
        if statement.keyword == "type" and {"enum", "const", "pattern"} & schema.keys():
            return
        if (statement.keyword in ("minItems", "minLength") and statement.value == 0) or statement.value == "object":
            return
        if statement.keyword == "pattern" and self.samples.takes_image(statement.path):
            self._enter_ways(statement)
            return
        if statement.keyword == "pattern" and all(matches(statement.value, address) for address in (ELSEWHERE, PLAIN)):
            self._enter_schemes(statement)
            return
        values = values_inside(statement, items_or(statement, self.samples), is_whole(schema))
        parts = values if statement.keyword == "enum" or statement.value == "boolean" else [None]
        for part in parts:
            claim = self._claim(statement, part)
            test = predicates.plain(statement, part, is_whole(schema))
            self._rules.enter(statement.pointer, claim, test)
            chosen = values if part is None else [part]
            self._want(claim, statement.guards, [((statement.path, value),) for value in chosen])

    def _enter_schemes(self, statement: SchemaStatement) -> None:
        """Where both http and https URLs are valid, each is a claim."""
        for about, address in {"": ELSEWHERE, "http": PLAIN}.items():
            name = ".".join(statement.path).replace(f".{ITEM}", "[]")
            text = f"{name} with plain http is accepted" if about else accepted_text(name, statement)
            self._enter_way(statement, (about, text), predicates.scheme(plain=bool(about)), address)

    def _enter_ways(self, statement: SchemaStatement) -> None:
        """The forms in which a pattern accepts an image, as claims: a URL, and a data URI."""
        named = self.samples.of(statement.path)[0]
        image = image_of(named) or USUAL_IMAGE
        ways = {"url": named if self._uploads else REFERENCE, "data": data_uri(image)}
        for about, value in ways.items():
            if matches(statement.value, value):
                name = ".".join(statement.path).replace(f".{ITEM}", "[]")
                text = f"{name} is accepted as a data URI" if about == "data" else f"{name} is accepted as a URL"
                self._enter_way(statement, (about, text), predicates.image_transport_test(about, self._uploads), value)

    def _enter_way(self, statement: SchemaStatement, wording: tuple[str, str], test: Test, value: Json) -> None:
        claim = self._book.enter("request", self.operation.id, statement.pointer, wording[1], tail=wording[0])
        self._rules.enter(statement.pointer, claim, test)
        self._want(claim, statement.guards, [((statement.path, value),)])

    @property
    def _uploads(self) -> bool:
        """Whether the vendor accepts uploads, and so gives them URLs."""
        return any(
            operation.role is not None and operation.role.verb == "store"
            for operation in self._book.contract.operations
        )

    def _claim(self, statement: SchemaStatement, part: Json) -> Claim:
        name = ".".join(statement.path).replace(f".{ITEM}", "[]")
        text = f"{name} {shown(part)} is accepted" if part is not None else accepted_text(name, statement)
        tail = f"{shown_tail(part)}" if part is not None else ""
        group = short_pointer(statement.pointer) if part is not None else ""
        pointer = statement.pointer
        return self._book.enter("request", self.operation.id, pointer, text, tail=tail, group=group)

    def _enter_derived(self, statement: SchemaStatement) -> None:
        between = self.samples.between_sides(statement.path)
        for name, rule in statement.value.items():
            for bound in (word for word in BOUNDS if word in rule):
                values = derived(statement.value, name, bound, keep=True, between=between)
                pointer = f"{statement.pointer}/{name}/{bound}"
                parts: list[Json] = list(rule[bound]) if bound == "enum" else [None]
                for part in parts:
                    wording = (
                        f"{'.'.join(statement.path)}: {name} {shown(rule[bound] if part is None else part)} is accepted"
                    )
                    claim = self._book.enter(
                        "request", self.operation.id, pointer, wording, tail="" if part is None else shown_tail(part)
                    )
                    self._rules.enter(statement.pointer, claim, predicates.derived(name, bound, rule[bound], part))
                    self._want(claim, statement.guards, [((statement.path, value),) for value in values])

    def _enter_total(self, statement: SchemaStatement) -> None:
        names = " + ".join(statement.value["of"]).replace("/", ".")
        text = f"{names} of {statement.value['maximum']} in total is accepted"
        claim = self._book.enter("request", self.operation.id, statement.pointer, text)
        paths = [(*statement.path, *steps(f"/{name}")) for name in statement.value["of"]]
        self._rules.enter(statement.pointer, claim, predicates.reaches_total(statement.value))
        self._want(claim, statement.guards, shares(paths, statement.value["maximum"], self.samples))

    def _enter_clamp(self, statement: SchemaStatement) -> None:
        for bound, limit in statement.value.items():
            outside = limit - 1 if bound == "minimum" else limit + 1
            name = ".".join(statement.path)
            text = f"{name} {outside} is clamped to {limit}"
            claim = self._book.enter("normalisation", self.operation.id, f"{statement.pointer}/{bound}", text)
            test = predicates.beyond_clamp(bound, limit)
            self._rules.enter(statement.pointer, claim, test)
            self._want(claim, statement.guards, [((statement.path, outside),)])

    def _enter_omissions(self) -> None:
        required = {
            (*statement.path, name)
            for statement in self.samples.statements
            if statement.keyword == "required"
            for name in statement.value
            if not statement.guards
        }
        refused = {statement.path for statement in self.samples.statements if statement.keyword == "false"}
        pointers: dict[Path, str] = {}
        for stated in self.samples.statements:
            for field_pointer, path in field_places(stated):
                pointers.setdefault(path, field_pointer)
        for path, field_pointer in pointers.items():
            if path in required or path in refused or ITEM in path:
                continue
            name = ".".join(path)
            claim = self._book.enter(
                "request", self.operation.id, field_pointer, f"{name} may be left out", tail="left-out"
            )
            self.optional.append((path, claim))
            alone = leaving_out(path)
            with_forms = (
                partial(another_form, alone, form, self.samples, self._document)
                for form in forms_of(self.samples, path)
            )
            self.wants.append(ClaimRequest(claim, self.branch, (alone, *with_forms)))

    def _enter_forms(self) -> None:
        """Where a field may have one of two forms (a string or a list, a tier or a size), each is a claim."""
        guards = dict.fromkeys(
            guard
            for statement in self.samples.statements
            for guard in statement.guards
            if guard.path and not guard.field
        )
        for guard in guards:
            if ITEM in guard.path or not self._reports_forms(guard):
                continue
            test = self._book.contract.schemas.test(guard.pointer)
            holds = test if guard.holds else negated_test(test)
            word = "of the form in question" if guard.holds else "of the other form"
            text = f"{'.'.join(guard.path)} {word} is accepted"
            pointer = f"{guard.pointer.rpartition('/')[0]}/{'then' if guard.holds else 'else'}"
            claim = self._book.enter("request", self.operation.id, pointer, text, tail="form")
            self.forms.append((guard.path, holds, claim))
            shown_forms = at(self._document, resolved(self._document, guard.pointer)).get("examples", [])
            values = [*shown_forms, *self.samples.of(guard.path), [self.samples.of((*guard.path, ITEM))[0]]]
            choices = [((guard.path, value),) for value in values if holds(value)]
            self._want(claim, (), choices)

    def _reports_forms(self, guard: SchemaGuard) -> bool:
        """Whether a condition tests a value itself, not the fields of an object."""
        condition = at(self._document, resolved(self._document, guard.pointer))
        return isinstance(condition, dict) and not {"properties", "required"} & condition.keys()

    def _enter_promises(self) -> None:
        promises = self.promises = ImageClaims(self._book, self.operation.id, self.samples)
        for wanted in promises.wanted:
            values = [wanted.fields] if wanted.fields else [()]
            self._want(wanted.claim, wanted.guards, values)
        for statement in self.samples.statements:
            if statement.keyword == "default" and statement.path in promises.read | delivery_fields(self.operation):
                name = ".".join(statement.path)
                text = f"{name} defaults to {shown(statement.value)}"
                claim = self._book.enter("normalisation", self.operation.id, statement.pointer, text)
                self.defaults.append((statement.path, claim))
                siblings = tuple((path, self.samples.of(path)[-1]) for path in promises.by if path != statement.path)
                without = (
                    leaving_out(statement.path)
                    if statement.path not in promises.by
                    else leaving_out_alone(statement.path, siblings)
                )
                self.wants.append(ClaimRequest(claim, self.branch, (without,)))

    def _want(
        self, claim: Claim, guards: tuple[SchemaGuard, ...], choices: Sequence[tuple[tuple[Path, Json], ...]]
    ) -> None:
        changes = tuple(ways_to_set(guards, choice, self.samples, self._document) for choice in choices)
        in_items = any(ITEM in path for choice in choices for path, _ in choice)
        fields = max(map(len, choices), default=0) + len(guards)
        self.wants.append(ClaimRequest(claim, self.branch, changes, fields, "" if in_items else claim.group))
