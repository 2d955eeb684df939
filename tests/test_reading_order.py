"""The map in the package's docstring is true, and the import rule that it states is kept."""

import ast
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import pmo_ml

PACKAGE = Path(pmo_ml.__file__).parent
ORDER = re.findall(r"^    (\w+) {2,}\S", pmo_ml.__doc__, flags=re.MULTILINE)

DOORS = {"settings", "serving", "doors", "shelves", "cli", "pages"}
"""May know the environment, print and exit."""

FILES = DOORS | {"catalogue", "thesaurus", "statements", "logs", "outputs", "registry"}
"""May touch files; every other module is arithmetic on what it is given."""

WORLDLY = set(
    "os io sys pathlib shutil tempfile glob fileinput socket ssl http urllib requests httpx "
    "subprocess webbrowser sqlite3 pickle time random secrets typer rich streamlit".split()
)
WORLDLY_CALLS = set(
    "open read_text write_text read_bytes write_bytes mkdir unlink urlopen read_csv "
    "read_excel read_parquet read_json to_excel to_parquet savez savetxt now utcnow today".split()
)


def sources(module: str) -> list[ast.Module]:
    """The syntax trees of a module, or of every file of a folder of pages."""
    folder = PACKAGE / module
    paths = sorted(folder.glob("*.py")) if folder.is_dir() else [PACKAGE / f"{module}.py"]
    return [ast.parse(path.read_text(encoding="utf-8")) for path in paths]


def own_imports(tree: ast.Module) -> set[str]:
    """The modules of the package that a file imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names if name.name.startswith("pmo_ml")}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where a module stands"
            if node.module == "pmo_ml":
                found |= {f"pmo_ml.{name.name}" for name in node.names}
            elif node.module and node.module.startswith("pmo_ml."):
                found.add(node.module)
    return {name.split(".")[1] for name in found if "." in name}


def other_imports(tree: ast.Module) -> set[str]:
    """The first names of everything that a file imports."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def names_called(tree: ast.Module) -> Iterator[str]:
    """`open` for open(...), `now` for datetime.now(...)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


def dotted_names(tree: ast.Module) -> Iterator[str]:
    """Every bare name, and every `a.b` as both `b` and `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
            yield ast.unparse(node)


def run_python(code: str, folder: Path = PACKAGE.parent) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r})\n{code}"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )


def test_the_map_names_every_module_in_the_folder_and_no_other():
    files = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

    assert sorted(ORDER) == sorted(files | folders)


@pytest.mark.parametrize("module", ORDER)
def test_a_module_imports_only_modules_above_it(module):
    above = {*ORDER[: ORDER.index(module)], "__version__"}
    if module == "pages":
        above.add("pages")

    imported = {name for tree in sources(module) for name in own_imports(tree)}

    assert imported <= above


def test_an_import_counts_wherever_it_stands_in_a_file():
    tree = ast.parse(
        "import pmo_ml.cli\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from pmo_ml.pages.parts import STYLE\n"
        "def late():\n    from pmo_ml import registry, scoring\n"
    )

    assert own_imports(tree) == {"cli", "pages", "registry", "scoring"}


@pytest.mark.parametrize("module", [name for name in ORDER if name not in DOORS])
def test_only_the_doors_know_the_environment_print_or_exit(module):
    forbidden = {"environ", "environb", "getenv", "print", "exit", "SystemExit", "input"}
    forbidden |= {"stdout", "stderr", "stdin", "Exit", "echo"}

    for tree in sources(module):
        assert not forbidden & set(dotted_names(tree))
        assert not {"sys", "typer", "rich", "streamlit"} & other_imports(tree)


@pytest.mark.parametrize("module", [name for name in ORDER if name not in FILES])
def test_a_pure_module_knows_no_file_network_clock_or_process(module):
    for tree in sources(module):
        assert not WORLDLY & other_imports(tree)
        assert not WORLDLY_CALLS & set(names_called(tree))


@pytest.mark.parametrize("module", sorted(FILES & set(ORDER) - DOORS))
def test_a_module_that_reads_files_knows_no_network(module):
    for tree in sources(module):
        assert not {"socket", "http", "urllib", "requests", "webbrowser"} & other_imports(tree)


def test_importing_the_package_loads_nothing_heavy():
    heavy = ("numpy", "pandas", "scipy", "sklearn", "pydantic", "streamlit", "typer")

    run = run_python(f"import pmo_ml\nprint([name for name in {heavy} if name in sys.modules])")

    assert run.stdout.strip() == "[]"


def test_importing_any_module_says_nothing_and_leaves_no_file(tmp_path):
    modules = [name for name in ORDER if name != "pages"]

    run = run_python("import " + ", ".join(f"pmo_ml.{name}" for name in modules), tmp_path)

    assert run.stdout == run.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_reading_and_prescribing_open_no_file_and_no_connection(model, catalogue):
    from pmo_ml.prescription import prescribe

    text = "Every project in the group lands late, and our biggest customer has given notice."
    prescribe(text, model.classifier, catalogue, model.card.thresholds)  # imports what it needs
    touched: list[str] = []
    here, watching = threading.get_ident(), True

    def watch(event: str, arguments: tuple) -> None:
        worldly = event.startswith(("open", "os.", "socket.", "subprocess.", "shutil."))
        if watching and worldly and threading.get_ident() == here:
            touched.append(f"{event} {arguments}")

    sys.addaudithook(watch)  # cannot be taken away again, hence the switch
    try:
        prescribe(text, model.classifier, catalogue, model.card.thresholds)
    finally:
        watching = False

    assert touched == []
