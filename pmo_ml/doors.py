"""What the commands share: opening the cabinet and a model, and a progress bar.

Heavy modules are imported when a command needs them, so `--help` is instant.
"""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pmo_ml import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from pmo_ml.catalogue import Catalogue
    from pmo_ml.registry import Model
    from pmo_ml.training import Progress

STYLE: dict[str, Any] = {
    "no_args_is_help": True,
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}


def open_catalogue() -> "Catalogue":
    """The catalogue that the settings name. Raises CatalogueError."""
    from pmo_ml.catalogue import load_catalogue

    return load_catalogue(settings.catalogue_path())


def open_model(version: str, cabinet: "Catalogue") -> "Model":
    """A saved version, or the champion where none is named. Raises ModelNotFound and others."""
    from pmo_ml import registry

    root = settings.models_folder()
    return registry.load(version or registry.champion(root), cabinet, root)


@contextmanager
def progress_bar() -> "Iterator[Progress]":
    """A bar on stderr for each kind of work; nothing where stderr is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeLeft())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield show


def rows_frame(rows: list[dict]) -> "pd.DataFrame":
    """Rows as a table to print."""
    import pandas as pd

    return pd.DataFrame(rows)
