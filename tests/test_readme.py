"""The README's commands work and say what it shows."""

import re

import pytest

from tests import readme

TEXT = readme.README.read_text(encoding="utf-8")
COMMANDS = readme.commands(TEXT)


@pytest.mark.parametrize(("command", "shown"), COMMANDS, ids=[c[:40] for c, _ in COMMANDS])
def test_a_command_of_the_readme_says_what_is_shown(command, shown, shelf, tmp_path):
    said = readme.run(command, shelf, tmp_path)

    assert said.returncode == 0, said.stderr
    for line in _telling(shown):
        assert line in _telling(said.stdout + said.stderr)


def _telling(output):
    """The lines that hold no figure learnt from the corpus: services, doses, refusals, notes."""
    return [
        line.strip()
        for line in output.splitlines()
        if re.search(r": (LIGHT TOUCH|STANDARD|DOUBLE DOSE)|matter of projects|kept as", line)
    ]


def test_each_make_target_of_the_readme_exists():
    makefile = (readme.README.parent / "Makefile").read_text()
    targets = set(re.findall(r"make (\w+)", TEXT))

    assert {"app", "test"} <= targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_every_file_the_readme_points_to_is_there():
    linked = re.findall(r"\]\(([^)#]+)\)", TEXT)

    assert linked
    assert all((readme.README.parent / path).exists() for path in linked)


def test_the_readme_has_no_gap_left_open():
    assert "@@" not in TEXT
