"""Lets files be downloaded while a message waits for the next page.

Datasette keeps such messages in a cookie, and writes the cookie into each response. A response that
is streamed, such as CSV, cannot set cookies, so it became an error 500. Here it leaves the cookie
as it is, and the next page shows the message.
It can go when `AsgiStream` in datasette.utils.asgi has `set_cookie`.
"""

from __future__ import annotations

from typing import Any

from datasette.app import Datasette

_plain_write = Datasette._write_messages_to_response


def _write_messages(self: Any, request: Any, response: Any) -> None:
    if hasattr(response, "set_cookie"):
        _plain_write(self, request, response)


def install() -> None:
    """Change Datasette's responses; doing it again changes nothing."""
    Datasette._write_messages_to_response = _write_messages
