/** Makes Node import modules with tiny blocks and portions, so that little data has many of them. */

const SOURCE = "export const BLOCK_SIZE = 16;\nexport const PORTION = 64;\n";

export function load(url, context, next) {
  if (!url.endsWith("/shell/shared/blocks.js")) return next(url, context);
  return { format: "module", shortCircuit: true, source: SOURCE };
}
