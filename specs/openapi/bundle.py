"""Bundles a document of several files: parts of other files are moved into its components.

References are followed within the folder of the first file and below; never to the network, never out of the folder.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from pixpact.specs.openapi import overlay as overlays
from pixpact.specs.openapi.document import DocumentNode, SpecDocument, escaped, read, steps
from pixpact.specs.openapi.parts import PARTS_AND_EXAMPLES, with_parts_changed
from pixpact.specs.openapi.problems import SpecError

_HOMES = {
    "schema": "schemas",
    "response": "responses",
    "parameter": "parameters",
    "body": "requestBodies",
    "header": "headers",
    "link": "links",
    "example": "examples",
    "scheme": "securitySchemes",
}
"""Kind of part → the field of `components` for it. Parts of other kinds are copied in place."""


def document_of(path: Path, overlay_paths: Iterable[Path] = (), aliases: bool = False) -> SpecDocument:
    """The document at `path`, bundled with other files of its folder, with overlays applied in order.

    `aliases`: follow YAML aliases instead of refusing them. Raises SpecError.
    """
    return with_overlays(bundle_document(read(path, aliases), aliases), overlay_paths)


def with_overlays(document: SpecDocument, paths: Iterable[Path]) -> SpecDocument:
    """The document with overlays applied in order. Raises SpecError."""
    for path in paths:
        document = overlays.apply(document, path)
    return document


def bundle_document(document: SpecDocument, aliases: bool = False) -> SpecDocument:
    """The document with the parts of other files included; unchanged if it refers to none.

    References that cannot be followed stay unchanged. Raises SpecError for a file that cannot be read.
    """
    bundle, root = _bundled(document, aliases)
    return document if root is document.root else SpecDocument(bundle.with_components(root))


def files_of(path: Path) -> tuple[Path, ...]:
    """The file at `path` and the files that it refers to; only itself if one of them cannot be read."""
    try:
        bundle, _ = _bundled(read(path, aliases=True), aliases=True)
    except SpecError:
        return (path,)
    return (path, *(file for file in bundle.files if file != path.resolve()))


def _bundled(document: SpecDocument, aliases: bool) -> tuple[_DocumentBundle, DocumentNode]:
    path = document.root.origin.path
    bundle = _DocumentBundle(path, aliases)
    bundle.files[path.resolve()] = document.root
    return bundle, bundle.part(document.root, "openapi", path.resolve())


class _DocumentBundle:
    def __init__(self, root: Path, aliases: bool) -> None:
        self.files: dict[Path, DocumentNode] = {}
        self._root = root.resolve()
        self._folder = root.resolve().parent
        self._aliases = aliases
        self._names: dict[tuple[Path, str, str], str] = {}
        self._components: dict[str, dict[str, DocumentNode]] = {}
        self._open: set[tuple[Path, str]] = set()

    def with_components(self, root: DocumentNode) -> DocumentNode:
        """The root with the parts of other files added to its components."""
        written = root.value.get("components", DocumentNode({}, root.origin))
        fields = dict(written.value)
        for home, parts in self._components.items():
            own = fields.get(home, DocumentNode({}, written.origin))
            fields[home] = DocumentNode({**own.value, **parts}, own.origin)
        return DocumentNode({**root.value, "components": DocumentNode(fields, written.origin)}, root.origin)

    def part(self, node: DocumentNode, kind: str, file: Path) -> DocumentNode:
        """A part of a file with its references rewritten; the same node if none leads out of the first file."""
        if not isinstance(node.value, dict):
            return node
        reference = node.value.get("$ref")
        if reference is not None and isinstance(reference.value, str) and not self._stays(reference.value, file):
            return self._followed(node, kind, file)
        return with_parts_changed(node, kind, lambda inner, held: self.part(inner, held, file), PARTS_AND_EXAMPLES)

    def _stays(self, reference: str, file: Path) -> bool:
        return reference.startswith("#") and file == self._root

    def _followed(self, node: DocumentNode, kind: str, file: Path) -> DocumentNode:
        named, _, pointer = node.value["$ref"].value.partition("#")
        target = self._file(named, file) if named else file
        if target is None:
            return node
        if target == self._root and pointer:
            return _written(node, f"#{pointer}")
        target_node = self._at(target, pointer)
        if target_node is None or (target, pointer) in self._open:
            return node
        if kind not in _HOMES:
            return self._in_place(target_node, kind, target, pointer)
        return _written(
            node, f"#/components/{_HOMES[kind]}/{escaped(self._component(target_node, kind, target, pointer))}"
        )

    def _in_place(self, node: DocumentNode, kind: str, target: Path, pointer: str) -> DocumentNode:
        self._open.add((target, pointer))
        made = self.part(node, kind, target)
        self._open.discard((target, pointer))
        return made

    def _component(self, node: DocumentNode, kind: str, target: Path, pointer: str) -> str:
        """The component name for a part of another file."""
        key = (target, pointer, kind)
        if key not in self._names:
            home = self._components.setdefault(_HOMES[kind], {})
            own = self.files[self._root].child("components")
            taken = own.child(_HOMES[kind]) if own is not None else None
            self._names[key] = _free(target, pointer, {*home, *(taken.value if taken is not None else ())})
            home[self._names[key]] = node
            home[self._names[key]] = self.part(node, kind, target)
        return self._names[key]

    def _at(self, target: Path, pointer: str) -> DocumentNode | None:
        node: DocumentNode | None = self.files[target]
        for step in steps(unquote(pointer)):
            node = node.child(step) if node is not None else None
        return node

    def _file(self, named: str, file: Path) -> Path | None:
        """The file that a reference names, read once; None if it is not followed."""
        if why_unfollowed(named, file, self._folder):
            return None
        target = (file.parent / unquote(named)).resolve()
        if target not in self.files:
            self.files[target] = read(target, self._aliases).root
        return target


def why_unfollowed(reference: str, file: Path, folder: Path) -> tuple[str, str] | None:
    """(why a reference is not followed to another file, the remedy); None if it is.

    Nothing is fetched, and no file outside of `folder` is read, even through a symbolic link.
    """
    named = reference.partition("#")[0]
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:|//", named):
        return "leads to the network, where nothing is fetched", "save the file next to this one and refer to it"
    target = (file.parent / unquote(named)).resolve()
    if not target.is_relative_to(folder.resolve()):
        return "leads out of the folder of the spec", "put the file into that folder"
    return None if target.is_file() else ("leads to no file", "correct it")


def _written(node: DocumentNode, reference: str) -> DocumentNode:
    return DocumentNode({**node.value, "$ref": DocumentNode(reference, node.value["$ref"].origin)}, node.origin)


def _free(target: Path, pointer: str, taken: set[str]) -> str:
    """An unused component name: the last step of the pointer, or the name of the file."""
    words = (*steps(pointer)[-1:], target.stem)
    plain = next(
        word for word in (re.sub(r"[^A-Za-z0-9._-]+", "-", word).strip("-") for word in (*words, "Part")) if word
    )
    names = [
        plain,
        f"{re.sub(r'[^A-Za-z0-9._-]+', '-', target.stem)}-{plain}",
        *(f"{plain}-{n}" for n in range(2, 10_000)),
    ]
    return next(name for name in names if name not in taken)
