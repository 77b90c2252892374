/**
 * Puts the cursor of the SQL editor back where it was if the query turns out to be wrong: the page with the
 * error is a new one.
 */

const KEPT = "datasette-lite sql cursor";

/** @typedef {{anchor: number, head: number}} Selection */

/**
 * The part of CodeMirror's EditorView that this uses (https://codemirror.net/docs/ref/#view.EditorView).
 *
 * @typedef {object} Editor
 * @property {{doc: {toString: () => string}, selection: {main: Selection}}} state
 * @property {(change: {selection: Selection, scrollIntoView: boolean}) => void} dispatch
 * @property {() => void} focus
 */

/** @param {HTMLFormElement} form  with the editor, which Datasette makes once the page is parsed */
export function keepCursor(form) {
  addEventListener("pagehide", () => {
    const editor = editorOf();
    if (!editor) return;
    const { anchor, head } = editor.state.selection.main;
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ sql: textOf(editor), anchor, head }));
    } catch {
      // Without storage the cursor is at the beginning.
    }
  });
  if (!form.querySelector(".message-error")) return;
  if (editorOf()) restore();
  else addEventListener("DOMContentLoaded", restore); // after Datasette's listener, which makes the editor
}

function restore() {
  const editor = editorOf();
  const kept = keptSelection();
  if (!editor || kept?.sql !== textOf(editor)) return;
  const { anchor, head } = kept;
  editor.dispatch({ selection: { anchor, head }, scrollIntoView: true });
  editor.focus();
}

/** @returns {(Selection & {sql: string}) | null} */
function keptSelection() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  } catch {
    return null;
  }
}

/** @returns {Editor | undefined} */
function editorOf() {
  return /** @type {{editor?: Editor}} */ (/** @type {unknown} */ (window)).editor;
}

/** @param {Editor} editor */
function textOf(editor) {
  return editor.state.doc.toString();
}
