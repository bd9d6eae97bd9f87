from __future__ import annotations

import base64
import hashlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixpact.wire.exchange import Exchange
from pixpact.wire.redaction import (
    declare_secret_name,
    decoded,
    encoded_in,
    is_secret,
    mark_of,
    redacted,
    redacted_body,
    redacted_headers,
    redacted_url,
    shortened_body,
    without_secrets,
)

IMAGE = bytes(range(256)) * 12
BASE64 = base64.b64encode(IMAGE).decode()
IDENTITY = f"[3072 bytes, sha256 {hashlib.sha256(IMAGE).hexdigest()[:16]}]"


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("Authorization", "Bearer sk-123", "Bearer [redacted]"),
        ("authorization", "Basic dXNlcjpwYXNz", "Basic [redacted]"),
        ("AUTHORIZATION", "sk-123", "[redacted]"),
        ("Authorization", "sk-123 and more", "[redacted]"),
        ("Proxy-Authorization", "Digest username=x", "Digest [redacted]"),
        ("Cookie", "session=1; theme=dark", "[redacted]"),
        ("Set-Cookie", "session=1; Path=/", "[redacted]"),
        ("x-api-key", "sk-123", "[redacted]"),
        ("api-key", "sk-123", "[redacted]"),
        ("X-Amz-Security-Token", "abc", "[redacted]"),
        ("X-Some-Webhook-Signature", "v1=abc", "[redacted]"),
        ("Location", "https://a/b?sig=abc&n=1", "https://a/b?sig=redacted&n=1"),
        ("Link", "<https://a/b?token=abc>; rel=next", "<https://a/b?token=redacted>; rel=next"),
        ("Idempotency-Key", "order-7", "order-7"),
        ("Content-Type", "application/json", "application/json"),
        ("X-Request-Id", "abc", "abc"),
    ],
)
def test_headers(name: str, sent: str, kept: str) -> None:
    """Secrets go, the authentication scheme stays, and so does everything that is no secret."""
    assert redacted_headers([(name, sent)]) == ((name, kept),)


def test_headers_keep_their_order_and_spelling() -> None:
    """Only values change."""
    headers = (("HOST", "a"), ("Cookie", "1"), ("accept", "*/*"), ("Cookie", "2"))

    assert redacted_headers(headers) == (
        ("HOST", "a"),
        ("Cookie", "[redacted]"),
        ("accept", "*/*"),
        ("Cookie", "[redacted]"),
    )


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://a/b", "http://a/b"),
        ("http://a/b?language=en&page=2", "http://a/b?language=en&page=2"),
        ("http://a/b?key=1&x=%20y", "http://a/b?key=redacted&x=%20y"),
        ("http://a/b?x=1&API_KEY=2", "http://a/b?x=1&API_KEY=redacted"),
        ("http://a/b?access%5Ftoken=2", "http://a/b?access%5Ftoken=redacted"),
        ("http://a/b?X-Tos-Signature=a&X-Tos-Date=b", "http://a/b?X-Tos-Signature=redacted&X-Tos-Date=b"),
        ("http://a/b?X-Amz-Credential=a%2Fb", "http://a/b?X-Amz-Credential=redacted"),
        ("http://a/b?token", "http://a/b?token"),
        ("http://a/b?token=", "http://a/b?token="),
        ("http://a/b#access_token=1", "http://a/b#access_token=redacted"),
        ("https://user:pass@a/b", "https://redacted@a/b"),
        ("https://a/b@c?x=1", "https://a/b@c?x=1"),
        ("/b?token=1#top", "/b?token=redacted#top"),
    ],
)
def test_urls(url: str, kept: str) -> None:
    """Query values and user names go, and the rest is the same byte for byte."""
    assert redacted_url(url) == kept


def test_json_fields_at_any_depth() -> None:
    """By the name of the field, in whatever spelling."""
    body = {
        "api_key": "k1",
        "apiKey": "k2",
        "config": [{"clientSecret": "k3", "deep": {"password": 'k"4', "Authorization": "k5"}}],
        "prompt": "keep my token",
        "usage": {"output_tokens": 16384},
        "key": "value",
    }
    kept = json.loads(redacted_body(json.dumps(body).encode()))

    assert kept == {
        "api_key": "[redacted]",
        "apiKey": "[redacted]",
        "config": [
            {
                "clientSecret": "[redacted]",
                "deep": {"password": "[redacted]", "Authorization": "[redacted]"},
            }
        ],
        "prompt": "keep my token",
        "usage": {"output_tokens": 16384},
        "key": "value",
    }


def test_an_escaped_name_hides_nothing() -> None:
    """The name is read before it is judged."""
    assert redacted_body(rb'{"api\u005fkey":"k"}') == rb'{"api\u005fkey":"[redacted]"}'


def test_what_holds_no_secret_stays_the_same_bytes() -> None:
    """White space, number forms and escapes are evidence."""
    body = b'{ "n" : 1.0e0,\n "prompt":"a \\u00e9 \\/ \\" b", "url":"http:\\/\\/a\\/b?x=1"}\r\n'

    assert redacted_body(body) == body


@pytest.mark.parametrize("body", [b'{"token":"abc', b'{"token":"abc\\', b'{"token" : "abc", oops'])
def test_a_body_that_is_no_complete_json_keeps_no_secret(body: bytes) -> None:
    """Cut off or malformed, it is redacted all the same."""
    assert b"abc" not in redacted_body(body)


def test_an_image_becomes_what_identifies_it() -> None:
    """Size and hash of the decoded bytes; the beginning of a data URI stays."""
    body = {"image": [f"data:image/png;base64,{BASE64}"], "b64_json": BASE64}
    kept = json.loads(redacted_body(json.dumps(body).encode()))

    assert kept == {"image": [f"data:image/png;base64,{IDENTITY}"], "b64_json": IDENTITY}


def test_an_image_with_escaped_slashes() -> None:
    """As PHP writes it."""
    body = f'{{"image":"data:image/png;base64,{BASE64}"}}'.replace("/", "\\/").encode()

    assert json.loads(redacted_body(body))["image"] == f"data:image/png;base64,{IDENTITY}"


def test_an_image_that_was_cut_off_says_so() -> None:
    """Its size and hash would be of a part only."""
    body = f'{{"image":"data:image/png;base64,{BASE64}'.encode()

    assert redacted_body(body) == b'{"image":"data:image/png;base64,[cut off]'


@pytest.mark.parametrize("prompt", ["a" * 4000, "word " * 500, "短" * 900])
def test_a_long_prompt_is_no_image(prompt: str) -> None:
    """What people or tests write stays readable."""
    body = json.dumps({"prompt": prompt}).encode()

    assert redacted_body(body) == body


def test_signed_urls_in_a_response() -> None:
    r"""Also where the writer escapes `&` as \u0026."""
    body = rb'{"url":"https://a/0.png?X-Tos-Date=1\u0026X-Tos-Signature=abc"}'

    assert json.loads(redacted_body(body)) == {"url": "https://a/0.png?X-Tos-Date=1&X-Tos-Signature=redacted"}


def test_an_event_stream_is_redacted_like_json() -> None:
    """Its data lines are JSON."""
    body = f'event: x\ndata: {{"b64_json":"{BASE64}","token":"abc"}}\n\n'.encode()

    assert redacted_body(body) == (f'event: x\ndata: {{"b64_json":"{IDENTITY}","token":"[redacted]"}}\n\n'.encode())


def test_a_form_is_redacted_like_a_query() -> None:
    """Its media type is what makes it one."""
    body, kind = b"api_key=k&prompt=a+b", "application/x-www-form-urlencoded"

    assert redacted_body(body, kind) == b"api_key=redacted&prompt=a+b"


def test_a_binary_body_is_left_alone() -> None:
    """It has no names."""
    assert redacted_body(b'\x89PNG "token":"abc"') == b'\x89PNG "token":"abc"'


def test_a_credential_goes_wherever_it_comes_back() -> None:
    """A server that repeats the key in its error, or was sent it in the path, keeps it nowhere."""
    exchange = Exchange(
        started=0.0,
        method="POST",
        url="http://a/sk-abcdef123456/x?token=t",
        request_headers=(("Authorization", "Bearer sk-abcdef123456"),),
        request_body=b'{"api_key":"sk-abcdef123456","user":"sk-abcdef123456"}',
        status=401,
        response_headers=(("Set-Cookie", "s=1"),),
        response_body=b'{"message":"Incorrect key: sk-abcdef123456"}',
    )
    kept = redacted(exchange)

    assert "sk-abcdef123456" not in repr(kept)
    assert kept.request_headers == (("Authorization", "Bearer [redacted]"),)
    assert kept.response_headers == (("Set-Cookie", "[redacted]"),)
    assert kept.response_body == b'{"message":"Incorrect key: [redacted]"}'
    assert redacted(kept) == kept


HEADERS = st.lists(
    st.tuples(st.sampled_from(["Authorization", "Cookie", "Location", "X-Id"]), st.text()),
    max_size=4,
).map(tuple)


@given(
    st.text(),
    HEADERS,
    st.binary() | st.text(st.sampled_from('{}[]":,\\/ atoken?=&')).map(str.encode),
)
def test_redacting_again_changes_nothing(url: str, headers: tuple[object], body: bytes) -> None:
    """A record may pass through more than one pair of hands."""
    once = redacted(Exchange(0.0, "POST", url, headers, body, 200, headers, body))  # type: ignore[arg-type]  # drawn by hypothesis

    assert redacted(once) == once


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text())))
def test_json_stays_json(body: dict[str, object]) -> None:
    """With the same fields, and every other value as it was."""
    kept = json.loads(redacted_body(json.dumps(body).encode()))

    assert kept.keys() == body.keys()
    assert all(kept[name] == body[name] for name in body if not is_secret(name))


def test_hostile_bodies_take_no_longer_than_long_ones() -> None:
    """No input makes the patterns go back and forth."""
    for body in (b'"' + b'\\"' * 200_000, b"{" + b'"a' * 100_000, b'{"a":' * 100_000):
        began = time.perf_counter()
        redacted_body(body)
        assert time.perf_counter() - began < 5


@pytest.mark.parametrize("text", [BASE64, f"data:image/png;base64,{BASE64}", f"a data:image/png;base64,{BASE64} b"])
def test_what_is_shortened_can_be_looked_at_before(text: str) -> None:
    """The base64 that a mark is written for, and the mark that is written."""
    kept = json.loads(redacted_body(json.dumps({"it": text}).encode()))["it"]

    assert encoded_in(text) == [BASE64]
    assert text.replace(BASE64, IDENTITY) == kept
    assert mark_of(decoded(BASE64.encode())) == IDENTITY


@pytest.mark.parametrize("text", ["", "A lighthouse", "x" * 600, "https://example.com/a.png", BASE64[:100]])
def test_other_texts_hold_no_images(text: str) -> None:
    """Words, however long, addresses, and short base64 stay as they are."""
    assert encoded_in(text) == []
    assert json.loads(redacted_body(json.dumps({"it": text}).encode()))["it"] == text


@pytest.mark.parametrize(
    ("encoded", "content"), [(b"QUJD", b"ABC"), (b"QUI", b"AB"), (b"_-8=", b"\xff\xef"), (b"Q", b"Q")]
)
def test_base64_is_read_in_both_alphabets(encoded: bytes, content: bytes) -> None:
    """Padded or not; what is neither is its own bytes."""
    assert decoded(encoded) == content


def test_shortening() -> None:
    """Nothing is cut that fits, and no character in two."""
    assert shortened_body(b"abc", 3) == (b"abc", False)
    assert shortened_body(b"abcd", 3) == (b"abc", True)
    assert shortened_body("aé湖".encode(), 2) == (b"a", True)
    assert shortened_body("湖湖".encode(), 5) == ("湖".encode(), True)
    assert shortened_body(b"\x80" * 9, 5) == (b"\x80" * 2, True)
    assert shortened_body(b"abc", 0) == (b"", True)


def test_scrubbing() -> None:
    """The longest first, so that no part of a longer one is left; short ones are words."""
    assert without_secrets("key abcdef-123 abcdef", ["abcdef", "abcdef-123"]) == ("key [redacted] [redacted]")
    assert without_secrets("a test", ["test", ""]) == "a test"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://cdn.test/a.png?sign=1700-abc&n=1", "https://cdn.test/a.png?sign=redacted&n=1"),
        ("https://cdn.test/a.png?hdnts=exp=1~hmac=2", "https://cdn.test/a.png?hdnts=redacted"),
        ("https://cdn.test/a?Policy=e30&Key-Pair-Id=K1", "https://cdn.test/a?Policy=redacted&Key-Pair-Id=redacted"),
        ("https://me:p@ss@host/a", "https://redacted@host/a"),
        ("https://me:p/a?s#s@host/a", "https://redacted@host/a"),
        ("https://me:pw@[::1", "https://redacted@[::1"),
        ("https://host:80/a@2x.png", "https://host:80/a@2x.png"),
        ("https://[::1]:80/a@2x.png", "https://[::1]:80/a@2x.png"),
    ],
)
def test_signatures_and_passwords_of_odd_urls(url: str, kept: str) -> None:
    """Signed links of more clouds; a password is one also where the URL cannot be read."""
    assert redacted_url(url) == kept


def test_lists_under_a_secret_name() -> None:
    """Plurals hold lists; a list under an ordinary name stays."""
    body = b'{"api_keys": ["k1", "k\\"2"], "passwords":["p"], "t":["tokens"], "max_tokens": "9"}'
    kept = b'{"api_keys": ["[redacted]", "[redacted]"], "passwords":["[redacted]"], "t":["tokens"], "max_tokens": "9"}'

    assert redacted_body(body) == kept


def test_what_a_contract_declares_is_secret_in_its_place() -> None:
    """A header and a parameter of any name; the same word in a body means something else."""
    declare_secret_name("header", "X-Studio-Pass")
    declare_secret_name("query", "studio")

    assert redacted_headers([("x-studio-pass", "abc")]) == (("x-studio-pass", "[redacted]"),)
    assert redacted_url("https://a.test/?studio=abc") == "https://a.test/?studio=redacted"
    assert redacted_body(b'{"studio": "abc"}') == b'{"studio": "abc"}'


@pytest.mark.parametrize(
    "echo", [rb"sk-one\u002Ftwo", rb"sk-one\/two", b"sk-one%2ftwo", b"sk-one&#x2f;two", b"c2stb25lL3R3bw=="]
)
def test_a_key_is_found_however_it_comes_back(echo: bytes) -> None:
    """A response repeats the key of its request as JSON, a URL, HTML or base64 would have it."""
    sent = (("Authorization", "Bearer sk-one/two"),)
    exchange = Exchange(0, "GET", "https://a", sent, response_body=b'{"m":"' + echo + b'"}')

    assert redacted(exchange).response_body.replace(b"==", b"") == b'{"m":"[redacted]"}'
