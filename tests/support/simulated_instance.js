/**
 * An instance for simulated workers: all of the worker's code that saves, and no Python. Its writes are
 * random, and recorded, so that the saved data can be compared with them.
 */

import { loadPyodide } from "pyodide";
import "./simulated_workers.js";
import { importWorkerModule } from "./worker_modules.js";

const { BLOCK_SIZE } = await importWorkerModule("shell/shared/blocks.js");
const { keysOf } = await importWorkerModule("shell/shared/saved-store.js");
const { readFiles } = await importWorkerModule("shell/shared/saved-contents.js");
const { saveCopy } = await importWorkerModule("shell/worker/storage/copies.js");
const { sweep } = await importWorkerModule("shell/worker/storage/generations.js");
const { own } = await importWorkerModule("shell/worker/storage/ownership.js");
const { Saver } = await importWorkerModule("shell/worker/storage/saver.js");
const { claim, newRecord } = await importWorkerModule("shell/worker/storage/store-changes.js");
const { WatchedFiles } = await importWorkerModule("shell/worker/storage/block-file-system.js");

const { FS } = await loadPyodide();

/** It has an entry for each write, in order. */
const LOG = "databases/log.db";
const OTHERS = ["databases/a.db", "databases/b.db", "databases/a.db-journal"];

let mounts = 0;

/** Everything written by all workers of a world. */
export class Writes {
  count = 0;
  /** By log: all files at that time. */
  states = new Map();
  /** Writes acknowledged as saved: number, key, origin, and when it was made. */
  acknowledged = [];
  /** By origin, which is the first write of an instance from its sources: when that was opened. */
  origins = new Map();
}

/** An instance that is open in a worker. */
export class Session {
  #world;
  #writes;
  #mount = `/simulated-${++mounts}`;
  #files;
  #saver;

  /** Open it, with a worker's means; resolved when it answers requests. */
  static async open(world, worker, writes, key, { fresh = false } = {}) {
    const session = new Session(world, worker, writes, key);
    await session.#open(fresh);
    return session;
  }

  constructor(world, worker, writes, key) {
    this.#world = world;
    this.#writes = writes;
    this.worker = worker;
    this.key = key;
    this.openStore = async () => {
      const store = await worker.openStore();
      if (!worker.hasSwept) {
        worker.hasSwept = true;
        await sweep(store);
      }
      return store;
    };
  }

  async #open(fresh) {
    const store = await this.openStore();
    this.#files = new WatchedFiles(FS, this.#mount, () => {});
    const { owner, found, disown } = await own(store, this.key);
    if (found) {
      const files = await readFiles(store, found.generation);
      if (!fresh) this.#files.fill(files);
    }
    const isSaved = found !== undefined && !fresh;
    const refetchable = !found || found.refetchable === true;
    const record = isSaved
      ? found
      : newRecord(this.key, [], owner, { generation: found?.generation, refetchable });
    this.#saver = new Saver(this.openStore, this.#files, record, () => {});
    if (!isSaved) this.#writes.origins.set(this.#writes.count + 1, this.#world.clock);
    // A start writes too, sometimes much.
    if (!isSaved || this.#world.chance(0.5)) this.write({ large: this.#world.chance(0.3) });
    this.firstSave = isSaved ? this.#saver.saveStart() : this.#saver.begin();
    this.firstSave.catch(() => {});
    this.close = async () => {
      await this.#saver.stop();
      disown();
    };
  }

  /** Answer one request that writes; rejected if it cannot be saved. */
  async request(large = false) {
    const request = await this.#saver.beginRequest({});
    const at = this.#world.clock;
    const write = this.write({ large });
    await request.settle();
    const [origin] = this.#log();
    this.#writes.acknowledged.push({ write, key: this.key, origin, at });
  }

  /** Answer a request that changes no data. */
  async saveQuery() {
    const request = await this.#saver.beginRequest({});
    FS.writeFile(`${this.#mount}/internal.db`, "a query");
    this.#writes.states.set(String(this.#log()), this.#files.copyAll());
    await request.settle();
  }

  /** Make one write; return its number. */
  write({ large }) {
    const world = this.#world;
    const number = ++this.#writes.count;
    FS.mkdirTree(`${this.#mount}/databases`);
    const log = [...this.#log(), number];
    FS.writeFile(`${this.#mount}/${LOG}`, new Uint8Array(new Uint32Array(log).buffer));
    for (let times = world.below(3) + (large ? 1 : 0); times > 0; times--) {
      const path = `${this.#mount}/${OTHERS[world.below(OTHERS.length)]}`;
      const { exists, object } = FS.analyzePath(path);
      const size = exists ? object.usedBytes : 0;
      const fate = exists ? world.random() : 1;
      if (fate < 0.12) FS.unlink(path);
      else if (fate < 0.24) FS.truncate(path, world.below(size + 1));
      else if (fate < 0.32) FS.rename(path, `${this.#mount}/${OTHERS[world.below(OTHERS.length)]}`);
      else {
        const stream = FS.open(path, exists ? "r+" : "w+");
        const length = large ? 24 * BLOCK_SIZE : world.below(3 * BLOCK_SIZE);
        const bytes = new Uint8Array(length).fill(number % 251);
        FS.write(stream, bytes, 0, length, large ? size : world.below(size + 1));
        FS.close(stream);
      }
    }
    this.#writes.states.set(String(log), this.#files.copyAll());
    return number;
  }

  #log() {
    const path = `${this.#mount}/${LOG}`;
    if (!FS.analyzePath(path).exists) return [];
    return [...new Uint32Array(FS.readFile(path).buffer)];
  }
}

/** Save a copy of what is saved, as an import of an export does. */
export async function importCopy(session, key) {
  const store = await session.openStore();
  const saved = await store.get("instances", session.key);
  if (!saved) return;
  const files = [...(await readFiles(store, saved.generation))].map(([path, bytes]) => ({
    path,
    content: {
      size: bytes.length,
      slice: (from, to) => ({ arrayBuffer: async () => bytes.slice(from, to).buffer }),
    },
  }));
  await saveCopy(store, { ...saved, key }, files);
}

/** Everything that is saved, once no worker runs; what a new worker finds after it has swept. */
export async function found(world, writes) {
  const instances = [];
  let strays = [];
  const looking = world.begin(async (worker) => {
    const store = await worker.openStore();
    await sweep(store);
    for (const { key } of await store.getAll("instances")) {
      const record = await claim(store, key, "nobody");
      const files = await readFiles(store, record.generation);
      const log = [...new Uint32Array(files.get(LOG).slice().buffer)];
      const blocks = await store.count("blocks", keysOf(record.generation));
      const needed = [...files.values()].map(({ length }) => Math.ceil(length / BLOCK_SIZE));
      const surplus = blocks - needed.reduce((sum, count) => sum + count, 0);
      instances.push({
        key,
        record,
        files,
        log,
        surplus,
        expected: writes.states.get(String(log)),
      });
    }
    const current = new Set(instances.map(({ record }) => record.generation));
    for (const name of ["files", "blocks", "replies"]) {
      strays.push(...(await store.getAllKeys(name)).map(([generation]) => generation));
    }
    strays = strays.filter((generation) => !current.has(generation));
  });
  await world.run();
  if (looking.error) throw looking.error;
  return { instances, strays };
}
