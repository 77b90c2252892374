/** Tests of shell/page/datasette/stray-links.js: where links lead that forget where the instance is. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { insideInstance } from "../../../../../shell/page/datasette/stray-links.js";

for (const root of ["https://site.test/", "https://site.test/some/lite/"]) {
  const siteRoot = new URL(root);
  const inside = (address, key = "abc") =>
    insideInstance(new URL(address, `${root}app/@abc/data/t`).href, siteRoot, key);

  test(`below ${root}, links from the root of the host are led back`, () => {
    const home = `${root}app/@abc/`;
    assert.equal(inside("/data?sql=select+1#x"), `${home}data?sql=select+1#x`);
    assert.equal(inside("/data/t"), `${home}data/t`);
    assert.equal(inside("/-/search", ""), `${root}app/-/search`);
  });

  test(`below ${root}, other links stay`, () => {
    const site = ["", "app/", "app/@other/x", "index.html", "saved.html?x", "v/1/shell/a.js"];
    const others = ["https://a.test/data", "mailto:a@b.test", "?a=1", "x", "#y", "../u"];
    for (const address of [...site.map((path) => root + path), ...others]) {
      assert.equal(inside(address), undefined, address);
    }
  });
}
