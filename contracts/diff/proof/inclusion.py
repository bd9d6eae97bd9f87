"""Proves, schema by schema, that a receiver takes every value that a sender may send. Schemas may be recursive.

A pair of schemas that is met again deeper inside the value counts as proven: a counterexample would have to get smaller
each time, and values are finite. Rules that do not look into a value are compared by `jsonschema-rs`.
"""

from __future__ import annotations

from functools import cached_property
from itertools import combinations
from typing import Any, NamedTuple

from pixpact.contracts.diff.compare.schemas import Reading
from pixpact.contracts.diff.compare.values import ListedValues, listed, types_of
from pixpact.contracts.diff.proof.containment import covers_soon, is_superset
from pixpact.contracts.diff.read.applied_schemas import AlternativeFamily, AppliedSchemas, Pointers, SchemaPart
from pixpact.contracts.diff.read.standalone_schema import standing_alone
from pixpact.specs.openapi.containment import StandaloneSchema
from pixpact.specs.openapi.document import Json, escaped

_TYPES = frozenset(("string", "number", "integer", "boolean", "object", "array", "null"))
_WHOLE = (("not",), ("contains", "minContains", "maxContains"), ("unevaluatedProperties",), ("unevaluatedItems",))
_MOST_STEPS, _MOST_TOGETHER, _MOST_LISTED = 6000, 4, 200
_DEEPEST, _DEEPEST_VALUE, _MOST_JUDGES = 4, 60, 50


class SentValue(NamedTuple):
    """What a sender sends: schemas that all apply, the choices already made among them, and the types left."""

    pointers: Pointers
    chosen: frozenset[str] = frozenset()
    kinds: frozenset[str] | None = None
    without: tuple[Pointers, ...] = ()
    """Schemas that the value does not match: the other alternatives of a `oneOf`."""


Goal = tuple[SentValue, Pointers]


class SchemaInclusion:
    """Proofs for one sender and one receiver, each kept. False only means that no proof was found."""

    def __init__(self, sender: Reading, receiver: Reading, closed: bool = True) -> None:
        self._sender, self._receiver = sender, receiver
        self._closed = closed
        """Whether an object holds no names but those that the sender's contract names."""
        self._open: dict[Goal, int] = {}
        self._proven: dict[Goal, None] = {}
        self._unproven: set[Goal] = set()
        self._depth = 0
        self._steps = 0
        self._judges: dict[Pointers, StandaloneSchema] = {}

    def holds(self, sent: Pointers, taken: Pointers) -> bool:
        """Whether it is proven that the receiver's schemas take every value of the sender's."""
        self._steps = 0
        return self._takes(SentValue(sent), taken)

    def holds_one(self, sent: Pointers, beside: tuple[Pointers, ...], taken: Pointers) -> bool:
        """The same for the values that match one alternative and none of those beside it."""
        self._steps = 0
        return self._takes(SentValue(sent, without=beside), taken)

    def apart(self, sent: Pointers, beside: tuple[Pointers, ...], taken: Pointers) -> bool:
        """Whether it is proven that the receiver takes no value that matches this alternative alone."""
        self._steps = 0
        shape = self._sender.reader.shape(sent)
        return bool(shape.never) or self._each_apart(SentValue(sent, without=beside), shape, taken)

    # ------------------------------------------------------------------ goals

    def _inside(self, sent: Pointers, taken: Pointers) -> bool:
        """The same for a value inside the value; a value that is never sent is always taken."""
        if self._sender.reader.shape(sent).never:
            return True
        if self._depth >= _DEEPEST_VALUE:
            return False
        self._depth += 1
        try:
            return self._takes(SentValue(sent), taken)
        finally:
            self._depth -= 1

    def _takes(self, sent: SentValue, taken: Pointers) -> bool:
        if not taken or self._said_alike(sent, taken):
            return True
        goal = (sent, taken)
        if goal in self._proven:
            return True
        if goal in self._open:
            return self._open[goal] < self._depth
        self._steps += 1
        if goal in self._unproven or self._steps > _MOST_STEPS:
            return False
        self._open[goal] = self._depth
        proven_before = len(self._proven)
        proven = self._decided(sent, taken)
        del self._open[goal]
        if proven:
            self._proven[goal] = None
        else:
            while len(self._proven) > proven_before:  # proofs that assumed this one
                self._proven.popitem()
            if self._steps <= _MOST_STEPS:
                self._unproven.add(goal)
        return proven

    def _said_alike(self, sent: SentValue, taken: Pointers) -> bool:
        contents = self._sender.reader.side.contents, self._receiver.reader.side.contents
        digests = {contents[0].digest(pointer) for pointer in sent.pointers}
        return all(contents[1].digest(pointer) in digests for pointer in taken)

    def _decided(self, sent: SentValue, taken: Pointers) -> bool:
        shape, target = self._sender.reader.shape(sent.pointers), self._receiver.reader.shape(taken)
        if shape.never or target.never:
            return False
        if (words := listed(shape)) is not None and len(words.values) <= _MOST_LISTED:
            return self._each_taken(sent, words, taken)
        family = next((choice for choice in shape.families if _name(choice) not in sent.chosen), None)
        if family is not None:
            return self._each_form(sent, family, taken)
        return self._by_type(sent, shape, target)

    def _each_taken(self, sent: SentValue, words: ListedValues, taken: Pointers) -> bool:
        """Try each listed value."""
        sends, takes = self._judge(self._sender, sent.pointers), self._judge(self._receiver, taken)
        return all(takes.holds(value) for value in words.values if sends.holds(value))

    def _each_form(self, sent: SentValue, family: AlternativeFamily, taken: Pointers) -> bool:
        """Prove each alternative on its own; of `anyOf` also every two at once, as `ClosedSchemas` combines them."""
        forms = list(family.branches)
        if family.keyword == "anyOf" and len(forms) <= _MOST_TOGETHER:
            forms += [(*first, *second) for first, second in combinations(family.branches, 2)]
        spoken = [form for form in forms if not self._sender.reader.shape(form).never]
        return bool(forms) and all(self._takes(self._chosen(sent, family, form), taken) for form in spoken)

    def _chosen(self, sent: SentValue, family: AlternativeFamily, form: Pointers) -> SentValue:
        """The value sent, if it matches this alternative; of `oneOf`, no other."""
        return sent._replace(
            pointers=(*sent.pointers, *form),
            chosen=sent.chosen | {_name(family)},
            without=(*sent.without, *_beside(family, form)),
        )

    def _by_type(self, sent: SentValue, shape: AppliedSchemas, target: AppliedSchemas) -> bool:
        """Prove all types at once, or one by one where the receiver has a choice."""
        kinds = self._kinds(sent, shape)
        if "null" in kinds and len(kinds) > 1 and any(part.nullable for part in (*shape.parts, *target.parts)):
            return self._judge(self._receiver, target.pointers).holds(None) and self._takes(
                sent._replace(kinds=kinds - {"null"}), target.pointers
            )
        numbers = kinds & {"number", "integer"}
        split = [kind for kind in (numbers, *(frozenset((kind_alone,)) for kind_alone in kinds - numbers)) if kind]
        if not target.families or len(split) == 1:
            return self._of_parts(sent, shape, target, kinds) and self._of_choices(sent, target)
        return all(self._takes(sent._replace(kinds=kind), target.pointers) for kind in split)

    def _kinds(self, sent: SentValue, shape: AppliedSchemas) -> frozenset[str]:
        kinds = types_of(shape)
        own = _TYPES if kinds is None else kinds
        return own if sent.kinds is None else own & sent.kinds

    # ------------------------------------------------------------------ what the receiver says, part by part

    def _of_parts(self, sent: SentValue, shape: AppliedSchemas, target: AppliedSchemas, kinds: frozenset[str]) -> bool:
        allowed = types_of(target)
        if allowed is not None and not kinds <= allowed:
            return False
        if not self._flat(sent, shape, target, kinds):
            return False
        if "array" in kinds and not self._items(shape, target):
            return False
        if "object" in kinds and not self._fields(sent, shape, target):
            return False
        return all(self._rules(sent, part) for part in target.parts)

    def _flat(self, sent: SentValue, shape: AppliedSchemas, target: AppliedSchemas, kinds: frozenset[str]) -> bool:
        """Prove the rules that do not look into the value."""
        wanted = [name for name in target.required if name not in shape.required] if "object" in kinds else []
        rules = [
            {keyword: rule[keyword]}
            for part in target.parts
            for rule in [self._own(self._receiver, part, kinds == {"null"})]
            for keyword in rule
        ]
        if not rules and not wanted:
            return True
        sender: dict[str, Any] = {"type": sorted(kinds - {"integer"} if "number" in kinds else kinds)}
        own = [rule for part in shape.parts if (rule := self._own(self._sender, part, kinds == {"null"}))]
        sender |= {"allOf": own} if own else {}
        sender |= {"required": list(shape.required)} if shape.required else {}
        names = self._names(sent)
        if "object" in kinds and names is not None:
            sender |= {"properties": dict.fromkeys(names, True), "additionalProperties": False}
        alone = [{keyword: rule[keyword]} for rule in own for keyword in rule]
        rules += [{"required": wanted}] if wanted else []
        return all(covers_soon(rule, sender) or any(is_superset(rule, piece) for piece in alone) for rule in rules)

    def _own(self, reading: Reading, part: SchemaPart, null: bool) -> dict[str, Json]:
        """The rules of one part that do not look into a value; a part that is nullable says nothing of null."""
        if null and part.nullable:
            return {}
        return reading.plain.flat(part.pointer)

    def _items(self, shape: AppliedSchemas, target: AppliedSchemas) -> bool:
        first = max((len(part.schema.get("prefixItems", ())) for part in (*shape.parts, *target.parts)), default=0)
        return all(self._inside(_items_at(shape, index), _items_at(target, index)) for index in range(first + 1))

    def _fields(self, sent: SentValue, shape: AppliedSchemas, target: AppliedSchemas) -> bool:
        names = self._names(sent)
        for name, pointers in target.fields.items():
            if not self._field(shape, names, name, pointers):
                return False
        return all(self._others(shape, names, part) for part in target.parts)

    def _field(self, shape: AppliedSchemas, names: set[str] | None, name: str, taken: Pointers) -> bool:
        """Prove one field: whatever is sent under its name is taken."""
        if name in shape.fields:
            return self._inside(shape.fields[name], taken)
        if names is not None:
            return name not in names or self._inside((), taken)
        unsaid, allowed = self._sender.reader.field(shape, name)
        return not allowed or self._inside(unsaid, taken)

    def _others(self, shape: AppliedSchemas, names: set[str] | None, part: SchemaPart) -> bool:
        """Prove what one part of the receiver says of fields that it does not name."""
        rest, patterns = part.schema.get("additionalProperties", True), part.schema.get("patternProperties", {})
        by_pattern = {
            pattern: (f"{part.pointer}/patternProperties/{escaped(pattern)}", StandaloneSchema({"pattern": pattern}))
            for pattern in patterns
        }
        for name in [*shape.fields, *(names or ())] if names is not None else shape.fields:
            matched = [schema for schema, judge in by_pattern.values() if judge.holds(name)]
            if not all(self._field(shape, names, name, (schema,)) for schema in matched):
                return False
            left = rest is not True and not matched and name not in part.schema.get("properties", {})
            if left and not self._field(shape, names, name, (f"{part.pointer}/additionalProperties",)):
                return False
        return names is not None or self._rest(shape, part, {name: schema for name, (schema, _) in by_pattern.items()})

    def _rest(self, shape: AppliedSchemas, part: SchemaPart, by_pattern: dict[str, str]) -> bool:
        """Prove what one part of the receiver says of names that neither side declares."""
        unsaid, allowed = self._sender.reader.field(shape, "\x00")
        own = {
            pattern: f"{sent_part.pointer}/patternProperties/{escaped(pattern)}"
            for sent_part in shape.having("patternProperties")
            for pattern in sent_part.schema["patternProperties"]
        }
        if not allowed and not own:
            return True
        alike = set(own) <= set(by_pattern)
        for pattern, schema in by_pattern.items():
            if not self._inside((own[pattern],) if pattern in own else unsaid if allowed else (), (schema,)):
                return False
        if part.schema.get("additionalProperties", True) in (True, {}):
            return True
        schema = f"{part.pointer}/additionalProperties"
        open_ = [()] if own and not alike else [unsaid] if allowed else []
        if any("patternProperties" in sent_part.schema for sent_part in shape.parts) and allowed:
            open_ = [()]
        return all(self._inside(sent, (schema,)) for sent in open_)

    def _rules(self, sent: SentValue, part: SchemaPart) -> bool:
        """Prove the rules that contain schemas: the sender has the same rule, or its schemas imply it."""
        schema = part.schema
        for group in (*_WHOLE, ("propertyNames",)):
            if group[0] in schema and not self._has(sent, part, group) and not self._follows(sent, part, group):
                return False
        if "if" in schema and not self._has(sent, part, ("if", "then", "else")):
            ends = [f"{part.pointer}/{keyword}" for keyword in ("then", "else") if keyword in schema]
            if not all(self._takes(sent, (schema_pointer,)) for schema_pointer in ends):
                return False
        names = self._names(sent)
        return all(
            (names is not None and name not in names)
            or self._takes(sent, (f"{part.pointer}/dependentSchemas/{escaped(name)}",))
            for name in schema.get("dependentSchemas", ())
        )

    def _has(self, sent: SentValue, part: SchemaPart, group: tuple[str, ...]) -> bool:
        """Whether the sender has the very same rule; never for `unevaluated…`, which depends on all other rules."""
        if group[0].startswith("unevaluated"):
            return False
        wanted = self._written(self._receiver, part, group)
        own = self._sender.reader.shape(sent.pointers).parts
        return any(self._written(self._sender, sent_part, group) == wanted for sent_part in own)

    def _written(self, reading: Reading, part: SchemaPart, group: tuple[str, ...]) -> list[Json]:
        digest = reading.reader.side.contents.digest
        return [
            digest(f"{part.pointer}/{keyword}")
            if isinstance(part.schema.get(keyword), dict)
            else part.schema.get(keyword)
            for keyword in group
        ]

    def _follows(self, sent: SentValue, part: SchemaPart, group: tuple[str, ...]) -> bool:
        if group[0].startswith("unevaluated"):
            return False
        whole = self._receiver.plain.of((part.pointer,))
        rule = {keyword: whole[keyword] for keyword in (*group, "$defs") if keyword in whole}
        sends = self._sender.sending.of if self._closed else self._sender.plain.of
        return covers_soon(standing_alone(rule), sends(sent.pointers))

    # ------------------------------------------------------------------ what the receiver lets choose

    def _of_choices(self, sent: SentValue, target: AppliedSchemas) -> bool:
        return all(self._of_choice(sent, family) for family in target.families)

    def _of_choice(self, sent: SentValue, family: AlternativeFamily) -> bool:
        """Whether one alternative takes every value sent and, in a `oneOf`, no other alternative takes any."""
        for branch in family.branches:
            if self._takes(sent, branch) and all(self._apart(sent, sibling) for sibling in _beside(family, branch)):
                return True
        return False

    def _apart(self, sent: SentValue, taken: Pointers, depth: int = 0) -> bool:
        """Whether it is proven that no value sent is taken."""
        shape, target = self._sender.reader.shape(sent.pointers), self._receiver.reader.shape(taken)
        if target.never or (kinds := self._kinds(sent, shape)).isdisjoint(types_of(target) or _TYPES):
            return True
        words = listed(shape)
        if words is not None and len(words.values) <= _MOST_LISTED:
            return not any(map(self._judge(self._receiver, taken).holds, words.values))
        if (wanted := listed(target)) is not None and len(wanted.values) <= _MOST_LISTED:
            return not any(map(self._judge(self._sender, sent.pointers).holds, wanted.values))
        if depth >= _DEEPEST:
            return False
        if any(self._back.holds(taken, excluded) for excluded in sent.without):
            return True  # what it excludes takes all of these
        if any(all(self._apart(sent, branch, depth + 1) for branch in family.branches) for family in target.families):
            return True
        both = kinds & (types_of(target) or _TYPES)
        return both == {"object"} and self._objects_apart(sent, shape, target, depth)

    def _each_apart(self, sent: SentValue, shape: AppliedSchemas, taken: Pointers) -> bool:
        """The same, proven for each alternative where the schema as a whole says too little."""
        if self._apart(sent, taken):
            return True
        family = next((choice for choice in shape.families if _name(choice) not in sent.chosen), None)
        if family is None or len(sent.chosen) >= _DEEPEST:
            return False
        forms = [self._chosen(sent, family, form) for form in family.branches]
        return all(self._each_apart(form, self._sender.reader.shape(form.pointers), taken) for form in forms)

    def _objects_apart(self, sent: SentValue, shape: AppliedSchemas, target: AppliedSchemas, depth: int) -> bool:
        names = self._names(sent)
        if names is not None and any(name not in names for name in target.required):
            return True
        for part in target.having("additionalProperties"):
            closed = part.schema["additionalProperties"] is False and "patternProperties" not in part.schema
            if closed and any(name not in part.schema.get("properties", {}) for name in shape.required):
                return True
        return any(
            self._apart(SentValue(shape.fields[name]), target.fields[name], depth + 1)
            for name in (*shape.required, *target.required)
            if name in shape.fields and name in target.fields
        )

    # ------------------------------------------------------------------ reading

    @cached_property
    def _back(self) -> SchemaInclusion:
        """Proofs from the receiver to the sender, for all values and not only for those that are sent."""
        return SchemaInclusion(self._receiver, self._sender, closed=False)

    def _names(self, sent: SentValue) -> set[str] | None:
        if not self._closed:
            return None
        return self._sender.sending.names(sent.pointers, sent.chosen)

    def _judge(self, reading: Reading, pointers: Pointers) -> StandaloneSchema:
        key = (str(reading is self._sender), *pointers)
        if key not in self._judges:
            while len(self._judges) >= _MOST_JUDGES:
                del self._judges[next(iter(self._judges))]
            self._judges[key] = StandaloneSchema(reading.plain.of(pointers))
        return self._judges[key]


def _name(family: AlternativeFamily) -> str:
    return f"{family.pointer}/{family.keyword}"


def _beside(family: AlternativeFamily, branch: Pointers) -> tuple[Pointers, ...]:
    """The alternatives that a value of this one cannot match: the others of a `oneOf`; none of an `anyOf`."""
    return tuple(sibling for sibling in family.branches if sibling != branch) if family.keyword == "oneOf" else ()


def _items_at(shape: AppliedSchemas, index: int) -> Pointers:
    """The schemas of one item of a list."""
    pointers = []
    for part in shape.parts:
        if index < len(part.schema.get("prefixItems", ())):
            pointers.append(f"{part.pointer}/prefixItems/{index}")
        elif "items" in part.schema:
            pointers.append(f"{part.pointer}/items")
    return tuple(pointers)
