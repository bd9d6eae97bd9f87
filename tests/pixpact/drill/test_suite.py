"""How the user's own command is run."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from pixpact.drill.suite import MOST_OUTPUT, CannotRun, SuiteCommand


def suite(code, now=lambda: 0.0):
    return SuiteCommand([sys.executable, "-S", "-c", code], now)


def test_a_run_reports_how_it_ended():
    """Its exit code, how long it took by the given clock, and the end of what it printed on either stream."""
    times = iter((10.0, 12.5))
    code = "import sys; print('out'); sys.stdout.flush(); print('err', file=sys.stderr); sys.exit(3)"
    ended = suite(code, lambda: next(times)).run(os.environ)

    assert (3, False, "exit code 3", 2.5) == (ended.code, ended.passed, ended.how, ended.seconds)
    assert ["out", "err"] == ended.output.splitlines()


def test_it_gets_the_environment_it_is_given():
    """And no standard input."""
    ended = suite("import os, sys; print(os.environ['X'], repr(sys.stdin.read()))").run({**os.environ, "X": "y"})

    assert "y ''" == ended.output.strip()


def test_a_run_that_takes_too_long_is_ended_with_all_it_started(tmp_path):
    """Grandchildren too, even when they do not want to."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        f"pipe = open({str(pipe)!r}, 'w'); print('up', file=pipe, flush=True); time.sleep(600)"
    )
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {stubborn!r}])"
    heard = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_text()))  # until nobody holds the other end
    reader.start()
    ended = suite(code).run(os.environ, 3)
    reader.join(30)

    assert (None, "time-out") == (ended.code, ended.how)
    assert ["up\n"] == heard


def test_a_signal_is_named():
    """A suite that was killed says by what."""
    ended = suite("import os, signal; os.kill(os.getpid(), signal.SIGKILL)").run(os.environ)

    assert "signal 9" == ended.how


def test_stopping(tmp_path):
    """What runs is ended, and nothing else begins."""
    it = suite(f"import time; open({str(tmp_path / 'up')!r}, 'w').close(); time.sleep(600)")
    failures = []

    def run():
        try:
            it.run(os.environ)
        except CannotRun as error:
            failures.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    while not (tmp_path / "up").exists():
        thread.join(0.01)
    it.stop()
    thread.join(30)

    assert ["the drill is over"] == failures
    with pytest.raises(CannotRun, match="the drill is over"):
        it.run(os.environ)


def test_what_cannot_be_started(tmp_path):
    """The reason is the system's."""
    file = tmp_path / "suite"
    file.write_text("no program")
    file.chmod(0o755)

    assert SuiteCommand(["no-such-program"], lambda: 0).missing()
    with pytest.raises(CannotRun, match="format"):
        SuiteCommand([str(file)], lambda: 0).run(os.environ)


def test_the_tests_that_fail_are_named():
    """As pytest and unittest print them, without parameters, colours or messages."""
    lines = [
        "FAILED tests/test_a.py::test_one - AssertionError: sk-secret",
        "\\x1b[31mFAILED\\x1b[0m tests/test_a.py::TestIt::test_two[sk-secret]",
        "ERROR tests/test_b.py::test_three - RuntimeError",
        "ERROR tests/test_c.py - ImportError",
        "FAIL: test_four (test_d.Case.test_four)",
        "FAILED (failures=1)",
    ]
    ended = suite(f"print('{chr(92)}n'.join({lines!r}).replace('\\\\x1b', chr(27)))").run(os.environ)

    assert (
        "test_d.Case.test_four",
        "tests/test_a.py::TestIt::test_two",
        "tests/test_a.py::test_one",
        "tests/test_b.py::test_three",
    ) == ended.failed


def test_only_the_end_of_a_long_output_is_read():
    """Memory does not grow with what a suite prints."""
    ended = suite(f"print('x' * {MOST_OUTPUT * 3}); print('end')").run(os.environ)

    assert MOST_OUTPUT == len(ended.output)
    assert ended.output.endswith("end\n")
