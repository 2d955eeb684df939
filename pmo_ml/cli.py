"""The doors. Each reads its arguments, calls a worker, and says what came of it.

Results go to stdout, all else to stderr. Exit codes: 0 done, 1 something to mend (said in one
line, no traceback), 2 wrong usage, 3 done but some rows were set aside. Heavy modules are
imported by the command that needs them, so `--help` is instant.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pmo_ml import settings, shelves
from pmo_ml.doors import STYLE, open_catalogue, open_model, progress_bar, rows_frame
from pmo_ml.errors import AnswerError, LogError, PmoError, StatementError, count

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(help="Prescribes PMO services for a business problem in plain words.", **STYLE)
app.add_typer(shelves.models, name="models")
app.add_typer(shelves.catalogue, name="catalogue")
app.add_typer(shelves.statements, name="statements")

SOME_REJECTED = 3


def main() -> None:
    """Run a command; say what a user can mend in plain words instead of a traceback."""
    try:
        app()
    except PmoError as error:
        typer.echo(f"pmo-ml: {error}", err=True)
        raise SystemExit(1) from error


@app.command()
def prescribe(
    text: Annotated[str, typer.Argument(help="The problem in plain words, or - for stdin.")],
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="QUESTION=VALUE", help="Set a factor, as in spread=2."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
    model: Annotated[str, typer.Option(help="A version instead of the champion.")] = "",
) -> None:
    """Prescribe for one problem."""
    from pmo_ml import prescription, wording

    cabinet = open_catalogue()
    loaded = open_model(model, cabinet)
    told = prescription.prescribe(
        _stdin() if text == "-" else text,
        loaded.classifier,
        cabinet,
        loaded.card.thresholds,
        answers=_answers(answer or []),
        model_version=loaded.card.version,
    )
    if as_json:
        typer.echo(json.dumps(told.to_dict(), ensure_ascii=False, indent=2))
    else:
        typer.echo(wording.prescription_text(told, cabinet))


@app.command()
def score(
    log: Annotated[Path, typer.Argument(metavar="IN", help="CSV, TSV, XLSX, Parquet, JSONL.")],
    out: Annotated[Path, typer.Option("--out", metavar="OUT", help="The same kinds.")],
    text_column: Annotated[str, typer.Option(help="The column of the statements.")] = "text",
    encoding: Annotated[str, typer.Option(help="Of CSV, TSV and JSON Lines.")] = "utf-8-sig",
    model: Annotated[str, typer.Option(help="A version instead of the champion.")] = "",
) -> None:
    """Score a whole problem log. Exit code 3 when some rows were set aside."""
    import pandas as pd

    from pmo_ml import logs, outputs, scoring

    if out.resolve() == log.resolve():
        raise LogError(f"{out} is the input itself", "give another name with --out")
    logs.kind_of(out)
    cabinet = open_catalogue()
    loaded = open_model(model, cabinet)
    read = logs.read_log(log, text_column, encoding)
    texts = read.frame[text_column].tolist()
    parts = []
    with progress_bar() as progress:
        for part in scoring.score_in_chunks(texts, loaded, cabinet):
            parts.append(part)
            progress("scoring", sum(map(len, parts)), len(texts))
    scored = pd.concat(parts, ignore_index=True) if parts else scoring.score([], loaded, cabinet)
    whole, renamed = scoring.add_columns(read.frame, scored)
    outputs.write_log(whole, out)
    rejected = outputs.write_rejected(read.rejected, out)
    for name, kept in renamed.items():
        typer.echo(f"your column '{name}' is kept as '{kept}'", err=True)
    gates = ", ".join(f"{times} {gate}" for gate, times in scored["gate"].value_counts().items())
    typer.echo(f"{count(len(whole), 'row')} scored to {out}: {gates or 'none'}")
    if rejected:
        typer.echo(f"{count(len(read.rejected), 'row')} set aside in {rejected}", err=True)
        raise typer.Exit(SOME_REJECTED)


@app.command()
def train(
    data: Annotated[Path | None, typer.Option(help="Labelled statements.")] = None,
    promote: Annotated[
        bool, typer.Option(help="Make it the champion; the first model always is.")
    ] = False,
) -> None:
    """Learn from labelled statements and save a model."""
    from pmo_ml import registry, training
    from pmo_ml.statements import read_statements
    from pmo_ml.thesaurus import load_thesaurus

    cabinet = open_catalogue()
    frame = read_statements(data or settings.statements_path(), cabinet)
    thesaurus = load_thesaurus(settings.thesaurus_path())
    with progress_bar() as progress:
        trained = training.train(frame, cabinet, thesaurus, progress=progress)
    now = datetime.now(UTC)
    card = training.make_card(trained, frame, cabinet, thesaurus, created=now)
    root = settings.models_folder()
    folder = registry.save(registry.Model(trained.classifier, card), thesaurus, root)
    if promote or not (root / "champion").exists():
        registry.promote(card.version, root)
    typer.echo(f"{card.version}  learnt from {len(frame)} statements, saved in {folder}")
    if registry.champion(root) != card.version:
        typer.echo(f"To use it: pmo-ml models promote {card.version}", err=True)


@app.command()
def evaluate(
    on: Annotated[Path | None, typer.Option(help="Labelled statements it has not seen.")] = None,
    data: Annotated[Path | None, typer.Option(help="Statements to learn from.")] = None,
    model: Annotated[str, typer.Option(help="With --on: a version, not the champion.")] = "",
    folds: Annotated[int, typer.Option(min=2, help="Without --on: groups of authors.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Measure judgement beside three baselines: cross-validated by author, or on a file."""
    from pmo_ml import evaluation, training, wording
    from pmo_ml.baselines import all_baselines
    from pmo_ml.statements import read_judged, read_statements
    from pmo_ml.thesaurus import load_thesaurus

    cabinet = open_catalogue()
    frame = read_statements(data or settings.statements_path(), cabinet)
    with progress_bar() as progress:
        if on is None:
            thesaurus = load_thesaurus(settings.thesaurus_path())
            truth = training.truth_of(frame, cabinet)
            given = training.cross_validate(
                frame, cabinet, thesaurus, lambda: all_baselines(cabinet), folds, progress
            )
        else:
            judged = read_judged(on, cabinet)
            truth = training.truth_of(judged, cabinet)
            loaded = open_model(model, cabinet)
            ours = training.Trained(loaded.classifier, loaded.card.thresholds)
            texts = judged["text"].tolist()
            given = {"pmo_ml": ours.judge(texts, cabinet)}
            rivals = all_baselines(cabinet)
            for done, rival in enumerate(rivals, 1):
                rival.fit(frame["text"].tolist(), training.truth_of(frame, cabinet))
                given[rival.name] = rival.judge(texts)
                progress("baselines", done, len(rivals))
    figures = {name: evaluation.figures(truth, got) for name, got in given.items()}
    detail = evaluation.by_category(truth, given["pmo_ml"], cabinet.ids)
    if as_json:
        # JSON knows no nan: a figure that no statement speaks to is null.
        told = {
            name: {m: None if v != v else v for m, v in f.items()} for name, f in figures.items()
        }
        typer.echo(json.dumps({"figures": told, "categories": detail}, indent=2))
        return
    low_high = evaluation.bootstrap(truth, given["pmo_ml"])
    typer.echo(wording.table_text(_figures_table(figures, low_high)))
    typer.echo("\n" + wording.table_text(rows_frame(detail)))


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Where the page listens.")] = 8501,
    address: Annotated[str, typer.Option(help="Only this machine unless told.")] = "127.0.0.1",
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
) -> None:
    """Serve the page."""
    from pmo_ml import serving

    open_model("", open_catalogue())
    with serving.page(settings.app_path(), address, port, settings.models_folder()) as server:
        typer.echo(f"pmo_ml is at {server.url}  (Ctrl+C to stop)")
        if browser and sys.stdout.isatty():
            server.open_browser()
        server.wait()


def _stdin() -> str:
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise StatementError(f"stdin is not {error.encoding}", "send it as UTF-8") from error


def _answers(given: list[str]) -> dict[str, int]:
    answers = {}
    for item in given:
        name, _, value = item.partition("=")
        try:
            answers[name.strip()] = int(value)
        except ValueError as error:
            raise AnswerError(
                f"'{item}' is not QUESTION=VALUE with a whole number", "--answer spread=2"
            ) from error
    return answers


def _figures_table(
    figures: dict[str, dict[str, float]], low_high: dict[str, tuple[float, float]]
) -> "pd.DataFrame":
    rows = []
    for metric, (low, high) in low_high.items():
        rows.append(
            {
                "metric": metric,
                "pmo_ml": figures["pmo_ml"][metric],
                "95 % interval": f"{low:.3f} to {high:.3f}",
                **{name: got[metric] for name, got in figures.items() if name != "pmo_ml"},
            }
        )
    return rows_frame(rows)


if __name__ == "__main__":
    main()
