"""Problem logs of every kind: nothing is lost on the way in or out, and nothing half written."""

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
from pmo_ml.logs import Rejected, kind_of, read_log, write_log, write_rejected
from pmo_ml.schema import LONGEST_STATEMENT

KINDS = ["csv", "tsv", "xlsx", "parquet", "jsonl", "ndjson"]
TYPED = ["xlsx", "parquet", "jsonl"]
HARD = [
    "plain",
    'says "late", twice',
    "two\nlines",
    "two\r\nlines",
    "an old\rMac",
    " spaces around ",
    "tab\there; and, there",
    "=1+1",
    "'quoted'",
    "Zürich £3m 延期 😀 עברית",
    "007",
    "NA",
    "null",
    "1.0",
]


def make_frame(texts=HARD):
    """A log with columns to keep on both sides of the text."""
    n = len(texts)
    return pd.DataFrame(
        {
            "zeta": [f"z{row}" for row in range(n)],
            "text": texts,
            "number": range(n),
            "Ärger £": ["kept"] * n,
        }
    )


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rejected_of(log):
    return [(row.line, row.reason) for row in log.rejected]


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


def test_what_pandas_kept_as_an_index_is_a_column_too(tmp_path):
    frame = pd.DataFrame({"text": ["late", "over"]}, index=pd.Index(["p1", "p2"], name="project"))
    frame.to_parquet(tmp_path / "log.parquet")

    log = read_log(tmp_path / "log.parquet")

    assert log.frame["project"].tolist() == ["p1", "p2"]


def test_json_rows_with_different_keys_share_all_columns(tmp_path):
    path = write(tmp_path / "log.jsonl", '{"text": "late", "a": 1}\n\n{"b": [2], "text": "over"}\n')

    log = read_log(path)

    assert list(log.frame.columns) == ["text", "a", "b"]
    assert log.frame["a"].tolist() == [1, None]
    assert log.frame["b"].tolist() == [None, [2]]


@pytest.mark.parametrize("kind", KINDS)
def test_another_column_can_hold_the_statements(tmp_path, kind):
    frame = make_frame().rename(columns={"text": "What hurts?"})
    write_log(frame, tmp_path / f"log.{kind}")

    log = read_log(tmp_path / f"log.{kind}", text_column="What hurts?")

    assert len(log.frame) == len(frame)


# --- rows set aside, each with its line and reason ---


TOO_LONG = "x" * (LONGEST_STATEMENT + 1)
EMPTY, MISSING = "the text is empty", "the text is missing"
LONG = "the text is longer than 20,000 characters"
HALF = "the row holds half a character (a lone surrogate)"


@pytest.mark.parametrize(
    "content, expected",
    [
        ("text,a\nlate,1\n,2\nover,3\n", [(3, EMPTY)]),
        ("text,a\n   ,1\nlate,2\n", [(2, EMPTY)]),
        ('text,a\n"two\nlines",1\n,2\n', [(4, EMPTY)]),
        (f"text,a\n{TOO_LONG},1\nlate,2\n", [(2, LONG)]),
        ("text,a\nlate\nover,2\n", [(2, "the row has 1 cells, the header 2")]),
        ("text,a\nlate,1,2,3\n\nover,2\n", [(2, "the row has 4 cells, the header 2")]),
        (
            'text,a\nlate,1\n"over,2\nslips,3\n',
            [(3, "the row cannot be read: unexpected end of data")],
        ),
        (
            'text,a\n"late"ly,1\nover,2\n',
            [(2, "the row cannot be read: ',' expected after '\"'")],
        ),
    ],
    ids="empty blank later-line too-long few-cells many-cells unclosed-quote stray-quote".split(),
)
def test_a_csv_row_that_cannot_be_read_is_set_aside(tmp_path, content, expected):
    log = read_log(write(tmp_path / "log.csv", content))

    assert rejected_of(log) == expected
    assert len(log.frame) >= 1
    assert set(log.frame["text"]) <= {"late", "over", "two\nlines"}


@pytest.mark.parametrize(
    "line, reason",
    [
        ('{"text": ""}', EMPTY),
        ('{"text": null}', MISSING),
        ('{"other": 1}', MISSING),
        ('{"text": 5}', "the text is not text"),
        (f'{{"text": "{TOO_LONG}"}}', LONG),
        ('{"text": "late \\ud800"}', HALF),
        ('{"text": "late", "note": "\\udc00"}', HALF),
        ('{"text": "late"', "not JSON: "),
        ("[" * 50_000, "not JSON: "),
        ('["late"]', "not a JSON object"),
        ('"late"', "not a JSON object"),
    ],
    ids="empty null absent number long surrogate elsewhere cut deep list string".split(),
)
def test_a_json_line_that_cannot_be_read_is_set_aside(tmp_path, line, reason):
    path = write(tmp_path / "log.jsonl", f'{{"text": "late"}}\n{line}\n{{"text": "over"}}\n')

    log = read_log(path)

    (row,) = log.rejected
    assert row.line == 2
    assert row.reason.startswith(reason)
    assert log.frame["text"].tolist() == ["late", "over"]


def test_a_whole_pair_of_surrogates_in_json_is_a_character(tmp_path):
    log = read_log(write(tmp_path / "log.jsonl", '{"text": "late \\ud83d\\ude00"}\n'))

    assert log.frame["text"].tolist() == ["late 😀"]


@pytest.mark.parametrize("kind", ["xlsx", "parquet"])
def test_a_row_of_a_typed_log_without_text_is_set_aside(tmp_path, kind):
    texts = ["late", None, "over", TOO_LONG]
    write_log(pd.DataFrame({"text": texts, "a": range(4)}), tmp_path / f"log.{kind}")

    log = read_log(tmp_path / f"log.{kind}")

    first = 2 if kind == "xlsx" else 1
    assert rejected_of(log) == [(first + 1, MISSING), (first + 3, LONG)]
    assert log.frame["a"].tolist() == [0, 2]


def test_a_number_in_the_text_column_of_a_workbook_is_set_aside(tmp_path):
    book = openpyxl.Workbook()
    for row in (["text", "a"], ["late", 1], [2026, 2]):
        book.active.append(row)
    book.save(tmp_path / "log.xlsx")

    log = read_log(tmp_path / "log.xlsx")

    assert log.rejected == (Rejected(3, "the text is not text", "2026"),)


def test_rows_set_aside_come_in_the_order_of_the_file(tmp_path):
    path = write(tmp_path / "log.csv", "text,a\n,1\nlate\nover,2\n ,3\n")

    log = read_log(path)

    assert [row.line for row in log.rejected] == [2, 3, 5]


def test_a_log_without_a_good_row_keeps_its_columns(tmp_path):
    log = read_log(write(tmp_path / "log.csv", "text,a\n,1\n"))

    assert list(log.frame.columns) == ["text", "a"]
    assert log.frame.empty and len(log.rejected) == 1


def test_a_log_of_a_header_alone_is_an_empty_log(tmp_path):
    log = read_log(write(tmp_path / "log.csv", "text,a\n"))

    assert list(log.frame.columns) == ["text", "a"]
    assert log.frame.empty and log.rejected == ()


# --- files of other makes ---


@pytest.mark.parametrize(
    "content",
    [
        "text;a\nlate, over;1\n",
        "\ufefftext,a\nlate,1\n",
        "text,a\r\nlate,1\r\n",
        '"text","a"\nlate,1',
    ],
    ids=["semicolons", "byte order mark", "Windows line ends", "no last line end"],
)
def test_a_csv_as_other_programs_write_it_is_read(tmp_path, content):
    log = read_log(write(tmp_path / "log.csv", content))

    assert list(log.frame.columns) == ["text", "a"]
    assert log.frame["a"].tolist() == ["1"]
    assert log.rejected == ()


def test_a_semicolon_in_a_header_with_commas_is_part_of_a_name(tmp_path):
    log = read_log(write(tmp_path / "log.csv", "text,a;b\nlate,1\n"))

    assert list(log.frame.columns) == ["text", "a;b"]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_named_encoding_is_read(tmp_path, kind):
    content = "text\ncafé £3m\n" if kind == "csv" else '{"text": "café £3m"}\n'
    path = write(tmp_path / f"log.{kind}", content.encode("cp1252"))

    log = read_log(path, encoding="cp1252")

    assert log.frame["text"].tolist() == ["café £3m"]


def test_a_byte_order_mark_before_json_lines_is_no_part_of_them(tmp_path):
    log = read_log(write(tmp_path / "log.jsonl", '\ufeff{"text": "late"}\n'))

    assert log.frame["text"].tolist() == ["late"]


# --- files that cannot be read ---


def whole_parquet(tmp_path):
    write_log(make_frame(), tmp_path / "whole.parquet")
    return (tmp_path / "whole.parquet").read_bytes()


@pytest.mark.parametrize(
    "name, content, says, hint",
    [
        ("log.csv", "", "is empty", "name the columns"),
        ("log.csv", "a,b\n1,2\n", "no column 'text'; it has a, b", "--text-column"),
        ("log.csv", "text,a,a\nlate,1,2\n", "column a stands twice", "rename"),
        ("log.csv", 'text,"a\nlate,1\n', "the header cannot be read", ""),
        ("log.csv", b"text\nlate\ncaf\xe9", "is not utf-8-sig: line 3", "cp1252"),
        ("log.csv", b"text\n" + b"late\n" * 5000 + b"caf\xe9\n", "line 5002", "cp1252"),
        ("log.jsonl", '{"text": "café"}'.encode("cp1252"), "is not utf-8-sig: line 1", "cp1252"),
        ("log.jsonl", "", "no column 'text'", "--text-column"),
        ("log.parquet", "", "is not a whole Parquet file", ""),
        ("log.parquet", "PAR1 no more", "is not a whole Parquet file", ""),
        ("log.xlsx", "", "is not an Excel workbook", ""),
        ("log.xlsx", "text\nlate\n", "is not an Excel workbook", ""),
        ("log.xlsx", b"PK\x03\x04 cut off", "is not an Excel workbook", ""),
        ("log.doc", "text\nlate\n", "cannot tell what kind", ".csv"),
        ("log", "text\nlate\n", "cannot tell what kind", ".parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(tmp_path, name, content, says, hint):
    path = write(tmp_path / name, content)

    with pytest.raises(LogError, match=says) as refused:
        read_log(path)

    assert str(path) in refused.value.message
    assert hint in refused.value.hint


def test_a_truncated_parquet_file_is_refused(tmp_path):
    content = whole_parquet(tmp_path)

    for keep in (10, len(content) // 2, len(content) - 5):
        with pytest.raises(LogError, match="not a whole Parquet file"):
            read_log(write(tmp_path / "log.parquet", content[:keep]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_not_there_is_named(tmp_path, kind):
    with pytest.raises(LogError, match=f"none.{kind} cannot be read: No such file"):
        read_log(tmp_path / f"none.{kind}")


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_folder_is_no_log(tmp_path, kind):
    (tmp_path / f"log.{kind}").mkdir()

    with pytest.raises(LogError, match="cannot be read"):
        read_log(tmp_path / f"log.{kind}")


def test_an_encoding_that_does_not_exist_is_named(tmp_path):
    path = write(tmp_path / "log.csv", "text\nlate\n")

    with pytest.raises(LogError, match="no encoding 'klingon'"):
        read_log(path, encoding="klingon")


@pytest.mark.parametrize(
    "name, kind",
    [("a.csv", "csv"), ("A.CSV", "csv"), ("a.b.Parquet", "parquet"), ("a.ndjson", "jsonl")],
)
def test_the_ending_says_the_kind(tmp_path, name, kind):
    assert kind_of(tmp_path / name) == kind


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
from pmo_ml.logs import write_log

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


def test_a_rejected_text_is_shown_in_part_and_never_breaks_the_file(tmp_path):
    path = write(tmp_path / "log.jsonl", f'{{"text": "late"}}\n{{"text": "{TOO_LONG}"}}\n')

    (row,) = read_log(path).rejected

    assert len(row.text) == 200


def test_a_lone_surrogate_can_be_shown(tmp_path):
    log = read_log(write(tmp_path / "log.jsonl", '{"text": "a"}\n{"text": "\\ud800"}\n'))

    path = write_rejected(log.rejected, tmp_path / "out.csv")

    assert HALF in path.read_text()
