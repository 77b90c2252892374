/** Tests of shell/worker/instance/crash-guard.js: which page loads are not run again. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { openStore } from "../../../../../shell/shared/saved-store.js";
import { CrashGuard, judged } from "../../../../../shell/worker/instance/crash-guard.js";

let sites = 0;
const request = (/** @type {string} */ path, method = "GET") =>
  new Request(`http://localhost/app/@k/${path}`, { method });

/** A store, and workers that come and go. */
async function world() {
  const store = await openStore(new URL(`http://localhost/guard-${++sites}/`));
  return { store, worker: () => new CrashGuard("k", async () => store) };
}

/** @param {import("../../../../../shell/shared/saved-store.js").Store} store */
const saved = async (store) => (await store.get("guards", "k"))?.loads ?? [];

test("a page that was under way for long when the worker ended is not run again", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const { worker } = await world();
  const first = worker();
  assert.equal(await first.blocked(request("data/-/query?sql=x")), undefined);
  first.begin(request("data/-/query?sql=x"));
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
  await guard.blocked(request("data"));
  const end = guard.begin(request("data"));
  assert.deepEqual(
    (await saved(store)).map(({ address, state }) => [address, state]),
    [["/app/@k/data", "running"]],
  );
  end();
  assert.deepEqual(await saved(store), []);
  guard.begin(request("data"));
  assert.deepEqual(await saved(store), []);
});

test("of two requests for a page, the first answer does not cross out the other", async () => {
  const { store, worker } = await world();
  const guard = worker();
  await guard.blocked(request("data"));
  const ends = [guard.begin(request("data")), guard.begin(request("data"))];
  ends[0]();
  assert.equal((await saved(store)).length, 1);
  ends[1]();
  assert.equal((await saved(store)).length, 0);
});

test("the browser may stop the worker at any moment: short loads are to blame when that goes on", () => {
  /** @type {import("../../../../../shell/shared/saved-store.js").GuardedLoad} */
  let load = { address: "/a", at: 1000, interrupted: 0, state: "running" };
  for (const state of ["interrupted", "interrupted", "blocked"]) {
    load = judged({ ...load, state: "running" }, 1500);
    assert.equal(load.state, state);
  }
});

test("a page that broke Python is blocked at once, until somebody allows it", async () => {
  const { worker } = await world();
  const guard = worker();
  await guard.blocked(request("data"));
  const end = guard.begin(request("data"));
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

test("requests that change something are neither noted nor blocked", async () => {
  const { store, worker } = await world();
  const guard = worker();
  await guard.blocked(request("data"));
  guard.begin(request("data/t/-/insert", "POST"));
  assert.deepEqual(await saved(store), []);
  assert.equal(await guard.blocked(request("data/t/-/insert", "POST")), undefined);
});

test("without a store it guards for as long as the worker runs", async () => {
  const guard = new CrashGuard("k", async () => undefined);
  await guard.blocked(request("data"));
  guard.begin(request("data"));
  guard.failed(new Error("gone"));
  assert.equal((await guard.blocked(request("data")))?.state, "blocked");
});
