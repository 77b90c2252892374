/**
 * Asks the person what a saved workspace should be called.
 */

import { LONGEST_TITLE } from "../../shared/saved-record.js";
import { askPerson } from "../ui/ask-person.js";
import { element } from "../ui/dom.js";
import { headingOf } from "../ui/workspace-name.js";

/**
 * @param {{key: string, title?: string}} workspace
 * @param {URL} siteRoot
 * @returns {Promise<string | undefined>} undefined if the person cancelled, or left the name as it is
 */
export async function askForName(workspace, siteRoot) {
  const before = headingOf(workspace, siteRoot);
  const input = element("input", {
    type: "text",
    value: before,
    required: true,
    maxlength: String(LONGEST_TITLE),
    autocomplete: "off",
    autofocus: true,
  });
  const asked = askPerson({
    title: "Rename this workspace",
    body: [element("label", { class: "field" }, element("span", {}, "Name"), input)],
    yes: "Rename",
  });
  input.select();
  const name = (await asked) ? input.value.trim() : "";
  return name === "" || name === before ? undefined : name;
}
