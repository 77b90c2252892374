/** What this build's worker loads and keeps; datasette_lite/versions.py writes it into sw.js. */
interface Content {
  /** In bytes. */
  size: number;
  /** In hex. */
  sha256: string;
}

/** Its size and hash are those of the bytes as served. */
interface Part extends Content {
  /** Relative to the site's root, with the version that keeps the HTTP cache honest. */
  url: string;
  /** Of the bytes when they are decompressed, if they are compressed. */
  content: Content;
}

declare const VERSION: {
  /** Of the worker's script; the bundle's import.meta.url. */
  url: string;
  manifest: {
    version: string;
    /** Only the site of an app has the part "application"; see datasette_lite/app_parts.py. */
    parts: Record<
      "wasm" | "wasm-packed" | "stdlib" | "packages" | "site" | "rest" | "application",
      Part
    >;
    /** SHA-256 in hex of each file that makes the site work offline, by its path from the site's root. */
    files: Record<string, string>;
    /** What the site's owner has decided; shell/worker/site-cache/site-settings.js has the defaults. */
    settings: Partial<import("../site-cache/site-settings.js").OwnerSettings>;
    /** All of these files in one multipart/form-data body; the address is relative to the site's root. */
    together: { url: string; boundary: string };
  };
};
