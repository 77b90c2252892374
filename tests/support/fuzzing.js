/**
 * Helpers for fuzz tests in JavaScript. EXAMPLES is how many cases are made of each kind.
 */

import assert from "node:assert/strict";
import process from "node:process";
import fc from "fast-check";

const EXAMPLES = Number(process.env.EXAMPLES ?? 500);

/** ms of processor time that a case may take; a hang ends with the test's own timeout. */
const MOST = 2000;

/**
 * Try a property with many cases; it may be asynchronous.
 *
 * @param {fc.Arbitrary<any>} cases
 * @param {(value: any) => unknown} property
 * @param {number} [share]  of EXAMPLES, for slow properties
 */
export async function fuzz(cases, property, share = 1) {
  const watched = async (value) => {
    const before = process.cpuUsage();
    await property(value);
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1000 < MOST, `This took ${(user + system) / 1000} ms.`);
  };
  const numRuns = Math.max(1, Math.round(EXAMPLES * share));
  // The same cases in each run of the usual tests, new ones in longer runs.
  const seed = process.env.EXAMPLES ? {} : { seed: 1 };
  await fc.assert(fc.asyncProperty(cases, watched), { numRuns, ...seed });
}

/** Text made of the words and of other characters, each sometimes repeated. */
export function piecesOf(...words) {
  const word = fc.oneof(fc.constantFrom(...words), fc.string({ unit: "binary", maxLength: 5 }));
  const piece = fc
    .tuple(word, fc.constantFrom(1, 1, 1, 2, 3000))
    .map(([text, n]) => text.repeat(n));
  return fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
}

/**
 * Good data with some bytes changed, removed, repeated or cut off.
 *
 * @param {Uint8Array} good
 */
export function damaged(good) {
  const change = fc.record({
    kind: fc.constantFrom("flip", "set", "remove", "repeat", "cut"),
    at: fc.nat(good.length - 1),
    by: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  });
  return fc.array(change, { maxLength: 6 }).map((changes) => {
    let data = [...good];
    for (const { kind, at, by } of changes) {
      if (at >= data.length) continue;
      if (kind === "flip") data[at] ^= by[0] || 1;
      if (kind === "set") data.splice(at, by.length, ...by);
      if (kind === "remove") data.splice(at, by[0]);
      if (kind === "repeat") data.splice(at, 0, ...data.slice(at, at + by[0]));
      if (kind === "cut") data = data.slice(0, at);
    }
    return Uint8Array.from(data);
  });
}
