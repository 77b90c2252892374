"""Tests of datasette_lite.kept_files."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from datasette_lite.kept_files import in_one


def test_every_file_is_in_it_as_it_is() -> None:
    files = {
        "index.html": b"<p>\r\n--kept-\r\n\r\n</p>",
        "v/1/shell/a.js": b"",
        "v/1/shell/icons/b.png": bytes(range(256)),
    }
    boundary, body = in_one(files)
    head = f"Content-Type: multipart/form-data; boundary={boundary}\r\n\r\n".encode()
    parts = list(message_from_bytes(head + body, policy=policy.HTTP).iter_parts())
    assert [part.get_filename() for part in parts] == list(files)
    assert [part.get_content_type() for part in parts] == [
        "text/html",
        "text/javascript",
        "image/png",
    ]
    for content in files.values():
        assert b"\r\n\r\n" + content + b"\r\n--" + boundary.encode() in body


def test_a_file_of_an_unknown_type_ends_the_build() -> None:
    with pytest.raises(KeyError, match=".woff2"):
        in_one({"font.woff2": b""})
