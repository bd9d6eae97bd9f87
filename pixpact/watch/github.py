"""The issues of a repository, through GitHub's REST API (https://docs.github.com/rest/issues)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pixpact

_MOST_PAGES = 50
_A_PAGE = 100
_SECONDS = 30
_TOO_FAST = "the API's rate limit was reached: run it again later, or less often"
_REMEDIES = {
    401: "give the workflow's own token: github-token: ${{ github.token }}",
    403: "let the job write issues: permissions: {contents: read, issues: write}",
    404: "let the job write issues: permissions: {contents: read, issues: write}",
    301: "the repository was renamed: run the workflow there",
    307: "the repository was renamed: run the workflow there",
    308: "the repository was renamed: run the workflow there",
    429: _TOO_FAST,
    410: "issues are turned off in this repository: turn them on, or give issues: false",
}

_REMEDY = "check the status page of the service, or run it again"


class GitHubError(Exception):
    """The API refused a request or could not be reached; the message says what to do."""


class GitHub:
    """A repository, `OWNER/NAME`. The token is only sent to the API, and appears in no message."""

    def __init__(self, repository: str, token: str, api: str = "https://api.github.com") -> None:
        self._issues = f"{api.rstrip('/')}/repos/{repository}/issues"
        self._token = token

    def listed(self, label: str) -> Iterator[dict[str, Any]]:
        """The issues with a label, open and closed, last updated first. Raises GitHubError.

        If there are too many issues, an error is raised, because an issue that is not seen would be opened again.
        """
        for page in range(1, _MOST_PAGES + 1):
            query = {"labels": label, "state": "all", "sort": "updated", "per_page": _A_PAGE, "page": page}
            issues = self._asked("GET", f"?{urlencode(query)}", list)
            yield from (
                self._issue(issue) for issue in issues if not (isinstance(issue, dict) and "pull_request" in issue)
            )
            if len(issues) < _A_PAGE:
                return
        most = _MOST_PAGES * _A_PAGE
        raise GitHubError(f"there are more than {most} issues with the label {label!r}; give the watch another label")

    def open(self, title: str, body: str, label: str) -> dict[str, Any]:
        """Open an issue; GitHub creates a missing label. Raises GitHubError."""
        return self._issue(self._asked("POST", "", dict, {"title": title, "body": body, "labels": [label]}))

    def edit(self, number: int, **fields: str) -> None:
        """Change fields of an issue: title, body, state, state_reason. Raises GitHubError."""
        self._asked("PATCH", f"/{number}", dict, fields)

    def comment(self, number: int, body: str) -> None:
        """Add a comment to an issue. Raises GitHubError."""
        self._asked("POST", f"/{number}/comments", dict, {"body": body})

    def _issue(self, value: Any) -> dict[str, Any]:
        """Check that a value is an issue, with the fields that are read. Raises GitHubError."""
        if isinstance(value, dict) and isinstance(value.get("number"), int) and isinstance(value.get("state"), str):
            return {"body": None, **value}
        raise GitHubError(f"the API returned something other than an issue ({self._issues}): {_REMEDY}")

    def _asked(self, method: str, path: str, kind: type, body: Mapping[str, Any] | None = None) -> Any:
        response = self._send(method, path, body)
        if isinstance(response, kind):
            return response
        raise GitHubError(f"the API returned an undocumented response ({method} {self._issues}): {_REMEDY}")

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a request once, without retries."""
        request = Request(  # noqa: S310  # the address is that of the workflow's own API
            self._issues + path,
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
            with _OPENER.open(request, timeout=_SECONDS) as response:
                return json.load(response)
        except HTTPError as error:
            with error:
                raise GitHubError(
                    f"the API returned {error.code} to {method} {self._issues}: {_remedy(error)}"
                ) from None
        except (URLError, HTTPException, OSError, ValueError) as error:
            raise GitHubError(f"the API could not be reached ({method} {self._issues}): {error}") from None


class _NoRedirect(HTTPRedirectHandler):
    """Refuses redirects: the token would be sent to the new address, and a POST would become a GET."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse the redirect."""


_OPENER = build_opener(_NoRedirect)


def _remedy(error: HTTPError) -> str:
    """What to do about an error. A rate limit is also a 403, recognized by its header fields."""
    limited = "retry-after" in error.headers or error.headers.get("x-ratelimit-remaining") == "0"
    if error.code == 403 and limited:
        return _TOO_FAST
    return _REMEDIES.get(error.code, _REMEDY)
