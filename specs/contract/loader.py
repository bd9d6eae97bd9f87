"""Loads a document (+ overlays) as a contract: resolves `$ref`, links and expressions, compiles validators.

A loaded contract can be served: errors of the author are raised here as one SpecError, never while a request is
answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pixpact.specs.contract.bindings import BindingReader, condition
from pixpact.specs.contract.model import (
    CAUSES,
    BillingRule,
    Callback,
    Contract,
    CredentialPlace,
    Example,
    ExampleBinding,
    FileHost,
    IdempotencyRule,
    LifecycleRole,
    Link,
    MediaType,
    Operation,
    Parameter,
    RequestBody,
    RequestMedia,
    Response,
    ResponseHeader,
    SentHeader,
    WhenCondition,
)
from pixpact.specs.contract.roles import METHODS, client_ends, roles_of
from pixpact.specs.contract.signature import WebhookSignature
from pixpact.specs.dialect.expressions import literal, parse
from pixpact.specs.dialect.lifecycle import ClientEnd, Lifecycle, LifecycleState
from pixpact.specs.dialect.request_body import BodyReader, conjuncts, resolved
from pixpact.specs.openapi.document import Json, SpecDocument, at, escaped
from pixpact.specs.openapi.schemas import CompiledSchemas
from pixpact.wire import redaction

USUAL_TIMEOUT = 10.0
"""Default seconds that the receiver of a callback has to respond."""


def build(document: SpecDocument, name: str, compiled: CompiledSchemas) -> Contract:
    """The contract of a document that lint's structural rules accept."""
    return _ContractBuilder(document, name, compiled).contract()


def servers_of(value: Mapping[str, Json]) -> tuple[str, ...]:
    """The server URLs, with variables replaced by their defaults."""
    urls = []
    for server in value["servers"]:
        url = server["url"]
        for name, variable in server.get("variables", {}).items():
            url = url.replace("{" + name + "}", variable["default"])
        urls.append(url)
    return tuple(urls)


def lifecycles_of(value: Mapping[str, Json]) -> dict[str, Lifecycle]:
    """The lifecycles of `components.x-lifecycles`, by name."""
    written = value.get("components", {}).get("x-lifecycles", {})
    ends = tuple(client_ends(value)) if written else ()
    return {name: _lifecycle(name, inner, ends) for name, inner in written.items()}


def _lifecycle(name: str, written: Mapping[str, Json], ends: tuple[ClientEnd, ...]) -> Lifecycle:
    states = {word: _state(word, state) for word, state in written["states"].items()}
    return Lifecycle(name, written["initial"], states, tuple(ending for ending in ends if ending.becomes in states))


def _state(name: str, written: Mapping[str, Json]) -> LifecycleState:
    after, following, progress = written.get("after"), written.get("next", []), written.get("progress")
    if isinstance(after, (int, float)):
        after = [after, after]
    return LifecycleState(
        name,
        after=(float(after[0]), float(after[1])) if after else None,
        next=(following,) if isinstance(following, str) else tuple(following),
        outcome=written.get("outcome"),
        spoken=written.get("word", ""),
        progress=(progress[0], progress[1]) if progress else None,
    )


class _ContractBuilder:
    def __init__(self, document: SpecDocument, name: str, compiled: CompiledSchemas) -> None:
        self.document = document
        self.value = document.value
        self.name = name
        self.schemas = compiled
        self.bindings = BindingReader(self.value, compiled)
        self.readers: dict[str, BodyReader] = {}
        self.lifecycles = lifecycles_of(self.value)

    def contract(self) -> Contract:
        info = self.value["info"]
        return Contract(
            name=self.name,
            vendor=self.name.partition("@")[0],
            title=info["title"],
            version=info["version"],
            servers=servers_of(self.value),
            operations=tuple(self._operations()),
            lifecycles=self.lifecycles,
            document=self.document,
            schemas=self.schemas,
            files=_file_host(self.value.get("x-files")),
        )

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.value["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, item, method)

    def _operation(self, path: str, item: Mapping[str, Json], method: str) -> Operation:
        written = item[method]
        operation_pointer = f"/paths/{escaped(path)}"
        pointer = f"{operation_pointer}/{method}"
        parameters = [
            *self._parameters(f"{operation_pointer}/parameters", item.get("parameters", ())),
            *self._parameters(f"{pointer}/parameters", written.get("parameters", ())),
        ]
        billing = {key: value for key, value in written.get("x-billing", {}).items() if key != "x-evidence"}
        roles = roles_of(written)
        return Operation(
            id=written["operationId"],
            method=method.upper(),
            path=path,
            pointer=pointer,
            summary=written.get("summary", ""),
            parameters=tuple(parameters),
            body=self._body(f"{pointer}/requestBody") if "requestBody" in written else None,
            responses=tuple(self._named(f"{pointer}/responses", partial(self._response, self._words(roles)))),
            credentials=self._credentials(written.get("security", self.value.get("security", []))),
            roles=roles,
            billing=BillingRule(**billing) if billing else None,
            idempotency=_idempotency(written.get("x-idempotency")),
            callbacks=tuple(self._callbacks(f"{pointer}/callbacks", roles)) if "callbacks" in written else (),
        )

    def _callbacks(self, pointer: str, roles: Iterable[LifecycleRole]) -> Iterator[Callback]:
        build_one = partial(_callback_of, self, self._words(roles))
        for name, paths in at(self.value, pointer).items():
            for url, item in paths.items():
                if "post" in item:
                    yield build_one(name, url, f"{pointer}/{escaped(name)}/{escaped(url)}/post")

    def _words(self, roles: Iterable[LifecycleRole]) -> frozenset[str]:
        """All states of the tasks that an operation may show; empty without a task."""
        names: list[str] = []
        for role in roles:
            if role.verb != "store":
                names += [role.lifecycle] if role.lifecycle else self.lifecycles
        return frozenset(word for name in names for word in self.lifecycles[name].states)

    def _credentials(self, security: Sequence[Mapping[str, Json]]) -> tuple[CredentialPlace, ...]:
        schemes = self.value.get("components", {}).get("securitySchemes", {})
        return tuple(_credential(schemes[name]) for alternative in security for name in alternative)

    def _named(self, pointer: str, build_one: Callable[[str, str], Any]) -> Iterator[Any]:
        """Yield build_one(name, pointer) for each field of the object at `pointer`, with `$ref` resolved."""
        try:
            fields = at(self.value, pointer)
        except KeyError:
            return
        for name in fields:
            yield build_one(name, resolved(self.value, f"{pointer}/{escaped(name)}"))

    def _parameters(self, pointer: str, written: Sequence[Json]) -> list[Parameter]:
        return [self._parameter(resolved(self.value, f"{pointer}/{index}")) for index in range(len(written))]

    def _parameter(self, pointer: str) -> Parameter:
        written = at(self.value, pointer)
        schema = resolved(self.value, f"{pointer}/schema")
        text = self.keywords_of(schema)
        types = text.get("type", ())
        return Parameter(
            name=written["name"],
            place=written["in"],
            pointer=pointer,
            schema=schema,
            required=written.get("required", False),
            types=(types,) if isinstance(types, str) else tuple(types),
            default=text.get("default"),
            shown=_shown(written, text),
            pattern=text.get("pattern"),
        )

    def media_of(self, pointer: str, words: frozenset[str]) -> tuple[MediaType, ...]:
        """The media types of the content at a pointer; their examples may be named after these states."""
        return tuple(self._named(f"{pointer}/content", partial(self._media_type, words)))

    def keywords_of(self, pointer: str) -> dict[str, Json]:
        """The keywords of a schema merged with those that it includes; its own take precedence."""
        return {key: value for _, part in conjuncts(self.value, pointer) for key, value in part.items()}

    def _body(self, pointer: str) -> RequestBody:
        pointer = resolved(self.value, pointer)
        written = at(self.value, pointer)
        media = tuple(self._named(f"{pointer}/content", self._request_media))
        return RequestBody(written.get("required", False), pointer, media)

    def _request_media(self, name: str, pointer: str) -> RequestMedia:
        schema = resolved(self.value, f"{pointer}/schema")
        if schema not in self.readers:
            self.readers[schema] = BodyReader(self.value, self.schemas, schema)
        examples = tuple(self._named(f"{pointer}/examples", self._plain_example))
        return RequestMedia(name, pointer, self.readers[schema], examples)

    def _plain_example(self, name: str, pointer: str) -> Example:
        return Example(name, pointer, at(self.value, pointer)["value"], None)

    def _response(self, words: frozenset[str], status: str, pointer: str) -> Response:
        written = at(self.value, pointer)
        return Response(
            status=status,
            pointer=pointer,
            description=written["description"],
            headers=tuple(self._named(f"{pointer}/headers", self._header)),
            media=self.media_of(pointer, words),
            links=tuple(self._named(f"{pointer}/links", self._link)),
        )

    def _header(self, name: str, pointer: str) -> ResponseHeader:
        written = at(self.value, pointer)
        text = self.keywords_of(f"{pointer}/schema")
        examples = text.get("examples") or text.get("enum") or [text.get("const")]
        value = parse(text["x-value"]) if "x-value" in text else None
        return ResponseHeader(name, pointer, written.get("required", False), examples[0], value)

    def _link(self, name: str, pointer: str) -> Link:
        written = at(self.value, pointer)
        parameters = {key: parse(text) for key, text in written.get("parameters", {}).items()}
        return Link(name, pointer, written["operationId"], parameters)

    def _media_type(self, words: frozenset[str], name: str, pointer: str) -> MediaType:
        schema = f"{pointer}/schema"
        written = at(self.value, pointer)
        examples = self._named(f"{pointer}/examples", partial(self._example, words, schema))
        if "examples" not in written and self.keywords_of(schema).get("x-value") == "$image.bytes":
            examples = self._painted(words, pointer)
        return MediaType(name, pointer, schema, self._when(written), tuple(examples))

    def _painted(self, words: frozenset[str], pointer: str) -> Iterator[Example]:
        """Yield examples of a body that is the generated image: one for each successful state."""
        bindings = self.bindings.bound(f"{pointer}/schema", "").bindings
        states = [state for lifecycle in self.lifecycles.values() for state in lifecycle.states.values()]
        for name in dict.fromkeys(named.name for named in states if named.name in words and named.outcome == "success"):
            yield Example(name, pointer, "", None, name, bindings)

    def _example(self, words: frozenset[str], schema: str, name: str, pointer: str) -> Example:
        written = at(self.value, pointer)
        bound = self.bindings.bound(schema, written["value"])
        return Example(
            name=name,
            pointer=pointer,
            value=written["value"],
            when=self._when(written),
            subject=name if name in CAUSES or name in words else self._state(_word(written["value"], bound.bindings)),
            bindings=bound.bindings,
            images=bound.images,
        )

    def _state(self, word: str | None) -> str | None:
        """The state with this status word; the word itself where no lifecycle has it."""
        states = [state for lifecycle in self.lifecycles.values() for state in lifecycle.states.values()]
        if any(state.name == word for state in states):
            return word
        return next((state.name for state in states if state.word == word), word)

    def _when(self, written: Mapping[str, Json]) -> WhenCondition | None:
        return condition(written["x-when"]) if "x-when" in written else None


def _file_host(written: Mapping[str, Json] | None) -> FileHost:
    return FileHost(written.get("cors", True), written.get("expired")) if written else FileHost()


def _idempotency(written: Mapping[str, Json] | None) -> IdempotencyRule | None:
    return IdempotencyRule(parse(written["key"]), float(written["lifetime"])) if written else None


def _callback_of(builder: _ContractBuilder, words: frozenset[str], name: str, url: str, pointer: str) -> Callback:
    written = at(builder.value, pointer)
    delivery = written.get("x-delivery", {})
    indices = range(len(written.get("parameters", ())))
    media: tuple[MediaType, ...] = ()
    if "requestBody" in written:
        media = builder.media_of(resolved(builder.value, f"{pointer}/requestBody"), words)
    return Callback(
        name=name,
        pointer=pointer,
        url=parse(url) if "$" in url else literal(url),
        headers=tuple(_sent_header(builder, f"{pointer}/parameters/{index}") for index in indices),
        media=media,
        taken=tuple(written["responses"]),
        timeout=float(delivery.get("timeout", USUAL_TIMEOUT)),
        retries=tuple(float(seconds) for seconds in delivery.get("retries", ())),
        same_origin=delivery.get("sameOrigin", False),
    )


def _sent_header(builder: _ContractBuilder, pointer: str) -> SentHeader:
    written = at(builder.value, pointer)
    value, signature = builder.keywords_of(f"{pointer}/schema").get("x-value"), written.get("x-signature")
    return SentHeader(
        name=written["name"],
        pointer=pointer,
        required=written.get("required", False),
        value=parse(value) if value else None,
        signature=_signature(signature) if signature else None,
    )


def _signature(written: Mapping[str, Json]) -> WebhookSignature:
    asked = written.get("secret", {})
    secret = asked if isinstance(asked, dict) else {}
    return WebhookSignature(
        hmac=written["hmac"],
        of=parse(written["of"]),
        prefix=written.get("prefix", ""),
        encoding=written.get("encoding", "hex"),
        secret_prefix=secret.get("prefix", ""),
        secret_encoding=secret.get("encoding"),
        secret=parse(asked) if isinstance(asked, str) else None,
    )


def _shown(parameter: Mapping[str, Json], schema: Mapping[str, Json]) -> Json:
    """The first value that a parameter, or its schema, states; None without one."""
    stated = [*schema.get("examples", ()), schema.get("default"), *schema.get("enum", ()), schema.get("const")]
    return next((value for value in (parameter.get("example"), *stated) if value is not None), None)


def _word(value: Json, bindings: Iterable[ExampleBinding]) -> str | None:
    """The status word in an example; None without one."""
    for binding in bindings:
        if binding.expression.text == "$task.status":
            for step in binding.path:
                value = value[step]
            return str(value)
    return None


_SCHEMES = {"bearer": "Bearer", "basic": "Basic"}
"""Authentication schemes as clients write them; OpenAPI has them in lower case."""


def _credential(scheme: Mapping[str, Json]) -> CredentialPlace:
    if scheme["type"] == "http":
        word = scheme["scheme"]
        return CredentialPlace("authorization", "header", f"{_SCHEMES.get(word.lower(), word)} ")
    redaction.declare_secret_name(scheme["in"], scheme["name"])
    return CredentialPlace(scheme["name"], scheme["in"], "")
