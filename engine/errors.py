"""The errors that this program shows to people, and the form in which they cross to JavaScript.

Errors that nobody foresaw stay what they are; the caller turns them into a page.
"""

from __future__ import annotations


class LiteError(Exception):
    """Raised when something failed that can be explained to a person. Root of all our errors."""

    #: One or two sentences: what failed, with the value it failed on.
    message: str

    #: What to do about it. Empty when there is nothing to suggest.
    hint: str

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def to_wire(self) -> dict[str, str]:
        """Return the error as plain data; ``fromWire`` in shell/shared/errors.js reads it."""
        return {"name": type(self).__name__, "message": self.message, "hint": self.hint}


class Cancelled(LiteError):
    """Raised in an import that was cancelled. Nothing of it is kept."""


class PluginError(LiteError):
    """Raised when a plugin, or another package, can't be installed or used. The instance opens
    without it.
    """


class SourceError(LiteError):
    """Raised when a source, a URL or a file, can't become a table or a database."""

    #: What people know the source as: its URL, or the name of a dropped file.
    source: str

    def __init__(self, message: str, *, source: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.source = source

    def to_wire(self) -> dict[str, str]:
        """Return the error as plain data, with the source it is about."""
        return {**super().to_wire(), "source": self.source}
