/** Libraries that pages load; the build copies them to vendor/, beside shell/, from their npm packages. */
declare module "*/vendor/idb.js" {
  // A small, typed promise layer over IndexedDB, by one of the specification's editors.
  export * from "idb";
}

declare module "*/vendor/zip.js" {
  // Reads and writes zip files as streams, also those beyond 4 GB, which browsers cannot by themselves.
  export * from "@zip.js/zip.js";
}
