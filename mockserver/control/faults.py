"""`/_pixpact/faults` and `/_pixpact/ledger`: what goes wrong on demand, and who was charged what."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pixpact.mockserver.context import MockContext
from pixpact.mockserver.control.numbers import PLACE
from pixpact.mockserver.core.problem import bad_request, json_response, problem_response
from pixpact.mockserver.faults.names import NAMES
from pixpact.mockserver.faults.parsing import read
from pixpact.mockserver.faults.validate import validate_fault
from pixpact.mockserver.state.active_faults import ActiveFault, BadFault
from pixpact.mockserver.state.ledger import Charge
from pixpact.mockserver.state.stubs import stub
from pixpact.wire.bodies import json_of

_TITLE, _NO_JSON = "Bad fault", "the body is not JSON; send"
_FAULT, _STUB = '{"fault": "server-error", "times": 1}', '{"on": {"prompt": "A kite"}, "gives": {"status": 429}}'


def fault_routes(context: MockContext) -> list[Route]:
    """The routes of faults and of the ledger."""
    control = _FaultRoutes(context)
    return [
        Route("/_pixpact/faults", control.listed, methods=["GET"]),
        Route("/_pixpact/faults", control.add, methods=["POST"]),
        Route("/_pixpact/stubs", control.stub, methods=["POST"]),
        Route("/_pixpact/faults", control.remove, methods=["DELETE"]),
        Route(f"/_pixpact/faults/{{number:{PLACE}}}", control.remove, methods=["DELETE"]),
        Route("/_pixpact/ledger", control.ledger, methods=["GET"]),
    ]


class _FaultRoutes:
    def __init__(self, context: MockContext) -> None:
        self._context = context

    async def listed(self, request: Request) -> Response:
        """The standing faults with how often each fitted and fired, and every name there is."""
        counts = await self._context.store.fault_counts()
        return json_response({"faults": [count.json() for count in counts], "names": NAMES})

    async def add(self, request: Request) -> Response:
        """Let one fault stand, or every one of a list; none of them when one is wrong."""
        try:
            body = json_of(await request.body())
            written = body if isinstance(body, list) else [body]
            faults = [read(one) for one in written]
            for fault in faults:
                validate_fault(fault, self._context.faults.contracts)
            added = [ActiveFault(await self._context.faults.put(fault)) for fault in faults]
        except BadFault as error:
            return bad_request(str(error), _TITLE)
        except ValueError:
            return bad_request(f"{_NO_JSON} {_FAULT}, or a list of such", _TITLE)
        return json_response({"faults": [fault.json() for fault in added]}, 201)

    async def stub(self, request: Request) -> Response:
        """Let a stub stand: `{"on": {"prompt": "A kite"}, "gives": {"status": 429}}`; an image is a data URI."""
        try:
            body = json_of(await request.body())
            if not isinstance(body, dict) or set(body) != {"on", "gives"}:
                raise BadFault(f"a stub is {_STUB}: these two objects")
            stubs = stub(body["on"], body["gives"], self._context.faults.contracts)
            added = [ActiveFault(await self._context.faults.put(fault)) for fault in stubs]
        except BadFault as error:
            return bad_request(str(error), _TITLE)
        except ValueError:
            return bad_request(f"{_NO_JSON} {_STUB}", _TITLE)
        return json_response({"faults": [fault.json() for fault in added]}, 201)

    async def remove(self, request: Request) -> Response:
        """Remove every standing fault, or the one whose number stands in the path."""
        number = request.path_params.get("number")
        removed = await self._context.store.remove_faults(number)
        if number is not None and not removed:
            detail = f"no fault {number} stands; GET /_pixpact/faults lists the active ones"
            return problem_response(404, "No such fault", detail)
        return json_response({"removed": removed})

    async def ledger(self, request: Request) -> Response:
        """Every charge until now, in the order of time; an account is a name of its key that does not tell it."""
        charges = await self._context.store.charges(self._context.clock.now())
        return json_response({"charges": [_written(charge) for charge in charges]})


def _written(charge: Charge) -> dict[str, Any]:
    return {**asdict(charge), "amount": None if charge.amount is None else str(charge.amount)}
