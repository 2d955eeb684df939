"""Written logs of every kind: nothing is lost on the way out, and nothing half written."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pmo_ml.errors import LogError
from pmo_ml.logs import Rejected, read_log
from pmo_ml.outputs import write_log, write_rejected
from tests.problem_logs import EMPTY, HALF, HARD, KINDS, LONG, make_frame, write

TYPED = ["xlsx", "parquet", "jsonl"]


# --- there and back ---


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_and_the_order_of_rows_survive(tmp_path, kind):
    frame, path = make_frame(), tmp_path / f"log.{kind}"

    write_log(frame, path)
    log = read_log(path)

    assert log.rejected == ()
    assert list(log.frame.columns) == list(frame.columns)
    for name in ("zeta", "Ärger £", "number"):
        assert log.frame[name].astype(str).tolist() == frame[name].astype(str).tolist()
    # Excel keeps one kind of line end only.
    ends = {"\r\n": "\n", "\r": "\n"} if kind == "xlsx" else {}
    for before, after in zip(frame["text"], log.frame["text"], strict=True):
        for end in ends:
            before, after = before.replace(end, "\n"), after.replace(end, "\n")
        assert after == before


# Control characters are for the kinds of plain text only: a workbook cannot hold them.
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
tame = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1).filter(str.strip)


@pytest.mark.parametrize("kind", ["csv", "tsv", "parquet", "jsonl"])
@given(rows=st.lists(st.tuples(texts, st.text(max_size=10)), min_size=1, max_size=6))
@example(rows=[("a\rb", "\r"), ('"', ""), ("x\x00y", '"\n')])
@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_comes_back_as_it_went(tmp_path, kind, rows):
    frame, path = pd.DataFrame(rows, columns=["text", "beside"]), tmp_path / f"log.{kind}"

    write_log(frame, path)
    log = read_log(path)

    assert log.rejected == ()
    assert log.frame["text"].tolist() == frame["text"].tolist()
    assert log.frame["beside"].tolist() == frame["beside"].tolist()


@given(rows=st.lists(tame, min_size=1, max_size=6))
@settings(
    deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_without_control_characters_comes_back_from_a_workbook(tmp_path, rows):
    write_log(pd.DataFrame({"text": rows}), tmp_path / "log.xlsx")

    log = read_log(tmp_path / "log.xlsx")

    assert log.frame["text"].tolist() == rows


@pytest.mark.parametrize("kind", TYPED)
def test_numbers_and_truth_values_keep_their_type(tmp_path, kind):
    frame = pd.DataFrame(
        {"text": ["late", "over"], "count": [3, 40], "share": [0.25, 1.5], "open": [True, False]}
    )

    write_log(frame, tmp_path / f"log.{kind}")
    log = read_log(tmp_path / f"log.{kind}")

    kept = [log.frame[name].tolist() for name in ("count", "share", "open")]
    assert kept == [[3, 40], [0.25, 1.5], [True, False]]
    assert [type(values[0]) for values in kept] == [int, float, bool]


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_dates_stay_dates(tmp_path, kind):
    when = [datetime(2026, 3, 1, 9, 30), datetime(2026, 4, 2)]

    write_log(pd.DataFrame({"text": ["late", "over"], "when": when}), tmp_path / f"log.{kind}")

    log = read_log(tmp_path / f"log.{kind}")
    assert [pd.Timestamp(value) for value in log.frame["when"]] == [pd.Timestamp(w) for w in when]


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_a_missing_number_does_not_turn_the_others_into_fractions(tmp_path, kind):
    frame = pd.DataFrame({"text": ["late", "over"], "count": pd.array([3, None], dtype="Int64")})

    write_log(frame, tmp_path / f"log.{kind}")
    log = read_log(tmp_path / f"log.{kind}")

    assert log.frame["count"][0] == 3
    assert pd.isna(log.frame["count"][1])
    write_log(log.frame, tmp_path / "again.jsonl")
    lines = (tmp_path / "again.jsonl").read_text().splitlines()
    assert [json.loads(line)["count"] for line in lines] == [3, None]


def test_csv_cells_are_kept_as_they_are_typed(tmp_path):
    path = write(tmp_path / "log.csv", "text,code,big\nlate,007,12345678901234567890\n")

    write_log(read_log(path).frame, tmp_path / "out.csv")

    assert (tmp_path / "out.csv").read_text() == path.read_text()


def test_lists_and_times_of_a_parquet_log_are_written_as_json_lines(tmp_path):
    table = pa.table(
        {
            "text": ["late", "over"],
            "tags": [["a", "b"], []],
            "when": [datetime(2026, 3, 1, tzinfo=UTC), None],
            "cost": [Decimal("1.10"), None],
        }
    )
    pq.write_table(table, tmp_path / "log.parquet")

    write_log(read_log(tmp_path / "log.parquet").frame, tmp_path / "out.jsonl")

    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert first["tags"] == ["a", "b"] and second["tags"] == []
    assert first["when"].startswith("2026-03-01") and second["when"] is None
    assert first["cost"] == "1.10"


# --- Excel and formulas ---


def test_what_looks_like_a_formula_stays_text_in_a_workbook(tmp_path):
    words = ["=1+1", "=cmd|' /C calc'!A0", "{=SUM(A1)}", "+1", "-1", "@SUM(A1)", "http://x.org"]

    write_log(pd.DataFrame({"text": words}), tmp_path / "log.xlsx")

    cells = openpyxl.load_workbook(tmp_path / "log.xlsx").active["A"][1:]
    assert [cell.value for cell in cells] == words
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)


def test_a_cell_too_long_for_excel_is_refused_not_cut(tmp_path):
    frame = pd.DataFrame({"text": ["late"], "notes": ["x" * 40_000]})

    with pytest.raises(LogError, match="32,767 characters") as refused:
        write_log(frame, tmp_path / "log.xlsx")

    assert refused.value.hint == "write Parquet"
    assert list(tmp_path.iterdir()) == []


def test_a_column_that_the_kind_cannot_hold_is_told_in_words(tmp_path):
    mixed = pd.DataFrame({"text": ["late", "over"], "a": pd.Series([1, "x"], dtype=object)})

    with pytest.raises(LogError, match="cannot hold this log"):
        write_log(mixed, tmp_path / "log.parquet")

    assert list(tmp_path.iterdir()) == []


# --- whole, or not at all ---


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LogError, match="cannot be written: No such file"):
        write_log(make_frame(), tmp_path / "none" / "log.csv")


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np, pandas as pd
from pmo_ml.errors import LogError
from pmo_ml.outputs import write_log

words = [np.random.default_rng(row).bytes(200).hex() for row in range(4000)]
frame = pd.DataFrame({"text": words})
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
for path in map(Path, sys.argv[1:]):
    try:
        write_log(frame, path)
    except LogError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path):
    paths = [write(tmp_path / f"log.{kind}", f"the old {kind}") for kind in KINDS]

    run = subprocess.run(
        [sys.executable, "-c", FULL_DISK, *map(str, paths)], capture_output=True, text=True
    )

    assert run.stdout.count("cannot be written") == len(KINDS), run.stderr
    assert run.stdout.count("Try: free some space") == len(KINDS)
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert [path.read_text() for path in paths] == [f"the old {kind}" for kind in KINDS]


@pytest.mark.parametrize("kind", KINDS)
def test_an_interrupted_write_leaves_nothing(tmp_path, kind):
    class Interrupting(pd.DataFrame):
        def _stop(self, *args, **more):
            raise KeyboardInterrupt

        to_csv = to_excel = to_parquet = astype = _stop

    with pytest.raises(KeyboardInterrupt):
        write_log(Interrupting({"text": ["late"]}), tmp_path / f"log.{kind}")

    assert list(tmp_path.iterdir()) == []


def test_whoever_reads_the_old_file_meanwhile_reads_all_of_it(tmp_path):
    path = write(tmp_path / "log.csv", "text\nthe old words\n")

    with open(path) as reader:
        write_log(make_frame(), path)
        told = reader.read()

    assert told == "text\nthe old words\n"
    assert len(read_log(path).frame) == len(HARD)


def test_a_written_log_can_be_read_by_others(tmp_path):
    write_log(make_frame(), tmp_path / "log.csv")

    assert os.stat(tmp_path / "log.csv").st_mode & 0o777 == 0o644


# --- the file of rows set aside ---


def test_rows_set_aside_stand_beside_the_output_with_line_and_reason(tmp_path):
    rejected = (Rejected(3, EMPTY), Rejected(7, LONG, "=1+1"))

    path = write_rejected(rejected, tmp_path / "out.parquet")

    assert path == tmp_path / "out.parquet.rejected.csv"
    table = pd.read_csv(path, keep_default_na=False)
    assert table.to_dict("list") == {
        "line": [3, 7],
        "reason": [EMPTY, LONG],
        "text": ["", "=1+1"],
    }


def test_without_rows_set_aside_a_stale_file_of_an_earlier_run_goes(tmp_path):
    out = tmp_path / "out.csv"
    stale = write_rejected((Rejected(3, EMPTY),), out)
    assert stale.exists()

    assert write_rejected((), out) is None

    assert not stale.exists()


def test_a_lone_surrogate_can_be_shown(tmp_path):
    log = read_log(write(tmp_path / "log.jsonl", '{"text": "a"}\n{"text": "\\ud800"}\n'))

    path = write_rejected(log.rejected, tmp_path / "out.csv")

    assert HALF in path.read_text()
