/** Tests of shell/worker/instance/crash-guard.js: what is not run again after it stopped the worker. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../../../../shell/shared/saved-store.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { CrashGuard, forgetOldWork, judged } = await importWorkerModule(
  "shell/worker/instance/crash-guard.js",
);

let sites = 0;
const request = (
  /** @type {string} */ path,
  method = "GET",
  /** @type {string | undefined} */ body,
) => new Request(`http://localhost/app/@k/${path}`, { method, body });

/** A store, and workers that come and go. */
async function world() {
  const store = await openStore(new URL(`http://localhost/guard-${++sites}/`));
  return {
    store,
    worker: (isSecret = false) =>
      new CrashGuard(
        "k",
        async () => store,
        () => isSecret,
      ),
  };
}

/** Begin with a request that is not blocked; return what ends it. */
async function begun(guard, asked) {
  assert.equal(await guard.blocked(asked), undefined);
  return guard.begin(asked);
}

/** Work that never ends. */
const forever = () => new Promise(() => {});

/** Begin work that never ends. */
const beginForever = (guard, what) =>
  new Promise((resolve) => {
    void guard.during(what, () => {
      resolve(undefined);
      return forever();
    });
  });

/** @param {import("../../../../../shell/shared/saved-store.js").Store} store */
const saved = async (store) => (await store.get("guards", "k"))?.loads ?? [];

test("a page that was under way for long when the worker ended is not run again", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { worker } = await world();
  const first = worker();
  await begun(first, request("data/-/query?sql=x"));
  t.mock.timers.setTime(1_006_000);
  const second = worker();
  const load = await second.blocked(request("data/-/query?sql=x"));
  assert.equal(load?.state, "blocked");
  assert.equal(load?.address, "/app/@k/data/-/query?sql=x");
  assert.equal(await second.blocked(request("data/-/query?sql=y")), undefined);
  assert.equal((await worker().blocked(request("data/-/query?sql=x")))?.state, "blocked");
});

test("a page that was answered leaves nothing behind and is not noted again", async () => {
  const { store, worker } = await world();
  const guard = worker();
  const end = await begun(guard, request("data"));
  assert.deepEqual(
    (await saved(store)).map(({ address, state }) => [address, state]),
    [["/app/@k/data", "running"]],
  );
  end();
  assert.deepEqual(await saved(store), []);
  await begun(guard, request("data"));
  assert.deepEqual(await saved(store), []);
});

test("of two requests for a page, the first answer does not cross out the other", async () => {
  const { store, worker } = await world();
  const guard = worker();
  const ends = [await begun(guard, request("data")), await begun(guard, request("data"))];
  ends[0]();
  assert.equal((await saved(store)).length, 1);
  ends[1]();
  assert.equal((await saved(store)).length, 0);
});

test("the browser may stop the worker at any moment: short loads are to blame when that goes on", () => {
  /** @type {import("../../../../../shell/shared/saved-store.js").GuardedWork} */
  let load = { address: "/a", at: 1000, interrupted: 0, state: "running" };
  for (const state of ["interrupted", "interrupted", "blocked"]) {
    load = judged({ ...load, state: "running" }, 1500);
    assert.equal(load.state, state);
  }
});

test("a page that broke Python is blocked at once, until somebody allows it", async () => {
  const { worker } = await world();
  const guard = worker();
  const end = await begun(guard, request("data"));
  guard.failed(new Error("memory access out of bounds\n    at wasm"));
  end();
  assert.equal(
    (await guard.blocked(request("data")))?.reason,
    "Error: memory access out of bounds",
  );
  const next = worker();
  assert.equal((await next.blocked(request("data")))?.state, "blocked");
  await next.allow("/app/@k/data");
  assert.equal(await next.blocked(request("data")), undefined);
  assert.equal(await worker().blocked(request("data")), undefined);
});

/** A form that was being handled for long when the worker ended, and what the next one does with it. */
async function formInterrupted(t, secret = false) {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { store, worker } = await world();
  const first = worker(secret);
  const end = await begun(first, request("data/-/execute-write", "POST", "sql=endless"));
  t.mock.timers.setTime(1_006_000);
  return { store, end, next: worker(secret) };
}

test("a form that stopped the workspace is refused when the browser sends it again", async (t) => {
  const { next } = await formInterrupted(t);
  const again = request("data/-/execute-write", "POST", "sql=endless");
  assert.equal(await next.blocked(again), undefined);
  await assert.rejects(next.begin(again), {
    name: "StoppedBefore",
    message: "This request stopped the workspace before, so it was not run again.",
    hint: /go back and send it again/,
  });
  // Another one is not, and neither is the same one when a person sends it.
  await begun(next, request("data/-/execute-write", "POST", "sql=other"));
  (await begun(next, request("data/-/execute-write", "POST", "sql=endless")))();
});

test("the start of the next worker does not count as time that a request took", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { store, worker } = await world();
  await begun(worker(), request("data/t/-/insert", "POST", "{}"));
  t.mock.timers.tick(3000);
  // Opening the store and starting Python take their time.
  const next = new CrashGuard("k", async () => {
    t.mock.timers.tick(5000);
    return store;
  });
  const again = request("data/t/-/insert", "POST", "{}");
  await next.blocked(again);
  t.mock.timers.tick(10_000);
  (await next.begin(again))();
  assert.deepEqual(await saved(store), []);
});

/** A form as a person submits it: the browser does not send it again on its own. */
const form = (/** @type {string} */ path, /** @type {string} */ body) =>
  Object.defineProperty(request(path, "POST", body), "mode", { value: "navigate" });

test("one stop proves nothing against a form, two long ones do", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { worker } = await world();
  for (let times = 0; times < 2; times++) {
    await begun(worker(), form("data/-/create", "sql=x"));
    t.mock.timers.tick(6000); // until the person sends it again
  }
  const third = worker();
  const again = form("data/-/create", "sql=x");
  assert.equal(await third.blocked(again), undefined);
  await assert.rejects(third.begin(again), {
    name: "StoppedBefore",
    message: "This form stopped the workspace before, so it was not run again.",
  });
  (await begun(third, form("data/-/create", "sql=x")))();
});

test("a request whose saved response is sent has stopped nothing", async (t) => {
  const { store, next } = await formInterrupted(t);
  const again = request("data/-/execute-write", "POST", "sql=endless");
  await next.blocked(again);
  next.answered(again);
  assert.deepEqual(await saved(store), []);
  (await begun(next, request("data/-/execute-write", "POST", "sql=endless")))();
});

test("a saved response leaves an equal request that is running noted", async () => {
  const { store, worker } = await world();
  const guard = worker();
  await begun(guard, request("data/t/-/insert", "POST", "{}"));
  const again = request("data/t/-/insert", "POST", "{}");
  await guard.blocked(again);
  guard.answered(again);
  assert.equal((await saved(store)).length, 1);
});

test("a form that was handled leaves nothing behind, and is noted each time", async () => {
  const { store, worker } = await world();
  const guard = worker();
  for (let times = 0; times < 2; times++) {
    const end = await begun(guard, request("data/t/-/insert", "POST", "{}"));
    assert.match((await saved(store))[0].address, /^POST \/app\/@k\/data\/t\/-\/insert \w{64}$/);
    end();
    assert.deepEqual(await saved(store), []);
  }
});

test("where nothing is saved, the store does not show what was done", async (t) => {
  const { store, next } = await formInterrupted(t, true);
  const [{ address }] = await saved(store);
  assert.match(address, /^\w{64}$/);
  const again = request("data/-/execute-write", "POST", "sql=endless");
  await next.blocked(again);
  await assert.rejects(next.begin(again), { name: "StoppedBefore" });
  const page = request("data/-/query?sql=x");
  await begun(next, page);
  next.failed(new Error("gone"));
  assert.equal((await next.blocked(request("data/-/query?sql=x")))?.state, "blocked");
  await next.allow("/app/@k/data/-/query?sql=x");
  assert.equal(await next.blocked(request("data/-/query?sql=x")), undefined);
});

test("an import is refused once after it has stopped the workspace twice", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { worker } = await world();
  const what = "Importing bomb.csv";
  for (let times = 0; times < 2; times++) {
    await beginForever(worker(), what);
    t.mock.timers.tick(6000);
  }
  const third = worker();
  await assert.rejects(third.during(what, forever), {
    name: "StoppedBefore",
    message: "Importing bomb.csv stopped the workspace before, so it was not run again.",
    hint: /try again: it is run then/,
  });
  assert.equal(await third.during("Importing fine.csv", async () => "done"), "done");
  assert.equal(await third.during(what, async () => "done"), "done");
});

test("people may leave in the middle of an import, and the browser may end it at once", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { worker } = await world();
  const what = "Importing large.csv";
  for (const milliseconds of [1000, 1000, 1000, 60_000, 1000]) {
    await beginForever(worker(), what);
    t.mock.timers.tick(milliseconds);
  }
  assert.equal(await worker().during(what, async () => "done"), "done");
});

test("work of workspaces that are not saved is forgotten after a week", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { store, worker } = await world();
  await begun(worker(), request("data"));
  for (const [days, count] of [
    [6, 1],
    [2, 0],
  ]) {
    t.mock.timers.tick(days * 24 * 3_600_000);
    await forgetOldWork(store);
    assert.equal((await saved(store)).length, count);
  }
});

test("a start that is ended on purpose is not to blame", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { store, worker } = await world();
  const ending = new AbortController();
  const guard = worker();
  await new Promise((resolve) => {
    const work = () => {
      resolve(undefined);
      return forever();
    };
    void guard.during("Importing x.csv", work, ending.signal);
  });
  assert.equal((await saved(store)).length, 1);
  ending.abort();
  assert.deepEqual(await saved(store), []);
});

test("an import that breaks Python is refused at once", async () => {
  const { worker } = await world();
  const guard = worker();
  const failing = guard.during("Importing x.csv", async () => {
    const error = new Error("memory access out of bounds");
    guard.failed(error);
    throw error;
  });
  await assert.rejects(failing, /out of bounds/);
  await assert.rejects(worker().during("Importing x.csv", forever), {
    name: "StoppedBefore",
    hint: /Python could not continue after an error inside it/,
  });
});

test("without a store it guards for as long as the worker runs", async () => {
  const guard = new CrashGuard("k", async () => undefined);
  await begun(guard, request("data"));
  guard.failed(new Error("gone"));
  assert.equal((await guard.blocked(request("data")))?.state, "blocked");
});
