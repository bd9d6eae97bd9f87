"""Lint rules for operations: ids, path parameters, credentials, links and roles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pixpact.specs.contract.model import Operation
from pixpact.specs.contract.roles import LIVING, METHODS, VERBS
from pixpact.specs.dialect.request_body import resolved
from pixpact.specs.lint.rules.subject import CompiledSpec, LintFault, SpecParts, leads_to
from pixpact.specs.openapi.document import Json, at, escaped
from pixpact.specs.openapi.grammar import SpecPart
from pixpact.specs.openapi.media import is_file

_TEMPLATE = re.compile(r"\{([^{}]+)\}")


def duplicate_operation(spec: SpecParts) -> Iterator[LintFault]:
    """Two operations with one id, or two paths that differ only in parameter names."""
    names = Counter(site.value["operationId"] for site in spec.of_kind("operation"))
    for site in spec.of_kind("operation"):
        name = site.value["operationId"]
        if names[name] > 1:
            yield LintFault(f"{site.pointer}/operationId", f"the operation {name!r} occurs twice", "rename one")
    paths = Counter(_TEMPLATE.sub("{}", path) for path in spec.value["paths"])
    for path in spec.value["paths"]:
        if paths[_TEMPLATE.sub("{}", path)] > 1:
            message = f"the path {path!r} matches the same requests as another"
            yield LintFault(f"/paths/{escaped(path)}", message, "put the methods of both under one path")


def path_parameter(spec: SpecParts) -> Iterator[LintFault]:
    """Path templates that do not match the path parameters, or a path parameter that is not required."""
    for path, item in spec.value["paths"].items():
        wanted = set(_TEMPLATE.findall(path))
        for method in METHODS:
            if method in item:
                pointer = f"/paths/{escaped(path)}/{method}"
                parameters = [parameter for parameter in _parameters_of(spec, pointer) if parameter["in"] == "path"]
                given = {parameter["name"]: parameter.get("required", False) for parameter in parameters}
                yield from _mismatches(pointer, wanted, given)


def _parameters_of(spec: SpecParts, operation: str) -> list[Json]:
    """The parameters of the operation at a pointer, with those of its path."""
    pointers = []
    for owner in (operation.rpartition("/")[0], operation):
        written = at(spec.value, owner).get("parameters", ())
        pointers += [f"{owner}/parameters/{index}" for index in range(len(written))]
    return [at(spec.value, resolved(spec.value, pointer)) for pointer in pointers]


def _mismatches(pointer: str, wanted: set[str], given: dict[str, bool]) -> Iterator[LintFault]:
    for name in sorted(wanted - given.keys()):
        yield LintFault(
            pointer, f"the path's {{{name}}} is not a parameter", f"add a parameter {name!r} with `in: path`"
        )
    for name in sorted(given.keys() - wanted):
        message = f"the parameter {name!r} is not in the path"
        yield LintFault(pointer, message, f"write {{{name}}} in the path, or remove it")
    for name in sorted(name for name, required in given.items() if not required):
        yield LintFault(pointer, f"the path parameter {name!r} is not required", "add `required: true`")


def security_scheme(spec: SpecParts) -> Iterator[LintFault]:
    """A security requirement without its scheme, or of two schemes at once: Pixpact's clients send one key."""
    schemes = spec.value.get("components", {}).get("securitySchemes", {})
    for site in spec.of_kind("security"):
        for index, alternative in enumerate(site.value):
            if len(alternative) > 1:
                message = f"{' and '.join(alternative)} are needed together, and one key is sent"
                remedy = "keep the one that holds the key; write the other as a required parameter of the operations"
                yield LintFault(f"{site.pointer}/{index}", message, remedy)
            for name in alternative:
                if name not in schemes:
                    message = f"the security scheme {name!r} is not defined"
                    remedy = "define it under components.securitySchemes"
                    yield LintFault(f"{site.pointer}/{index}/{escaped(name)}", message, remedy)


def link(spec: SpecParts) -> Iterator[LintFault]:
    """A link to an unknown operation, or with a parameter that its target does not have."""
    operations = {site.value["operationId"]: site for site in spec.of_kind("operation")}
    for site in spec.of_kind("link"):
        name = site.value["operationId"]
        if name not in operations:
            remedy = f"use one of {', '.join(operations)}"
            yield LintFault(f"{site.pointer}/operationId", f"there is no operation {name!r}", remedy)
            continue
        yield from _unread(
            site, name, {parameter["name"] for parameter in _parameters_of(spec, operations[name].pointer)}
        )


def _unread(site: SpecPart, name: str, read: set[str]) -> Iterator[LintFault]:
    for parameter in site.value.get("parameters", {}):
        if parameter not in read:
            pointer = f"{site.pointer}/parameters/{escaped(parameter)}"
            message = f"{name} reads no parameter {parameter!r}"
            yield LintFault(pointer, message, f"use one of {', '.join(sorted(read)) or 'none'}")


def role(spec: SpecParts) -> Iterator[LintFault]:
    """An `x-lifecycle` without exactly one verb, or with an undefined lifecycle or state."""
    for site in spec.of_kind("role"):
        verbs = [verb for verb in VERBS if verb in site.value]
        if len(verbs) != 1:
            message = f"an operation has one of {', '.join(VERBS)}; here are {len(verbs)}"
            yield LintFault(site.pointer, message, "keep exactly one")
        else:
            yield from _unknown_names(spec, site.pointer, site.value)


def _unknown_names(spec: SpecParts, pointer: str, written: dict[str, Json]) -> Iterator[LintFault]:
    """Yield the undefined or misplaced names in an `x-lifecycle`."""
    if "of" in written and not LIVING_VERBS & written.keys():
        message = "an operation that continues a task starts one"
        yield LintFault(f"{pointer}/of", message, "write `of` beside `start` or `run`")
    for verb in LIVING:
        if verb in written and written[verb] not in spec.lifecycles:
            message = f"there is no lifecycle {written[verb]!r}"
            remedy = f"define it under components.x-lifecycles, beside {', '.join(spec.lifecycles) or 'none'}"
            yield LintFault(f"{pointer}/{verb}", message, remedy)
    states = {name: state for lifecycle in spec.lifecycles.values() for name, state in lifecycle.states.items()}
    named = [("as", written["as"])] if "as" in written else []
    named += [(f"from/{index}", name) for index, name in enumerate(written.get("from", ()))]
    for user, name in named:
        if name not in states:
            yield LintFault(
                f"{pointer}/{user}", f"no lifecycle has a state {name!r}", f"use one of {', '.join(states)}"
            )
        elif (user == "as") != bool(states[name].outcome):
            message = f"{name} is {'not ' if user == 'as' else ''}an outcome"
            remedy = "a task is ended as a state with an `outcome`, and from states without one"
            yield LintFault(f"{pointer}/{user}", message, remedy)


def mode(spec: SpecParts) -> Iterator[LintFault]:
    """A list of roles in which not exactly the last one lacks a condition, or with verbs other than start and run."""
    for site in spec.of_kind("roles"):
        written = site.value if isinstance(site.value, list) else [site.value]
        for index, condition in enumerate(written):
            pointer = f"{site.pointer}/{index}" if isinstance(site.value, list) else site.pointer
            last = index == len(written) - 1
            if last == ("x-when" in condition):
                message = "the last role has a condition" if last else f"role {index + 1} has no condition"
                remedy = "give each an x-when but the last, which is for all other requests"
                yield LintFault(pointer, message, remedy)
            if len(written) > 1 and not LIVING_VERBS & condition.keys():
                yield LintFault(pointer, "only `start` and `run` can be chosen by request", "write one role alone")


LIVING_VERBS = frozenset(LIVING)


def role_expression(spec: CompiledSpec) -> Iterator[LintFault]:
    """A `show` or `end` that reads no parameter of its operation, or a `store` that reads no required body field."""
    for operation in spec.contract.operations:
        verb = operation.role.verb if operation.role else ""
        if verb in ("show", "end") and not _reads_parameter(operation):
            message = f"{operation.id} {verb}s the task named by something that is not a parameter"
            remedy = "write $request.path.NAME (or query, header) of one of them"
            yield LintFault(f"{operation.pointer}/x-lifecycle/{verb}", message, remedy)
        if verb == "store" and not _reads_field(spec, operation):
            message = f"{operation.id} stores something that is optional in a request"
            remedy = "write $request.body#/NAME of a required field, or $request.body where the body is the file itself"
            yield LintFault(f"{operation.pointer}/x-lifecycle/store", message, remedy)


def _read(operation: Operation) -> str:
    assert operation.role is not None
    assert operation.role.expression is not None
    return operation.role.expression.text


def _reads_parameter(operation: Operation) -> bool:
    return any(_read(operation) == f"$request.{parameter.place}.{parameter.name}" for parameter in operation.parameters)


def _reads_field(spec: CompiledSpec, operation: Operation) -> bool:
    branches = [
        branch for owner, media in spec.requests if owner is operation for branch in media.reader.all_branches()
    ]
    if _read(operation) == "$request.body":
        return bool(operation.body and all(is_file(media.name) for media in operation.body.media))
    name = _read(operation).removeprefix("$request.body#/")
    return bool(branches) and all(name in branch.fields and branch.fields[name].required for branch in branches)


def optional_body(spec: CompiledSpec) -> Iterator[LintFault]:
    """An optional body that says what to make or store."""
    for operation in spec.contract.operations:
        body, verb = operation.body, operation.role.verb if operation.role else "show"
        if body and not body.required and verb not in ("show", "end"):
            message = f"{operation.id} can be called without the body that says what to {verb}"
            yield LintFault(body.pointer, message, "add `required: true` to the requestBody")


def unreachable_task(spec: CompiledSpec) -> Iterator[LintFault]:
    """An operation that starts tasks without a link to one that shows them, or shows tasks without a link to it."""
    operations = spec.contract.operations
    shows = [operation for operation in operations if operation.does("show")]
    starts = [operation for operation in operations if operation.does("start")]
    for role in starts:
        if not any(leads_to(role, show.id) for show in shows):
            message = f"{role.id} starts a task, and no link leads to an operation that shows it"
            remedy = "add `links` to its response, with an operationId and what its parameters read"
            yield LintFault(role.pointer, message, remedy)
    for role in shows:
        if not any(leads_to(start, role.id) for start in starts):
            message = f"{role.id} shows tasks, and no link of an operation that starts one leads to it"
            yield LintFault(role.pointer, message, "add `links` to the response of the operation that starts its tasks")


def branch(spec: CompiledSpec) -> Iterator[LintFault]:
    """A request `oneOf` without a discriminating field, or with keywords beside it that no branch includes."""
    for pointer in dict.fromkeys(media.reader.pointer for _, media in spec.requests):
        schema = at(spec.value, pointer)
        if not isinstance(schema, dict) or "oneOf" not in schema:
            continue
        if any(media.reader.pointer == pointer and media.reader.key is None for _, media in spec.requests):
            message = "no required field has a different `enum` in each branch of this oneOf"
            remedy = "give every branch the same required field, such as `model`, with an `enum` of its own"
            yield LintFault(f"{pointer}/oneOf", message, remedy)
            continue
        for keyword in schema.keys() - _BESIDE:
            message = f"{keyword} is beside oneOf, where it is ignored"
            yield LintFault(
                f"{pointer}/{keyword}", message, "put it into a schema that every branch includes with allOf"
            )


_BESIDE = {"oneOf", "type", "title", "description", "$comment", "examples", "deprecated", "x-evidence"}
