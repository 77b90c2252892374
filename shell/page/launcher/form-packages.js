/**
 * Reads the part of the launcher's form for plugins and another version of Datasette: returns a recipe, or
 * says what is wrong. Whether such packages exist is found out when they are opened.
 */

import { LiteError } from "../../shared/errors.js";
import { parseRef, shown } from "../../shared/requirement.js";
import { requirementIn } from "../datasette/plugin-search.js";

/** @typedef {import("../../shared/recipe.js").Recipe} Recipe */

/**
 * @param {string} plugins  as typed, separated by blanks
 * @param {string} ref      as typed
 * @returns {{recipe: Recipe, failures: LiteError[]}}
 */
export function packagesIn(plugins, ref) {
  /** @type {Recipe} */
  const recipe = [];
  const failures = [];
  for (const typed of plugins.split(/\s+/).filter(Boolean)) {
    const requirement = requirementIn(typed.replace(/,$/, ""));
    if (requirement) recipe.push(["install", requirement]);
    else failures.push(notAPackage(typed));
  }
  try {
    if (ref.trim() !== "") recipe.push(["ref", parseRef(ref)]);
  } catch (error) {
    if (!(error instanceof LiteError)) throw error;
    failures.push(error);
  }
  return { recipe, failures };
}

/** @param {string} typed */
function notAPackage(typed) {
  return new LiteError(
    `“${shown(typed)}” is neither the name of a package nor the address of a wheel.`,
    {
      hint: "Use a name such as datasette-vega, or an https:// address that ends in .whl.",
    },
  );
}
