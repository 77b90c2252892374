/**
 * Makes Pyodide's loader smaller: node scripts/slim_loader.mjs LOADER WASM OUT
 *
 * Emscripten puts in all that a program may ask of a browser, and half of it is about a screen: SDL,
 * OpenGL, events of a document. A worker has none, but its browser compiles every function of it before
 * it installs the worker, and a first visit waits for that. So what stands for a screen goes, and all
 * that mentions it; where the WebAssembly insists on a function, it gets one that throws. The rest
 * stays, since native packages may call it; only the assignments of 4,800 exports become a loop.
 * A loader of another form is an error, not a guess.
 */

import { readFile, writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
// The parser of ESLint. Bundlers drop nothing from within a function, least of all beside an eval().
import { parse } from "acorn";

/** @typedef {import("acorn").Node & Record<string, any>} Node  as https://github.com/estree/estree has it */

/**
 * A declaration in the loader's one function, or a statement that declares nothing.
 *
 * @typedef {object} Part
 * @property {Node} node
 * @property {string} [name]  of what it declares
 * @property {Set<string>} mentions  names
 */

/** What stands for a screen, for sound, and for what a person does with them. */
const SCREEN = ["AL", "Browser", "EGL", "GL", "GLctx", "JSEvents", "MainLoop", "SDL", "SDL_gfx"];

/** The functions for a screen that this WebAssembly imports; any other would be a surprise. */
const OPENGL = /^emscripten_gl[A-Z]/;

const STAND_IN =
  'function needsScreen(){throw new Error("A service worker has no screen.")}needsScreen.sig="v";';

/** Does for one export what LOOP does for all but those of C++, which have no other names. */
const ASSIGNMENT = /^(_(\w+))=Module\["\1"\]=wasmExports\["\2"\](\.value>>>0)?;?$/;

const LOOP =
  'for(const[name,it]of Object.entries(wasmExports))if(!name.startsWith("_Z"))' +
  'Module["_"+name]=it instanceof WebAssembly.Global?it.value>>>0:it;';

/**
 * @param {string} source  pyodide.asm.mjs
 * @param {string[]} needed  names of what its WebAssembly imports
 * @param {string[]} globals  names of the variables that it exports, which are addresses mostly
 * @returns {string}
 * @throws {Error} it has another form
 */
export function slim(source, needed, globals) {
  const textOf = (/** @type {Node} */ { start, end }) => source.slice(start, end);
  const body = bodyOf(source);
  const parts = body.body.flatMap(partsOf);
  const imports = partNamed("wasmImports", parts);
  const exports = partNamed("assignWasmExports", parts);
  const others = parts.filter((part) => part !== imports && part !== exports);
  const screen = namesThatNeed(SCREEN, others);
  const gone = others.filter((part) => isAbout(screen, part));
  const kept = others.filter((part) => !isAbout(screen, part));
  /** @type {Map<Node, string>} what is not as it was */
  const changed = new Map(gone.map(({ node }) => [node, ""]));

  const given = imports.node.init.properties.flatMap((/** @type {Node} */ property) => {
    if (!isAbout(screen, { node: property, mentions: namesIn(property.value) })) {
      return textOf(property);
    }
    const { name } = property.key;
    if (!needed.includes(name)) return [];
    if (!OPENGL.test(name)) throw unexpected(`its function ${name} needs a screen`);
    return `${name}:needsScreen`;
  });
  changed.set(imports.node, `wasmImports={${given}}`);

  const used = new Set([imports, ...kept].flatMap(({ mentions }) => [...mentions]));
  const declared = new Map(kept.map(({ name, node }) => [name, node]));
  const assigned = exports.node.body.body.map(textOf).filter((/** @type {string} */ text) => {
    const [, local = "", name = "", address] = ASSIGNMENT.exec(text) ?? [];
    const declaration = declared.get(local);
    if (declaration?.init !== null || used.has(local)) return true;
    if (globals.includes(name) !== (address !== undefined)) return true;
    changed.set(declaration, "");
    return false;
  });
  changed.set(exports.node, `function assignWasmExports(wasmExports){${LOOP}${assigned.join("")}}`);

  const text = body.body.map((/** @type {Node} */ node) => written(node, changed, textOf)).join("");
  return source.slice(0, body.start + 1) + STAND_IN + text + source.slice(body.end - 1);
}

/**
 * @param {string} source
 * @returns {Node} the body of its function
 */
function bodyOf(source) {
  /** @type {Node} */
  const program = parse(source, { ecmaVersion: "latest", sourceType: "module" });
  const main = program.body[0];
  if (main?.type !== "FunctionDeclaration") throw unexpected("it begins with no function");
  return main.body;
}

/**
 * @param {Node} statement
 * @returns {Part[]}
 */
function partsOf(statement) {
  if (statement.type === "VariableDeclaration") {
    return statement.declarations.map((/** @type {Node} */ node) => {
      return { node, name: node.id.name, mentions: namesIn(node.init) };
    });
  }
  return [{ node: statement, name: statement.id?.name, mentions: namesIn(statement) }];
}

/**
 * @param {string} name
 * @param {Part[]} parts
 * @returns {Part}
 */
function partNamed(name, parts) {
  const part = parts.find((one) => one.name === name);
  if (!part) throw unexpected(`it has no ${name}`);
  return part;
}

/**
 * @param {any} tree  of nodes
 * @param {Set<string>} [names]  to add to
 * @returns {Set<string>} what it mentions, and what is declared in it; no names of properties
 */
function namesIn(tree, names = new Set()) {
  if (Array.isArray(tree)) tree.forEach((one) => namesIn(one, names));
  else if (tree?.type === "Identifier") names.add(tree.name);
  else if (tree && typeof tree === "object") {
    const { property, key, ...rest } = tree;
    namesIn(Object.values(rest), names);
    if (tree.computed) namesIn([property, key], names);
  }
  return names;
}

/**
 * @param {string[]} roots
 * @param {Part[]} parts
 * @returns {Set<string>} the roots, and what mentions them, and what mentions that…
 */
function namesThatNeed(roots, parts) {
  const found = new Set(roots);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const part of parts) if (part.name && isAbout(found, part)) found.add(part.name);
  }
  return found;
}

/**
 * @param {Set<string>} names
 * @param {Part} part
 */
function isAbout(names, { name, mentions }) {
  return names.has(name ?? "") || [...mentions].some((one) => names.has(one));
}

/**
 * @param {Node} statement
 * @param {Map<Node, string>} changed
 * @param {(node: Node) => string} textOf
 * @returns {string}
 */
function written(statement, changed, textOf) {
  const textNow = (/** @type {Node} */ node) => changed.get(node) ?? textOf(node);
  if (statement.type !== "VariableDeclaration") return textNow(statement);
  const declarations = statement.declarations.map(textNow).filter(Boolean);
  return declarations.length > 0 ? `${statement.kind} ${declarations};` : "";
}

/**
 * @param {string} what
 * @returns {Error}
 */
function unexpected(what) {
  return new Error(`pyodide.asm.mjs is not what slim_loader.mjs expects: ${what}.`);
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const [loader, wasm, out] = argv.slice(2);
  const program = await WebAssembly.compile(await readFile(wasm));
  const needed = WebAssembly.Module.imports(program).map(({ name }) => name);
  const exported = WebAssembly.Module.exports(program);
  const globals = exported.filter(({ kind }) => kind === "global").map(({ name }) => name);
  await writeFile(out, slim(await readFile(loader, "utf8"), needed, globals));
}
