"""What can go wrong, each with what to try next.

PmoError
  + CatalogueError     the cabinet contradicts itself; lists every place
  + ThesaurusError     the thesaurus cannot be read
  + StatementError     a statement, or a row of labelled statements, cannot be used
  + LogError           a problem log cannot be read or written
  + ModelNotFound      no model under that version, or none promoted
  + ModelMismatch      the model was trained for another catalogue or another program
  + ModelTampered      the model's files are not those that were saved
  + AnswerError        an answer that the question does not offer
"""

from collections.abc import Iterable


class PmoError(Exception):
    """Something a user can mend. `message` says what failed and where, `hint` what to try."""

    def __init__(self, message: str, hint: str = "", problems: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [self.message, *(f"  - {problem}" for problem in self.problems)]
        if self.hint:
            lines.append(f"Try: {self.hint}")
        return "\n".join(lines)


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 problem, 2 problems."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


class CatalogueError(PmoError):
    """Raised because the catalogue is missing, unreadable or contradicts itself."""


class ThesaurusError(PmoError):
    """Raised because the thesaurus is missing or unreadable."""


class StatementError(PmoError):
    """Raised because a statement, or a file of labelled statements, cannot be used."""


class LogError(PmoError):
    """Raised because a problem log cannot be read or written."""


class ModelNotFound(PmoError):
    """Raised because there is no such model, or none is promoted."""


class ModelMismatch(PmoError):
    """Raised because a model does not belong to this catalogue or this program."""


class ModelTampered(PmoError):
    """Raised because a model's files differ from those that were saved."""


class AnswerError(PmoError):
    """Raised because an answer is not one that its question offers."""
