/** Tests of shell/worker/instance/workspaces.js: which workspaces a worker runs. */

import "fake-indexeddb/auto";
import assert from "node:assert/strict";
import { test } from "node:test";
import { recipeToKey } from "../../../../../shell/shared/recipe.js";
import { ROOT } from "../../../../../shell/shared/scopes.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

/** Node's would keep the process of the tests from ending. */
class SilentChannel {
  addEventListener() {}
}
globalThis.BroadcastChannel = /** @type {any} */ (SilentChannel);

const { Workspaces } = await importWorkerModule("shell/worker/instance/workspaces.js");

/** @param {any} role */
const workspacesOf = (role) => new Workspaces(role, () => {});

test("a workspace’s worker runs that workspace and no other", async () => {
  const workspaces = workspacesOf("own");
  assert.equal(workspaces.find("own"), await workspaces.host("own"));
  assert.equal(workspaces.find("other"), undefined);
  await assert.rejects(workspaces.host("other"), /belongs to another workspace/);
});

test("the root’s and the default workspace’s take guests, of which the oldest makes room", async () => {
  for (const role of [ROOT, ""]) {
    const workspaces = workspacesOf(role);
    for (const key of ["a", "b", "c"]) {
      const guest = await workspaces.host(key);
      Object.defineProperty(guest, "lastUsed", { value: "bca".indexOf(key) });
    }
    await workspaces.host("d");
    const running = ["a", "b", "c", "d"].filter((key) => workspaces.find(key));
    assert.deepEqual(running, ["a", "c", "d"]);
  }
});

test("a guest whose work is not saved makes no room", async () => {
  const workspaces = workspacesOf(ROOT);
  const guests = await Promise.all(["a", "b", "c"].map((key) => workspaces.host(key)));
  for (const guest of guests) Object.defineProperty(guest, "hasUnsavedWork", { value: true });
  await assert.rejects(workspaces.host("d"), /No more workspaces can be opened/);
  assert.ok(["a", "b", "c"].every((key) => workspaces.find(key)));
});

test("an app is private from the start, data once it holds more than its address says", async () => {
  const workspaces = workspacesOf(ROOT);
  const app = recipeToKey([["app", "https://a.test/x.py"]]);
  const data = recipeToKey([["csv", "https://a.test/x.csv"]]);
  assert.equal(await workspaces.isPrivate(app), true);
  assert.equal(await workspaces.isPrivate(data), false);
  Object.defineProperty(await workspaces.host(data), "isChanged", { value: true });
  assert.equal(await workspaces.isPrivate(data), true);
});
