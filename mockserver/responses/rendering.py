"""Example + bindings → response. Everything about an example is decided when the contract is loaded.

An example becomes a tree of closures; parts without a binding are constants. A run of neighbouring items that
stand for one image is written once for each image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from pixpact.specs.contract.model import Example, ExampleBinding, ResponseHeader, WhenCondition
from pixpact.specs.dialect.applicators import Path
from pixpact.specs.dialect.expression_inverse import MILLISECONDS
from pixpact.specs.dialect.expressions import UNDEFINED, ExpressionRoots
from pixpact.specs.openapi.document import Json

Render = Callable[[ExpressionRoots], Json]


def holds(condition: WhenCondition | None, roots: ExpressionRoots) -> bool:
    """Whether an `x-when` holds for these values."""
    return condition is None or condition.holds(roots)


def compile_example(example: Example) -> Render:
    """The function that writes an example's body."""
    return _ExampleCompiler(example).render()


def compile_events(example: Example) -> Callable[[ExpressionRoots, Sequence[Any]], Events]:
    """The function that writes the items of an example that is a list, in their order: (image or None, how)."""
    compiler = _ExampleCompiler(example)
    items, beside = compiler.top_items(), compiler.beside()

    def events(roots: ExpressionRoots, images: Sequence[Any]) -> Events:
        for index, (render_item, variants) in enumerate(items):
            if render_item is not None:
                yield (images[0] if images and index in beside else None), partial(render_item, roots)
            for image in images if variants else ():
                yield image, partial(_of_image, variants, roots, image)

    return events


Events = Iterator[tuple[Any, Callable[[], Json]]]
"""Items of a list as they come up: the image that one stands for, or None, and what writes it."""


def _of_image(variants: Variants, roots: ExpressionRoots, image: Any) -> Json:
    """The item for one image; UNDEFINED where the example shows none for it."""
    roots.image = image
    render = _variant(variants, roots)
    written = UNDEFINED if render is None else render(roots)
    roots.image = None
    return written


Variants = list[tuple[WhenCondition | None, Render]]


def _variant(variants: Variants, roots: ExpressionRoots) -> Render | None:
    """The item for the image at hand: the first whose condition holds, unconditional ones last."""
    for condition, render in variants:
        if condition is not None and holds(condition, roots):
            return render
    if getattr(roots.image, "withheld", False) is True:
        return None  # the example shows no form for a withheld image
    return next((render for condition, render in variants if condition is None), None)


class _ExampleCompiler:
    def __init__(self, example: Example) -> None:
        self.value = example.value
        self.bindings = {binding.path: binding for binding in example.bindings}
        self.items = {item.path: item.when for item in example.images}
        self.dynamic = {path[:length] for path in [*self.bindings, *self.items] for length in range(len(path) + 1)}

    def render(self) -> Render:
        return self._node(self.value, ()) or _constant(self.value)

    def top_items(self) -> list[tuple[Render | None, Variants]]:
        return self._grouped(self.value, ())

    def beside(self) -> frozenset[int]:
        """The places among `top_items` of what stands for no image, and shows one all the same."""
        bound = {path[0] for path, binding in self.bindings.items() if path and binding.expression.root == "image"}
        of_images = {path[0] for path in self.items if path}
        singles = [index for index in range(len(self.value)) if index not in of_images]
        groups = self._item_positions()
        return frozenset(groups.index(index) for index in singles if index in bound and index in groups)

    def _item_positions(self) -> list[int]:
        """The first index in the example of each of the `top_items`."""
        positions: list[int] = []
        for index in range(len(self.value)):
            if (index,) not in self.items or (index - 1,) not in self.items or not positions:
                positions.append(index)
        return positions

    def _node(self, value: Json, path: Path) -> Render | None:
        """The closure for a value, or None when it is constant."""
        if path in self.bindings:
            return _leaf(self.bindings[path], value)
        if path not in self.dynamic:
            return None
        return self._object(value, path) if isinstance(value, dict) else self._list(value, path)

    def _object(self, value: dict[str, Json], path: Path) -> Render:
        fields = [(key, inner, self._node(inner, (*path, key))) for key, inner in value.items()]

        def render(roots: ExpressionRoots) -> Json:
            result = {}
            for key, constant, inner in fields:
                written = constant if inner is None else inner(roots)
                if written is not UNDEFINED:
                    result[key] = written
            return result

        return render

    def _list(self, value: list[Json], path: Path) -> Render:
        groups = self._grouped(value, path)

        def render(roots: ExpressionRoots) -> Json:
            result: list[Json] = []
            for item, variants in groups:
                result += _for_images(variants, roots) if item is None else [item(roots)]
            return result

        return render

    def _grouped(self, value: list[Json], path: Path) -> list[tuple[Render | None, Variants]]:
        """The items of a list: single ones, and runs of alternatives for one image."""
        groups: list[tuple[Render | None, Variants]] = []
        for index, inner in enumerate(value):
            inner_path = (*path, index)
            render = self._node(inner, inner_path) or _constant(inner)
            if inner_path not in self.items:
                groups.append((render, []))
            elif groups and groups[-1][0] is None:
                groups[-1][1].append((self.items[inner_path], render))
            else:
                groups.append((None, [(self.items[inner_path], render)]))
        return groups


def _for_images(variants: Variants, roots: ExpressionRoots) -> list[Json]:
    written = [_of_image(variants, roots, image) for image in roots.images]
    return [item for item in written if item is not UNDEFINED]


def _constant(value: Json) -> Render:
    return lambda _: value


def _leaf(binding: ExampleBinding, literal: Json) -> Render:
    evaluate, write = binding.expression.evaluate, writer(binding)

    def render(roots: ExpressionRoots) -> Json:
        value = evaluate(roots)
        if value is UNDEFINED and binding.required:
            return None if binding.nullable else literal
        if value is UNDEFINED:
            return UNDEFINED
        return write(value)

    return render


def writer(binding: ExampleBinding) -> Callable[[Any], Json]:
    """How the schema of its target writes a value: an instant as epoch seconds or RFC 3339, an amount as a number."""
    if binding.expression.time:
        return _instant(binding.types, binding.format)
    if "string" in binding.types and "integer" not in binding.types and "number" not in binding.types:
        return lambda value: value if isinstance(value, (str, bytes)) else str(value)
    if binding.types == ("integer",):
        return lambda value: int(value) if isinstance(value, (int, float, Decimal)) or _is_whole(value) else value
    return lambda value: float(value) if isinstance(value, Decimal) else value


def _is_whole(value: Any) -> bool:
    """Whether a text is a whole number: an id or a state that the vendor writes as one."""
    return isinstance(value, str) and value.removeprefix("-").isdecimal()


def _instant(types: tuple[str, ...], form: str | None) -> Callable[[Any], Json]:
    if form == MILLISECONDS:
        return lambda value: int(value * 1000)
    if "string" in types and "integer" not in types:
        if form == "date-time":
            return lambda value: datetime.fromtimestamp(int(value), UTC).isoformat().replace("+00:00", "Z")
        if form is not None and "%" in form:
            return lambda value: datetime.fromtimestamp(value, UTC).strftime(form)
        return lambda value: str(int(value))
    return float if types == ("number",) else int


def compile_headers(headers: Sequence[ResponseHeader]) -> Callable[[ExpressionRoots], list[tuple[bytes, bytes]]]:
    """The function that writes a response's documented headers; those without a value are left out."""
    constants = [
        (header.name.lower().encode("latin-1"), header_text(header.example))
        for header in headers
        if header.value is None and header.example is not None
    ]
    bound = [(h.name.lower().encode("latin-1"), h.value, h) for h in headers if h.value is not None]

    def render(roots: ExpressionRoots) -> list[tuple[bytes, bytes]]:
        written = list(constants)
        for name, expression, header in bound:
            value = expression.evaluate(roots)
            if value is UNDEFINED and header.required:
                value = header.example
            if value is not UNDEFINED and value is not None:
                written.append((name, header_text(value)))
        return written

    return render


def header_text(value: Json) -> bytes:
    """A value as the text of a header."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.encode("latin-1", "replace").replace(b"\r", b" ").replace(b"\n", b" ")
