"""What may go to a server that is not on this machine."""

from __future__ import annotations

import json

import pytest

from pixpact.contracts.samples.prompts import PROMPTS, long_prompt, prompt
from pixpact.contracts.samples.reference_images import data_uri, image
from pixpact.contracts.transport.forms import form
from pixpact.contracts.transport.live_target import check_live_request
from pixpact.contracts.transport.planned_request import PlannedRequest, RequestForbidden

JSON = (("Content-Type", "application/json"),)
UPLOAD = "https://files.test/a.png?sig=1"
OWN = {UPLOAD}
NOWHERE = "https://pixpact.invalid/callback"
STRANGER = "https://example.com/cat.png"


def sending(body=None, *, path="/v1/images", headers=JSON, refused=False):
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return PlannedRequest("POST", path, headers, b"" if body is None else raw, must_be_refused=refused)


def verdict(request):
    """Empty where it may be sent, else the reason why not."""
    try:
        check_live_request(request, OWN)
    except RequestForbidden as reason:
        return str(reason)
    return ""


GOOD = [
    {"model": "image-model-5-0", "prompt": PROMPTS[0], "size": "1024x1024", "n": 4, "watermark": False, "seed": None},
    {"prompt": long_prompt(4000, 3), "negative_prompt": PROMPTS[4]},
    {"prompt": ""},
    {"image": UPLOAD, "images": [UPLOAD, {"url": UPLOAD}]},
    {"image": data_uri("png-64x64"), "b64": data_uri("jpeg-64x64").partition(",")[2]},
    {"messages": [{"content": [{"text": PROMPTS[1]}, {"image_url": {"url": UPLOAD}}]}]},
    {"user": "pixpact-1", "size": "auto", "style": "<vivid>", "ratio": "16:9"},
    [PROMPTS[2]],
    PROMPTS[3],
]


@pytest.mark.parametrize("body", GOOD, ids=range(len(GOOD)))
def test_our_words_images_and_uploads_may_go(body):
    """And single words, numbers and the like, which say nothing to anybody."""
    assert "" == verdict(sending(body))


BAD = {
    "a typed prompt": ({"prompt": "a wolf in the snow"}, "/prompt is not a prompt"),
    "one word as a prompt": ({"prompt": "wolf"}, "/prompt is not a prompt"),
    "a prompt by another name": ({"negativePrompt": "wolf"}, "is not a prompt"),
    "a list of prompts": ({"prompts": [PROMPTS[0], "wolf"]}, "/prompts/1 is not a prompt"),
    "a prompt inside a prompt": ({"prompt": {"text": "wolf"}}, "/prompt/text is not a prompt"),
    "a message": ({"messages": [{"role": "user", "content": "wolf"}]}, "is not a prompt"),
    "ours and more": ({"prompt": PROMPTS[0] + " and a wolf"}, "/prompt is not a prompt"),
    "words elsewhere": ({"style": "dark and gloomy"}, "/style is a text"),
    "words in another script": ({"style": "狼"}, "/style is a text"),
    "words as a key": ({"a wolf in the snow": 1}, "is a text"),
    "one endless word": ({"user": "x" * 129}, "/user is a text"),
    "a stranger's image": ({"image": STRANGER}, "/image has a URL"),
    "a stranger's image, deep": ({"a": [{"b": STRANGER}]}, "/a/0/b has a URL"),
    "a URL inside a text": ({"image": f"x={STRANGER}"}, "has a URL"),
    "a URL in capitals": ({"image": "HTTPS://example.com/"}, "has a URL"),
    "another scheme": ({"image": "ftp://example.com/"}, "has a URL"),
    "an upload and more": ({"image": UPLOAD + "&x=1"}, "has a URL"),
    "a callback": ({"callback_url": NOWHERE}, "has a URL"),
    "somebody's data": ({"image": "data:image/png;base64,AAAA"}, "data URI"),
    "somebody's bytes": ({"image": "A" * 200}, "/image is a text"),
    "text as data": ({"image": "data:text/plain,wolf"}, "data URI"),
    "no JSON": (b'{"prompt": ', "cannot be read"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_somebody_else_wrote_or_hosts_may_not(case):
    """The reason names the place, and not what stands there."""
    body, reason = BAD[case]

    said = verdict(sending(body))

    assert reason in said
    assert "wolf" not in said


TO_BE_REFUSED = [
    {"callback_url": NOWHERE, "image": "http://x.y.INVALID:8080/a"},
    {"image": "ftp://pixpact.invalid/x"},
    {"image": "data:text/plain,pixpact"},
    {"image": "data:image/png;base64,AAAA"},
    {"size": "1024 x 1024"},
    {"prompt": 5},
    b'{"prompt": ',
    b'{"prompt": "' + PROMPTS[0].encode() + b'", "image": "' + NOWHERE.encode(),
    b"model=x",
]


@pytest.mark.parametrize("body", TO_BE_REFUSED, ids=range(len(TO_BE_REFUSED)))
def test_what_must_be_refused_may_be_wrong(body):
    """Names that can never exist, short nonsense, and bodies that cannot be read; elsewhere none of it may."""
    assert "" == verdict(sending(body, refused=True))
    if body != {"prompt": 5}:
        assert "" != verdict(sending(body))


STILL_BAD = {
    "a stranger": {"image": STRANGER},
    "a stranger that looks reserved": {"image": "https://x.invalid.example.com/"},
    "a stranger behind a user": {"image": "https://x.invalid@example.com/"},
    "two URLs": {"image": f"{NOWHERE} {STRANGER}"},
    "a typed prompt": {"prompt": "wolf"},
    "a long text": {"style": "x y " * 40},
    "a broken body with a stranger": b'{"image": "https://example.com/"',
    "a stranger behind escapes": b'{"image": "https:\\/\\/example.com\\/"',
    "a broken body that goes on": b'{"prompt": "' + prompt(0).encode() * 400,
    "a broken body with words": '{"prompt": "une histoire de loup très longue que personne a prévue"'.encode(),
}


@pytest.mark.parametrize("case", STILL_BAD)
def test_what_must_be_refused_may_not_be_somebody_elses(case):
    """A vendor that accepts it after all would draw or fetch it."""
    assert "" != verdict(sending(STILL_BAD[case], refused=True))


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (sending(path=f"/v1/tasks?callback={STRANGER}"), "query parameter callback"),
        (sending(path="/v1/tasks?q=a+wolf"), "query parameter q"),
        (sending(path="/v1/tasks?prompt=wolf"), "query parameter prompt"),
        (sending(path="/v1/tasks/a%20wolf"), "the path"),
        (sending(path="/v1/tasks/task_1?lang=en"), ""),
        (sending(headers=(("Prefer", "code=429"),)), "Prefer"),
        (sending(headers=(("prefer", "code=429"),)), "prefer"),
        (sending(headers=(("X-Callback", STRANGER),)), "header X-Callback"),
        (sending(headers=(("Content-Type", "application/json; charset=utf-8"),)), ""),
        (sending(headers=(("Accept", "application/json, text/event-stream"),)), ""),
    ],
)
def test_path_query_and_headers_are_judged_too(request_, reason):
    """Nothing is smuggled past the body, and nothing is asked of a vendor that only a mock understands."""
    assert (reason in verdict(request_)) if reason else verdict(request_) == ""


def form_of(fields, files, *, refused=False):
    kind, body = form(fields, files)
    return sending(body, headers=(("Content-Type", kind),), refused=refused)


def test_forms_are_judged_by_field_and_file():
    """Our images, our words."""
    ours = ("image", "png-64x64.png", image("png-64x64"), "image/png")
    theirs = ("image", "cat.png", image("png-64x64") + b"cat", "image/png")
    nonsense = ("image", "a.txt", b"pixpact", "text/plain")

    said = [
        verdict(form_of([("prompt", PROMPTS[5])], [ours])),
        verdict(form_of([("prompt", "wolf")], [ours])),
        verdict(form_of([("callback", STRANGER)], [])),
        verdict(form_of([], [theirs])),
        verdict(form_of([], [theirs], refused=True)),
        verdict(form_of([], [nonsense])),
        verdict(form_of([], [nonsense], refused=True)),
    ]

    assert ["", "form field prompt is not a prompt from the fixed list"] == said[:2]
    assert "form field callback has a URL" in said[2]
    assert ["form field image has a file that is not one of the images made for checks"] * 3 == said[3:6]
    assert "" == said[6]


def test_a_deep_body_is_no_way_around():
    """A body that nests beyond what can be read is one that cannot be read."""
    deep = b"[" * 100_000 + b'"' + STRANGER.encode() + b'"' + b"]" * 100_000

    assert "cannot be read" in verdict(sending(deep, refused=True))
