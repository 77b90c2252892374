import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["dist/", "build/", "node_modules/", ".venv/"] },
  js.configs.recommended,
  {
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "no-unused-vars": ["error", { args: "after-used" }],
    },
  },
  { files: ["scripts/**", "tests/**"], languageOptions: { globals: globals.node } },
  { files: ["tests/support/**"], languageOptions: { globals: globals.serviceworker } },
  { files: ["bench/**"], languageOptions: { globals: globals.worker } },
  { files: ["sw.js", "shell/worker/**"], languageOptions: { globals: globals.serviceworker } },
  // What the build puts before the worker: version.d.ts.
  {
    files: ["shell/worker/site-cache/manifest.js"],
    languageOptions: { globals: { VERSION: "readonly" } },
  },
  {
    files: ["shell/page/**"],
    languageOptions: { globals: globals.browser },
  },
  // What embed.js is told by the build: shell/embed/sizes.d.ts.
  {
    files: ["shell/embed/**"],
    languageOptions: { globals: { ...globals.browser, FIRST_DOWNLOAD: "readonly" } },
  },
  {
    files: ["shell/shared/**"],
    // What window and worker have in common, `self` and `location` included.
    languageOptions: { globals: globals.worker },
  },
];
