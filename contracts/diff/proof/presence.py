"""Verdicts on what is no schema, decided by its being there or not: the request itself is the witness, or a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pixpact.contracts.diff.compare.compare import ComparedContracts
from pixpact.contracts.diff.compare.differences import ContractDifference
from pixpact.contracts.diff.proof import traces
from pixpact.contracts.diff.proof.wire import TextJudge
from pixpact.contracts.diff.proof.witness import DifferenceVerdict, harmful, harmless, undecided
from pixpact.contracts.diff.read.operations import calls, parameters_of
from pixpact.specs.openapi.document import at
from pixpact.specs.openapi.messages import short_json


def non_schema_verdict(difference: ContractDifference, both: ComparedContracts) -> DifferenceVerdict:
    """The verdict on what is no schema: the request itself is the witness, or a trace."""
    if difference.subject == "operation" and difference.detail and _taken_literally(difference, both):
        return undecided(f"such a request now belongs to {difference.detail}, which was not compared with it")
    decide = _DECIDED.get(difference.subject)
    if decide is not None:
        return decide(difference)
    if difference.action in _HARMFUL.get(difference.subject, ()):
        return harmful("request", difference, None, _SAYS[difference.subject])
    return harmless("what was sent before is still accepted" if difference.site.direction == "request" else _LESS)


def _taken_literally(difference: ContractDifference, both: ComparedContracts) -> bool:
    """Whether the operation `GET /a/{id}` of the other side takes `me` for an id, as far as its parameters say."""
    new = difference.action == "removed"
    side, reader, plain = (both.revision if new else both.base), both.reader(new, "request"), both.plain(new, "request")
    call = calls(side)[difference.detail]
    steps = zip(difference.site.operation.split("/"), call.path.split("/"), strict=True)
    literal = {pointer[1:-1]: step for step, pointer in steps if pointer.startswith("{") and not step.startswith("{")}
    for name, pointer in parameters_of(side, call):
        if name in literal and (schema := at(side.value, pointer).get("schema")) is not None:
            pointers = (f"{pointer}/schema",)
            judge = TextJudge(reader, plain, pointers)
            if schema is not True and not judge.takes(literal[name]):
                return False
    return True


_LESS = "no response is possible that was not possible before"
_HARMFUL: Mapping[str, tuple[str, ...]] = {
    "operation": ("removed",),
    "required-parameter": ("added",),
    "parameter-required": ("added",),
    "required-body": ("added",),
    "body-required": ("added",),
    "media-type": ("removed",),
    "part-type": ("removed",),
    "scope": ("added",),
    "required-header": ("removed",),
    "header-required": ("removed",),
    "response-media-type": ("removed",),
    "upload-lifetime": ("lowered",),
    "billing-refund": ("removed", "changed"),
    "billing-currency": ("changed",),
}
_SAYS = {
    "operation": "responded to before; missing now",
    "required-parameter": "accepted before without it, refused now",
    "parameter-required": "accepted before without it, refused now",
    "required-body": "accepted before without a body, refused now",
    "body-required": "accepted before without a body, refused now",
    "media-type": "accepted before in this form, refused now",
    "part-type": "a part of this media type was taken before, and is refused now",
    "scope": "a token without the scope was enough before",
    "required-header": "a response without the header is possible now, forbidden before",
    "header-required": "a response without the header is possible now, forbidden before",
    "response-media-type": "possible before in this form, not now",
    "upload-lifetime": "an upload used after this time worked before",
    "billing-refund": "a call that fails was refunded before",
    "billing-currency": "the same call is charged in another currency",
}


def _status(difference: ContractDifference) -> DifferenceVerdict:
    status, facts = difference.site.name, difference.detail
    if facts["covered"]:
        return harmless(f"{facts['covered']} speaks of it on the other side; what it holds is compared with that")
    if difference.action == "removed" and facts["narrowed"]:
        return harmless("the remaining values were possible before")
    if difference.action == "added":
        return harmful(
            "response", difference, {"status": status}, f"a response {status} is possible now, not documented before"
        )
    if difference.subject == "error-status":
        return harmless(_LESS)
    return harmful("request", difference, None, f"status {status} was possible before, never now")


def _response_media(difference: ContractDifference) -> DifferenceVerdict:
    if difference.action == "removed":
        if difference.detail["narrowed"]:
            return harmless("the remaining range was possible before")
        return harmful("request", difference, None, _SAYS["response-media-type"])
    if difference.detail["conditional"]:
        return harmless("only requests that ask for it get it")
    return harmful(
        "response", difference, {"content-type": difference.site.name}, "possible now, not documented before"
    )


def _credential(difference: ContractDifference) -> DifferenceVerdict:
    if difference.action == "added":
        return harmless("what was accepted before still is")
    carried = set(difference.path[0].split(" and ")) - {"no credential"}
    for alternative in difference.detail:
        if set(alternative.split(" and ")) - {"no credential"} <= carried:
            return harmless(f"{alternative} is enough")
    for alternative in difference.detail:
        if {_header(carrier) for carrier in alternative.split(" and ")} <= {_header(carrier) for carrier in carried}:
            if _schemes(alternative.split(" and ")) - _schemes(carried) and _schemes(carried):
                continue  # a credential of one scheme of HTTP is none of another (RFC 9110, section 11.1)
            if "header Authorization" in alternative or "header authorization" in alternative:
                return harmless("it is the same header, whatever its value")
            return undecided(f"{alternative} is in the same place; it is not stated whether the same is accepted there")
    return harmful("request", difference, None, f"accepted before with {difference.path[0]}, refused now")


def _schemes(carriers: Iterable[str]) -> set[str]:
    """The schemes that credentials in `Authorization` name: `Authorization: Bearer`, also for OAuth."""
    return {carrier.partition(" (")[0] for carrier in carriers if carrier.startswith("Authorization: ")}


def _header(carrier: str) -> str:
    """Where a credential stands: every form of `Authorization` in that header."""
    return "header authorization" if carrier.startswith("Authorization") else carrier.lower()


def _url(difference: ContractDifference) -> DifferenceVerdict:
    old, new = (spot.value if spot else None for spot in (difference.before, difference.after))
    if difference.action == "added":
        return harmless("nothing was requested elsewhere before")
    return undecided(f"it is not stated whether {old} is still possible" if new else f"{old} is no longer named")


def _empty(difference: ContractDifference) -> DifferenceVerdict:
    if difference.action == "added":
        return harmless("what was sent before is still accepted")
    if difference.detail:
        return harmless("an empty text is already accepted")
    return harmful("request", difference, "", "accepted before without a value, refused now")


def _address(difference: ContractDifference) -> DifferenceVerdict:
    old, new = (spot.value if spot else None for spot in (difference.before, difference.after))
    return harmful("reading", difference, None, f"{old} is no longer called; {new} is")


def _style(difference: ContractDifference) -> DifferenceVerdict:
    value, before, after = difference.detail
    return harmful("reading", difference, None, f"{before} meant {short_json(value)}, which is written {after} now")


def _charge(difference: ContractDifference) -> DifferenceVerdict:
    if difference.action != "changed":
        return undecided("one side does not state when it is charged")
    new = difference.after.value if difference.after else None
    if new == "on-submit":
        return harmful("request", difference, None, "a call that fails was free before it was delivered")
    return harmless("what is not delivered is not charged")


def _meaning(difference: ContractDifference) -> DifferenceVerdict:
    if difference.action == "added":
        return harmless("its meaning was not documented before")
    gone = difference.action == "removed"
    return undecided("it may still have the same meaning" if gone else "the same form, but another meaning")


def _reported(difference: ContractDifference) -> DifferenceVerdict:
    gone = difference.action == "removed"
    return harmless("it can no longer be used; responses stay the same" if gone else "it can be used")


_DECIDED: Mapping[str, Callable[[ContractDifference], DifferenceVerdict]] = {
    "success-status": _status,
    "error-status": _status,
    "response-media-type": _response_media,
    "credential": _credential,
    "parameter-style": _style,
    "parameter-empty": _empty,
    "credential-url": _url,
    "billing-charge": _charge,
    "meaning": _meaning,
    "stream": traces.stream,
    "server": _reported,
    "link": _reported,
    "callback": _reported,
    "callback-url": _address,
    "webhook": _reported,
    "state": traces.state,
    "order": traces.order,
    "initial-state": traces.initial,
    "outcome": traces.outcome,
    "progress": traces.progress,
    "duration": traces.duration,
    "task-role": traces.role,
}
