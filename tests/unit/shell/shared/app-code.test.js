import assert from "node:assert/strict";
import { test } from "node:test";
import { codeFileName, codePaths, entryIn } from "../../../../shell/shared/app-code.js";

for (const [what, paths, entry] of /** @type {Array<[string, string[], string | undefined]>} */ ([
  ["a module main", ["main.py", "data.csv"], ""],
  ["a package app", ["app/__init__.py", "app/routes.py", "README.md"], ""],
  ["an archive of a repository", ["shop-1.0/asgi.py", "shop-1.0/static/x.css"], ""],
  ["a Django project", ["manage.py", "mysite/asgi.py", "mysite/settings.py"], "mysite.asgi"],
  ["two Django projects", ["one/asgi.py", "two/asgi.py"], undefined],
  ["only a package, called app", ["app/__init__.py", "app/views.py"], ""],
  ["other modules", ["shop/web.py", "shop/__init__.py"], undefined],
  ["a main that is hidden", [".venv/main.py", "x.csv"], undefined],
  ["a main further down", ["src/main.py", "x.csv"], undefined],
  ["nothing", [], undefined],
])) {
  test(`the entry of ${what} is ${JSON.stringify(entry)}`, () => {
    assert.equal(entryIn(paths), entry);
  });
}

test("what tools leave beside the code does not belong to it", () => {
  const paths = ["main.py", "__pycache__/main.pyc", "a/.git/x", "a/node_modules/b.js", "a/venv.py"];
  assert.deepEqual(codePaths([...paths, "venv/lib/x.py", "a/"]), ["main.py", "a/venv.py"]);
});

for (const [name, isArchive, saved] of /** @type {Array<[string, boolean, string]>} */ ([
  ["guestbook.py", false, "guestbook.py"],
  ["my app.py", false, "my_app.py"],
  ["../x.py", false, "_x.py"],
  ["main", true, "main.zip"],
  ["", false, "main.py"],
  [".py", false, "py.py"],
  ["é.zip", true, "_.zip"],
])) {
  test(`code from ${JSON.stringify(name)} is saved as ${saved}`, () => {
    assert.equal(codeFileName(name, isArchive), saved);
  });
}
