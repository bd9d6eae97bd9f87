"""The issues of a repository, over GitHub's REST API (https://docs.github.com/rest/issues)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pixpact

_MOST_PAGES = 10
_SECONDS = 30
_REMEDIES = {
    401: "give the workflow's own token: github-token: ${{ github.token }}",
    403: "let the job write issues: permissions: {contents: read, issues: write}",
    404: "let the job write issues: permissions: {contents: read, issues: write}",
    410: "issues are turned off in this repository: turn them on, or give issues: false",
}


class GitHubError(Exception):
    """The API refused, or could not be reached; `str()` says what to do."""


class GitHub:
    """One repository, `OWNER/NAME`. The token is sent to the API alone, and is in no message."""

    def __init__(self, repository: str, token: str, api: str = "https://api.github.com") -> None:
        self._issues = f"{api.rstrip('/')}/repos/{repository}/issues"
        self._token = token

    def listed(self, label: str) -> Iterator[dict[str, Any]]:
        """The issues with a label, open and closed ones, last updated first. Raises GitHubError."""
        for page in range(1, _MOST_PAGES + 1):
            query = {"labels": label, "state": "all", "sort": "updated", "per_page": 100, "page": page}
            found = self._send("GET", f"?{urlencode(query)}")
            yield from (issue for issue in found if "pull_request" not in issue)
            if len(found) < 100:
                return

    def open(self, title: str, body: str, label: str) -> dict[str, Any]:
        """Open an issue; a label that is not there is made. Raises GitHubError."""
        return dict(self._send("POST", "", {"title": title, "body": body, "labels": [label]}))

    def edit(self, number: int, **members: str) -> None:
        """Change members of an issue: title, body, state, state_reason. Raises GitHubError."""
        self._send("PATCH", f"/{number}", members)

    def comment(self, number: int, body: str) -> None:
        """Say something below an issue. Raises GitHubError."""
        self._send("POST", f"/{number}/comments", {"body": body})

    def _send(self, method: str, place: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request, once: what fails is told, and not sent again."""
        request = Request(  # noqa: S310  # the address is that of the workflow's own API
            self._issues + place,
            None if body is None else json.dumps(body).encode(),
            {
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "User-Agent": f"pixpact/{pixpact.__version__}",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            method=method,
        )
        try:
            with urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310  # as above
                return json.load(answer)
        except HTTPError as error:
            with error:
                remedy = _REMEDIES.get(error.code, "look at the status page of the service, or run it again")
                raise GitHubError(f"the API answered {error.code} to {method} {self._issues}: {remedy}") from None
        except (URLError, OSError, ValueError) as error:
            raise GitHubError(f"the API could not be reached ({method} {self._issues}): {error}") from None
