"""Repairs what the grammar and the lint rules find in a draft by the smallest change, or drops it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from copy import deepcopy
from typing import Any
from urllib.parse import unquote

from pixpact.specs.adopt.contents import needed_refusals, refuse
from pixpact.specs.adopt.draft import DraftDocument, placeholder
from pixpact.specs.adopt.samples import sample
from pixpact.specs.lint import lint
from pixpact.specs.lint.rules.subject import LintFault
from pixpact.specs.openapi import grammar
from pixpact.specs.openapi.containment import is_pattern
from pixpact.specs.openapi.document import escaped, steps
from pixpact.specs.openapi.grammar import GrammarFault
from pixpact.specs.openapi.problems import SpecError, SpecProblem

_MOST_ROUNDS = 40
_USUAL: dict[str, Any] = {"description": "", "schema": {}, "responses": {}, "value": None}


HABITS = ("list-required",)
"""Rules whose repair would state more than the document does."""


def mend_draft(draft: DraftDocument, name: str, ignored: Collection[str] = ()) -> None:
    """Change a draft until only `ignored` rules find anything. Raises SpecError with what could not be repaired."""
    for _ in range(_MOST_ROUNDS):
        faults: list[Any] = list(grammar.faults(draft.value))
        for fault in _outer(faults):
            _pruned(draft, fault)
        if faults:
            continue
        broken = [
            (rule, fault)
            for rule, fault in lint.faults(draft.document(), name)[1]
            if rule not in lint.NOTED and rule not in ignored
        ]
        if not broken:
            return
        if not sum(_mended(draft, rule, fault) for rule, fault in reversed(broken)):
            break
    problems = [SpecProblem(draft.origin(fault.pointer), rule, fault.message, fault.remedy) for rule, fault in broken]
    raise SpecError(problems)


def _outer(faults: list[GrammarFault]) -> list[GrammarFault]:
    """The faults outside of parts that another fault removes; sorted so that later items of a list come first."""
    paths = {steps(fault.pointer) for fault in faults if not fault.missing}
    kept = [fault for fault in faults if not _within(steps(fault.pointer), paths)]
    return sorted(kept, key=lambda fault: [step.zfill(6) for step in steps(fault.pointer)], reverse=True)


def _within(path: tuple[str, ...], paths: set[tuple[str, ...]]) -> bool:
    return any(path[:length] in paths for length in range(len(path)))


def _pruned(draft: DraftDocument, fault: GrammarFault) -> None:
    if fault.missing in _USUAL:
        draft.at(fault.pointer)[fault.missing] = _USUAL[fault.missing]
        return
    last = steps(fault.pointer)[-1] if steps(fault.pointer) else ""
    if fault.rule == "unknown-key":
        draft.note(fault.pointer, "left-out", f"key: {last}")
    else:
        draft.note(fault.pointer, "left-out", f"wrong shape: {fault.message}")
    if last == "patternProperties":  # it would refuse what the dropped patterns allowed
        draft.drop(f"{fault.pointer.rpartition('/')[0]}/additionalProperties")
    draft.drop(fault.pointer)


# ------------------------------------------------------------------------------------------------ rules


def _mended(draft: DraftDocument, rule: str, fault: LintFault) -> bool:
    """Repair one fault; return whether anything changed, as another repair may have fixed it already."""
    try:
        return _REPAIRS.get(rule, _left_out)(draft, fault)
    except KeyError:
        return True  # its parent was dropped


def _left_out(draft: DraftDocument, fault: LintFault) -> bool:
    draft.note(fault.pointer, "left-out", f"contradiction: {fault.message}")
    return draft.drop(fault.pointer)


def _reference(draft: DraftDocument, fault: LintFault) -> bool:
    """Replace a reference that leads to no component of its kind by its target, or by an empty schema."""
    reference = fault.pointer.removesuffix("/$ref")
    holder = draft.at(reference)
    is_around = f"{reference}/".startswith(f"{unquote(holder['$ref'][1:])}/")  # its copy would never end
    source = None if is_around else draft.resolved({"$ref": holder["$ref"]})
    del holder["$ref"]
    if isinstance(source, dict) and source is not holder and "leads back" not in fault.message:
        holder |= {key: deepcopy(value) for key, value in source.items() if key not in holder}
        draft.derived(holder, source)
        return True
    draft.note(reference, "changed", f"reference: {fault.message}")
    return bool(holder) or _schema_place(reference) or draft.drop(reference)


def _schema_place(pointer: str) -> bool:
    return bool(
        re.search(
            r"/(schema|items|schemas/[^/]+|properties/[^/]+|(all|any|one)Of/[0-9]+|not|additionalProperties)$", pointer
        )
    )


def _schema(draft: DraftDocument, fault: LintFault) -> bool:
    """Repair an invalid schema: drop its pattern, or else replace it by one that allows any value."""
    schema = draft.at(fault.pointer)
    pattern = schema.get("pattern")
    draft.note(fault.pointer, "changed", f"schema: {fault.message}")
    if isinstance(pattern, str) and not is_pattern(pattern):
        del schema["pattern"]
    else:
        schema.clear()
    return True


_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \\t\\n\\r\\f\\v"}


def _pattern(draft: DraftDocument, fault: LintFault) -> bool:
    """Expand the character classes of a pattern; drop a pattern that validators read differently."""
    holder = draft.at(fault.pointer.rpartition("/")[0])
    written = portable_pattern(holder["pattern"])
    if written is None or not is_pattern(written):
        return _left_out(draft, fault)
    holder["pattern"] = written
    return True


def portable_pattern(pattern: str) -> str | None:
    r"""A pattern with `\d`, `\w` and `\s` expanded; None if it has `\b`, or a negated class within brackets."""
    made, inside = "", False
    for part in re.findall(r"\\.|.", pattern, re.DOTALL):
        written = part
        word = part[1:].lower() if part.startswith("\\") else ""
        if word == "b" or (word in _CLASSES and part[1].isupper() and inside):
            return None
        inside = {"[": True, "]": False}.get(part, inside)
        if word in _CLASSES:
            written = _CLASSES[word] if inside else f"[{'^' if part[1].isupper() else ''}{_CLASSES[word]}]"
        made += written
    return made


def _example(draft: DraftDocument, fault: LintFault) -> bool:
    """Drop an example that breaks its schema; the only one of a response is replaced by a generated one."""
    examples = fault.pointer.rpartition("/")[0]
    media = draft.at(examples.rpartition("/")[0])
    refused = draft.at(fault.pointer)
    note = str((refused.get("x-evidence") or {}).get("note", "")) if isinstance(refused, dict) else ""
    if "/requestBody" in fault.pointer or "/requestBodies/" in fault.pointer or len(media["examples"]) > 1:
        if note and refused["value"] != (anew := sample(draft, media["schema"])):
            refused["value"] = anew  # its schema was repaired meanwhile
            return True
        if not note:
            draft.note(fault.pointer, "left-out", f"example that breaks its schema: {fault.message}")
        return draft.drop(fault.pointer)
    if note:
        draft.note(
            fault.pointer, "changed", f"schema that nothing simple satisfies, so that it is not judged: {fault.message}"
        )
        media["schema"] = {}
        return True
    draft.note(fault.pointer, "changed", f"example that breaks its schema: {fault.message}")
    made = {
        "value": sample(draft, media["schema"]),
        "x-evidence": placeholder("what the document shows is refused by its schema"),
    }
    media["examples"][steps(fault.pointer)[-1]] = made
    return True


def _response(draft: DraftDocument, fault: LintFault) -> bool:
    """Give an operation without a usable success a status without a body."""
    operation = draft.at(fault.pointer)
    status = next((one for one in operation["responses"] if one.startswith("2")), "200")
    operation["responses"][status] = {
        "description": "",
        "x-evidence": placeholder("the document shows nothing that can be sent"),
    }
    draft.note(fault.pointer, "placeholder", f"success: {operation['operationId']}")
    return True


def _body(draft: DraftDocument, fault: LintFault) -> bool:
    """Require a body that says what to make."""
    draft.note(fault.pointer, "changed", f"body that may be left out, required: {fault.message.partition(' ')[0]}")
    draft.at(fault.pointer)["required"] = True
    return True


def _refusal(draft: DraftDocument, fault: LintFault) -> bool:
    before = str(draft.at(fault.pointer)["responses"])
    for cause in {*needed_refusals(draft, draft.at(fault.pointer)), "invalid-request"}:
        refuse(draft, fault.pointer, cause)
    return before != str(draft.at(fault.pointer)["responses"])


def _twice(draft: DraftDocument, fault: LintFault) -> bool:
    """Keep only the first of several responses for a cause unconditional."""
    shown = [
        (name, one)
        for response in draft.at(fault.pointer)["responses"].values()
        for media in (draft.resolved(response) or {}).get("content", {}).values()
        for name, one in media.get("examples", {}).items()
        if "x-when" not in one
    ]
    counts: Counter[str] = Counter()
    for name, one in shown:
        counts[name] += 1
        if counts[name] > 1:
            one["x-when"] = False
    return any(count > 1 for count in counts.values())


def _branch(draft: DraftDocument, fault: LintFault) -> bool:
    """Read a request `oneOf` without a discriminator as `anyOf`."""
    holder = draft.at(fault.pointer.rpartition("/")[0])
    forms = holder.pop("oneOf")
    if "anyOf" in holder:
        holder.setdefault("allOf", []).append({"anyOf": forms})
    else:
        holder["anyOf"] = forms
    draft.note(fault.pointer, "changed", f"oneOf that no field tells apart, read as anyOf: {fault.pointer}")
    return True


def _items(draft: DraftDocument, fault: LintFault) -> bool:
    """Require at least one item of a required list."""
    pointer = fault.pointer
    if pointer.endswith("/required") or "/dependentRequired/" in pointer:
        return _left_out(draft, fault)
    draft.at(pointer)["minItems"] = 1
    draft.note(pointer, "changed", f"list that may be empty: {pointer}")
    return True


def _operation(draft: DraftDocument, fault: LintFault) -> bool:
    """Drop the last of several paths that match the same requests."""
    path = steps(fault.pointer)[-1]
    same = [
        path_like
        for path_like in draft.value["paths"]
        if re.sub(r"\{[^{}]+\}", "{}", path_like) == re.sub(r"\{[^{}]+\}", "{}", path)
    ]
    return len(same) == 1 or _left_out(draft, fault)


def _image_body(draft: DraftDocument, fault: LintFault) -> bool:
    """Drop an image body of an operation that makes no images."""
    return _left_out(draft, LintFault(fault.pointer.removesuffix("/schema"), fault.message, fault.remedy))


def _parent(draft: DraftDocument, fault: LintFault) -> bool:
    return _left_out(draft, LintFault(fault.pointer.rpartition("/")[0], fault.message, fault.remedy))


_REPAIRS: dict[str, Callable[[DraftDocument, LintFault], bool]] = {
    "unresolved-ref": _reference,
    "bad-schema": _schema,
    "portable-pattern": _pattern,
    "example": _example,
    "missing-response": _response,
    "missing-refusal": _refusal,
    "cause-twice": _twice,
    "branch": _branch,
    "list-required": _items,
    "optional-body": _body,
    "duplicate-operation": _operation,
    "image-file": _image_body,
    "link": _parent,
}
"""The repair of each rule that dropping the part would not fix."""


def drop_unused_components(draft: DraftDocument) -> None:
    """Drop every component that nothing refers to."""
    components = draft.value.get("components", {})
    kept: set[str] = set()
    waiting: list[Any] = [value for key, value in draft.value.items() if key != "components"]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference not in kept:
                kept.add(reference)
                waiting.append(draft.resolved({"$ref": reference}))
                waiting.append(_first(draft, reference))
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    for home, parts in list(components.items()):
        if home in ("securitySchemes", "x-lifecycles") or not isinstance(parts, dict):
            continue
        for name in list(parts):
            pointer = f"#/components/{home}/{escaped(name)}"
            if not any(one == pointer or one.startswith(f"{pointer}/") for one in kept):
                del parts[name]
    for home in [home for home, parts in components.items() if not parts]:
        del components[home]


def _first(draft: DraftDocument, reference: str) -> Any:
    try:
        return draft.at(reference.removeprefix("#"))
    except KeyError:
        return None
