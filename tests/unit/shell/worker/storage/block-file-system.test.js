/**
 * The watched file system on a real Emscripten one: whatever is done to files, applying what take()
 * gives to what was stored before gives the files as they are, and nothing is taken in vain.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPyodide } from "pyodide";
import { BLOCK_SIZE } from "../../../../../shell/shared/blocks.js";
import { WatchedFiles } from "../../../../../shell/worker/storage/block-file-system.js";

const pyodide = await loadPyodide();
const { FS } = pyodide;

/** What would be in IndexedDB: sizes, and blocks by "path index". */
class Stored {
  sizes = new Map();
  blocks = new Map();

  /** As putChanges() in shell/worker/storage/saver.js does it. */
  apply({ removed, files }) {
    for (const path of removed) {
      this.sizes.delete(path);
      this.#deleteFrom(path, 0);
    }
    for (const { path, size, before, blocks } of files) {
      if (size < before) this.#deleteFrom(path, Math.ceil(size / BLOCK_SIZE));
      this.sizes.set(path, size);
      for (const [index, bytes] of blocks) this.blocks.set(`${path} ${index}`, bytes);
    }
  }

  #deleteFrom(path, first) {
    for (const key of this.blocks.keys()) {
      const [name, index] = key.split(" ");
      if (name === path && Number(index) >= first) this.blocks.delete(key);
    }
  }

  /** As putAhead() in shell/worker/storage/store-changes.js does it. */
  putAhead(ahead) {
    for (const { path, blocks } of ahead) {
      for (const [index, bytes] of blocks) this.blocks.set(`${path} ${index}`, bytes);
    }
  }

  /** The files, once nothing is missing and nothing is left over but what may be. */
  files({ mayBeLeft = false } = {}) {
    let count = 0;
    const files = new Map();
    for (const [path, size] of this.sizes) {
      const bytes = new Uint8Array(size);
      for (let index = 0; index * BLOCK_SIZE < size; index++) {
        const block = this.blocks.get(`${path} ${index}`);
        assert.ok(block, `block ${index} of ${path} was never taken`);
        const end = Math.min(BLOCK_SIZE, size - index * BLOCK_SIZE);
        assert.ok(block.length >= end, `block ${index} of ${path} is too short`);
        bytes.set(block.subarray(0, end), index * BLOCK_SIZE);
        count += 1;
      }
      files.set(path, bytes);
    }
    if (!mayBeLeft) assert.equal(this.blocks.size, count, "blocks are left that no file has");
    return files;
  }
}

let mounts = 0;

function mountWatched() {
  const mount = `/watched-${++mounts}`;
  let heard = 0;
  const watched = new WatchedFiles(FS, mount, () => (heard += 1));
  return { mount, watched, stored: new Stored(), heard: () => heard };
}

/** All files below a folder as they really are. */
function filesIn(folder, prefix = "", found = new Map()) {
  for (const name of FS.readdir(folder).filter((name) => !name.startsWith("."))) {
    const path = `${folder}/${name}`;
    if (FS.isDir(FS.stat(path).mode)) filesIn(path, `${prefix}${name}/`, found);
    else found.set(prefix + name, FS.readFile(path));
  }
  return found;
}

function assertSame(actual, expected) {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [path, bytes] of expected) {
    assert.ok(Buffer.compare(actual.get(path), bytes) === 0, `${path} differs`);
  }
}

/** The blocks in which two states of files differ: those that have to be taken. */
function changedBlocks(before, after) {
  const changed = new Set();
  for (const [path, bytes] of after) {
    const old = before.get(path) ?? new Uint8Array();
    for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
      const end = Math.min(at + BLOCK_SIZE, bytes.length);
      const same = Buffer.compare(bytes.subarray(at, end), old.subarray(at, end)) === 0;
      if (!same) changed.add(`${path} ${at / BLOCK_SIZE}`);
    }
  }
  return changed;
}

/** Repeatable random numbers (mulberry32): a failure can be had again by its seed. */
function randomNumbers(seed) {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const NAMES = ["a", "b", "folder/a", "folder/b", "folder/deep/c"];
const SIZES = [0, 1, 4096, BLOCK_SIZE - 1, BLOCK_SIZE, BLOCK_SIZE + 1, 3 * BLOCK_SIZE, 200_000];
const RUNS = Number(process.env.RUNS ?? 40);

/** One thing after the other that programs do to files. */
function actions(mount, random) {
  const pick = (list) => list[random(list.length)];
  const open = [];
  const noise = (size) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size; at += 997) bytes[at] = 1 + random(255);
    return bytes;
  };
  const existing = () => {
    const all = [...filesIn(mount).keys()];
    return all.length > 0 ? `${mount}/${pick(all)}` : undefined;
  };
  const some = () => `${mount}/${pick(NAMES)}`;
  const through = (path, flags, work) => {
    const stream = FS.open(path, flags);
    work(stream);
    if (random(4) === 0 && open.length < 8) open.push(stream);
    else FS.close(stream);
  };
  return [
    () => FS.writeFile(some(), noise(pick(SIZES))),
    () => through(some(), "a", (stream) => FS.write(stream, noise(5000), 0, 5000)),
    () => {
      const path = existing();
      if (!path) return;
      through(path, "r+", (stream) => {
        const size = 1 + random(9000);
        FS.write(stream, noise(size), 0, size, random(4 * BLOCK_SIZE));
      });
    },
    () => {
      const path = existing();
      if (path) FS.truncate(path, random(4 * BLOCK_SIZE));
    },
    () => {
      const path = existing();
      if (path) through(path, "r+", (stream) => FS.ftruncate(stream.fd, pick(SIZES)));
    },
    () => {
      const path = existing();
      if (path) FS.rename(path, some());
    },
    () => {
      const path = existing();
      if (path) FS.unlink(path);
    },
    () => {
      // Written to and cut after it was deleted, renamed or replaced, or even twice open.
      if (open.length === 0) return;
      const stream = pick(open);
      FS.write(stream, noise(300), 0, 300, stream.flags & 1024 ? undefined : random(100_000));
      if (random(3) === 0) FS.ftruncate(stream.fd, random(100_000));
    },
    () => {
      if (open.length > 0) FS.close(open.splice(random(open.length), 1)[0]);
    },
    () => {
      const path = existing();
      if (!path) return;
      through(path, "r+", (stream) => {
        const size = FS.stat(path).size;
        if (size > 0) FS.msync(stream, noise(size), random(Math.min(size, 5000)), 500, 1);
      });
    },
    () => {
      // Both may exist, with files in them: then this must fail and change nothing.
      const [from, to] = ["folder/deep", "folder/other"].sort(() => random(2) - 0.5);
      try {
        FS.rename(`${mount}/${from}`, `${mount}/${to}`);
      } catch {
        return;
      }
      FS.mkdirTree(`${mount}/folder/deep`);
    },
  ];
}

for (let seed = 1; seed <= RUNS; seed++) {
  test(`random changes, seed ${seed}`, () => {
    const random = randomNumbers(seed);
    const { mount, watched, stored } = mountWatched();
    FS.mkdirTree(`${mount}/folder/deep`);
    const possible = actions(mount, random);
    let before = new Map();
    for (let round = 0; round < 12; round++) {
      const { writes } = watched;
      for (let count = random(6); count >= 0; count--) possible[random(possible.length)]();
      const now = filesIn(mount);
      assert.equal(
        watched.size,
        [...now.values()].reduce((sum, { length }) => sum + length, 0),
      );
      const differ =
        changedBlocks(before, now).size > 0 || `${[...before.keys()]}` !== `${[...now.keys()]}`;
      if (differ) assert.ok(watched.changed && watched.writes > writes);
      // What is taken ahead of the rest must not show in what was stored before.
      for (let portions = random(4); portions > 0; portions--) {
        stored.putAhead(watched.takeAhead(watched.changedPaths, 2 * BLOCK_SIZE));
        assertSame(stored.files({ mayBeLeft: true }), before);
        if (random(2) === 0) possible[random(possible.length)]();
      }
      if (random(2) === 0) {
        stored.apply(watched.take());
      } else {
        // In portions, with changes in between: only the last one makes it whole.
        let changes = watched.take(BLOCK_SIZE);
        while (changes.bytes >= BLOCK_SIZE) {
          stored.apply(changes);
          if (random(3) === 0) possible[random(possible.length)]();
          changes = watched.take(BLOCK_SIZE);
        }
        stored.apply(changes);
      }
      assert.ok(!watched.changed);
      before = filesIn(mount);
      assertSame(stored.files(), before);
    }
  });
}

test("exactly the blocks that a write touched are taken, and they are copies", () => {
  const { mount, watched, heard } = mountWatched();
  const path = `${mount}/file`;
  FS.writeFile(path, new Uint8Array(10 * BLOCK_SIZE));
  watched.take();
  const stream = FS.open(path, "r+");
  const before = heard();
  FS.write(stream, new Uint8Array([1]), 0, 1, 2 * BLOCK_SIZE);
  FS.write(stream, new Uint8Array([2, 3]), 0, 2, 6 * BLOCK_SIZE - 1);
  FS.write(stream, new Uint8Array(), 0, 0, 8 * BLOCK_SIZE);
  assert.equal(heard(), before + 2);
  const { removed, files, bytes } = watched.take();
  assert.deepEqual(removed, []);
  assert.deepEqual(
    files[0].blocks.map(([index]) => index),
    [2, 5, 6],
  );
  assert.equal(bytes, 3 * BLOCK_SIZE);
  FS.write(stream, new Uint8Array([9]), 0, 1, 2 * BLOCK_SIZE);
  FS.close(stream);
  const [, block] = files[0].blocks[0];
  assert.equal(block[0], 1);
  assert.equal(block.buffer.byteLength, BLOCK_SIZE, "a view would be stored with all behind it");
});

test("reading changes nothing", () => {
  const { mount, watched, heard } = mountWatched();
  FS.writeFile(`${mount}/file`, "text");
  watched.take();
  const before = heard();
  FS.readFile(`${mount}/file`);
  FS.readdir(mount);
  FS.stat(`${mount}/file`);
  assert.ok(!watched.changed);
  assert.equal(heard(), before);
});

test("what comes and goes between two takes is not heard of", () => {
  const { mount, watched } = mountWatched();
  FS.writeFile(`${mount}/journal`, "text");
  FS.unlink(`${mount}/journal`);
  assert.ok(!watched.changed);
  assert.deepEqual(watched.take(), { removed: [], files: [], bytes: 0 });
});

test("files that are filled in count as unchanged, and are theirs to change", () => {
  const { mount, watched, stored } = mountWatched();
  const files = new Map([
    ["state.json", new TextEncoder().encode("{}")],
    ["databases/empty.db", new Uint8Array()],
    ["databases/some.db", new Uint8Array(2 * BLOCK_SIZE + 5).fill(7)],
  ]);
  for (const [path, bytes] of files) {
    const blocks = [];
    for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
      blocks.push([at / BLOCK_SIZE, bytes.slice(at, at + BLOCK_SIZE)]);
    }
    stored.apply({ removed: [], files: [{ path, size: bytes.length, before: 0, blocks }] });
  }
  watched.fill(new Map([...files].map(([path, bytes]) => [path, bytes.slice()])));
  assert.ok(!watched.changed);
  assertSame(filesIn(mount), files);
  FS.truncate(`${mount}/databases/some.db`, 10);
  FS.unlink(`${mount}/state.json`);
  const changes = watched.take();
  assert.deepEqual(changes.removed, ["state.json"]);
  stored.apply(changes);
  assertSame(stored.files(), filesIn(mount));
});

test("everything is taken again once it counts as changed", () => {
  const { mount, watched, stored } = mountWatched();
  FS.writeFile(`${mount}/a`, new Uint8Array(3 * BLOCK_SIZE).fill(1));
  FS.writeFile(`${mount}/b`, "gone soon");
  FS.symlink(`${mount}/a`, `${mount}/link`);
  watched.take();
  FS.unlink(`${mount}/b`);
  FS.unlink(`${mount}/link`);
  watched.touchAll();
  stored.apply(watched.take());
  assertSame(stored.files(), filesIn(mount));
});

test("what is on its way in is not watched until it is there", () => {
  const { mount, watched, stored, heard } = mountWatched();
  FS.mkdirTree(`${mount}/incoming`);
  FS.mkdirTree(`${mount}/databases`);
  FS.writeFile(`${mount}/incoming/source-1`, new Uint8Array(3 * BLOCK_SIZE).fill(1));
  FS.writeFile(`${mount}/incoming/source-2`, "gone soon");
  FS.unlink(`${mount}/incoming/source-2`);
  assert.deepEqual([watched.changed, watched.writes, watched.size, heard()], [false, 0, 0, 0]);
  FS.rename(`${mount}/incoming/source-1`, `${mount}/databases/new.db`);
  assert.equal(watched.size, 3 * BLOCK_SIZE);
  FS.writeFile(`${mount}/incoming/source-3`, "not that");
  watched.touchAll();
  stored.apply(watched.take());
  assert.deepEqual([...stored.files().keys()], ["databases/new.db"]);
});

test("a large new file is taken ahead, all but that it is there", () => {
  const { mount, watched, stored } = mountWatched();
  FS.writeFile(`${mount}/file`, new Uint8Array(9 * BLOCK_SIZE + 7).fill(1));
  assert.equal(watched.changedBytes, 10 * BLOCK_SIZE);
  let portions = 0;
  for (;;) {
    const ahead = watched.takeAhead(watched.changedPaths, 4 * BLOCK_SIZE);
    if (ahead.length === 0) break;
    stored.putAhead(ahead);
    portions += 1;
  }
  assert.equal(portions, 3);
  const changes = watched.take();
  assert.equal(changes.bytes, 0);
  stored.apply(changes);
  assertSame(stored.files(), filesIn(mount));
});

test("what could not be stored is taken again", () => {
  const { mount, watched, stored } = mountWatched();
  FS.writeFile(`${mount}/file`, new Uint8Array(9 * BLOCK_SIZE + 7).fill(1));
  FS.writeFile(`${mount}/other`, "other");
  watched.giveBack({ files: watched.takeAhead(watched.changedPaths, 4 * BLOCK_SIZE) });
  stored.putAhead(watched.takeAhead(watched.changedPaths, 2 * BLOCK_SIZE));
  const lost = watched.take();
  FS.truncate(`${mount}/file`, 3 * BLOCK_SIZE);
  FS.unlink(`${mount}/other`);
  watched.giveBack(lost);
  stored.apply(watched.take());
  assertSame(stored.files(), filesIn(mount));
  FS.unlink(`${mount}/file`);
  watched.giveBack(watched.take());
  stored.apply(watched.take());
  assertSame(stored.files(), new Map());
});

/**
 * Ask SQLite for the rows in a copy of the files, opened elsewhere as after a kill: without what only
 * a running SQLite needs, which engine/folder.py removes.
 */
function rowsIn(files) {
  const elsewhere = `/elsewhere-${++mounts}`;
  FS.mkdirTree(elsewhere);
  for (const [path, bytes] of files) {
    if (!path.endsWith("-shm")) FS.writeFile(`${elsewhere}/${path}`, bytes);
  }
  const look = pyodide.runPython(`
import json, sqlite3
def look(path):
    connection = sqlite3.connect(path)
    try:
        check = connection.execute("pragma integrity_check").fetchone()[0]
        rows = connection.execute("select id, length(text) from t order by id").fetchall()
    finally:
        connection.close()
    return json.dumps([check, rows])
look`);
  const [check, rows] = JSON.parse(look(`${elsewhere}/t.db`));
  assert.equal(check, "ok");
  return rows;
}

/** A connection to t.db in the mount, in a journal mode; a small cache makes SQLite write early. */
function connect(mount, mode, { spill = true } = {}) {
  const make = pyodide.runPython(`
def connect(path, pragmas):
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in pragmas:
        answer = connection.execute("pragma " + pragma).fetchall()
        if pragma.startswith("journal_mode"):
            assert answer == [(pragma.split()[-1],)], answer
    connection.execute("create table if not exists t (id integer primary key, text)")
    def run(sql):
        connection.execute(sql)
    return run
import sqlite3
connect`);
  const pragmas = [...mode, "cache_size = 10", `cache_spill = ${spill ? "on" : "off"}`];
  return make(`${mount}/t.db`, pyodide.toPy(pragmas));
}

const WAL = ["locking_mode = exclusive", "journal_mode = wal"];
const UNDOABLE = {
  delete: ["journal_mode = delete"],
  truncate: ["journal_mode = truncate"],
  persist: ["journal_mode = persist"],
  "delete, exclusive": ["locking_mode = exclusive", "journal_mode = delete"],
  wal: ["journal_mode = wal"],
  "wal, exclusive": WAL,
  "wal with checkpoints": [...WAL, "wal_autocheckpoint = 2"],
};
const ALL_MODES = {
  ...UNDOABLE,
  memory: ["journal_mode = memory"],
  off: ["journal_mode = off"],
};

for (const [name, mode] of Object.entries(ALL_MODES)) {
  test(`SQLite, journal mode ${name}: what was committed is in what was taken`, () => {
    const { mount, watched, stored } = mountWatched();
    const run = connect(mount, mode);
    const expected = [];
    for (let id = 1; id <= 12; id++) {
      const length = id % 3 === 0 ? 70_000 : 20;
      run("begin");
      run(`insert into t values (${id}, hex(zeroblob(${length / 2})))`);
      if (id % 4 === 0) run(`delete from t where id = ${id - 3}`);
      run("commit");
      expected.push([id, length]);
      if (id % 4 === 0)
        expected.splice(
          expected.findIndex(([other]) => other === id - 3),
          1,
        );
      stored.apply(watched.take());
      assert.deepEqual(rowsIn(stored.files()), expected);
    }
    run("vacuum");
    stored.apply(watched.take());
    assert.deepEqual(rowsIn(stored.files()), expected);
    assertSame(stored.files(), filesIn(mount));
  });
}

/** Change a lot in one transaction, taking what changed at every step of it. */
function takeAmid(mode, options, whileOpen) {
  const { mount, watched, stored } = mountWatched();
  const run = connect(mount, mode, options);
  for (let id = 1; id <= 40; id++) run(`insert into t values (${id}, hex(zeroblob(3000)))`);
  stored.apply(watched.take());
  const before = rowsIn(stored.files());
  assert.equal(before.length, 40);
  run("begin immediate");
  for (let id = 1; id <= 40; id += 3) {
    run(`update t set text = hex(zeroblob(5000)) where id = ${id}`);
    run(`delete from t where id = ${id + 1}`);
    run(`insert into t values (${id + 1000}, hex(zeroblob(9000)))`);
    stored.apply(watched.take());
    whileOpen(stored, before);
  }
  run("commit");
  stored.apply(watched.take());
  const after = rowsIn(stored.files());
  assert.equal(after.length, 41);
  assert.notDeepEqual(after, before);
}

const isAsBefore = (stored, before) => assert.deepEqual(rowsIn(stored.files()), before);

for (const [name, mode] of Object.entries(UNDOABLE)) {
  test(`SQLite, journal mode ${name}: a copy from amid a transaction is undone`, () => {
    takeAmid(mode, {}, isAsBefore);
  });
}

for (const mode of ["memory", "off"]) {
  // Nothing in the files could undo it, so nothing may reach the file before the commit does.
  test(`SQLite, journal mode ${mode}: a transaction that never spills is not halfway there`, () => {
    takeAmid(ALL_MODES[mode], { spill: false }, isAsBefore);
  });
}

test("copies of all files are bytes, even of a file that nothing was written to", () => {
  const files = new WatchedFiles(FS, "/copies", () => {});
  FS.writeFile("/copies/full", new Uint8Array([1, 2]));
  FS.close(FS.open("/copies/empty", "w"));
  const stream = FS.open("/copies/of-program", "w");
  FS.write(stream, new Int8Array([-1]), 0, 1); // Python's memory, as Emscripten writes it
  FS.close(stream);
  assert.deepEqual(
    files.copyAll(),
    new Map([
      ["full", new Uint8Array([1, 2])],
      ["empty", new Uint8Array()],
      ["of-program", new Uint8Array([255])],
    ]),
  );
});
