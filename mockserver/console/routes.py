"""The routes of the console, below `/_pixpact`. Nothing here runs while nobody looks."""

from __future__ import annotations

from starlette.routing import Route

from pixpact.mockserver.console.contracts import ContractPages
from pixpact.mockserver.console.events import EventStream
from pixpact.mockserver.console.exchanges import ExchangePages
from pixpact.mockserver.console.money import Accounts
from pixpact.mockserver.console.pages import page, static
from pixpact.mockserver.console.tasks import TaskPages
from pixpact.mockserver.context import MockContext
from pixpact.mockserver.control.numbers import PLACE


def console_routes(context: MockContext) -> list[Route]:
    """The page, its files, and the data behind them."""
    exchanges, tasks, contracts = ExchangePages(context), TaskPages(context), ContractPages(context)
    return [
        Route("/_pixpact/", page),
        Route("/_pixpact/console/{name:path}", static),
        Route("/_pixpact/events", EventStream(context).open),
        Route(f"/_pixpact/exchanges/{{number:{PLACE}}}", exchanges.one),
        Route(f"/_pixpact/exchanges/{{number:{PLACE}}}.har", exchanges.har),
        Route("/_pixpact/gallery", tasks.gallery),
        Route(f"/_pixpact/tasks/{{name}}/images/{{index:{PLACE}}}", tasks.image),
        Route("/_pixpact/tasks/{name}/state", tasks.push, methods=["POST"]),
        Route("/_pixpact/tasks/{name}/expire", tasks.expire, methods=["POST"]),
        Route("/_pixpact/accounts", Accounts(context).listed),
        Route("/_pixpact/contracts", contracts.listed),
        Route("/_pixpact/contracts/{name}", contracts.one),
    ]
