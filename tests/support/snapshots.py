"""Reads and changes the snapshots of Python's memory that a browser has kept: see
shell/worker/runtime/snapshot/store.js.
"""

from __future__ import annotations

from typing import Any, cast

from playwright.sync_api import Page

from tests.support.browsing import worker_of
from tests.support.raw_chromium import PATIENCE, wait_until

_IN_STORE = """async (argument) => {
  const heard = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const [{ name }] = (await indexedDB.databases()).filter(({ name }) =>
    name.startsWith("datasette-lite "));
  const store = await heard(indexedDB.open(name));
  const of = (...names) => names.map((name) =>
    store.transaction(name, "readwrite").objectStore(name));
  try {
    return await (SCRIPT)(heard, of, argument);
  } finally {
    store.close();
  }
}"""

_SNAPSHOTS = """async (heard, of) => {
  const [snapshots, contents] = of("images", "imageContents");
  return Promise.all([heard(snapshots.getAll()), heard(contents.getAllKeys())]);
}"""

_PUT = """async (heard, of, records) => {
  for (const record of records) {
    await heard(of("images")[0].put(record));
    await heard(of("imageContents")[0].put(new Blob(["what it holds"]), record.key));
  }
}"""

# 2 is EXERCISES in shell/worker/runtime/snapshot/store.js.
_FINISH_EXERCISES = """async (heard, of) => {
  for (const record of await heard(of("images")[0].getAll())) {
    await heard(of("images")[0].put({ ...record, exercises: 2 }));
  }
}"""

# Changes a byte of the pages, or the head, so that its hash is right.
_DAMAGE = """async (heard, of, where) => {
  const [{ key }] = await heard(of("images")[0].getAll());
  const content = await heard(of("imageContents")[0].get(key));
  const bytes = new Uint8Array(await content.arrayBuffer());
  if (where === "pages") bytes[bytes.length / 2 | 0] ^= 1;
  const length = new DataView(bytes.buffer).getUint32(0, true);
  let parts = [bytes];
  if (where === "head") {
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    head.layout.functions += 1;
    const text = new TextEncoder().encode(JSON.stringify(head));
    const size = new Uint8Array(new Uint32Array([text.length]).buffer);
    parts = [size, text, bytes.subarray(4 + length)];
  }
  const changed = new Blob(parts);
  await heard(of("imageContents")[0].put(changed, key));
  if (where === "pages") return;
  const digest = await crypto.subtle.digest("SHA-256", await changed.arrayBuffer());
  const sha256 = Array.from(new Uint8Array(digest), (byte) =>
    byte.toString(16).padStart(2, "0")).join("");
  const record = await heard(of("images")[0].get(key));
  await heard(of("images")[0].put({ ...record, sha256 }));
}"""


def _in_store(page: Page, script: str, argument: object = None) -> Any:
    """Run a script in the store; return its result."""
    # Inserted here, since the policy of some pages forbids evaluating strings.
    return page.evaluate(_IN_STORE.replace("SCRIPT", script), argument)


def snapshots(page: Page) -> list[dict[str, Any]]:
    """Return the record of each; those whose content is there have a size."""
    records, contents = _in_store(page, _SNAPSHOTS)
    assert {record["key"] for record in records if record["size"]} == set(contents)
    return cast(list[dict[str, Any]], records)


def kept_snapshots(page: Page, count: int = 1) -> list[dict[str, Any]]:
    """Wait until this many are kept; return their records."""

    def found() -> list[dict[str, Any]]:
        return [one for one in snapshots(page) if one["size"]]

    wait_until(lambda: len(found()) == count, PATIENCE, f"keeping {count} snapshots")
    return found()


def wait_for_exercises(page: Page, count: int) -> None:
    """Wait until this many starts from the only snapshot have exercised."""

    def exercised() -> bool:
        [snapshot] = kept_snapshots(page)
        return bool(snapshot["exercises"] == count)

    wait_until(exercised, PATIENCE, f"{count} exercises")


def finish_exercises(page: Page) -> None:
    """Have no further start from the snapshots that are kept exercise."""
    _in_store(page, _FINISH_EXERCISES)


def put_snapshots(page: Page, *records: dict[str, Any]) -> None:
    """Put records whose content is not a snapshot, replacing those with the same keys."""
    _in_store(page, _PUT, list(records))


def damage_snapshot(page: Page, where: str) -> None:
    """Change the only snapshot: "pages" without, "head" with another hash."""
    _in_store(page, _DAMAGE, where)


def starts(page: Page) -> list[bool]:
    """Return whether each start in the running worker used a snapshot."""
    marks = "performance.getEntriesByName('started').map(({ detail }) => detail.snapshot)"
    return cast(list[bool], worker_of(page).evaluate(marks))
