import assert from "node:assert/strict";
import { test } from "node:test";
import { dependenciesOf } from "../../../../../shell/worker/boot/inline-metadata.js";

const ADDRESS = "https://example.org/app.py";

test("the dependencies of a script are read as TOML", () => {
  const code = `#!/usr/bin/env python
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "fastapi>=0.100",  # the framework
#   'python-multipart',
# ]
#
# [tool.x]
# dependencies = "not these"
# ///
import fastapi
`;
  assert.deepEqual(dependenciesOf(code, ADDRESS), ["fastapi>=0.100", "python-multipart"]);
  assert.deepEqual(dependenciesOf(code.replaceAll("\n", "\r\n"), ADDRESS).length, 2);
});

test("a script without metadata has no dependencies", () => {
  assert.deepEqual(dependenciesOf("import starlette\n", ADDRESS), []);
  assert.deepEqual(dependenciesOf("# /// other\n# dependencies = ['x']\n# ///\n", ADDRESS), []);
  assert.deepEqual(dependenciesOf("# /// script\n# x = 1\n# ///\n", ADDRESS), []);
});

for (const [what, block, why] of [
  ["broken TOML", '# dependencies = ["x"', /could not be read/],
  ["a string", '# dependencies = "x"', /not a list of strings/],
  ["numbers", "# dependencies = [1]", /not a list of strings/],
]) {
  test(`metadata with ${what} is refused with a sentence`, () => {
    const code = `# /// script\n${block}\n# ///\n`;
    assert.throws(() => dependenciesOf(code, ADDRESS), { message: /** @type {RegExp} */ (why) });
  });
}

test("two script blocks are refused, as the specification asks", () => {
  const block = "# /// script\n# dependencies = []\n# ///\n";
  assert.throws(() => dependenciesOf(`${block}\n${block}`, ADDRESS), /more than one/);
});

test("a block ends with the last “///” of its comment, and has at least one line", () => {
  const code = "# /// script\n# dependencies = ['x']\n# # ///\n#\n# ///\n# more\n";
  assert.deepEqual(dependenciesOf(code, ADDRESS), ["x"]);
  assert.deepEqual(dependenciesOf("# /// script\n# ///\n", ADDRESS), []);
  assert.deepEqual(dependenciesOf("# /// script\n#no comment line\n# ///\n", ADDRESS), []);
});

test("a large file without a block is read quickly", () => {
  const began = performance.now();
  for (const part of ["# /// script\n", "# /// script\nx\n"]) {
    assert.deepEqual(dependenciesOf(part.repeat(100_000), ADDRESS), []);
  }
  assert.ok(performance.now() - began < 2000);
});
