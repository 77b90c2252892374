import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

globalThis.self = /** @type {any} */ ({ location: new URL("http://localhost/sw.js") });
const { failurePage } = await importWorkerModule("shell/worker/routing/pages.js");
const { LiteError } = await importWorkerModule("shell/shared/errors.js");
const { gone, notSaved } = await importWorkerModule("shell/worker/storage/save-errors.js");

const quota = new DOMException("full", "QuotaExceededError");

for (const [error, status] of [
  [notSaved(quota), 507],
  [notSaved(new DOMException("why", "UnknownError")), 500],
  [gone(), 409],
  [new LiteError("There was no answer.", { name: "TooSlowError" }), 504],
  [new LiteError("It broke.", { hint: "Try again." }), 500],
  [new Error("unexpected"), 500],
  ["text", 500],
]) {
  test(`the status of ${error}`, async () => {
    const response = await failurePage(error, { siteRoot: "/", wantsPage: false });
    assert.equal(response.status, status);
    if (error instanceof LiteError) {
      assert.ok((await response.text()).startsWith(`${error.message}\n\n${error.hint}`.trim()));
    }
  });
}
