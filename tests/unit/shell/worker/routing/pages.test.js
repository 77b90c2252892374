import assert from "node:assert/strict";
import { test } from "node:test";
import { importWorkerModule } from "../../../../support/worker_modules.js";

globalThis.self = /** @type {any} */ ({ location: new URL("http://localhost/sw.js") });
const { failurePage, questionPage } = await importWorkerModule("shell/worker/routing/pages.js");
const { recipeToKey } = await importWorkerModule("shell/shared/recipe.js");
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

test("the question names the SQL of a link, and to an app all of it", async (context) => {
  const template = "{{work}}";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(template));
  const { manifest } = /** @type {any} */ (globalThis).VERSION;
  manifest.files["app/question.html"] = Buffer.from(digest).toString("hex");
  context.mock.method(globalThis, "fetch", async () => new Response(template));
  const app = recipeToKey([["app", "https://a.test/x.py"]]);
  for (const [key, work] of [
    ["", "select 1"],
    [app, `/app/@${app}/run?code=evil()&#38;sql=select+1`],
  ]) {
    const url = `http://localhost/app/${key && `@${key}/`}run?code=evil()&sql=select+1`;
    assert.equal(await (await questionPage("/", key, url)).text(), work);
  }
});
