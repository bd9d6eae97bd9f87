"""Canaries: secrets that a test plants, and the search for them in whatever was written or shown."""

from __future__ import annotations

import base64
import html
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

WORD = "canary"
"""Stands in every planted secret and nowhere else, so that a rest of one is found too."""


def planted(place: str) -> str:
    """A secret that is planted in one place, with characters that URLs, JSON and HTML write otherwise."""
    return f"sk-{WORD}-{place}/0123+45&6="


def leaks(text: str) -> list[str]:
    """Every stretch of a text that gives a canary away: as it is, as JSON and URLs may write it, or in base64."""
    spelt = "".join(f"\\u{ord(letter):04x}" for letter in WORD)
    signs = [WORD, spelt, spelt.replace("\\u00", "%"), spelt.replace("\\u00", "&#x")]
    coded = [base64.b64encode(b" " * shift + f"sk-{WORD}".encode()).decode() for shift in range(3)]
    signs += [coded[0], coded[1][4:-4], coded[2][4:-4]]
    return [text[max(0, place - 60) : place + 60] for sign in signs if (place := text.find(sign)) >= 0]


def leaking(written: Mapping[str, str]) -> dict[str, list[str]]:
    """Name of each text that gives a canary away → where."""
    return {name: found for name, text in written.items() if (found := leaks(text))}


def files_in(folder: Path) -> dict[str, str]:
    """Every file below a folder as text, whatever its bytes are."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes().decode("utf-8", "replace") for path in files}


class Parrot(BaseHTTPRequestHandler):
    """A vendor that repeats all it was sent, in several spellings, in body, header and link, and is wrong in it all."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Any response will do: it is about what it repeats."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        sent = [*self.headers.values(), self.path]
        words = [word for value in sent for word in (value, *value.split())]
        spelt = ["".join(f"\\u{ord(letter):04x}" for letter in word if ord(letter) < 0x10000) for word in words]
        told = [quote(" ".join(words)), html.escape(" ".join(words)), " ".join(words), *words, body]
        fields = json.dumps({"error": {"message": " ".join(words), "seen": told}, "drawing": words[0]})
        text = fields[:-1] + ', "spelt": ["' + '", "'.join(spelt) + '"]}'
        self.send_response(400 if self.command == "POST" else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Echo", quote(" ".join(words)))
        self.send_header("Location", f"https://elsewhere.example/?echo={quote(words[0])}")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self) -> None:
        """The same."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def repeating() -> Iterator[str]:
    """The URL of such a vendor."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
