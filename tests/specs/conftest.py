"""What the tests of the specs share: small documents, read, compiled and checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pixpact.specs.dialect.request_body import BodyReader
from pixpact.specs.lint.lint import CheckedSpec, lint_document
from pixpact.specs.openapi.document import SpecDocument, parse
from pixpact.specs.openapi.schemas import CompiledSchemas

HERE = Path("spec.yaml")
HEAD = "openapi: 3.1.0\ninfo: {title: Small, version: '1'}\nservers: [{url: 'https://small.example'}]\n"
PLAIN = """\
paths:
  /things:
    get:
      operationId: listThings
      responses:
        '200':
          description: Things.
          content: {application/json: {schema: {type: object}, examples: {things: {value: {}}}}}
"""


@pytest.fixture(scope="session")
def document_of() -> Callable[[str], SpecDocument]:
    """A document from YAML text; a missing head is written before it."""
    return lambda text: parse(text if text.startswith("openapi") else HEAD + text, HERE)


@pytest.fixture(scope="session")
def checked(document_of: Callable[[str], SpecDocument]) -> Callable[[str], CheckedSpec]:
    """A text, checked; `PLAIN` stands for its paths where it has none."""

    def check_text(text: str = "") -> CheckedSpec:
        return lint_document(document_of(text if "paths:" in text else PLAIN + text), "small")

    return check_text


@pytest.fixture(scope="session")
def reader() -> Callable[..., BodyReader]:
    """A request schema, compiled; other schemas may be used together with it by name."""

    def compiled(schema: Any, **others: Any) -> BodyReader:
        document = {"components": {"schemas": {"Request": schema, **others}}}
        return BodyReader(document, CompiledSchemas(document), "/components/schemas/Request")

    return compiled
