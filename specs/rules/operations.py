"""Operations: their names, path parameters, credentials, links and roles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pixpact.specs.document import Json, at, escaped
from pixpact.specs.grammar import Site
from pixpact.specs.loader import METHODS, VERBS
from pixpact.specs.problems import Problem
from pixpact.specs.reading import resolved
from pixpact.specs.rules.subject import Meaning, Parts

_TEMPLATE = re.compile(r"\{([^{}]+)\}")


def _operations(spec: Parts) -> dict[str, Site]:
    return {site.value["operationId"]: site for site in spec.of_kind("operation")}


def duplicate_operation(spec: Parts) -> Iterator[Problem]:
    """Two operations of one name."""
    names = Counter(site.value["operationId"] for site in spec.of_kind("operation"))
    for site in spec.of_kind("operation"):
        name = site.value["operationId"]
        if names[name] > 1:
            pointer = f"{site.pointer}/operationId"
            yield spec.problem("duplicate-operation", pointer, f"the operation {name!r} stands twice", "rename one")


def path_parameter(spec: Parts) -> Iterator[Problem]:
    """A path and its parameters that do not name the same things, or a path parameter that is not required."""
    for path, item in spec.value["paths"].items():
        wanted = set(_TEMPLATE.findall(path))
        for method in METHODS:
            if method in item:
                pointer = f"/paths/{escaped(path)}/{method}"
                given = _path_parameters(spec, f"/paths/{escaped(path)}", item, method)
                yield from _mismatches(spec, pointer, wanted, given)


def _path_parameters(spec: Parts, place: str, item: Json, method: str) -> dict[str, bool]:
    pointers = [f"{place}/parameters/{index}" for index in range(len(item.get("parameters", ())))]
    own = item[method].get("parameters", ())
    pointers += [f"{place}/{method}/parameters/{index}" for index in range(len(own))]
    found = [at(spec.value, resolved(spec.value, pointer)) for pointer in pointers]
    return {it["name"]: it.get("required", False) for it in found if it["in"] == "path"}


def _mismatches(spec: Parts, pointer: str, wanted: set[str], given: dict[str, bool]) -> Iterator[Problem]:
    for name in sorted(wanted - given.keys()):
        message, remedy = f"the path's {{{name}}} is no parameter", f"add a parameter {name!r} with `in: path`"
        yield spec.problem("path-parameter", pointer, message, remedy)
    for name in sorted(given.keys() - wanted):
        message = f"the parameter {name!r} is not in the path"
        yield spec.problem("path-parameter", pointer, message, f"write {{{name}}} in the path, or remove it")
    for name in sorted(name for name, required in given.items() if not required):
        message = f"the path parameter {name!r} is not required"
        yield spec.problem("path-parameter", pointer, message, "add `required: true`")


def security_scheme(spec: Parts) -> Iterator[Problem]:
    """A security requirement without its scheme."""
    known = spec.value.get("components", {}).get("securitySchemes", {})
    for site in spec.of_kind("security"):
        for index, alternative in enumerate(site.value):
            for name in alternative:
                if name not in known:
                    message = f"the security scheme {name!r} is not defined"
                    remedy = "define it under components.securitySchemes"
                    yield spec.problem("security-scheme", f"{site.pointer}/{index}/{escaped(name)}", message, remedy)


def link(spec: Parts) -> Iterator[Problem]:
    """A link to an operation that does not exist, or that feeds a parameter its target does not read."""
    operations = _operations(spec)
    for site in spec.of_kind("link"):
        name = site.value["operationId"]
        if name not in operations:
            message, remedy = f"no operation is called {name!r}", f"use one of {', '.join(operations)}"
            yield spec.problem("link", f"{site.pointer}/operationId", message, remedy)
            continue
        read = _parameters_of(spec, operations[name])
        for parameter in site.value.get("parameters", {}):
            if parameter not in read:
                pointer = f"{site.pointer}/parameters/{escaped(parameter)}"
                message = f"{name} reads no parameter {parameter!r}"
                yield spec.problem("link", pointer, message, f"use one of {', '.join(sorted(read)) or 'none'}")


def _parameters_of(spec: Parts, operation: Site) -> set[str]:
    path_item = operation.pointer.rpartition("/")[0]
    pointers = []
    for place in (path_item, operation.pointer):
        written = at(spec.value, place).get("parameters", ())
        pointers += [f"{place}/parameters/{index}" for index in range(len(written))]
    return {at(spec.value, resolved(spec.value, pointer))["name"] for pointer in pointers}


def role(spec: Parts) -> Iterator[Problem]:
    """An `x-lifecycle` with two verbs or none, or that names a lifecycle nobody defined."""
    for site in spec.of_kind("role"):
        verbs = [verb for verb in VERBS if verb in site.value]
        if len(verbs) != 1:
            message = f"an operation has one of {', '.join(VERBS)}; here are {len(verbs)}"
            yield spec.problem("role", site.pointer, message, "keep exactly one")
        elif verbs[0] in ("start", "run") and site.value[verbs[0]] not in spec.lifecycles:
            name = site.value[verbs[0]]
            message = f"no lifecycle is called {name!r}"
            remedy = f"define it under components.x-lifecycles, beside {', '.join(spec.lifecycles) or 'none'}"
            yield spec.problem("role", f"{site.pointer}/{verbs[0]}", message, remedy)


def branch(spec: Meaning) -> Iterator[Problem]:
    """A request `oneOf` whose branches no member tells apart: no message could then name the member that is wrong."""
    for operation in spec.contract.operations:
        for media in operation.body.media if operation.body else ():
            if "oneOf" in at(spec.value, media.reader.pointer) and media.reader.key is None:
                message = "no required member has a different `enum` in each branch of this oneOf"
                remedy = "give every branch the same required member, such as `model`, with an `enum` of its own"
                yield spec.problem("branch", f"{media.reader.pointer}/oneOf", message, remedy)
