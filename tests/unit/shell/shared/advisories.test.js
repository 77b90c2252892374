/** Tests of shell/shared/advisories.js: which Datasette has which published vulnerability. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { advisoriesOf } from "../../../../shell/shared/advisories.js";

const NEWEST = "GHSA-h547-rmjf-5m2m";
const OPEN_REDIRECT = "CVE-2025-64481";

for (const [version, has, hasNot] of /** @type {Array<[string, string[], string[]]>} */ ([
  ["pre", [], [NEWEST]],
  ["1.0a41", [], [NEWEST]],
  ["1.0a40", [], [NEWEST]],
  ["1.0", [], [NEWEST]],
  ["1.0rc1", [], [NEWEST]],
  ["2.0", [], [NEWEST]],
  ["1.0a39", [NEWEST], ["security fixes of 1.0a39"]],
  ["1.0a20", [NEWEST, OPEN_REDIRECT], ["GHSA-7ch3-7pp7-7cpq"]],
  ["1.0a9", [NEWEST, OPEN_REDIRECT], ["GHSA-7ch3-7pp7-7cpq"]],
  ["1.0a3", [NEWEST, "GHSA-7ch3-7pp7-7cpq"], ["CVE-2021-32670"]],
  ["0.65.5", [], [NEWEST]],
  ["0.65.4", [NEWEST], ["security fixes of 1.0a33"]],
  ["0.65.2", [NEWEST, "security fixes of 1.0a33"], [OPEN_REDIRECT]],
  ["0.65", [NEWEST, OPEN_REDIRECT], ["GHSA-7ch3-7pp7-7cpq"]],
  ["0.56", [NEWEST, "CVE-2021-32670"], ["GHSA-7ch3-7pp7-7cpq"]],
])) {
  test(`vulnerabilities of ${version}`, () => {
    const ids = advisoriesOf(version).map(({ id }) => id);
    for (const id of has) assert.ok(ids.includes(id), id);
    for (const id of hasNot) assert.ok(!ids.includes(id), id);
    if (has.length === 0) assert.deepEqual(ids, []);
  });
}
