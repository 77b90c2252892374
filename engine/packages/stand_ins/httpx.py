"""Lets plugins import httpx: it is httpx2 here, its successor, which speaks through the browser's
fetch.

httpx itself opens sockets, which a browser does not have. A real httpx, if one is installed,
comes first."""

from __future__ import annotations

import sys

import httpx2

sys.modules[__name__] = httpx2
