"""The catalogue of specs: finds those of this package and of the user's folders, by NAME[@OVERLAY] or by path."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pixpact.specs import checked_documents
from pixpact.specs.contract.loader import build
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.bundle import bundle_document, document_of, files_of, with_overlays
from pixpact.specs.openapi.document import DocumentNode, SpecDocument, read
from pixpact.specs.openapi.problems import SourcePlace, SpecError
from pixpact.specs.openapi.references import with_plain_references
from pixpact.specs.openapi.schemas import CompiledSchemas

if TYPE_CHECKING:
    from pixpact.specs.lint.lint import CheckedSpec

HERE = Path(__file__).parent
SUFFIXES = (".yaml", ".yml", ".json")


class UnknownVendor(ValueError):
    """No spec has this name, or there is no such file; names those that exist."""


@dataclass(frozen=True, slots=True)
class SpecSource:
    """The files that a name refers to."""

    name: str
    path: Path
    overlays: tuple[Path, ...] = ()

    @property
    def files(self) -> tuple[Path, ...]:
        """The spec and its overlays."""
        return (self.path, *self.overlays)

    def reached(self) -> tuple[Path, ...]:
        """All files of the contract: spec, overlays, and the files that the spec refers to."""
        return (*files_of(self.path), *self.overlays)

    def document(self) -> SpecDocument:
        """The document with its overlays applied. Raises SpecError."""
        return document_of(self.path, self.overlays)

    def check(self) -> CheckedSpec:
        """The problems of the spec, and its contract if nothing stops it."""
        from pixpact.specs.lint.lint import CheckedSpec, lint_document  # not needed for what was checked before

        try:
            return lint_document(self.document(), self.name)
        except SpecError as error:
            return CheckedSpec(None, tuple(error.problems))

    def contract(self) -> Contract:
        """The contract. Raises SpecError with every problem.

        A document without any key of the dialect is adopted as it is; the contract's notes list what it lacks.
        """
        entry = checked_documents.entry_of(self.name, self.files)
        value = None if entry is None else checked_documents.kept_value(entry)
        if value is not None:
            document = SpecDocument(self._root, value)
            return build(document, self.name, CompiledSchemas(value, are_valid=True))
        try:
            written = read(self.path)
            bundle = bundle_document(written)
            contract = _linted(with_overlays(bundle, self.overlays), self.name)
        except SpecError as error:
            return self._adopted(error)
        if entry is not None and bundle is written:  # what it refers to in other files is not in the entry's name
            checked_documents.keep(entry, contract.document.value)
        return contract

    def _root(self) -> DocumentNode:
        """The document with the origins of its parts; of a file that was broken since, only its path is known."""
        try:
            return with_plain_references(self.document()).root
        except SpecError:
            return DocumentNode({}, SourcePlace(self.path, 1))

    def _adopted(self, error: SpecError) -> Contract:
        """The contract of a document without any key of the dialect. Raises SpecError: that of lint for any other."""
        from pixpact.specs.adopt.lenient import foreign_contract  # a vendor's own spec never needs it

        try:
            contract = foreign_contract(self.path, self.overlays, self.name)
        except SpecError as foreign_error:  # lint's problems tell more, unless it is no OpenAPI document
            raise (foreign_error if foreign_error.problems[0].rule == "not-openapi" else error) from None
        if contract is None:
            raise error
        return contract


def _linted(document: SpecDocument, name: str) -> Contract:
    from pixpact.specs.lint.lint import contract_of  # not needed for what was checked before

    return contract_of(document, name)


class SpecCatalogue:
    """The vendors of the package and of the user's folders; the latter take precedence."""

    def __init__(self, folders: Iterable[Path] = ()) -> None:
        self.folders = tuple(folders)
        self._vendors = {path.stem: path for path in _specs_in(HERE / "vendors")}
        self._examples = {path.stem: path for path in _specs_in(HERE / "example")}
        self._overlay_folders = [HERE / "overlays", *(folder / "overlays" for folder in self.folders)]
        for folder in self.folders:
            self._vendors |= {path.stem: path for path in _specs_in(folder)}

    def names(self) -> list[str]:
        """The names of all vendors."""
        return sorted(self._vendors)

    def example(self) -> Path:
        """A complete example spec of an invented vendor; it is served only by name."""
        return next(iter(self._examples.values()))

    def overlays(self, vendor: str) -> dict[str, Path]:
        """The overlays of a vendor by name."""
        return _overlays_in(self._overlay_folders, vendor)

    def source(self, reference: str) -> SpecSource:
        """The files for NAME[@OVERLAY][@OVERLAY…], or for a path. Raises UnknownVendor.

        Overlays of a path may also be in `overlays/NAME/` beside it.
        """
        name, *overlays = [reference] if Path(reference).is_file() else reference.split("@")
        path = self._path(name)
        chosen_overlays = _overlays_in([*self._overlay_folders, path.parent / "overlays"], path.stem)
        paths = tuple(_overlay(path.stem, overlay, chosen_overlays) for overlay in overlays)
        for file in (path, *paths):
            _check_name(file)
        return SpecSource("@".join([path.stem, *(overlay.stem for overlay in paths)]), path, paths)

    def _path(self, name: str) -> Path:
        if name in self._vendors:
            return self._vendors[name]
        if name.endswith(SUFFIXES):
            if Path(name).is_file():
                return Path(name)
            raise UnknownVendor(f"there is no spec file {name!r}")
        if name in self._examples:
            return self._examples[name]
        if name and Path(name).is_dir():
            raise UnknownVendor(f"{name!r} is a folder; name a spec in it, or give all of it with --specs {name}")
        raise UnknownVendor(_unknown("a vendor", name, self.names()))


def _overlays_in(folders: Iterable[Path], vendor: str) -> dict[str, Path]:
    return {path.stem: path for folder in folders for path in _specs_in(folder / vendor)}


def _check_name(path: Path) -> None:
    """Raises UnknownVendor for a file name that cannot be a URL path prefix, as a contract's name must be."""
    if _NAME.fullmatch(path.stem):
        return
    plain = re.sub(r"[^A-Za-z0-9._~-]+", "-", path.stem).strip("-.") or "vendor"
    raise UnknownVendor(
        f"{path.name!r} cannot be used: its name begins the path of every URL, "
        f"where only letters A to Z, digits and - . _ ~ @ stand for themselves; rename it to {plain + path.suffix!r}"
    )


_NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~@-]*")
"""The unreserved characters of RFC 3986, section 2.3, and `@`, which separates overlays."""


def _overlay(vendor: str, name: str, overlays: dict[str, Path]) -> Path:
    if name in overlays:
        return overlays[name]
    if name.endswith(SUFFIXES) and Path(name).is_file():
        return Path(name)
    raise UnknownVendor(_unknown(f"an overlay of {vendor}", name, sorted(overlays)))


def _unknown(noun: str, name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names) or 'none'}"
    return f"{name!r} is not {noun}; {hint}"


def _specs_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix in SUFFIXES)
