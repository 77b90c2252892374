"""The error that people see when their app does not start."""

from __future__ import annotations

import traceback
from pathlib import Path
from types import TracebackType

from engine.errors import LiteError

_ENGINE = Path(__file__).parent


class AppError(LiteError):
    """Raised when an app cannot be started. `details` is a traceback of the app's own code."""

    def __init__(self, message: str, *, hint: str = "", details: str = "") -> None:
        super().__init__(message, hint=hint)
        self.details = details


def in_words(error: BaseException) -> str:
    """Return the kind and the message of an error on one line, without a full stop."""
    return " ".join("".join(traceback.format_exception_only(error)).split()).removesuffix(".")


def own_traceback(error: BaseException) -> str:
    """Return the traceback with source lines, from the app's first frame on."""
    trace = error.__traceback__
    while trace is not None and _is_ours(trace):
        trace = trace.tb_next
    # Where all frames are ours, such as for an error of syntax, the error itself names the line.
    return "".join(traceback.format_exception(type(error), error, trace))


def _is_ours(trace: TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    return Path(file).parent == _ENGINE or file.startswith("<frozen importlib")


def advice(error: BaseException) -> str:
    """Return what to do about an error, as far as its cause is known; else ""."""
    said = str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return (
            f"If {package} is a package, name it in the app's dependencies (PEP 723), or add"
            f" &install={package} to the link."
        )
    if "can't start new thread" in said:
        return "The app starts a thread, which Python in a browser does not have."
    if "does not support processes" in said or "fork" in said:
        return "The app starts another program, which a browser does not allow."
    if isinstance(error, SystemExit):
        return "Code that ends the program does not belong at the top level of an app."
    return ""
