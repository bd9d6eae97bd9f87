"""What the console's data is sent as: JSON, or a problem (RFC 9457)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from starlette.responses import Response

from pixpact.mockserver.core.problem import problem_response


def as_json(value: Any, status: int = 200) -> Response:
    """A value as JSON, never kept by a browser."""
    headers = {"cache-control": "no-store"}
    return Response(written(value), status, headers=headers, media_type="application/json")


def written(value: Any) -> bytes:
    """JSON; amounts of money are texts, keys of any kind too."""
    return orjson.dumps(value, default=_decimal, option=orjson.OPT_NON_STR_KEYS)


def _decimal(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError


def not_there(detail: str) -> Response:
    """404, with what is not there."""
    return problem_response(404, "Not there", detail)
