import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedSocket } from "../../../../../shell/worker/trust/socket-requests.js";
import { recipeToKey } from "../../../../../shell/shared/recipe.js";

const SITE = new URL("https://example.org/lite/");
const ID = "0b2c6a52-7f8f-4d4b-9d2b-0a6f4f0a1c11";
const message = { id: ID, url: "wss://example.org/lite/app/@a2V5/ws?x=1", protocols: ["chat"] };
const PAGE = "https://example.org/lite/app/@a2V5/page";

test("a page of the workspace may open one", () => {
  const checked = checkedSocket(message, PAGE, SITE);
  assert.deepEqual(
    { ...checked, url: checked.url.href },
    { key: "a2V5", url: message.url, protocols: ["chat"], id: ID },
  );
  // Applications that were written for a server without TLS.
  assert.ok(checkedSocket({ ...message, url: message.url.replace("wss", "ws") }, PAGE, SITE));
});

for (const [name, changed, page] of [
  ["another workspace", {}, "https://example.org/lite/app/@b3RoZXI/page"],
  ["the default workspace", {}, "https://example.org/lite/app/page"],
  ["the launcher", {}, "https://example.org/lite/"],
  ["another site of this origin", {}, "https://example.org/app/@a2V5/page"],
  ["another origin", {}, "https://example.com/lite/app/@a2V5/page"],
  ["a frame without an address", {}, "about:srcdoc"],
  ["no page", {}, ""],
]) {
  test(`a page of ${name} may not`, () => {
    assert.equal(checkedSocket({ ...message, ...changed }, page, SITE), undefined);
  });
}

for (const [name, changed] of [
  ["another host", { url: "wss://example.com/lite/app/@a2V5/ws" }],
  ["HTTP", { url: "https://example.org/lite/app/@a2V5/ws" }],
  ["no address", { url: "ws" }],
  ["an address that is no text", { url: 7 }],
  ["the launcher", { url: "wss://example.org/lite/ws" }],
  ["a wrong subprotocol", { protocols: ["a b"] }],
  ["a subprotocol that is no text", { protocols: [7] }],
  ["no list of subprotocols", { protocols: "chat" }],
  ["too many subprotocols", { protocols: Array(51).fill("a") }],
  ["a strange id", { id: "x".repeat(36) }],
  ["no id", { id: undefined }],
]) {
  test(`a message with ${name} is refused`, () => {
    assert.equal(checkedSocket({ ...message, ...changed }, PAGE, SITE), undefined);
  });
}

test("an embedded copy that is read-only has none", () => {
  const key = recipeToKey([["embed", "1"]]);
  const url = `wss://example.org/lite/app/@${key}/ws`;
  const page = `https://example.org/lite/app/@${key}/`;
  assert.equal(checkedSocket({ ...message, url }, page, SITE), undefined);
});
