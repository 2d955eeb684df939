"""`make readme`: runs the README's commands and writes down what they really said."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def commands(text: str) -> list[tuple[str, str]]:
    """Each `$ pmo-ml ...` of the console blocks, with the output that stands below it."""
    told = []
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            if command.startswith("pmo-ml "):
                told.append((command, output))
    return told


def run(command: str, models: Path, folder: Path) -> subprocess.CompletedProcess:
    """Run a README command as a reader would, from the root of the checkout.

    What it writes goes to `folder`.
    """
    program, *arguments = shlex.split(command)
    assert program == "pmo-ml"
    placed = [str(folder / a) if before == "--out" else a for before, a in _with_before(arguments)]
    return subprocess.run(
        [sys.executable, "-c", "from pmo_ml.cli import main; main()", *placed],
        capture_output=True,
        text=True,
        cwd=README.parent,
        env=os.environ | {"PMO_ML_MODELS": str(models)},
        timeout=120,
    )


def _with_before(arguments: list[str]) -> list[tuple[str, str]]:
    return list(zip(["", *arguments], arguments, strict=False))


def main() -> None:
    import tempfile

    from pmo_ml import settings

    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for command, output in commands(text):
            said = run(command, settings.models_folder().resolve(), Path(folder))
            real = (said.stderr + said.stdout).replace(f"{folder}/", "")
            text = text.replace(f"$ {command}\n{output}", f"$ {command}\n{real}")
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
