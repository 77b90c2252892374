/**
 * SQLite on files of which only some blocks are in memory, through the code that repeats what fails.
 *
 * Random statements run on such a database and on an ordinary copy of it, with hardly any room for blocks,
 * so that nearly every step fails several times. Both must give the same rows at every step. What take()
 * hands out for saving, on top of the base, must at all times be the database that SQLite shows. SEEDS and
 * STEPS in the environment try more.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPyodide } from "pyodide";
import { BLOCK_SIZE } from "../../../../../shell/shared/blocks.js";
import { WatchedFiles } from "../../../../../shell/worker/storage/block-file-system.js";

const pyodide = await loadPyodide();
const { FS } = pyodide;
pyodide.mountNodeFS("/project", new URL("../../../../../", import.meta.url).pathname);
pyodide.runPython("import sys; sys.path.insert(0, '/project')");

const SEEDS = Number(process.env.SEEDS ?? 4);
const STEPS = Number(process.env.STEPS ?? 60);

/** A base whose reads take a moment, and now and then come in another order. */
class SlowBase {
  reads = 0;
  description = { kind: "remote", url: "", size: 0, etag: "", lastModified: "", head: "" };

  constructor(bytes) {
    this.bytes = bytes;
    this.size = bytes.length;
  }

  async read(start, end) {
    this.reads += 1;
    for (let turns = this.reads % 3; turns >= 0; turns--) await new Promise(setImmediate);
    return this.bytes.slice(start, end);
  }

  async verify() {}
}

/** What would be in IndexedDB, and so after a restart. */
class Stored {
  files = new Map();

  apply({ removed, files }) {
    for (const path of removed) this.files.delete(path);
    for (const { path, size, before, blocks, base } of files) {
      const file = this.files.get(path) ?? { blocks: new Map() };
      Object.assign(file, { size, base });
      if (size < before) {
        const end = Math.ceil(size / BLOCK_SIZE);
        for (const index of file.blocks.keys()) if (index >= end) file.blocks.delete(index);
      }
      for (const [index, bytes] of blocks) file.blocks.set(index, bytes);
      this.files.set(path, file);
    }
  }

  /** All bytes of a file, as a start would put them together. */
  whole(path, original) {
    const { size, base, blocks } = this.files.get(path);
    const bytes = new Uint8Array(size);
    bytes.set(original.subarray(0, Math.min(base.end, size)));
    for (const [index, block] of blocks) bytes.set(block, index * BLOCK_SIZE);
    return bytes;
  }
}

pyodide.runPython(`
import random, sqlite3

from engine.environment import JsBlocks
from engine.sqlite import faults


def make(path, page_size, vacuum):
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute(f"PRAGMA page_size = {page_size}")
    conn.execute(f"PRAGMA auto_vacuum = {vacuum}")
    conn.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, k, v)")
    conn.execute("CREATE INDEX t_k ON t (k)")
    conn.execute(
        "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)"
        " SELECT i, i * 7919 % 1009, hex(zeroblob(40 + i % 200)) FROM n"
    )
    conn.execute("CREATE VIRTUAL TABLE f USING fts5(v, content='')")
    conn.execute("INSERT INTO f (rowid, v) SELECT id, 'w' || k FROM t WHERE id < 500")
    conn.close()


def connect(path, **options):
    conn = sqlite3.connect(path, isolation_level=None, **options)
    conn.execute("PRAGMA cache_size = 20")  # pages: so that nearly all is read again
    return conn


class Connections:
    """A reader and a writer, as Datasette has them."""

    def __init__(self, path):
        self.path = path
        self.reader = self.writer = None

    def read(self, work):
        self.reader = self.reader or connect(f"file:{self.path}?mode=ro", uri=True)
        return work(self.reader)

    def write(self, work, transaction):
        self.writer = self.writer or connect(self.path)
        if not transaction:
            return work(self.writer)
        with self.writer:
            self.writer.execute("BEGIN IMMEDIATE")
            return work(self.writer)

    def disconnect(self):
        if self.writer:
            self.writer.close()
        self.writer = None

    def close(self):
        self.disconnect()
        if self.reader:
            self.reader.close()
        self.reader = None


class Refused(Exception):
    pass


def statements(rng, paged_other, other):
    """Return whether it writes, whether in a transaction, and what to do with a connection."""
    a, b = rng.randrange(13000), rng.randrange(1, 60)
    k = rng.randrange(1009)

    def sql(*texts):
        return lambda conn: [conn.execute(text).fetchall() for text in texts]

    def refused(conn):
        conn.execute(f"UPDATE t SET v = 'gone' WHERE id BETWEEN {a} AND {a + b}")
        conn.execute(f"DELETE FROM t WHERE k = {k}")
        raise Refused

    def hidden(conn):
        # As some of Datasette's introspection does.
        try:
            return conn.execute(f"SELECT id, v FROM t WHERE k = {k} ORDER BY id").fetchall()
        except sqlite3.Error:
            return []

    def attached(conn):
        is_paged = conn.execute("PRAGMA database_list").fetchone()[2].startswith("/paged")
        conn.execute(f"ATTACH '{paged_other if is_paged else other}' AS o")
        try:
            return conn.execute(
                f"SELECT count(*), max(length(o.t.v)) FROM o.t JOIN t USING (id) WHERE t.id < {a}"
            ).fetchall()
        finally:
            conn.execute("DETACH o")

    def script(conn):
        # Commits in between: it must not happen twice.
        conn.executescript(
            f"INSERT INTO t (k, v) VALUES ({k}, 'one'); INSERT INTO t (k, v) VALUES ({k}, 'two');"
            f"UPDATE t SET v = v || '!' WHERE k = {k}; DELETE FROM t WHERE id = {a};"
        )

    return rng.choice([
        (False, False, sql(f"SELECT * FROM t WHERE id = {a}")),
        (False, False, sql(f"SELECT * FROM t WHERE k = {k} ORDER BY id")),
        (False, False, sql(f"SELECT count(*), total(length(v)) FROM t WHERE id > {a}")),
        (False, False, sql(f"SELECT k, count(*) FROM t GROUP BY k ORDER BY k LIMIT {b}")),
        (False, False, sql(f"SELECT rowid FROM f WHERE f MATCH 'w{k}' ORDER BY rowid")),
        (False, False, hidden),
        (False, False, attached),
        (True, True, sql(f"INSERT INTO t (k, v) SELECT {k}, hex(zeroblob(100 * {b})) FROM t LIMIT {b}")),
        (True, True, sql(f"UPDATE t SET v = 'u{a}', k = {k} WHERE id BETWEEN {a} AND {a + b}")),
        (True, True, sql(f"DELETE FROM t WHERE id BETWEEN {a} AND {a + b}", "SELECT changes()")),
        (True, True, sql(f"INSERT INTO f (rowid, v) VALUES ({10_000 + a * 1000 + b}, 'w{k}')")),
        (True, True, refused),
        (True, False, script),
        (True, True, sql("CREATE INDEX IF NOT EXISTS t_v ON t (v)")),
        (True, True, sql("DROP INDEX IF EXISTS t_v")),
        (True, True, sql(f"DELETE FROM t WHERE k % 5 = {k % 5}")) if rng.random() < 0.1
        else (True, False, sql("PRAGMA incremental_vacuum")),
        (True, False, sql("VACUUM")) if rng.random() < 0.3 else (False, False, sql("PRAGMA page_count")),
    ])


def outcome(work):
    try:
        return work()
    except Refused:
        return "refused"


async def compare(paged, plain, paged_other, other, seed, steps, between):
    rng = random.Random(seed)
    ours, theirs = Connections(paged), Connections(plain)
    with faults.limited(1 << 40):
        for step in range(steps):
            writes, transaction, work = statements(rng, paged_other, other)
            if writes:
                async def run(checked):
                    return ours.write(checked, transaction)
                expected = outcome(lambda: theirs.write(work, transaction))
            else:
                async def run(checked):
                    return ours.read(checked)
                expected = outcome(lambda: theirs.read(work))
            try:
                found = await faults.complete_in(run, work, ours.disconnect)
            except Refused:
                found = "refused"
            assert found == expected, f"step {step}: {found!r:.300} is not {expected!r:.300}"
            if rng.random() < 0.1:
                ours.close()
            if rng.random() < 0.2:
                between()
        async def run(checked):
            return ours.read(checked)
        check = lambda conn: conn.execute("PRAGMA integrity_check").fetchall()
        assert await faults.complete_in(run, check) == [("ok",)]
        rows = lambda conn: conn.execute("SELECT * FROM t ORDER BY id").fetchall()
        assert await faults.complete_in(run, rows) == theirs.read(rows)
    ours.close()
    theirs.close()


def same_content(path, plain):
    found = []
    for one in (path, plain):
        conn = sqlite3.connect(one)
        assert conn.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found.append(conn.execute("SELECT * FROM t ORDER BY id").fetchall())
        conn.close()
    assert found[0] == found[1], "what would be saved differs"
`);

const python = (name) => pyodide.globals.get(name);
const SHAPES = [
  { pageSize: 4096, vacuum: "none" },
  { pageSize: 512, vacuum: "incremental" },
  { pageSize: 65536, vacuum: "full" },
  { pageSize: 1024, vacuum: "full" },
];

for (let seed = 1; seed <= SEEDS; seed++) {
  const { pageSize, vacuum } = SHAPES[seed % SHAPES.length];
  test(`pages of ${pageSize}, auto_vacuum ${vacuum}, seed ${seed}`, async () => {
    const mount = `/paged-${seed}`;
    const watched = new WatchedFiles(FS, mount, () => {}, 2 * BLOCK_SIZE);
    python("faults").use(python("JsBlocks")(watched.pager));
    const plain = `/plain-${seed}.db`;
    const other = `/other-${seed}.db`;
    python("make")(plain, pageSize, vacuum);
    python("make")(other, 4096, "none");
    const original = FS.readFile(plain);
    const base = new SlowBase(original);
    watched.attach(`${mount}/t.db`, base);
    watched.attach(`${mount}/other.db`, new SlowBase(FS.readFile(other)));
    const stored = new Stored();
    let saves = 0;
    const save = () => {
      stored.apply(watched.take());
      saves += 1;
      FS.writeFile("/restored.db", stored.whole("t.db", original));
      python("same_content")("/restored.db", plain);
    };
    const paths = [`${mount}/t.db`, plain, `${mount}/other.db`, other];
    await python("compare")(...paths, seed, STEPS, save);
    assert.ok(saves > 1 && base.reads > STEPS / 4, `${saves} saves, ${base.reads} reads`);
    save();
    const kept = [...stored.files.values()].reduce((sum, file) => sum + file.blocks.size, 0);
    assert.equal(kept, watched.counts.blocks, "blocks are saved that no file has");
  });
}
