import assert from "node:assert/strict";
import { test } from "node:test";
import { TextReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js/lib/zip-core-external.js";
import {
  dependenciesOf,
  projectDependencies,
  requirementsIn,
} from "../../../../../shell/worker/boot/app-dependencies.js";

/** @param {Record<string, string>} files */
async function zipOf(files) {
  const zip = new ZipWriter(new Uint8ArrayWriter());
  for (const [path, text] of Object.entries(files)) await zip.add(path, new TextReader(text));
  return zip.close();
}

const SCRIPT = '# /// script\n# dependencies = ["flask"]\n# ///\n';

test("requirements.txt comes before pyproject.toml, and that before a script", async () => {
  const files = {
    "shop-main/requirements.txt": "fastapi\n",
    "shop-main/pyproject.toml": '[project]\ndependencies = ["starlette"]\n',
    "shop-main/main.py": SCRIPT,
  };
  assert.deepEqual(await dependenciesOf("shop.zip", await zipOf(files)), ["fastapi"]);
  const { "shop-main/pyproject.toml": project, "shop-main/main.py": script } = files;
  const two = { "shop-main/pyproject.toml": project, "shop-main/main.py": script };
  assert.deepEqual(await dependenciesOf("shop.zip", await zipOf(two)), ["starlette"]);
  const one = { "shop-main/main.py": SCRIPT, "shop-main/pyproject.toml": "[tool.ruff]\n" };
  assert.deepEqual(await dependenciesOf("shop.zip", await zipOf(one)), ["flask"]);
  assert.deepEqual(await dependenciesOf("shop.zip", await zipOf({ "x.py": SCRIPT })), []);
});

test("a script says itself what it needs", async () => {
  assert.deepEqual(await dependenciesOf("x.py", new TextEncoder().encode(SCRIPT)), ["flask"]);
});

test("the metadata of a wheel says what it needs, without its extras", async () => {
  const metadata =
    "Metadata-Version: 2.4\nName: shop\nRequires-Dist: flask>=3\n" +
    "Requires-Dist: pytest; extra == 'test'\n\nRequires-Dist: not-this\n";
  const wheel = await zipOf({
    "shop/__init__.py": "",
    "shop-1.dist-info/METADATA": metadata,
  });
  assert.deepEqual(await dependenciesOf("shop-1-py3-none-any.whl", wheel), ["flask>=3"]);
});

test("servers are left out: the site is the server", async () => {
  const code = await zipOf({ "requirements.txt": "uvicorn[standard]>=0.3\nUvicorn_Worker\nh11\n" });
  assert.deepEqual(await dependenciesOf("shop.zip", code), ["h11"]);
});

test("what is no archive needs nothing; Python says what is wrong with it", async () => {
  assert.deepEqual(await dependenciesOf("x.zip", new Uint8Array([80, 75, 3, 4])), []);
});

test("comments, continued lines and hashes in requirements", () => {
  const text =
    "# all we need\r\nfastapi==1.0 \\\r\n  --hash=sha256:aa \\\r\n  --hash=sha256:bb\n" +
    "x @ https://h/x-1-py3-none-any.whl#frag # why\n\n";
  assert.deepEqual(requirementsIn(text, "requirements.txt"), [
    "fastapi==1.0",
    "x @ https://h/x-1-py3-none-any.whl#frag",
  ]);
});

for (const line of ["-r base.txt", "--index-url https://x", "-e ."]) {
  test(`the option ${line} in requirements is refused with a sentence`, () => {
    const message = new RegExp(`in requirements.txt, “${line}” is an option that only pip`);
    assert.throws(() => requirementsIn(`x\n${line}\n`, "requirements.txt"), { message });
  });
}

test("a broken pyproject.toml is refused with a sentence", () => {
  for (const text of ["[project", "[project]\ndependencies = 1\n"]) {
    assert.throws(() => projectDependencies(text, "p"), { message: /are not known: in p, / });
  }
});

test("more packages than anybody would read through are refused", async () => {
  const code = await zipOf({ "requirements.txt": "x\n".repeat(101) });
  await assert.rejects(dependenciesOf("x.zip", code), { message: /more than 100 packages/ });
});

test("a damaged list in a zip file is named", async () => {
  const bytes = await zipOf({ "shop/requirements.txt": "fastapi\n".repeat(100) });
  const header = new DataView(bytes.buffer);
  const start = 30 + header.getUint16(26, true) + header.getUint16(28, true);
  bytes.fill(0xff, start, start + 8);
  await assert.rejects(dependenciesOf("shop.zip", bytes), {
    name: "LiteError",
    message: /in shop\.zip, shop\/requirements\.txt cannot be unpacked/,
  });
});
