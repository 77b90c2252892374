/** The build copies Pyodide's files from its npm package to runtime/, where the worker imports them. */
declare module "*/runtime/pyodide.mjs" {
  export * from "pyodide";
}

declare module "*/runtime/pyodide.asm.mjs" {
  const createPyodideModule: NonNullable<import("pyodide").PyodideConfig["createPyodideModule"]>;
  export default createPyodideModule;
}
