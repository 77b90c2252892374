"""Asks the worker a question as the pages do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

_PROTOCOL = Path(__file__).parent.parent.parent / "shell" / "shared" / "protocol.js"
_FOUND = re.search(r"PROTOCOL_VERSION = (\d+)", _PROTOCOL.read_text())
assert _FOUND is not None

#: The protocol version that messages must have to be accepted.
VERSION = int(_FOUND[1])

_ASK = """
async ({ type, about }) => {
  const asFile = ({ name, content, bytes }) =>
    new File([bytes ? new Uint8Array(bytes) : content], name);
  const message = { type, key: location.pathname.match(/@([^/]*)/)?.[1] ?? "", ...about };
  if (message.file) Object.assign(message, { file: asFile(message.file), options: {} });
  message.files &&= message.files.map((file) => ({
    file: asFile(file),
    options: file.options ?? {},
    kind: "file",
  }));
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => {
    port1.onmessage = ({ data }) => data.working || resolve(data);
  });
  navigator.serviceWorker.controller.postMessage(message, [port2]);
  return answer;
}
"""


def ask(page: Page, kind: str, **about: Any) -> dict[str, Any]:
    """Return the answer to a question about the page's instance.

    A file is {"name", "content"} or {"name", "bytes"}, with "options" if it is to be added.
    """
    answer: dict[str, Any] = page.evaluate(_ASK, {"type": kind, "about": {"v": VERSION, **about}})
    return answer
