/** What this build's worker loads and keeps; scripts/versions.py writes manifest.js beside this. */
interface Part {
  /** Relative to the site's root, with the version that keeps the HTTP cache honest. */
  url: string;
  /** In bytes, as served. */
  size: number;
  /** Of the bytes as served, in hex. */
  sha256: string;
}

declare const manifest: {
  version: string;
  parts: Record<"wasm" | "wasm-packed" | "stdlib" | "packages" | "site" | "rest", Part>;
  /** SHA-256 in hex of each file that makes the site work offline, by its path from the site's root. */
  files: Record<string, string>;
};
export default manifest;
