"""Puts the parts that several pages share into them.

A page says `<!-- include NAME -->`, which becomes the file NAME of shell/page/parts/.
"""

from __future__ import annotations

import re
from pathlib import Path

_INCLUDE = re.compile(r"( *)<!-- include ([\w.-]+) -->")


def with_parts(html: str, parts: Path) -> str:
    """Return a page with the parts that it includes, indented as it includes them.

    Raises:
        FileNotFoundError: there is no such part.
    """

    def part(match: re.Match[str]) -> str:
        lines = (parts / match[2]).read_text().rstrip("\n").split("\n")
        return "\n".join(match[1] + line if line else line for line in lines)

    return _INCLUDE.sub(part, html)
