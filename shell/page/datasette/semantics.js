/**
 * Adds to Datasette's pages what people with assistive technology need and their HTML lacks: the main
 * landmark, levels of headings without gaps, and names of fields.
 */

const NAMES = {
  'select[name^="_filter_column"]': "Column to filter by",
  'select[name^="_filter_op"]': "Comparison",
  'input[name^="_filter_value"]': "Value to compare with",
  'select[name="_sort"]': "Sort by",
};

const EDITOR = ".cm-content";

export function completeSemantics() {
  const content = document.querySelector("section.content");
  if (!content) return;
  if (!document.querySelector("main, [role=main]")) content.setAttribute("role", "main");
  levelHeadings(content);
  for (const [selector, name] of Object.entries(NAMES)) {
    for (const field of content.querySelectorAll(selector)) nameField(field, name);
  }
  // Datasette makes its SQL editor when the document is parsed, before this is called then.
  const nameEditor = () => content.querySelectorAll(EDITOR).forEach((one) => nameField(one, "SQL"));
  if (document.readyState === "complete") nameEditor();
  else addEventListener("load", nameEditor, { once: true });
}

/**
 * @param {Element} field
 * @param {string} name
 */
function nameField(field, name) {
  const labels =
    field instanceof HTMLSelectElement || field instanceof HTMLInputElement ? field.labels : null;
  if (!labels?.length && !field.hasAttribute("aria-label")) field.setAttribute("aria-label", name);
}

/** @param {Element} content */
function levelHeadings(content) {
  /** @type {Array<{own: number, level: number}>} the headings that the current one is below */
  const above = [];
  for (const heading of content.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const own = Number(heading.localName[1]);
    while (above.length > 0 && above[above.length - 1].own >= own) above.pop();
    const level = above.length > 0 ? above[above.length - 1].level + 1 : own;
    if (level !== own) heading.setAttribute("aria-level", String(level));
    above.push({ own, level });
  }
}
