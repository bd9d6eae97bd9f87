"""How parameters are serialized: `style` and `explode` (OpenAPI 3.1.1, section 4.8.12.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pixpact.specs.openapi.document import Json

STYLE = ("style", "explode")
_USUAL = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_BETWEEN = {"pipeDelimited": "|", "spaceDelimited": "%20"}
_SAMPLES: tuple[tuple[str, Json], ...] = (("array", ["a", "b"]), ("object", {"r": 1, "g": 2}), ("string", "a"))


class ParameterStyle(NamedTuple):
    """The style of a parameter, with defaults filled in."""

    style: str
    explode: bool

    @property
    def reported(self) -> str:
        """In words."""
        return f"style {self.style}, {'exploded' if self.explode else 'not exploded'}"


def style_of(parameter: dict[str, Any]) -> ParameterStyle:
    """The style of a parameter object."""
    style = parameter.get("style") or _USUAL.get(parameter.get("in", ""), "form")
    return ParameterStyle(str(style), bool(parameter.get("explode", style == "form")))


def written_apart(
    name: str, old: ParameterStyle, new: ParameterStyle, before: frozenset[str] | None, after: frozenset[str] | None
) -> tuple[Json, str, str] | None:
    """A value that is serialized differently now, and both texts; None if every value is serialized alike.

    `before` and `after` are the types that the parameter may have; None for any.
    """
    for kind, value in _SAMPLES:
        simple = kind == "string"
        if all(
            kinds is None or (bool(kinds - {"array", "object"}) if simple else kind in kinds)
            for kinds in (before, after)
        ):
            texts = (written(name, value, old), written(name, value, new))
            if texts[0] != texts[1]:
                return (value, *texts)
    return None


def each(value: Json, change: Callable[[str], str]) -> Json:
    """A text, a list of texts or texts by name, with each text changed."""
    if isinstance(value, list):
        return [each(item, change) for item in value]
    if isinstance(value, dict):
        return {name: each(inner, change) for name, inner in value.items()}
    return change(str(value))


def written(name: str, value: Json, style: ParameterStyle) -> str:
    """A value serialized as a parameter, as far as styles differ."""
    if style.style in ("simple", "label", "matrix"):
        return _in_path(name, value, style)
    if isinstance(value, dict):
        if style.style == "deepObject":
            return "&".join(f"{name}[{key}]={inner}" for key, inner in value.items())
        if style.explode:
            return "&".join(f"{key}={inner}" for key, inner in value.items())
        value = [item for pair in value.items() for item in pair]
    if isinstance(value, list):
        if style.explode:
            return "&".join(f"{name}={item}" for item in value)
        return f"{name}={_BETWEEN.get(style.style, ',').join(map(str, value))}"
    return f"{name}={value}"


def _in_path(name: str, value: Json, style: ParameterStyle) -> str:
    between = {"simple": ",", "label": ".", "matrix": f";{name}="}[style.style] if style.explode else ","
    if isinstance(value, dict):
        if style.explode and style.style == "matrix":
            return "".join(f";{key}={inner}" for key, inner in value.items())
        pairs = [f"{key}={inner}" if style.explode else f"{key},{inner}" for key, inner in value.items()]
        text = between.join(pairs)
    else:
        text = between.join(map(str, value)) if isinstance(value, list) else str(value)
    return {"simple": "", "label": ".", "matrix": f";{name}="}[style.style] + text
