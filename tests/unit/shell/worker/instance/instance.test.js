/** Tests of shell/worker/instance/instance.js: after what an instance counts as changed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { recipeToKey } from "../../../../../shell/shared/recipe.js";
import { importWorkerModule } from "../../../../support/worker_modules.js";

const { Instance } = await importWorkerModule("shell/worker/instance/instance.js");

const SITE = new URL("https://example.org/lite/");
const DATA = recipeToKey([["csv", "https://a.test/x.csv"]]);

/** @param {string} key */
function instanceOf(key) {
  const options = { openStore: async () => undefined, decisions: {}, guard: {}, onChange() {} };
  return new Instance(key, SITE, /** @type {any} */ ({ ...options, fromSources: false }));
}

/** @param {string} key @param {string} method */
async function isChangedBy(key, method) {
  const instance = instanceOf(key);
  const request = new Request(`${SITE.href}app/@${key}/`, { method });
  // Python has not started, so there is no answer.
  await instance.handle(request, { clientId: "", arrivedAt: 0 }).catch(() => {});
  return instance.isChanged;
}

test("what is not saved counts as changed by everything but reading", async () => {
  assert.equal(await isChangedBy(DATA, "POST"), true);
  assert.equal(await isChangedBy(DATA, "GET"), false);
  const instance = instanceOf(DATA);
  const { port1, port2 } = new MessageChannel();
  instance.connect(/** @type {any} */ ({}), port1, "page");
  assert.equal(instance.isChanged, true, "by a WebSocket as well");
  port2.close();
});
