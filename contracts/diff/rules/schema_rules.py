"""The table of rules, as data: what may change, what that does, and how it is said.

The effects of a change of a schema: it `tightens` (fewer values), `loosens` (more), `changes` (others), `drops` (an
optional field that is spoken of no longer), `loses` (one that was required), or `notes` (validity is not touched). In
texts, {name} is the field, {old} and {new} what it was and is.
"""

from __future__ import annotations

from pixpact.contracts.diff.compare.differences import Action

Row = dict[Action, tuple[str, str]]


def _bound(low: bool, what: str) -> Row:
    word = "at least" if low else "at most"
    tight: Action = "raised" if low else "lowered"
    loose: Action = "lowered" if low else "raised"
    return {
        tight: ("tightens", f"{{name}} must be {word} {{new}}{what}; it was {{old}}"),
        loose: ("loosens", f"{{name}} must be {word} {{new}}{what}; it was {{old}}"),
        "added": ("tightens", f"{{name}} must be {word} {{new}}{what}; nothing was said before"),
        "removed": ("loosens", f"{{name}} no longer has to be {word} {{old}}{what}"),
    }


def _pair(tight: Action, text: str, opposite: str, loose: Action | None = None) -> Row:
    other: Action = loose or ("removed" if tight == "added" else "added")
    return {tight: ("tightens", text), other: ("loosens", opposite)}


SCHEMAS: dict[str, Row] = {
    "type": {
        "narrowed": ("tightens", "{name} must be {new}; it could be {old}"),
        "widened": ("loosens", "{name} may be {new}; it was {old}"),
        "changed": ("changes", "{name} must be {new}; it was {old}"),
    },
    "null": _pair("removed", "{name} may no longer be null", "{name} may be null"),
    "enum": _pair(
        "added", "{name} must be one of {new}; its values were not listed", "{name} is no longer one of {old} only"
    ),
    "enum-value": _pair("removed", "{name} may no longer be {gone}", "{name} may be {come}"),
    "minimum": _bound(True, ""),
    "maximum": _bound(False, ""),
    "minLength": _bound(True, " characters long"),
    "maxLength": _bound(False, " characters long"),
    "minItems": _bound(True, " items long"),
    "maxItems": _bound(False, " items long"),
    "minProperties": _bound(True, " fields wide"),
    "maxProperties": _bound(False, " fields wide"),
    "multipleOf": {
        **_pair("added", "{name} must be a multiple of {new}", "{name} no longer has to be a multiple of {old}"),
        "changed": ("changes", "{name} must be a multiple of {new}; it was {old}"),
    },
    "pattern": {
        **_pair("added", "{name} must match {new}", "{name} no longer has to match {old}"),
        "changed": ("changes", "{name} must match {new}; it was {old}"),
    },
    "format": {
        **_pair("added", "{name} must be a {new}", "{name} no longer has to be a {old}"),
        "changed": ("changes", "{name} must be a {new}; it was a {old}"),
    },
    "uniqueItems": _pair("added", "no item of {name} may stand twice", "items of {name} may stand twice"),
    "required": _pair("added", "{name} is required", "{name} may be left out"),
    "required-member": {
        "added": ("tightens", "{name} is new and required"),
        "removed": ("loses", "{name}, which was required, is gone"),
    },
    "optional-member": {
        "added": ("notes", "{name} is new"),
        "removed": ("drops", "{name} is gone"),
    },
    "use": _pair("removed", "{name} is not supported any more", "{name} may be used", "added"),
    "other-members": {
        **_pair(
            "narrowed",
            "fields without a name of their own are judged: {name}",
            "other fields are free: {name}",
            "widened",
        ),
        "changed": ("changes", "what fields without a name of their own may be: {name}"),
    },
    "pattern-members": _pair(
        "added", "fields like {detail} of {name} are judged", "fields like {detail} of {name} are free"
    ),
    "member-names": {
        **_pair("added", "the names of the fields of {name} are judged", "the names of the fields of {name} are free"),
        "changed": ("changes", "which names the fields of {name} may have"),
    },
    "dependent-schema": _pair(
        "added", "with {detail}, {name} must meet more rules", "with {detail}, {name} must meet less rules"
    ),
    "dependent-required": _pair(
        "added", "{name} is required with {detail}", "{name} is no longer required with {detail}"
    ),
    "prefix-item": _pair("added", "{name} is judged by a rule of its own", "{name} has no rule of its own any more"),
    "contains": {
        **_pair("added", "{name} must contain certain items", "{name} no longer has to contain certain items"),
        "changed": ("changes", "which items {name} must contain"),
    },
    "condition": {
        **_pair("added", "{name} must meet one more condition", "{name} must meet one condition less"),
        "changed": ("changes", "{name} must meet another condition"),
    },
    "exclusion": {
        **_pair("added", "certain forms of {name} are excluded", "certain forms of {name} are no longer excluded"),
        "changed": ("changes", "other forms of {name} are excluded"),
    },
    "alternative": _pair("removed", "{name} can no longer be {detail}", "{name} can be {detail}"),
    "alternatives": {
        **_pair("added", "{name} must be one of several forms", "{name} no longer has to be one of several forms"),
        "changed": ("changes", "how many of its forms {name} may have at once"),
    },
    "unevaluated": {
        **_pair("added", "what no rule of {name} speaks of is judged", "what no rule of {name} speaks of is free"),
        "changed": ("changes", "what is said of what no other rule of {name} speaks of"),
    },
    "discriminator": {
        "added": ("notes", "{new} tells the forms of {name} apart"),
        "removed": ("notes", "{old} no longer tells the forms of {name} apart"),
        "changed": ("changes", "{new} tells the forms of {name} apart; it was {old}"),
    },
    "discriminator-value": {
        **_pair("removed", "{detail} no longer leads to a form of {name}", "{detail} leads to a form of {name}"),
        "changed": ("changes", "{detail} leads to the form {new} of {name}; it was {old}"),
    },
    "coding": {"changed": ("changes", "{name} is coded otherwise: {old}, now {new}")},
    "unread": {"changed": ("changes", "what is said of {name} cannot be read: {detail}")},
    "member-deprecated": {
        "added": ("notes", "{name} is deprecated"),
        "removed": ("notes", "{name} is no longer deprecated"),
    },
    "read-only": {
        "added": ("notes", "{name} is only read: it is ignored in requests"),
        "removed": ("notes", "{name} is no longer only read"),
    },
    "write-only": {
        "added": ("notes", "{name} is only written: no response holds it"),
        "removed": ("notes", "{name} is no longer only written"),
    },
    "picture-limit": {
        **_pair("added", "the {detail} of {name} has a limit: {new}", "the {detail} of {name} has no limit any more"),
        "changed": ("changes", "the limit of the {detail} of {name} is {new}; it was {old}"),
    },
    "total": {
        "added": ("tightens", "{detail} together must be at most {new}"),
        "removed": ("loosens", "{detail} together have no limit any more"),
        "lowered": ("tightens", "{detail} together must be at most {new}; it was {old}"),
        "raised": ("loosens", "{detail} together must be at most {new}; it was {old}"),
    },
}
"""Subject → action → effect, text. Each row makes two rules: for requests and for responses."""
