"""What a writer of files writes to when the file goes out while it is made."""

from __future__ import annotations

import io


class Pipe(io.RawIOBase):
    """A file without an end and without a way back."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        with memoryview(data) as view:  # type: ignore[arg-type]
            self._written += view
            return view.nbytes

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = bytes(self._written)
        self._written.clear()
        return taken
