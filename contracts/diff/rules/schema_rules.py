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
        "added": ("tightens", f"{{name}} must be {word} {{new}}{what}; nothing was stated before"),
        "removed": ("loosens", f"{{name}} no longer has to be {word} {{old}}{what}"),
    }


def _pair(tight: Action, text: str, opposite: str, loose: Action | None = None) -> Row:
    reverse: Action = loose or ("removed" if tight == "added" else "added")
    return {tight: ("tightens", text), reverse: ("loosens", opposite)}


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
    "uniqueItems": _pair("added", "items of {name} must be unique", "items of {name} need not be unique"),
    "required": _pair("added", "{name} is required", "{name} may be left out"),
    "required-field": {
        "added": ("tightens", "{name} is new and required"),
        "removed": ("loses", "{name}, which was required, is gone"),
    },
    "optional-field": {
        "added": ("notes", "{name} is new"),
        "removed": ("drops", "{name} is gone"),
    },
    "use": _pair("removed", "{name} is not supported any more", "{name} may be used", "added"),
    "other-fields": {
        **_pair(
            "narrowed",
            "fields that are not listed are validated: {name}",
            "other fields are free: {name}",
            "widened",
        ),
        "changed": ("changes", "which values fields that are not listed may have: {name}"),
    },
    "pattern-fields": _pair(
        "added", "fields like {detail} of {name} are validated", "fields like {detail} of {name} are free"
    ),
    "field-names": {
        **_pair("added", "the field names of {name} are validated", "the field names of {name} are free"),
        "changed": ("changes", "which field names {name} may have"),
    },
    "dependent-schema": _pair(
        "added", "with {detail}, {name} must meet more rules", "with {detail}, {name} must meet fewer rules"
    ),
    "dependent-required": _pair(
        "added", "{name} is required with {detail}", "{name} is no longer required with {detail}"
    ),
    "prefix-item": _pair("added", "{name} has its own rule", "{name} no longer has its own rule"),
    "contains": {
        **_pair("added", "{name} must contain certain items", "{name} no longer has to contain certain items"),
        "changed": ("changes", "which items {name} must contain"),
    },
    "condition": {
        **_pair("added", "{name} must meet one more condition", "{name} must meet one condition fewer"),
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
        **_pair("added", "what no rule of {name} covers is validated", "what no rule of {name} covers is free"),
        "changed": ("changes", "the rule for what no other rule of {name} covers"),
    },
    "discriminator": {
        "added": ("notes", "{new} distinguishes the forms of {name}"),
        "removed": ("notes", "{old} no longer distinguishes the forms of {name}"),
        "changed": ("changes", "{new} distinguishes the forms of {name}; it was {old}"),
    },
    "discriminator-value": {
        **_pair("removed", "{detail} no longer leads to a form of {name}", "{detail} leads to a form of {name}"),
        "changed": ("changes", "{detail} leads to the form {new} of {name}; it was {old}"),
    },
    "coding": {"changed": ("changes", "{name} is encoded differently: {old}, now {new}")},
    "unread": {"changed": ("changes", "what is said of {name} cannot be read: {detail}")},
    "ways": {"changed": ("changes", "what {name} leads to was not compared to its end")},
    "field-deprecated": {
        "added": ("notes", "{name} is deprecated"),
        "removed": ("notes", "{name} is no longer deprecated"),
    },
    "read-only": {
        "added": ("notes", "{name} is read-only: it is ignored in requests"),
        "removed": ("notes", "{name} is no longer read-only"),
    },
    "write-only": {
        "added": ("notes", "{name} is write-only: no response has it"),
        "removed": ("notes", "{name} is no longer write-only"),
    },
    "image-limit": {
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
