from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixpact.specs.openapi import overlay
from pixpact.specs.openapi.document import SpecDocument, at, escaped, parse
from pixpact.specs.openapi.problems import SpecError

BASE = """\
info: {title: Base, version: '1'}
models: [one, two]
limits:
  n: {maximum: 4}
  list: [1, 2, 3, 4]
names: {a: {x: 1}, b: {x: 2}, c: {y: 3}}
"""
WITHOUT_INFO = {key: value for key, value in parse(BASE, Path("base.yaml")).value.items() if key != "info"}


@pytest.fixture
def apply(tmp_path: Path) -> Callable[..., SpecDocument]:
    """The base with these actions applied."""

    def applied(*actions: object, base: str = BASE) -> SpecDocument:
        path = tmp_path / "overlay.yaml"
        head = {"overlay": "1.0.0", "info": {"title": "Test", "version": "1"}}
        path.write_text(json.dumps({**head, "actions": actions}, indent=1))
        return overlay.apply(parse(base, Path("base.yaml")), path)

    return applied


@pytest.mark.parametrize(
    ("action", "pointer", "expected"),
    [
        (
            {"target": "$.info", "update": {"version": "2", "summary": "New"}},
            "/info",
            {"title": "Base", "version": "2", "summary": "New"},
        ),
        ({"target": "$.limits", "update": {"n": {"minimum": 1}}}, "/limits/n", {"maximum": 4, "minimum": 1}),
        ({"target": "$.models", "update": "three"}, "/models", ["one", "two", "three"]),
        ({"target": "$.models", "update": ["three", "four"]}, "/models", ["one", "two", "three", "four"]),
        ({"target": "$.models", "update": {"name": "three"}}, "/models", ["one", "two", {"name": "three"}]),
        ({"target": "$", "update": {"models": ["three"]}}, "/models", ["one", "two", "three"]),
        ({"target": "$.limits.n.maximum", "update": 15}, "/limits/n/maximum", 15),
        ({"target": "$.limits.n.maximum", "update": None}, "/limits/n/maximum", None),
        ({"target": "$.limits.n", "remove": True}, "/limits", {"list": [1, 2, 3, 4]}),
        ({"target": "$.models[?@ == 'one']", "remove": True}, "/models", ["two"]),
        ({"target": "$.limits.list[2,0,2]", "remove": True}, "/limits/list", [2, 4]),
        ({"target": "$.limits.list[1:]", "remove": True}, "/limits/list", [1]),
        ({"target": "$.names.*.x", "remove": True}, "/names", {"a": {}, "b": {}, "c": {"y": 3}}),
        ({"target": "$.names[?@.x]", "update": {"x": 9}}, "/names", {"a": {"x": 9}, "b": {"x": 9}, "c": {"y": 3}}),
        ({"target": "$..[?@.x]", "remove": True}, "/names", {"c": {"y": 3}}),
        ({"target": "$['info','info']", "remove": True}, "", WITHOUT_INFO),
    ],
)
def test_actions(apply: Callable[..., SpecDocument], action: object, pointer: str, expected: object) -> None:
    """Objects merge, lists grow, scalars replace each other, and removing takes exactly the targets away."""
    assert expected == at(apply(action).value, pointer)


def test_actions_apply_in_order(apply: Callable[..., SpecDocument]) -> None:
    """A shape changes by removing the old value and adding the new one."""
    actions = [
        {"target": "$.limits.n", "remove": True},
        {"target": "$.limits", "update": {"n": "any"}},
        {"target": "$.limits.n", "update": "none"},
    ]

    assert "none" == apply(*actions).value["limits"]["n"]


def test_origins_lead_to_the_file_that_says_it(apply: Callable[..., SpecDocument]) -> None:
    """What an overlay adds or replaces is reported with its own line, everything else with the base's."""
    document = apply(
        {"target": "$", "update": {"limits": {"n": {"maximum": 15}, "m": {"maximum": 1}}, "models": ["three"]}}
    )
    found = {
        pointer: (document.origin(pointer).path.stem, document.origin(pointer).line)
        for pointer in (
            "/limits/n",
            "/limits/n/maximum",
            "/limits/m/maximum",
            "/models/1",
            "/models/2",
            "/info/version",
        )
    }

    assert ("base", 4) == found["/limits/n"]
    assert "overlay" == found["/limits/n/maximum"][0] == found["/limits/m/maximum"][0] == found["/models/2"][0]
    assert ("base", 2) == found["/models/1"]
    assert ("base", 1) == found["/info/version"]


def test_the_base_is_left_alone(apply: Callable[..., SpecDocument]) -> None:
    """Applying makes a new document."""
    base = parse(BASE, Path("base.yaml"))
    before = base.root.plain()
    apply({"target": "$.limits", "remove": True})

    assert before == base.root.plain()


def test_all_faults_come_at_once(apply: Callable[..., SpecDocument]) -> None:
    """A target that matches nothing does not hide what is wrong with the next action."""
    with pytest.raises(SpecError) as caught:
        apply(
            {"target": "$.nothing", "remove": True},
            {"target": "$.info", "update": 1},
            {"target": "$.models", "update": 1},
        )

    assert 2 == len(caught.value.problems)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "b/c", "d~e", "on"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b/c", "d~e", "x"]), inner, max_size=3)
    ),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b/c", "d~e", "x"]), JSON, min_size=1, max_size=4)


def merged(old: object, new: object) -> object:
    """What the Overlay Specification says of two values."""
    if isinstance(old, list):
        return [*old, *(new if isinstance(new, list) else [new])]
    if isinstance(old, dict) and isinstance(new, dict):
        both = {key: merged(old[key], new[key]) for key in old.keys() & new.keys()}
        return {key: both.get(key, old.get(key, new.get(key))) for key in [*old, *(new.keys() - old.keys())]}
    if isinstance(old, dict) or isinstance(new, (dict, list)):
        raise TypeError
    return new


def leaves(value: object, pointer: str = "") -> list[str]:
    if isinstance(value, dict):
        return [pointer, *(leaf for key, inner in value.items() for leaf in leaves(inner, f"{pointer}/{escaped(key)}"))]
    if isinstance(value, list):
        return [pointer, *(leaf for index, inner in enumerate(value) for leaf in leaves(inner, f"{pointer}/{index}"))]
    return [pointer]


@settings(max_examples=200, deadline=None)
@given(OBJECTS, OBJECTS)
def test_an_update_of_the_whole_document(
    tmp_path_factory: pytest.TempPathFactory, base: dict[str, object], update: dict[str, object]
) -> None:
    """Any update either fits, and then means what the specification says, or is refused; origins stay right."""
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    head = {"overlay": "1.0.0", "info": {"title": "Any", "version": "1"}}
    path.write_text(json.dumps({**head, "actions": [{"target": "$", "update": update}]}))
    document = parse(json.dumps(base), Path("base.yaml"))
    try:
        expected = merged(base, update)
    except TypeError:
        with pytest.raises(SpecError):
            overlay.apply(document, path)
        return
    found = overlay.apply(document, path)

    assert expected == found.value
    for pointer in leaves(expected):
        written = "base" if _same(base, pointer) else "any"
        assert written == found.origin(pointer).path.stem or at(expected, pointer) == at(base, pointer)


def _same(base: object, pointer: str) -> bool:
    try:
        return isinstance(at(base, pointer), (dict, list)) or not pointer
    except KeyError:
        return False


@pytest.mark.parametrize(
    "target",
    ["$" + "['a']" * 300, "$..*..*..*..*", "$[" + ",".join("*" * 600) + "]", "$" + "[?@" * 200 + "]" * 200],
    ids=["many steps", "many descents", "many selectors", "deep filters"],
)
def test_a_target_of_too_much_work_is_refused(apply: Callable[..., SpecDocument], target: str) -> None:
    """By its text, at its place, before it is looked for."""
    with pytest.raises(SpecError, match=r"overlay.yaml:\d+ overlay: the target .* (characters|not a JSONPath)"):
        apply({"target": target, "remove": True})


@pytest.mark.parametrize(
    ("test", "is_there"),
    [
        ("search(@.title, '(a|aa)+$')", False),
        ("match(@.title, '(a+)+')", False),
        ("search(@.title, '^a+')", True),
        ("match(@.title, 'a+!')", True),
        ("match(@.title, 'a+')", False),
        ("search(@.n, 'a')", False),
    ],
)
def test_patterns_in_a_target_take_linear_time(apply: Callable[..., SpecDocument], test: str, is_there: bool) -> None:
    """Also those over which other engines think for years; `match` is about the whole text (RFC 9535, 2.4.6)."""
    base = json.dumps({"names": [{"title": "a" * 5000 + "!"}, {"n": 1}], "info": {}})
    action = {"target": f"$.names[?{test}]", "remove": True}
    if not is_there:
        with pytest.raises(SpecError, match="matches nothing"):
            apply(action, base=base)
    else:
        assert [{"n": 1}] == at(apply(action, base=base).value, "/names")
