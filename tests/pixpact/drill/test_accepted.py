"""What a drill says of drifts that do no harm to this app: of fields that it does not read, and those accepted."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from pixpact.cli.main import main
from pixpact.drill.baseline import BadDrillBaseline, DrillBaseline, load
from pixpact.drill.source import NOTHING_KNOWN, words_of

from .test_drill import BLIND, drill, put, verdicts

SPENT = """\
overlay: 1.0.0
info: {title: What was spent is a text, version: mutant}
actions:
  - target: $.paths['/v2/purse'].get.responses['200'].content.*.schema.properties.spent
    update: {type: string, x-value: 'EUR {$account.used}'}
  - target: $.paths['/v2/purse'].get.responses['200'].content.*.examples.purse.value
    update: {spent: EUR 0.1}
"""


@pytest.fixture
def purse(tmp_path, monkeypatch):
    """The folder of a project, the present one, with a drift of a field that its suite does not look at."""
    (tmp_path / "drifts").mkdir()
    (tmp_path / "drifts/spent.yaml").write_text(SPENT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestNotRead:
    def test_a_field_that_no_source_names_is_not_read(self, purse):
        """It is let through, would have broken nothing, and is not in the score."""
        put(purse, "jpeg")
        done, report = drill(purse, BLIND)

        assert {"spent": "not-read", "jpeg": "let-through"} == verdicts(report)
        assert (1, 1) == (report["summary"]["counting"]["not-read"], report["summary"]["exercised"])
        assert "Not read by you: let through, and nothing would have broken" in done.stdout
        assert "no source file names spent" in done.stdout
        assert "Would have broken" not in done.stdout

    def test_the_source_may_stand_elsewhere(self, purse, tmp_path_factory):
        """`--source` names it; libraries and data are no source of the app."""
        elsewhere = tmp_path_factory.mktemp("app")
        (elsewhere / "app.py").write_text("show(purse['spent'])")
        for place in ("node_modules/sdk/index.js", ".cache/app.py", "recorded.json"):
            (purse / place).parent.mkdir(parents=True, exist_ok=True)
            (purse / place).write_text("spent")
        apart = drill(purse, BLIND)[1]
        named = drill(purse, BLIND, "--source", str(elsewhere))[1]

        assert ["not-read", "let-through"] == [verdicts(report)["spent"] for report in (apart, named)]


class TestSourceWords:
    def test_a_name_counts_however_it_is_written(self, tmp_path):
        """Snake, camel and kebab case, a getter, a constant."""
        for number, text in enumerate(["queuePosition", "getQueuePosition", "queue-position", "QUEUE_POSITION"]):
            (tmp_path / f"{number}.java").write_text(text)
            assert words_of([tmp_path / f"{number}.java"]).reads(["queue_position"])
        assert not words_of([tmp_path]).reads(["position_in_queue", "created_at"])

    def test_a_name_inside_of_another_does_not_count(self, tmp_path):
        """Who reads `status_code` does not read `code`."""
        (tmp_path / "app.py").write_text("if response.status_code == 200: pass")
        found = words_of([tmp_path])

        assert [True, False] == [found.reads([name]) for name in ("status_code", "code")]

    def test_without_source_nothing_is_called_unread(self, tmp_path):
        """What cannot be seen is not known."""
        assert NOTHING_KNOWN == words_of([tmp_path])
        assert NOTHING_KNOWN.reads(["created_at"])


class TestBaseline:
    def test_what_is_let_through_is_accepted_and_what_is_new_ends_with_1(self, purse):
        """The file is written on demand; another drift that is let through afterwards is named."""
        put(purse, "jpeg")
        first, _ = drill(purse, BLIND, "--baseline", "known.yaml", "--update-baseline")
        again, report = drill(purse, BLIND, "--baseline", "known.yaml")
        put(purse, "never-finished")
        third, _ = drill(purse, BLIND, "--baseline", "known.yaml")

        assert [0, 0, 1] == [done.exit_code for done in (first, again, third)]
        assert {"jpeg": "not yet explained"} == load(purse / "known.yaml").reasons
        assert "not yet explained" == next(it for it in report["drifts"] if it["name"] == "jpeg")["accepted"]
        assert "jpeg has no reason yet; write one" in report["baseline_notes"][0]
        assert "never-finished is let through and not in the baseline" in third.stderr

    def test_reasons_stay_and_what_is_noticed_goes(self, tmp_path):
        """As with the baseline of a check."""
        path = tmp_path / "known.yaml"
        old = DrillBaseline(path, {"a": "we show no dates", "b": "noticed by now", "c": "not run today"})
        old.updated(["a", "d"], {"b"}).write()

        assert {"a": "we show no dates", "c": "not run today", "d": "not yet explained"} == load(path).reasons
        assert ["b is unused" in note for note in old.notes({"b"})] == [True]

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("accepted: 3\n", "known.yaml:1: a baseline has one list, `accepted`"),
            ("accepted:\n- drift: jpeg\n", "known.yaml:2: an entry has `drift` and `reason`"),
            ("accepted:\n- {drift: jpeg, reason: 3}\n", "known.yaml:2: `drift` and `reason` are texts"),
            ("accepted: [\n", "known.yaml:"),
            (None, "there is no such file"),
        ],
    )
    def test_what_is_no_baseline_is_refused_with_its_line(self, tmp_path, text, said):
        """Before anything is run."""
        path = tmp_path / "known.yaml"
        if text is not None:
            path.write_text(text)
        with pytest.raises(BadDrillBaseline) as raised:
            load(path)

        assert said in str(raised.value)

    def test_a_flag_without_its_file_is_refused(self, purse):
        """`--update-baseline` alone would write nowhere."""
        done = CliRunner().invoke(main, ["drill", "toapis", "--update-baseline", "--", "true"])

        assert (2, True) == (done.exit_code, "needs --baseline FILE" in done.stderr)
