"""The commands of the shelves: the saved models, the cabinet, the labelled statements."""

from pathlib import Path
from typing import Annotated

import typer

from pmo_ml import settings
from pmo_ml.doors import STYLE, open_catalogue, rows_frame
from pmo_ml.errors import StatementError, count

models = typer.Typer(help="The saved models.", **STYLE)
catalogue = typer.Typer(help="The cabinet of services.", **STYLE)
statements = typer.Typer(help="The labelled statements to learn from.", **STYLE)


@models.command("list")
def list_models() -> None:
    """Every saved model, oldest first; the champion is marked."""
    from pmo_ml import registry, wording
    from pmo_ml.errors import ModelNotFound

    root = settings.models_folder()
    try:
        promoted = registry.champion(root)
    except ModelNotFound:
        promoted = ""
    cards = registry.cards(root)
    if not cards:
        raise ModelNotFound(f"There are no models in {root}", "pmo-ml train")
    rows = [
        {
            "": "*" if card.version == promoted else " ",
            "version": card.version,
            "statements": card.statements,
            "category F1": card.metrics["out_of_fold"]["category_f1_micro"],
            "dose kappa": card.metrics["out_of_fold"]["dose_kappa"],
            "catalogue": card.catalogue_version,
        }
        for card in cards
    ]
    typer.echo(wording.table_text(rows_frame(rows)))


@models.command("promote")
def promote_model(version: Annotated[str, typer.Argument(help="As in `models list`.")]) -> None:
    """Make a saved model the champion."""
    from pmo_ml import registry

    cabinet = open_catalogue()
    registry.load(version, cabinet, settings.models_folder())
    registry.promote(version, settings.models_folder())
    typer.echo(f"{version} is the champion")


@catalogue.command("check")
def checkopen_catalogue() -> None:
    """Report every inconsistency of the catalogue and the thesaurus at once."""
    from pmo_ml.thesaurus import load_thesaurus

    cabinet = open_catalogue()
    thesaurus = load_thesaurus(settings.thesaurus_path())
    effort = [sum(c.at(dose).effort for c in cabinet.categories) for dose in (1, 2, 3)]
    typer.echo(
        f"{settings.catalogue_path()} is sound: {len(cabinet.ids)} categories, "
        f"{len(cabinet.factors)} factors, {sum(len(c.questions) for c in cabinet.categories)} "
        f"questions; all at one dose take {effort[0]}, {effort[1]} or {effort[2]} PMO days a month"
    )
    phrases = sum(map(len, thesaurus.values()))
    typer.echo(
        f"{settings.thesaurus_path()} is sound: {len(thesaurus)} concepts, {phrases} phrases"
    )


@catalogue.command("show")
def show_catalogue(
    category: Annotated[str, typer.Argument(help="One card; all in brief without it.")] = "",
) -> None:
    """Show the cabinet, or one card of it."""
    from pmo_ml import wording

    cabinet = open_catalogue()
    if category:
        typer.echo(wording.category_text(cabinet.category(category), cabinet))
    else:
        typer.echo(wording.catalogue_text(cabinet))


@statements.command("check")
def check_statements(
    file: Annotated[Path | None, typer.Argument(help="The corpus without it.")] = None,
    alike: Annotated[float, typer.Option(help="Cosine from which two texts are too alike.")] = 0.85,
) -> None:
    """Check labelled statements, and show how they are spread."""
    from pmo_ml import statements as workers
    from pmo_ml import wording

    cabinet = open_catalogue()
    path = file or settings.statements_path()
    frame = workers.read_table(path)
    problems = [str(problem) for problem in workers.find_problems(frame, cabinet)]
    ids = frame["id"].tolist()
    problems += [
        f"{ids[a]} and {ids[b]} are nearly the same ({cosine:.2f}): {frame['text'][a][:60]!r}"
        for a, b, cosine in workers.near_duplicates(frame["text"].tolist(), alike)
    ]
    if problems:
        raise StatementError(
            f"{path}: {count(len(problems), 'problem')}", "mend these rows", problems
        )
    for title, table in workers.spread(frame, cabinet).items():
        typer.echo(f"{title}\n{wording.table_text(table)}\n")
    typer.echo(f"{path} is sound: {len(frame)} statements")
