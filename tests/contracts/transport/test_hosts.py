"""Where URLs lead, and who can reach it."""

from __future__ import annotations

import asyncio

import pytest

from pixpact.contracts.transport.hosts import allowed, is_loopback, parse_url, reach_of, target_reach

REACHES = {
    "93.184.215.14": "public",
    "2606:2800:21f:cb07::1": "public",
    "127.0.0.1": "loopback",
    "127.255.3.4": "loopback",
    "::1": "loopback",
    "::ffff:127.0.0.1": "loopback",
    "64:ff9b::7f00:1": "loopback",
    "10.1.2.3": "private",
    "172.31.255.255": "private",
    "192.168.0.1": "private",
    "100.64.0.1": "private",
    "fd12:3456::1": "private",
    "::ffff:10.0.0.1": "private",
    "2002:c0a8:1::1": "private",
    "0.0.0.0": "never",  # most systems connect it to themselves
    "::": "never",
    "169.254.169.254": "never",  # where clouds keep credentials
    "::ffff:169.254.169.254": "never",
    "fe80::1%eth0": "never",
    "224.0.0.1": "never",
    "ff02::1": "never",
    "255.255.255.255": "never",
    "192.0.2.1": "never",
    "2001:db8::1": "never",
}


@pytest.mark.parametrize("address", REACHES)
def test_who_can_reach_an_address(address):
    """Also through the notations that carry an IPv4 address inside."""
    assert REACHES[address] == reach_of(address)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("mock.localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost.test", False),
        ("127.0.0.1.test", False),
        ("10.0.0.1", False),
        ("mock.test", False),
    ],
)
def test_what_is_this_machine_by_name(host, expected):
    """Names that could be made to lead here do not count."""
    assert expected == is_loopback(host)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://host.test", ("http", "host.test", 80, "/")),
        ("HTTPS://Host.Test:8443/a?b=c#d", ("https", "host.test", 8443, "/a?b=c")),
        ("http://user:pass@host.test/", ("http", "host.test", 80, "/")),
        ("http://ho\r\nst.test/\tx", ("http", "host.test", 80, "/x")),  # as browsers read it
        ("http://[::1]:1/ä b", ("http", "::1", 1, "/%C3%A4%20b")),
        ("http://bücher.test/", ("http", "xn--bcher-kva.test", 80, "/")),
        ("http://host.test/%41/../b", ("http", "host.test", 80, "/%41/../b")),
    ],
)
def test_the_parts_of_a_url(url, expected):
    """The path as it goes over the wire, a host that the resolver takes."""
    assert expected == parse_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host.test/",
        "file:///etc/passwd",
        "/v1",
        "data:image/png;base64,AAAA",
        "http://",
        "http://[::1",
        "http://host:99999/",
        "http://ho st/",
        "http://" + "a" * 64 + ".test/",
        "http://a..test/",
        "http://" + "ä" * 300 + "/",
        "http://h%6fst/",
    ],
)
def test_what_is_no_url_of_the_web(url):
    """The reason says what is wrong, without repeating what may be a secret."""
    with pytest.raises(ValueError, match=r"^it") as caught:
        parse_url(url)

    assert url not in str(caught.value)


def test_an_authority_is_written_as_in_a_host_header():
    """The usual port is left out, an IPv6 address stands in brackets."""
    written = [
        parse_url(url).authority for url in ("https://host.test:443/", "http://host.test:443/", "http://[::1]:8/")
    ]

    assert ["host.test", "host.test:443", "[::1]:8"] == written


def resolving(*addresses):
    async def resolve(host, port):
        if not addresses:
            raise OSError("no such host")
        return addresses

    return resolve


@pytest.mark.parametrize(
    ("host", "addresses", "expected"),
    [
        ("localhost", (), "loopback"),
        ("api.test", ("93.184.215.14",), "public"),
        ("api.test", ("10.0.0.1", "fd00::1"), "private"),
        ("api.test", ("10.0.0.1", "93.184.215.14"), "public"),
        ("api.test", ("127.0.0.1",), "public"),
        ("api.test", (), "public"),
    ],
)
def test_how_the_target_is_reached(host, addresses, expected):
    """A vendor cannot make itself private or local by what its name resolves to beside its real address."""
    assert expected == asyncio.run(target_reach(host, 443, resolving(*addresses)))


def test_what_may_be_visited():
    """As far as the target itself is reached, and no further; never what is nobody's server."""
    reaches = ("public", "private", "loopback")

    assert [{"public"}, {"public", "private"}, {"public", "private", "loopback"}] == [
        set(allowed(it)) for it in reaches
    ]
