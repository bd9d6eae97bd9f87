"""What every report is written from: sorted, counted, and with nothing in it that does something."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pixpact.contracts.claims.claim import Claim, Judgement
from pixpact.contracts.findings import SEVERITIES
from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports.effects import _EFFECTS, HARMLESS, effect_of
from pixpact.contracts.reports.sanitize import TextSanitizer, secrets_of
from pixpact.contracts.reports.view import AREAS, file_of, view
from pixpact.specs.catalogue import HERE
from pixpact.specs.openapi.problems import SourcePlace
from pixpact.wire.exchange import Exchange


def test_the_worst_comes_first(full):
    """Findings stand from breaking to info, whatever order they were made in."""
    assert ["breaking", "warning", "info"] == [finding.severity for finding in full.findings]


def test_the_order_does_not_depend_on_the_order_of_finding(toy):
    """Two runs that found the same show the same."""
    some = [toy.finding(toy.copies, kind=kind) for kind in ("refused", "late", "cut")]

    assert toy.view(*some).findings == toy.view(*reversed(some)).findings


def test_a_finding_counts_unless_it_is_accepted_or_below_the_floor(full):
    """`counts` is what makes a run fail."""
    assert {"breaking": True, "warning": True, "info": False} == {
        finding.severity: finding.counts for finding in full.findings
    }


def test_the_headline_counts_what_is_new(full):
    """The first line says what it came to, and how much of it is accepted."""
    assert "toy@2027: contract broken (1 breaking, 1 warning, 1 accepted)" == full.headline


def test_a_clean_run_says_so(toy):
    """No brackets where there is nothing to count."""
    assert "toy@2027: contract kept" == toy.view().headline


def test_reasons_are_counted(toy):
    """The most frequent reason comes first."""
    judgements = [toy.unjudged(f"image/{number}", "unchecked", "blocked by it") for number in range(3)]
    judgements.append(toy.unjudged("image/other", "unchecked", "timed out"))
    seen = toy.view(judgements=tuple(judgements))

    assert [("blocked by it", 3), ("timed out", 1)] == seen.reasons("unchecked")


def test_a_statement_leads_to_its_line(toy, full):
    """File and line are those of the YAML, relative to the working directory."""
    line = toy.copies.origin.line
    place = f"{os.path.relpath(toy.copies.origin.path)}:{line}"

    assert place == full.findings[0].statement.place
    assert "maximum: 4" in toy.copies.origin.path.read_text().splitlines()[line - 1]


def test_a_spec_of_the_package_is_named_by_its_place_in_it(monkeypatch, tmp_path):
    """An installed spec has the same name on every machine."""
    monkeypatch.chdir(tmp_path)
    spec = next((HERE / "vendors").glob("*.yaml"))

    assert f"pixpact/specs/vendors/{spec.name}" == file_of(SourcePlace(spec, 3))


def test_a_spec_elsewhere_is_named_in_full(monkeypatch, tmp_path):
    """There is no shorter name for a file that is neither below the working directory nor in the package."""
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")

    assert str(tmp_path / "my.yaml") == file_of(SourcePlace(tmp_path / "my.yaml", 3))


@pytest.mark.parametrize("area", AREAS)
def test_every_finding_says_what_it_does_to_a_client(toy, area):
    """Each area has words of its own for each severity but `info`, which does nothing."""
    claim = Claim("toy:x:y", area, "x", "", SourcePlace(Path("toy.yaml"), 1), "")
    said = [effect_of(toy.finding(claim, severity=severity)) for severity in SEVERITIES]

    assert HARMLESS == said[0]
    assert 3 == len(set(said))


def test_what_a_wrongly_accepted_request_bought_is_said(toy):
    """A refusal that is missing costs money."""
    assert effect_of(toy.finding(toy.key, severity="warning", billed=2)).endswith(" It bought 2 images.")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x9b31mred", r"\x9b31mred"),
        ("abc\u202edcba", r"abc\u202edcba"),
        ("half \ud83d of it", r"half \ud83d of it"),
        ("two\u2028lines", r"two\u2028lines"),
        ("::error::Deploy failed", ": :error::Deploy failed"),
        ("::stop-commands::x", ": :stop-commands::x"),
        ("::set-output name=a::b", ": :set-output name=a::b"),
        ("##[add-mask]e", "# #[add-mask]e"),
        ("fe80::1 and Foo::Bar", "fe80::1 and Foo::Bar"),
        ("漢字, émoji 🎨", "漢字, émoji 🎨"),
    ],
)
def test_what_would_do_something_is_shown_instead(text, shown):
    """Escape sequences, line breaks, reversed text and commands of CI systems; letters stay."""
    assert shown == TextSanitizer()(text)


def test_a_long_text_is_cut_and_says_how_long_it_was():
    """Nobody reads a megabyte of base64."""
    assert "A" * 400 + "… (1000 characters)" == TextSanitizer()("A" * 1000)


def test_secrets_of_a_request_are_known_by_where_they_stand():
    """The key, with and without its scheme; what was redacted before is no secret any more."""
    sent = Exchange(
        0.0,
        "GET",
        "https://api.toy.example/?key=query-key-1&size=large",
        (("Authorization", "Bearer sk-secret-1"), ("Accept", "image/png"), ("X-Api-Key", "[redacted]")),
    )

    assert {"Bearer sk-secret-1", "sk-secret-1", "query-key-1"} == set(secrets_of([sent]))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", ["header", "text", "query", "given"])
def test_no_report_holds_a_secret(toy, form, place):
    """A key that the endpoint repeats, in its words or in an address, is taken out of every format."""
    secret = "sk-live-abcdef-123456"
    headers = (("Authorization", f"Bearer {secret}"),) if place == "header" else ()
    url = f"https://user:{secret}@api.toy.example/v2/drawings?api_key={secret}"
    response = f'{{"error":"wrong key {secret}","token":"{secret}"}}'.encode()
    exchange = Exchange(0.0, "POST", url if place == "query" else "https://a", headers, b"{}", 401, (), response)
    said = f"see {url}" if place == "query" else f"wrong key {secret}"
    finding = toy.finding(
        toy.key, observed=said, repro=f"curl -H 'X: {secret}'", trace=type(toy.trace(b""))((exchange,))
    )
    result = toy.result(finding, failures=(said,), target=said)
    shown = view(result, secrets=[secret] if place in ("given", "text") else [])

    assert secret not in FORMATS[form](shown)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "text",
    [
        "\x1b]0;title\x07\x1b[31m",
        "]]></failure><x/>",
        "\n::error::fake\n::warning file=a::b",
        "## heading\n\n<script>alert(1)</script> ![x](https://e.invalid/x.png) | ``` @everyone",
        "\x00\ud800\ufffe\u202e",
        "{0} {1} [link](https://e.invalid)",
        "%0A::error::x,y:z",
        "--> <!-- " + "long " * 100_000,
    ],
    ids=["terminal", "xml", "commands", "markdown", "characters", "sarif", "percent", "long"],
)
def test_no_report_carries_what_does_something(hostile, form, text):
    """Whatever an endpoint answers, a report is encodable, short and without control characters."""
    written = FORMATS[form](hostile(text)).replace("\n", "")

    assert len(written.encode()) < 3_000_000
    assert [] == [character for character in written if not character.isprintable() and character != "\t"]


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"github"}))
def test_no_line_of_a_report_is_a_command_of_github(hostile, form):
    """A report on standard output of a workflow's step cannot say `::stop-commands::`."""
    lines = FORMATS[form](hostile("x\n::error::fake\n  ::add-mask::a")).splitlines()

    assert [] == [line for line in lines if line.lstrip().startswith("::")]


def test_a_claim_without_a_verdict_of_its_area_has_no_row(toy):
    """Areas of which a contract says nothing are left out."""
    seen = toy.view(judgements=(Judgement(toy.copies, "kept"),))

    assert ["request"] == seen.areas()


def test_the_page_of_findings_says_what_each_area_means():
    """docs/findings.md has the sentences that reports use."""
    page = (Path(__file__).parents[3] / "docs/findings.md").read_text()
    rows = [f"| `{area}` | {breaking} | {warning} |" for area, (breaking, warning) in _EFFECTS.items()]

    assert [] == [row for row in rows if row not in page]
