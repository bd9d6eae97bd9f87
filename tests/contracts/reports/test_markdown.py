"""The page for a step summary, and the escaping it rests on."""

from __future__ import annotations

from itertools import pairwise

import pytest
from markdown_it import MarkdownIt

from pixpact.contracts.reports import FORMATS
from pixpact.contracts.reports.markdown import code, escape_markdown, fenced_block, table

RENDER = MarkdownIt("gfm-like", {"linkify": False})

NASTY = [
    "plain words",
    "# heading",
    "*a* _b_ **c** ~~d~~",
    "[a](https://e.invalid) ![b](c)",
    "<script>alert(1)</script> &amp; <br>",
    "`code` ``more``",
    "a | b \\| c",
    "back\\slash",
    "image_urls[0].size*2",
    "`",
]


@pytest.mark.parametrize("value", NASTY)
def test_words_stay_words(value):
    """What a reader sees is what was given, and nothing of it is formatted."""
    tokens = RENDER.parseInline(escape_markdown(f"say {value}"))[0].children

    assert {"text", "text_special"} >= {token.type for token in tokens}
    assert f"say {value}" == "".join(token.content for token in tokens)


@pytest.mark.parametrize("value", NASTY)
def test_code_stays_code(value):
    """One code span, whatever quotes are in it."""
    tokens = RENDER.parseInline(code(value))[0].children

    assert [("code_inline", value)] == [(token.type, token.content) for token in tokens]


def test_a_mention_is_broken():
    """Nobody is called by an error message; an `@` in a name stays."""
    assert "@<!-- -->everyone, toy@2027" == escape_markdown("@everyone, toy@2027")


def test_a_fence_is_longer_than_any_in_it():
    """A block cannot be left from inside."""
    assert [("fence", "a\n```\nb\n")] == [(it.type, it.content) for it in RENDER.parse(fenced_block("a\n```\nb", "sh"))]


def test_a_bar_does_not_end_a_cell():
    """Neither in words nor in code."""
    tokens = RENDER.parse(table(["a", "b"], [[escape_markdown("x|y"), code("x|y")]]))
    cells = [
        child.content
        for before, token in pairwise(tokens)
        if before.type == "td_open"
        for child in token.children
        if child.content
    ]

    assert "x|y" == "".join(cells[:-1])
    assert "x|y" == cells[-1]


def test_the_page_says_what_matters(full):
    """Headline, counts, each finding with its place and its command, and what was not judged."""
    page = FORMATS["markdown"](full)

    assert page.startswith("## toy@2027: contract broken (1 breaking, 1 warning, 1 accepted)\n")
    assert "| cost | 0.21 EUR | 0.68 EUR |" in page
    assert "### breaking: `startDrawing:request/ink-1/copies/maximum`" in page
    assert "(`fixtures/specs/toy.yaml:" in page
    assert '```sh\ncurl -i https://api.toy.example/v2/drawings \\\n  -H "X-Api-Key: $PIXPACT_API_KEY"' in page
    assert "| info | `startDrawing:refusal/unauthenticated` | It reads well enough. |" in page
    assert "| 1 | needs a wait of 1 h |" in page


def test_the_page_fits_a_step_summary(toy):
    """GitHub refuses more than 1 MiB; the JSON report has the rest."""
    findings = [toy.finding(toy.copies, pointer=f"/{number}x", repro="curl " + "x" * 30_000) for number in range(60)]

    assert len(FORMATS["markdown"](toy.view(*findings)).encode()) < 2**20
