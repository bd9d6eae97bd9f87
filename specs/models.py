"""The models that a contract accepts, the overlays that accept others, and an overlay that adds one.

A model is a value of the field that selects the branch of a request body (see `request_body.dispatch`).
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pixpact.specs.catalogue import SpecCatalogue
from pixpact.specs.contract.model import Contract
from pixpact.specs.dialect.request_body import BodyReader, declarations_of, dispatch
from pixpact.specs.openapi import overlay
from pixpact.specs.openapi.document import Json, SpecDocument, at, steps
from pixpact.specs.openapi.problems import SpecError
from pixpact.wire.control_characters import harmless_lines, visible_text, visible_yaml

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class AcceptedModel:
    """A model that an operation accepts: the field that names it, its value, the schema name of its branch."""

    operation: str
    key: str
    value: str
    schema: str


def models_of(contract: Contract) -> Iterator[AcceptedModel]:
    """Yield every model of every operation, in the order of the spec."""
    for operation in contract.operations:
        for media in operation.body.media if operation.body else ():
            for value, branch in media.reader.branches.items():
                assert media.reader.key is not None
                yield AcceptedModel(operation.id, media.reader.key, str(value), branch.pointer.rpartition("/")[2])


def models_by_overlay(contract: Contract, reader: BodyReader) -> dict[str, frozenset[str]]:
    """The models accepted with each further overlay of the vendor applied, by contract name.

    An overlay that does not fit accepts none. All overlays are read and applied, which takes some hundred milliseconds.
    """
    document, worn = contract.document, contract.name.split("@")
    overlays = SpecCatalogue([document.root.origin.path.parent]).overlays(contract.vendor)
    return {
        f"{contract.name}@{name}": frozenset(_with(document, reader.pointer, path))
        for name, path in overlays.items()
        if name not in worn
    }


def _with(document: SpecDocument, pointer: str, path: Path) -> list[str]:
    try:
        value = overlay.apply(document, path).value
        return [str(model) for model in dispatch(value, pointer, at(value, pointer))[1]]
    except (SpecError, KeyError):
        return []


def model_overlay(contract: Contract, value: str) -> str:
    """The text of an overlay that accepts the model `value` like the one closest in name.

    Raises ValueError for a contract that does not distinguish models.
    """
    actions = []
    for operation in contract.operations:
        for media in operation.body.media if operation.body else ():
            if media.reader.key is not None:
                target = _target(contract.document.value, media.reader, value)
                actions.append(f"  - target: {target}\n    update: {{enum: [{_scalar(value)}]}}\n")
    if not actions:
        raise ValueError(f"{contract.name} does not distinguish models")
    head = f"overlay: 1.0.0\ninfo: {{title: {contract.vendor} with one model more, version: '1'}}\nactions:\n"
    return head + "".join(dict.fromkeys(actions))


def _target(document: Mapping[str, Json], reader: BodyReader, value: str) -> str:
    """The JSONPath (RFC 9535) of the schema that lists the models of the branch closest to `value`."""
    assert reader.key is not None
    models = [str(model) for model in reader.branches]
    like = difflib.get_close_matches(value, models, 1, cutoff=0.0)[0]
    lists = [
        pointer
        for pointer, part in declarations_of(document, reader.branches[like].pointer, reader.key)
        if "enum" in part
    ]
    return "$" + "".join(_step(step) for step in steps(lists[-1]))


def _step(step: str) -> str:
    if _PLAIN.fullmatch(step):
        return f".{step}"
    return "[" + (step if step.isdecimal() else f"'{step}'") + "]"


def _scalar(value: str) -> str:
    """A text as quoted YAML in flow style, so that it stays a text."""
    if harmless_lines(visible_text(value)) != value:
        return visible_yaml(json.dumps(value))
    return "'" + value.replace("'", "''") + "'"
