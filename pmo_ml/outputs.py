"""Logs written, of every kind that is read; an output has its name only when it is whole."""

import csv
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pmo_ml.errors import LogError
from pmo_ml.logs import Rejected, kind_of


def write_log(frame: pd.DataFrame, path: Path) -> None:
    """Write a log of any kind, whole or not at all. Raises LogError."""
    kind = kind_of(path)
    try:
        handle, aside = tempfile.mkstemp(prefix=".writing-", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise LogError(f"{path} cannot be written: {error.strerror}") from error
    os.close(handle)
    try:
        _WRITERS[kind](frame, Path(aside))
        os.chmod(aside, 0o644)
        os.replace(aside, path)
    except OSError as error:
        raise LogError(
            f"{path} cannot be written: {error.strerror or error}",
            "free some space, or give another place with --out",
        ) from error
    except (ValueError, TypeError) as error:
        raise LogError(
            f"{path} cannot hold this log: {error}", "another kind of file, such as .csv"
        ) from error
    finally:
        Path(aside).unlink(missing_ok=True)


def write_rejected(rejected: tuple[Rejected, ...], out: Path) -> Path | None:
    """Rows set aside, to OUT.rejected.csv; without any, a stale one of an earlier run goes."""
    path = out.with_name(out.name + ".rejected.csv")
    if not rejected:
        path.unlink(missing_ok=True)
        return None
    write_log(
        pd.DataFrame([{"line": r.line, "reason": r.reason, "text": r.text} for r in rejected]), path
    )
    return path  # fmt: skip


def _write_csv(frame: pd.DataFrame, path: Path, delimiter: str = ",") -> None:
    # Python before 3.13 leaves a carriage return unquoted, which then reads as the row's end.
    told = [frame.columns, *(frame[name] for name in frame.select_dtypes(exclude="number"))]
    returns = any("\r" in cell for column in told for cell in column if isinstance(cell, str))
    quoting = csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL
    frame.to_csv(path, index=False, sep=delimiter, quoting=quoting)


def _write_tsv(frame: pd.DataFrame, path: Path) -> None:
    _write_csv(frame, path, "\t")


def _write_jsonl(frame: pd.DataFrame, path: Path) -> None:
    with open(path, "w", encoding="utf-8") as file:
        for row in _plain_rows(frame):
            file.write(json.dumps(row, ensure_ascii=False, default=_plain) + "\n")


def _plain_rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in frame.astype(object).to_dict("records"):
        yield {str(name): None if _is_missing(value) else value for name, value in row.items()}


def _is_missing(value: Any) -> bool:
    nan = isinstance(value, float) and value != value
    return value is None or value is pd.NA or value is pd.NaT or nan


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else str(value)


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False)


def _write_xlsx(frame: pd.DataFrame, path: Path) -> None:
    from xlsxwriter.exceptions import FileCreateError

    if len(frame) > 1_048_575:
        raise LogError(f"Excel holds 1,048,575 rows; there are {len(frame):,}", "write Parquet")
    # A cell that begins with "=" must stay text: it is somebody's words, not a formula.
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    try:
        with (
            warnings.catch_warnings(),
            pd.ExcelWriter(path, engine="xlsxwriter", engine_kwargs={"options": options}) as writer,
        ):
            warnings.filterwarnings("error", "Cell contents too long")
            frame.to_excel(writer, index=False)
    except UserWarning as error:
        raise LogError("Excel holds 32,767 characters a cell", "write Parquet") from error
    except FileCreateError as error:
        raise OSError(str(error)) from error


_WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    "csv": _write_csv,
    "tsv": _write_tsv,
    "xlsx": _write_xlsx,
    "parquet": _write_parquet,
    "jsonl": _write_jsonl,
}
