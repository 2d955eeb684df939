"""The doors: what they say, to which stream, and with which exit code."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pandas as pd
import pytest
import typer

from pmo_ml import cli, registry, settings
from pmo_ml.evaluation import METRICS
from pmo_ml.schema import GATES

SAMPLE = Path(__file__).parent / "sample.csv"
LATE = "One of our smaller office refits has slipped by a fortnight. Anything I should do?"
THREE = ["Our projects are always late.", "The payroll run failed again.", LATE]


class Result(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch, capsys, sample_shelf):
    """Runs a command through the real door, in this process, with the sample's models folder."""
    monkeypatch.setenv("PMO_ML_MODELS", str(sample_shelf))
    capsys.readouterr()

    def run(*arguments, stdin=""):
        monkeypatch.setattr(sys, "argv", ["pmo-ml", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin) if isinstance(stdin, str) else stdin)
        with pytest.raises(SystemExit) as left:
            cli.main()
        told = capsys.readouterr()
        return Result(left.value.code or 0, told.out, told.err)

    return run


def run_apart(*arguments, shelf=None):
    """Runs a command as a process of its own."""
    models = {"PMO_ML_MODELS": str(shelf)} if shelf else {}
    return subprocess.run(
        [sys.executable, "-c", "from pmo_ml.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        env=os.environ | models,
        check=False,
    )


def commands_of(group, path=()):
    for name, command in group.commands.items():
        yield (*path, name), command
        if hasattr(command, "commands"):
            yield from commands_of(command, (*path, name))


COMMANDS = dict(commands_of(typer.main.get_command(cli.app)))


# --- help ---


def test_the_doors_are_those_of_the_docstring():
    assert {path for path, command in COMMANDS.items() if not hasattr(command, "commands")} == {
        ("prescribe",),
        ("score",),
        ("train",),
        ("evaluate",),
        ("serve",),
        ("models", "list"),
        ("models", "promote"),
        ("catalogue", "check"),
        ("catalogue", "show"),
        ("statements", "check"),
    }


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_and_every_option_says_what_it_is_for(run, path):
    result = run(*path, "--help")

    assert result.code == 0
    assert COMMANDS[path].help in " ".join(result.out.split())
    assert all(option.help for option in COMMANDS[path].params if option.name != "help")


def test_help_imports_nothing_heavy():
    asked = (
        "import sys; sys.argv = ['pmo-ml', 'score', '--help']\n"
        "from pmo_ml.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('heavy:', {'numpy', 'pandas', 'scipy', 'sklearn', 'pyarrow'} & set(sys.modules))"
    )

    told = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)

    assert "--text-column" in told.stdout
    assert told.stdout.splitlines()[-1] == "heavy: set()"


def test_the_program_is_installed_under_its_name():
    (program,) = entry_points(group="console_scripts", name="pmo-ml")

    assert program.load() is cli.main


# --- exit codes, in processes of their own ---


def test_done_is_0_and_only_the_result_is_on_stdout(sample_shelf):
    told = run_apart("prescribe", LATE, "--json", shelf=sample_shelf)

    assert (told.returncode, told.stderr) == (0, b"")
    assert json.loads(told.stdout)["statement"] == LATE


def test_something_to_mend_is_1_in_two_lines_without_a_traceback():
    told = run_apart("catalogue", "show", "astrology")

    assert (told.returncode, told.stdout) == (1, b"")
    first, second = told.stderr.decode().splitlines()
    assert first == "pmo-ml: The catalogue has no category 'astrology'"
    assert second.startswith("Try: one of portfolio_selection, ")


def test_wrong_usage_is_2():
    told = run_apart("score", "log.csv")

    assert (told.returncode, told.stdout) == (2, b"")
    assert b"--out" in told.stderr and b"Traceback" not in told.stderr


def test_done_with_rows_set_aside_is_3(sample_shelf, tmp_path):
    (tmp_path / "log.csv").write_text("text,a\nOur projects are always late.,1\n,2\n")

    told = run_apart(
        "score", tmp_path / "log.csv", "--out", tmp_path / "out.csv", shelf=sample_shelf
    )

    assert told.returncode == 3
    assert b"1 row scored" in told.stdout
    assert b"1 row set aside" in told.stderr
    assert (tmp_path / "out.csv.rejected.csv").read_text() == (
        "line,reason,text\n3,the text is empty,\n"
    )


# --- what can be mended is said in a few lines ---


@pytest.mark.parametrize(
    "arguments, says",
    [
        (["prescribe", ""], "The statement is empty"),
        (["prescribe", "late " * 5000], "25,000 characters"),
        (["prescribe", "late", "--answer", "spread=9"], "'spread' has no level 9"),
        (["prescribe", "late", "--answer", "mood=1"], "no question 'mood'"),
        (["prescribe", "late", "--answer", "spread"], "not QUESTION=VALUE"),
        (["prescribe", "late", "--answer", "spread=much"], "not QUESTION=VALUE"),
        (["prescribe", "late", "--model", "none"], "no model none"),
        (["prescribe", "late", "--model", "../x"], "no model ../x"),
        (["score", "none.csv", "--out", "out.csv"], "none.csv cannot be read"),
        (["score", "log.csv", "--out", "log.csv"], "is the input itself"),
        (["score", "log.csv", "--out", "out.doc"], "cannot tell what kind"),
        (["score", "log.csv", "--out", "none/out.csv"], "cannot be written"),
        (["score", "log.csv", "--out", "out.csv", "--text-column", "x"], "no column 'x'"),
        (["score", "log.csv", "--out", "out.csv", "--encoding", "klingon"], "no encoding"),
        (["train", "--data", "none.csv"], "none.csv cannot be read"),
        (["train", "--data", "log.csv"], "has no column"),
        (["evaluate", "--on", "log.csv"], "has no column"),
        (["evaluate", "--data", "none.csv"], "none.csv cannot be read"),
        (["models", "promote", "none"], "no model none"),
        (["catalogue", "show", "astrology"], "no category 'astrology'"),
        (["statements", "check", "none.csv"], "none.csv cannot be read"),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else "",
)
def test_what_can_be_mended_is_said_with_exit_code_1(run, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "log.csv").write_text("text,a\nlate,1\n")

    result = run(*arguments)

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("pmo-ml: ") and says in result.err
    assert len(result.err.splitlines()) <= 3 and "Traceback" not in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["prescribe"],
        ["astrology"],
        ["score", "log.csv"],
        ["prescribe", "late", "--loud"],
        ["evaluate", "--folds", "1"],
        ["models", "promote"],
    ],
    ids=" ".join,
)
def test_wrong_usage_shows_the_usage_with_exit_code_2(run, arguments):
    result = run(*arguments)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: pmo-ml")


@pytest.mark.parametrize(
    "arguments",
    [["prescribe", "late"], ["models", "list"], ["serve"], ["models", "promote", "none"]],
    ids=" ".join,
)
@pytest.mark.parametrize("place", ["none", "a-file"])
def test_without_a_model_it_says_how_to_get_one(run, tmp_path, monkeypatch, arguments, place):
    (tmp_path / "a-file").write_text("not a folder")
    monkeypatch.setenv("PMO_ML_MODELS", str(tmp_path / place))

    result = run(*arguments)

    assert (result.code, result.out) == (1, "")
    assert str(tmp_path / place) in result.err
    assert "Try: pmo-ml " in result.err


# --- prescribe ---


def test_prescribe_tells_a_person_services_doses_and_reasons(run, model):
    result = run("prescribe", LATE)

    assert result.code == 0
    assert result.err == ""
    assert "office refits" in result.out
    assert f"model {model.card.version}" in result.out
    assert "PMO days a month" in result.out


def test_prescribe_json_is_the_whole_prescription(run, model, catalogue):
    told = json.loads(run("prescribe", LATE, "--json").out)

    assert told["statement"] == LATE
    assert told["gate"] in GATES
    assert {service["category"] for service in told["services"]} <= set(catalogue.ids)
    assert told["model_version"] == model.card.version


def test_answers_turn_the_dials(run):
    strong = [f"--answer={each}" for each in ("spread=2", "persistence = 1", "severity=2")]

    told = json.loads(run("prescribe", LATE, *strong, "--answer", "request=-1", "--json").out)

    answered = {f["factor"]: f["level"] for f in told["factors"] if f["answered"]}
    assert answered == {"spread": 2, "persistence": 1, "severity": 2, "request": -1}


def test_a_dash_reads_the_statement_from_stdin(run):
    told = json.loads(run("prescribe", "-", "--json", stdin=LATE + "\n").out)

    assert told["statement"] == LATE + "\n"


def test_an_empty_stdin_is_an_empty_statement(run):
    result = run("prescribe", "-", stdin="")

    assert result.code == 1
    assert "The statement is empty" in result.err


def test_bytes_on_stdin_that_are_no_text_are_told_in_words(run):
    result = run("prescribe", "-", stdin=io.TextIOWrapper(io.BytesIO(b"late \xff"), "utf-8"))

    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("pmo-ml: stdin is not utf-8")


# --- score ---


def scored_columns(catalogue):
    ids = catalogue.ids
    chances = [f"p_{name}" for name in ids]
    return ["gate", *(f"dose_{name}" for name in ids), *chances, "certainty", "model_version"]


def test_score_turns_a_csv_log_into_parquet(run, tmp_path, catalogue, model):
    lines = [f'p{row},"{text}"' for row, text in enumerate(THREE)]
    (tmp_path / "log.csv").write_text("\n".join(["project,text", *lines]))

    result = run("score", tmp_path / "log.csv", "--out", tmp_path / "out.parquet")

    scored = pd.read_parquet(tmp_path / "out.parquet")
    assert result.code == 0 and result.err == ""
    assert result.out.startswith("3 rows scored to ")
    assert list(scored.columns) == ["project", "text", *scored_columns(catalogue)]
    assert scored["text"].tolist() == THREE
    assert scored["project"].tolist() == ["p0", "p1", "p2"]
    assert set(scored["model_version"]) == {model.card.version}


def test_score_turns_a_workbook_into_json_lines(run, tmp_path, catalogue):
    book = openpyxl.Workbook()
    for row in (["when", "What hurts?", "gate"], [1, THREE[0], "north"], [2, THREE[1], "south"]):
        book.active.append(row)
    book.save(tmp_path / "log.xlsx")
    out = tmp_path / "out.jsonl"

    result = run("score", tmp_path / "log.xlsx", "--out", out, "--text-column", "What hurts?")

    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert result.code == 0
    assert "your column 'gate' is kept as 'input_gate'" in result.err
    expected = ["when", "What hurts?", "input_gate", *scored_columns(catalogue)]
    assert [list(row) for row in rows] == [expected] * 2
    assert [row["input_gate"] for row in rows] == ["north", "south"]
    assert all(isinstance(row[f"dose_{name}"], int) for row in rows for name in catalogue.ids)


def test_a_log_and_a_single_statement_get_the_same(run, tmp_path):
    (tmp_path / "log.jsonl").write_text(json.dumps({"text": LATE}) + "\n")
    run("score", tmp_path / "log.jsonl", "--out", tmp_path / "out.jsonl")

    told = json.loads(run("prescribe", LATE, "--json").out)

    row = json.loads((tmp_path / "out.jsonl").read_text())
    given = {name[5:]: dose for name, dose in row.items() if name.startswith("dose_") and dose}
    assert row["gate"] == told["gate"]
    assert given == {service["category"]: service["dose"] for service in told["services"]}


def test_a_stale_file_of_rejected_rows_goes_when_all_rows_are_good(run, tmp_path):
    log, out = tmp_path / "log.csv", tmp_path / "out.csv"
    log.write_text("text,a\nlate,1\n,2\n")
    assert run("score", log, "--out", out).code == 3
    log.write_text("text,a\nlate,1\nover,2\n")

    result = run("score", log, "--out", out)

    assert result.code == 0
    assert not (tmp_path / "out.csv.rejected.csv").exists()


@pytest.mark.parametrize("rows, code", [("", 0), (" ,1\n", 3)], ids=["no rows", "no good row"])
@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet", "jsonl"])
def test_a_log_without_a_good_row_is_scored_to_a_log_without_rows(run, tmp_path, rows, code, kind):
    (tmp_path / "log.csv").write_text("text,a\n" + rows)

    result = run("score", tmp_path / "log.csv", "--out", tmp_path / f"out.{kind}")

    assert result.code == code
    assert result.out.startswith("0 rows scored")
    assert (tmp_path / f"out.{kind}").exists()


# --- models ---


@pytest.fixture
def two_models(model, thesaurus, tmp_path, run, monkeypatch):
    """A shelf of its own with two versions; the older one is the champion."""
    later = replace(model.card, version="20990101-000000-aaaaaa")
    registry.save(model, thesaurus, tmp_path / "shelf")
    registry.save(registry.Model(model.classifier, later), thesaurus, tmp_path / "shelf")
    registry.promote(model.card.version, tmp_path / "shelf")
    monkeypatch.setenv("PMO_ML_MODELS", str(tmp_path / "shelf"))
    return model.card.version, later.version


def test_models_list_marks_the_champion(run, two_models):
    champion, other = two_models

    lines = run("models", "list").out.splitlines()

    assert [line.split()[:2] for line in lines if champion in line] == [["*", champion]]
    assert [line.split()[0] for line in lines if other in line] == [other]


def test_models_promote_changes_who_prescribes(run, two_models):
    _, other = two_models

    result = run("models", "promote", other)

    assert (result.code, result.out) == (0, f"{other} is the champion\n")
    assert json.loads(run("prescribe", LATE, "--json").out)["model_version"] == other


def test_a_named_model_prescribes_without_being_the_champion(run, two_models):
    _, other = two_models

    told = json.loads(run("prescribe", LATE, "--model", other, "--json").out)

    assert told["model_version"] == other


def test_a_tampered_model_neither_prescribes_nor_is_listed(run, two_models, tmp_path):
    champion, _ = two_models
    with open(tmp_path / "shelf" / champion / "model.npz", "ab") as file:
        file.write(b"x")

    for arguments in (["prescribe", LATE], ["models", "list"], ["models", "promote", champion]):
        result = run(*arguments)

        assert (result.code, result.out) == (1, "")
        assert "model.npz is not the file that was saved" in result.err


# --- catalogue and statements ---


def test_catalogue_check_says_that_both_files_are_sound(run, catalogue):
    result = run("catalogue", "check")

    assert result.code == 0
    assert f"is sound: {len(catalogue.ids)} categories" in result.out
    assert "thesaurus.toml is sound" in result.out


def test_catalogue_check_names_every_place_to_mend(run, tmp_path, monkeypatch):
    content = settings.catalogue_path().read_text(encoding="utf-8")
    broken = content.replace("most_double = 3", "most_double = 99", 1)
    broken = broken.replace("standard_from = 1", "standard_from = 9", 1)
    (tmp_path / "catalogue.toml").write_text(broken, encoding="utf-8")
    monkeypatch.setenv("PMO_ML_DATA", str(tmp_path))

    result = run("catalogue", "check")

    assert (result.code, result.out) == (1, "")
    assert "2 problems" in result.err
    assert "rule: needs standard_from" in result.err
    assert "rule.most_double: is above most_categories" in result.err


def test_catalogue_show_names_every_category(run, catalogue):
    result = run("catalogue", "show")

    assert result.code == 0
    assert all(name in result.out for name in catalogue.ids)


def test_catalogue_show_of_one_category_is_its_card(run, catalogue):
    card = catalogue.category("cost_control")

    told = run("catalogue", "show", "cost_control").out

    assert card.name in told and all(catalogue.doses[dose].upper() in told for dose in (1, 2, 3))
    for words in (card.definition, *(d.does for d in card.doses), *card.contra_indications):
        assert "".join(words.split()) in "".join(told.split())


def test_statements_check_says_how_the_statements_are_spread(run):
    result = run("statements", "check", SAMPLE)

    assert result.code == 0
    assert result.out.rstrip().endswith("sample.csv is sound: 480 statements")
    assert "cost_control" in result.out and "in_scope" in result.out


def test_statements_check_names_every_broken_row(run, tmp_path):
    frame = pd.read_csv(SAMPLE, dtype=str, keep_default_na=False).head(12)
    frame.loc[1, "core"] = "astrology"
    frame.loc[4, "gate"] = "perhaps"
    frame.loc[6, "text"] = frame.loc[5, "text"] + " Indeed"
    frame.to_csv(tmp_path / "broken.csv", index=False)

    result = run("statements", "check", tmp_path / "broken.csv")

    assert (result.code, result.out) == (1, "")
    assert "unknown category 'astrology'" in result.err
    assert "gate 'perhaps' is not one of" in result.err
    assert "are nearly the same" in result.err
    assert "Traceback" not in result.err


# --- train and evaluate ---


def test_train_learns_saves_and_makes_the_first_model_the_champion(run, tmp_path, monkeypatch):
    shelf = tmp_path / "shelf"
    monkeypatch.setenv("PMO_ML_MODELS", str(shelf))

    result = run("train", "--data", SAMPLE)

    (version,) = registry.versions(shelf)
    assert result.code == 0 and result.err == ""
    assert result.out.startswith(f"{version}  learnt from 480 statements")
    assert registry.champion(shelf) == version
    assert json.loads(run("prescribe", LATE, "--json").out)["model_version"] == version


@pytest.fixture
def few_statements(sample, tmp_path):
    path = tmp_path / "few.csv"
    sample.groupby("author").head(12).to_csv(path, index=False)
    return path


def test_a_later_model_waits_to_be_promoted(run, two_models, few_statements, tmp_path):
    champion, _ = two_models

    result = run("train", "--data", few_statements)

    version = result.out.split()[0]
    assert result.code == 0
    assert f"pmo-ml models promote {version}" in result.err
    assert registry.champion(tmp_path / "shelf") == champion


def test_train_promote_makes_it_the_champion(run, two_models, few_statements, tmp_path):
    result = run("train", "--data", few_statements, "--promote")

    assert (result.code, result.err) == (0, "")
    assert registry.champion(tmp_path / "shelf") == result.out.split()[0]


def test_a_models_folder_that_cannot_be_written_is_told_in_words(
    run, few_statements, tmp_path, monkeypatch
):
    (tmp_path / "a-file").write_text("not a folder")
    monkeypatch.setenv("PMO_ML_MODELS", str(tmp_path / "a-file"))

    result = run("train", "--data", few_statements)

    assert (result.code, result.out) == (1, "")
    assert "cannot be written" in result.err and "PMO_ML_MODELS" in result.err


def test_evaluate_on_a_file_stands_beside_three_baselines(run, few_statements):
    result = run("evaluate", "--on", few_statements, "--data", SAMPLE, "--json")

    told = json.loads(result.out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert result.code == 0 and result.err == ""
    assert list(told["figures"]) == ["pmo_ml", "majority", "cue words", "plain pipeline"]
    assert set(told["figures"]["pmo_ml"]) == set(METRICS)
    assert len(told["categories"]) == 16


def test_evaluate_by_author_tells_a_table_with_intervals(run, few_statements):
    result = run("evaluate", "--data", few_statements, "--folds", "2")

    assert result.code == 0 and result.err == ""
    assert all(metric in result.out for metric in METRICS)
    assert "95 % interval" in result.out and "plain pipeline" in result.out
    assert "cost_control" in result.out
