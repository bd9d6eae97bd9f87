"""How many requests each key sent of late: sliding windows, the oldest of which make room."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable

MOST_WINDOWS = 100_000
MOST_TIMES = 1_000_000
"""Requests that are remembered, all keys together: 8 MB and their numbers."""


class RateWindows:
    """The windows of one mock. `forgot` is called for each one that makes room."""

    def __init__(self, forgot: Callable[[], None], most: int = MOST_WINDOWS, most_times: int = MOST_TIMES) -> None:
        self._forgot = forgot
        self._most = most
        self._most_times = most_times
        self._windows: OrderedDict[str, deque[float]] = OrderedDict()
        self._times = 0

    def take(self, account: str, most: int, seconds: float, now: float) -> float:
        """Count a request of an account: 0 when at most `most` came within `seconds`, else how long until the next."""
        window = self._windows.setdefault(account, deque())
        self._windows.move_to_end(account)
        before = len(window)
        while window and window[0] <= now - seconds:
            window.popleft()
        if len(window) >= most:
            self._times += len(window) - before
            return window[0] + seconds - now
        window.append(now)
        self._times += len(window) - before
        while len(self._windows) > 1 and (len(self._windows) > self._most or self._times > self._most_times):
            _, oldest = self._windows.popitem(last=False)
            self._times -= len(oldest)
            self._forgot()
        return 0.0

    def clear(self) -> None:
        """Forget every one."""
        self._windows.clear()
        self._times = 0
