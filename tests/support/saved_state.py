"""Reads what the site has saved in a browser, without the site's own code.

It only knows the format of the stored data, which shell/shared/saved-store.js describes.
"""

from __future__ import annotations

import base64
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BLOCK_SIZE = 64 * 1024

# Records, and files as base64; evaluated in any page of the site's origin.
_READ = """
(async () => {
  const heard = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const [{ name } = {}] = (await indexedDB.databases()).filter(({ name }) =>
    name.startsWith("datasette-lite "));
  if (!name) return [];
  const store = await heard(indexedDB.open(name));
  const transaction = store.transaction([...store.objectStoreNames]);
  const all = async (name) => {
    const of = transaction.objectStore(name);
    const [keys, values] = await Promise.all([heard(of.getAllKeys()), heard(of.getAll())]);
    return keys.map((key, index) => [key, values[index]]);
  };
  const [instances, files, blocks, replies] = await Promise.all(
    ["instances", "files", "blocks", "replies"].map(all));
  store.close();
  const text = (bytes) => {
    let binary = "";
    for (let at = 0; at < bytes.length; at += 8192) {
      binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
    }
    return btoa(binary);
  };
  return {
    instances: instances.map(([, record]) => record),
    files: files.map(([key, { size }]) => [...key, size]),
    blocks: blocks.map(([key, bytes]) => [...key, text(bytes)]),
    replies: replies.length,
  };
})()
"""


@dataclass(frozen=True)
class SavedInstance:
    """One instance: its record, and its files by path."""

    record: dict[str, Any]
    files: dict[str, bytes]

    def query(self, database: str, sql: str) -> list[tuple[Any, ...]]:
        """Open a database natively, as after a power cut; return rows. It must be undamaged."""
        with tempfile.TemporaryDirectory() as folder:
            for path, content in self.files.items():
                name = Path(path).name
                if path.startswith("databases/") and not name.endswith("-shm"):
                    Path(folder, name).write_bytes(content)
            connection = sqlite3.connect(Path(folder, f"{database}.db"))
            try:
                assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
                return connection.execute(sql).fetchall()
            finally:
                connection.close()


@dataclass(frozen=True)
class SavedState:
    """Everything that is saved."""

    #: By key.
    instances: dict[str, SavedInstance]
    #: Generations that no instance has: leftovers of an interruption.
    leftovers: set[str]
    replies: int


def saved_state(evaluate: Callable[[str], Any]) -> SavedState:
    """Return what is saved; `evaluate` awaits JavaScript in a page of the site's origin."""
    raw = evaluate(_READ)
    if not raw:
        return SavedState({}, set(), 0)
    contents: dict[str, dict[str, bytes]] = {}
    blocks = {(gen, path, index): text for gen, path, index, text in raw["blocks"]}
    for generation, path, size in raw["files"]:
        content = bytearray(size)
        for at in range(0, size, BLOCK_SIZE):
            # Only leftover generations may lack blocks; for others this raises a KeyError.
            text = blocks.pop((generation, path, at // BLOCK_SIZE), None)
            if text is None:
                content = bytearray()
                break
            block = base64.b64decode(text)[: size - at]
            content[at : at + len(block)] = block
        if size == 0 or content:
            contents.setdefault(generation, {})[path] = bytes(content)
    instances = {
        record["key"]: SavedInstance(record, contents.pop(record["generation"]))
        for record in raw["instances"]
    }
    for key, instance in instances.items():
        generation = instance.record["generation"]
        paths = {path for of, path, _ in raw["files"] if of == generation}
        assert set(instance.files) == paths, f"blocks of {key!r} are missing"
        # Blocks beyond files, left by an interrupted large addition until the next start.
        ahead = instance.record.get("ahead", [])
        beyond = {path for of, path, _ in blocks if of == generation}
        assert beyond <= set(ahead), f"{key!r} has too many"
    current = {instance.record["generation"] for instance in instances.values()}
    leftovers = {generation for generation, _, _ in raw["files"]} - current
    return SavedState(instances, leftovers, raw["replies"])
