/**
 * SQLite on files of which only some blocks are in memory, through the code that repeats what fails.
 *
 * Random statements run on such a database and on an ordinary copy of it, with hardly any room for blocks,
 * so that nearly every step fails several times. Both must give the same rows at every step. What take()
 * hands out is saved in a store while the statements go on, and what was saved is forgotten. A start that
 * finds the store after any save must get the database that SQLite showed when it was taken. SEEDS and STEPS
 * in the environment try more.
 */

import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPyodide } from "pyodide";
import { BLOCK_SIZE } from "../../../../../shell/shared/blocks.js";
import { readFiles } from "../../../../../shell/shared/saved-contents.js";
import { keysOf, openStore } from "../../../../../shell/shared/saved-store.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { withBases } = await importWorkerModule("shell/worker/sources/opened-bases.js");
const { WatchedFiles } = await importWorkerModule("shell/worker/storage/block-file-system.js");
const { LocalBase } = await importWorkerModule("shell/worker/storage/local-base.js");
const { storeBases } = await importWorkerModule("shell/worker/storage/saved-bases.js");
const { change, putChanges } = await importWorkerModule("shell/worker/storage/store-changes.js");
const { StoredBlocks } = await importWorkerModule("shell/worker/storage/stored-blocks.js");

const pyodide = await loadPyodide();
const { FS } = pyodide;
pyodide.mountNodeFS("/project", new URL("../../../../../", import.meta.url).pathname);
pyodide.runPython("import sys; sys.path.insert(0, '/project')");

const SEEDS = Number(process.env.SEEDS ?? 3);
const STEPS = Number(process.env.STEPS ?? 60);

/** A base whose reads take a moment, and now and then come in another order. */
class SlowBase {
  isNear = false;
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

let stores = 0;

/** What is in IndexedDB, and so after a restart. */
class Saves {
  count = 0;
  #store;
  #watched;
  /** @type {Promise<void> | undefined} */
  #saving;

  static async begin() {
    const saves = new Saves();
    saves.#store = await openStore(new URL(`https://site.example/${++stores}/`));
    return saves;
  }

  /** What WatchedFiles reads saved blocks with. */
  get blocks() {
    return new StoredBlocks(async () => this.#store, "g");
  }

  /** Save the changes of these files. */
  of(watched) {
    this.#watched = watched;
  }

  /** Save what is there at this moment, while other work goes on; one in `refusals` is refused. */
  begin(random, refusals, check) {
    if (this.#saving) return;
    const isRefused = Math.floor(random() * refusals) === 0;
    this.#saving = this.#save(this.#watched.take(), isRefused, check).finally(
      () => (this.#saving = undefined),
    );
  }

  async end() {
    while (this.#saving) await this.#saving;
  }

  async #save(changes, isRefused, check) {
    await new Promise(setImmediate);
    if (isRefused) return this.#watched.giveBack(changes);
    await storeBases(this.#store, "g", this.#watched.bases, () => {});
    await change(this.#store, (transaction, ask) => putChanges(transaction, ask, "g", changes));
    this.#watched.settle(changes.files);
    this.count += 1;
    await check();
  }

  /** Files as a start would open them. */
  async opened() {
    const isPaged = () => true;
    return withBases(await readFiles(this.#store, "g", { isPaged }), "g");
  }

  /** All bytes of a file, as a start would put them together. */
  async whole(path, base) {
    const { size, end, saved } = (await this.opened()).get(path);
    const bytes = new Uint8Array(size);
    bytes.set(base.subarray(0, Math.min(end, size)));
    const indexes = [...saved];
    const blocks = indexes.length > 0 ? await this.blocks.read(path, indexes) : [];
    for (const [index, block] of blocks) {
      bytes.set(block.subarray(0, size - index * BLOCK_SIZE), index * BLOCK_SIZE);
    }
    return bytes;
  }

  /** How many blocks are stored. */
  stored() {
    return this.#store.count("blocks", keysOf("g"));
  }

  /** Save files that no worker has open. */
  async put(files) {
    const cut = ([path, bytes]) => {
      const count = Math.ceil(bytes.length / BLOCK_SIZE);
      const blocks = Array.from({ length: count }, (_, index) => [
        index,
        bytes.slice(index * BLOCK_SIZE, (index + 1) * BLOCK_SIZE),
      ]);
      return { path, size: bytes.length, before: 0, blocks };
    };
    const changes = { removed: [], files: files.map(cut) };
    await change(this.#store, (transaction, ask) => putChanges(transaction, ask, "g", changes));
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

const description = (name) => ({ kind: "local", id: crypto.randomUUID(), name, size: 0 });

/** Where the blocks of the files are at first: on a host, in files of the person's, or in the store. */
const PLACES = {
  "on a host": (watched, path, bytes) => watched.attach(path, new SlowBase(bytes)),
  "in a file": (watched, path, bytes) => {
    const size = bytes.length;
    const base = new LocalBase({ ...description(path), size }, new Blob([bytes]));
    watched.attach(path, base);
  },
  "in the store": undefined,
};

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function randomOf(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

for (let seed = 1; seed <= SEEDS; seed++) {
  const { pageSize, vacuum } = SHAPES[seed % SHAPES.length];
  const places = Object.entries(PLACES);
  const [place, attach] = places[seed % places.length];
  test(`${place}, pages of ${pageSize}, auto_vacuum ${vacuum}, seed ${seed}`, async () => {
    const mount = `/paged-${seed}-${place.replaceAll(" ", "-")}`;
    const random = randomOf(seed);
    const plain = `/plain-${seed}.db`;
    const other = `/other-${seed}.db`;
    for (const path of [plain, other]) if (FS.analyzePath(path).exists) FS.unlink(path);
    python("make")(plain, pageSize, vacuum);
    python("make")(other, 4096, "none");
    const original = FS.readFile(plain);
    const saves = await Saves.begin();
    const options = { stored: saves.blocks, cached: 2 * BLOCK_SIZE };
    const watched = new WatchedFiles(FS, mount, () => {}, options);
    saves.of(watched);
    python("faults").use(python("JsBlocks")(watched.pager));
    if (attach) {
      attach(watched, `${mount}/t.db`, original);
      attach(watched, `${mount}/other.db`, FS.readFile(other));
    } else {
      await saves.put([
        ["t.db", original],
        ["other.db", FS.readFile(other)],
      ]);
      watched.fill(await saves.opened());
    }
    const begin = (refusals) => {
      const then = FS.readFile(plain);
      saves.begin(random, refusals, async () => {
        FS.writeFile("/restored.db", await saves.whole("t.db", original));
        FS.writeFile("/then.db", then);
        python("same_content")("/restored.db", "/then.db");
      });
    };
    const paths = [`${mount}/t.db`, plain, `${mount}/other.db`, other];
    await python("compare")(...paths, seed, STEPS, () => begin(5));
    await saves.end();
    begin(Infinity);
    await saves.end();
    assert.ok(saves.count > 1, `${saves.count} saves`);
    assert.equal(await saves.stored(), watched.counts.blocks, "blocks are saved that no file has");
    // All of it must be there even if nothing is loaded any more.
    await watched.pager.makeWhole(`${mount}/t.db`);
    if (place === "on a host") return;
    assert.equal(watched.pager.has(`${mount}/t.db`), false);
    python("same_content")(paths[0], plain);
  });
}
