"""What the site has beside `docs/`: pages that stand elsewhere in the repository, and files that pages link to."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
_ELSEWHERE = ("specs/README.md", "examples/README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md")
PAGES = {"README.md": "index.md"} | {name: name for name in _ELSEWHERE}
"""Page of the repository → its place in the site."""
LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages, and the files that any page links to."""
    own = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    for source, place in PAGES.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
    linked = {place for page in (*PAGES, *own) for place in _linked(page)}
    for place in sorted(linked):
        files.append(File.generated(config, _stored(place), abs_src_path=str(ROOT / place)))
    return files


def _linked(page: str) -> set[str]:
    """The files outside `docs/` that a page links to and that are no pages."""
    targets = (found[1] for found in LINK.findall((ROOT / page).read_text(encoding="utf-8")))
    places = {place for target in targets if (place := _place(page, target))}
    return {it for it in places if (ROOT / it).is_file() and it not in PAGES and not it.startswith("docs/")}


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001  # mkdocs calls it by name
    """Point links at places of the site; a folder of the repository has no page, its examples do."""
    here = page.file.src_uri
    source = next((source for source, place in PAGES.items() if place == here), f"docs/{here}")

    def pointed(found: re.Match[str]) -> str:
        place = _place(source, found[2])
        if place is None:
            return found[0]
        target = "examples/README.md" if (ROOT / place).is_dir() else PAGES.get(place)
        target = target or (place.removeprefix("docs/") if place.startswith("docs/") else _stored(place))
        return f"{found[1]}{posixpath.relpath(target, posixpath.dirname(here) or '.')}{found[3] or ''}{found[4]}"

    return LINK.sub(pointed, markdown)


def _place(source: str, target: str) -> str | None:
    """The path in the repository that a link leads to; None for an address."""
    if "://" in target or target.startswith("mailto:"):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))


def _stored(place: str) -> str:
    """Where a file that is no page stands in the site: as text, so that mkdocs takes it for none."""
    return f"files/{place}.txt" if place.endswith((".md", ".py")) else f"files/{place}"
