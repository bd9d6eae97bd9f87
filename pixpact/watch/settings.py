"""Reads the settings of a watch from the environment, so that no workflow input becomes part of a shell command."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pixpact.contracts.transport import hosts
from pixpact.terminal.refusal import UsageRefused

PREFIX = "WATCH_"
_MOCK, _TRAFFIC, _LIVE = "mock", "traffic", "live"
_OPTIONS = {
    "URL": "--url",
    "MAX_IMAGES": "--max-images",
    "MAX_COST": "--max-cost",
    "MAX_REQUESTS": "--max-requests",
    "PRICE": "--price",
    "REFERENCE_URL": "--reference-url",
    "API_KEY_ENV": "--api-key-env",
    "SECOND_API_KEY_ENV": "--second-api-key-env",
    "BASELINE": "--baseline",
    "FAIL_ON": "--fail-on",
    "MIN_COVERAGE": "--min-coverage",
}
"""Variable without the prefix → option of `pixpact check`. Empty variables are ignored."""
_REPEATED = {"TRAFFIC": "--traffic", "SPECS": "--specs"}
"""The same for options that may be given several times: one value on each line."""


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """A watch: what is checked, and whether an issue is kept."""

    vendor: str
    kind: str
    """What is checked: the mock, recorded traffic, or a live target."""
    options: tuple[str, ...]
    """Options of `pixpact check`, without the vendor."""
    name: str
    """Distinguishes this watch from others in the same repository."""
    issues: bool
    label: str
    config: str = ""
    """A file of flags for everything; without it, `pixpact.toml` may only set harmless flags."""


def settings(environ: Mapping[str, str]) -> WatchSettings:
    """Read the variables `WATCH_…`. Raises UsageRefused for unusable values."""
    given = {name.removeprefix(PREFIX): text.strip() for name, text in environ.items() if name.startswith(PREFIX)}
    vendor = given.get("VENDOR", "")
    if not vendor:
        raise UsageRefused(
            "pixpact watch: no vendor is named; give the input `vendor`, such as a name or a path of a spec"
        )
    if problem := next(_problems(given), None):
        raise UsageRefused(f"pixpact watch: {problem}")
    kind = _TRAFFIC if given.get("TRAFFIC") else _LIVE if given.get("URL") else _MOCK
    return WatchSettings(
        vendor=vendor,
        kind=kind,
        options=tuple(_options(given)),
        name=given.get("NAME") or f"{vendor} ({kind})",
        issues=_asked(given.get("ISSUES", "true")) and not environ.get("GITHUB_EVENT_NAME", "").startswith("pull_"),
        label=given.get("LABEL") or "pixpact",
        config=given.get("CONFIG", ""),
    )


def _options(given: Mapping[str, str]) -> Iterator[str]:
    for name, option in _OPTIONS.items():
        if text := given.get(name):
            yield from (option, text)
    for name, option in _REPEATED.items():
        for line in given.get(name, "").splitlines():
            if line.strip():
                yield from (option, line.strip())


def _problems(given: Mapping[str, str]) -> Iterator[str]:
    if given["VENDOR"].startswith("-"):
        yield f"{given['VENDOR']!r} is not a vendor"
    if given.get("ISSUES", "true").lower() not in ("", "true", "false"):
        yield f"issues is {given['ISSUES']!r}; write true or false"
    if "," in given.get("LABEL", ""):
        yield f"label is {given['LABEL']!r}; write one label: a comma would split it"
    if given.get("URL") and given.get("TRAFFIC"):
        yield "both `traffic` and `url` are given: recorded traffic is judged without sending anything; give one"
    if given.get("URL") and not _is_here(given["URL"]):
        missing = [name for name in ("MAX_IMAGES", "MAX_COST") if not given.get(name)]
        if missing:
            names = " and ".join(name.lower().replace("_", "-") for name in missing)
            yield f"a live target is checked again and again: limit the cost of each run; {names} must be given"


def _is_here(url: str) -> bool:
    try:
        return hosts.is_loopback(hosts.parse_url(url).host)
    except ValueError:
        return True  # the check reports what is wrong with it


def _asked(text: str) -> bool:
    return text.lower() != "false"
