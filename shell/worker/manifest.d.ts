/** The files that the worker loads; scripts/build_site.py writes manifest.js beside this. */
interface ManifestEntry {
  /** Relative to the site's root, with the version that keeps the HTTP cache honest. */
  url: string;
  /** In bytes, as served. */
  size: number;
}

declare const manifest: {
  version: string;
  files: Record<
    "wasm" | "stdlib" | "packages" | "site" | "data" | "booting" | "failed",
    ManifestEntry
  >;
};
export default manifest;
