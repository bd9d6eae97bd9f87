"""Creates the application of an embedded mock: plain, or in a drill one that records the drift's effects."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pixpact.drill.environment import contracts_of
from pixpact.drill.twins.twin_log import FOLDER, SightingLog
from pixpact.mockserver.app import MockApp
from pixpact.mockserver.background import background
from pixpact.mockserver.context import MockContext, MockSettings
from pixpact.specs.contract.model import Contract
from pixpact.specs.openapi.problems import SpecError
from pixpact.wire.clock import Clock

if TYPE_CHECKING:
    from pixpact.drill.twins.twin import Play


def drill_folder() -> Path | None:
    """The folder where mocks record what they observe in a drill; None outside of a drill."""
    folder = os.environ.get(FOLDER)
    return Path(folder) if folder else None


def served_contracts(vendors: Sequence[str], folders: Sequence[Path]) -> list[Contract]:
    """The contracts of these vendors, drifted as the environment says. Raises UnknownVendor or SpecError."""
    try:
        return contracts_of(vendors, folders)
    except SpecError as error:
        if (folder := drill_folder()) is not None and _served_without(vendors, folders):
            log = SightingLog(folder)
            log.unfit(str(error).partition("\n")[0])
            log.close()
        raise


def _served_without(vendors: Sequence[str], folders: Sequence[Path]) -> bool:
    try:
        return bool(contracts_of(vendors, folders, environ={}))
    except SpecError:
        return False  # not caused by the drift


@contextlib.contextmanager
def app_of(
    contracts: Iterable[Contract],
    vendors: Sequence[str],
    folders: Sequence[Path],
    settings: MockSettings,
    clock: Clock,
    play: Play,
) -> Iterator[MockApp]:
    """The application that serves these contracts; in a drill, together with the undrifted ones."""
    folder = drill_folder()
    if folder is None:
        yield MockApp(contracts, MockContext.new(settings, clock, play()))
        return
    from pixpact.drill.twins.twin import TwinnedApp  # only a drill pays for this import

    usual = contracts_of(vendors, folders, environ={})
    app, home = TwinnedApp(contracts, usual, settings, clock, SightingLog(folder), play), background()
    try:
        yield app
    finally:
        if home.here:
            home.call(app.close)
