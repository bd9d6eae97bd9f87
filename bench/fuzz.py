"""Broken inputs for every parser, from `python bench/fuzz.py --help`.

Input number N of a parser is made from N alone: a sample that the parser takes, with bytes and tokens changed, cut,
doubled and nested. So an input that broke something is made again by its number, and a run with `--results FILE` goes
on where the last one ended. A parser may refuse with the errors it documents; anything else, and anything that takes
two seconds of CPU, is printed with its number. The exit code is 1 then.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter, process_time

from fuzzed_parsers import PARSERS

from pixpact.wire.files import write_whole

SLOW, STUCK = 2.0, 30.0
"""Seconds of CPU, and of time on a machine that does other things too, that an input may take."""
SAVED_EVERY = 500
MOST_TOLD = 3
TOKENS = [
    *(token.encode() for token in ("{", "}", "[", "]", '"', ":", ",", "null", "true", "-1", "1e999", "NaN", "0", "\\")),
    *(
        token.encode()
        for token in ("\\ud800", "\\u0000", "%00", "%zz", "../", "\r\n\r\n", "--", "$ref", "&a", "*a", "!!")
    ),
    *(b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\x1b[2J", "\u202e".encode(), b"9" * 400, b"a" * 3000),
    *(
        b"[" * 120,
        b'{"a":' * 120,
        b"(" * 60,
        b"{1,99}" * 4,
        b"(a+)+",
        b"\\p{L}",
        b"(?<x>a)",
        b";base64,",
        b"data:image/png",
    ),
]


def made(name: str, number: int) -> bytes:
    """The input of a number."""
    dice = random.Random(f"{name}:{number}")
    raw = bytearray(dice.choice(PARSERS[name].samples))
    for _ in range(dice.randint(1, 6)):
        place = dice.randrange(len(raw) + 1)
        match dice.randrange(6):
            case 0:
                raw[place:place] = dice.choice(TOKENS)
            case 1:
                del raw[place : place + dice.randint(1, 20)]
            case 2:
                raw[place : place + 1] = bytes([dice.randrange(256)])
            case 3:
                raw[place:place] = raw[dice.randrange(len(raw) + 1) :][: dice.randint(1, 60)] * dice.randint(1, 9)
            case 4:
                raw[place:] = b""
            case _:
                raw[place : place + dice.randint(0, 8)] = dice.choice(TOKENS)
    return bytes(raw)


def tried(name: str, number: int) -> str:
    """What an input broke; empty for nothing."""
    parser, raw = PARSERS[name], made(name, number)
    began, worked = perf_counter(), process_time()
    try:
        parser.read(raw)
    except parser.refuses:
        pass
    except Exception as error:  # whatever a parser lets out is what this looks for
        return f"{type(error).__name__}: {error}\n{traceback.format_exc(limit=-3)}"
    took, work = perf_counter() - began, process_time() - worked
    return f"took {took:.1f} s, {work:.1f} s of CPU" if work > SLOW or took > STUCK else ""


@dataclass(slots=True)
class ParserProgress:
    """How many inputs a parser has had, from number 0 on, and which of them broke something: number → first line."""

    tried: int = 0
    broken: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class FuzzProgress:
    """How far a run has come; kept in a file where there is one."""

    file: Path | None
    parsers: dict[str, ParserProgress]

    @classmethod
    def read(cls, file: Path | None, first: int) -> FuzzProgress:
        """What a file says; without one, every parser begins at `first`."""
        kept = json.loads(file.read_text()) if file and file.exists() else {}
        parsers = {name: ParserProgress(first) for name in PARSERS}
        return cls(file, parsers | {name: ParserProgress(**one) for name, one in kept.get("parsers", {}).items()})

    def write(self) -> None:
        """Keep it, the totals first."""
        if self.file is None:
            return
        totals = {
            "inputs": sum(one.tried for one in self.parsers.values()),
            "broken": sum(len(one.broken) for one in self.parsers.values()),
        }
        parsers = {name: asdict(one) for name, one in self.parsers.items()}
        write_whole(self.file, json.dumps({**totals, "parsers": parsers}, indent=1) + "\n")


def fuzz(name: str, until: int, progress: FuzzProgress) -> int:
    """Try the inputs of a parser up to a number; how many broke something."""
    state, began = progress.parsers[name], perf_counter()
    first, wrong = state.tried, 0
    while state.tried < until:
        if problem := tried(name, state.tried):
            wrong += 1
            state.broken[str(state.tried)] = problem.splitlines()[0]
            if wrong <= MOST_TOLD:
                print(f"{name} {state.tried}: {problem}\n  {made(name, state.tried)[:300]!r}", flush=True)
        state.tried += 1
        if state.tried % SAVED_EVERY == 0:
            progress.write()
    progress.write()
    took = perf_counter() - began
    print(f"{name}: {state.tried - first} inputs from {first}, {wrong} broken, {took:.0f} s", flush=True)
    return wrong


def main() -> int:
    """Try so many inputs in all, shared out among the parsers; how many broke something."""
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("parsers", nargs="*", metavar="PARSER", help=f"of {', '.join(PARSERS)}; all of them otherwise")
    flags.add_argument("--count", type=int, default=1_000_000, help="inputs of all parsers together [1000000]")
    flags.add_argument("--first", type=int, default=0, help="the number to begin with [0]")
    flags.add_argument("--results", type=Path, help="keep in this file how far the run has come, and go on from there")
    given = flags.parse_args()
    if unknown := set(given.parsers) - PARSERS.keys():
        flags.error(f"there is no parser {min(unknown)!r}: choose of {', '.join(PARSERS)}")
    names = given.parsers or list(PARSERS)
    shares = sum(PARSERS[name].share for name in names)
    progress = FuzzProgress.read(given.results, given.first)
    begun = sum(progress.parsers[name].tried for name in names)
    broken = sum(
        fuzz(name, given.first + max(1, -(-given.count * PARSERS[name].share // shares)), progress) for name in names
    )
    print(f"{sum(progress.parsers[name].tried for name in names) - begun} inputs, {broken} broken")
    return broken


if __name__ == "__main__":
    sys.exit(main() > 0)
