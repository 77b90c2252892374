/**
 * The messages between a page and the workspace that it embeds in a frame (docs/embedding.md).
 *
 * Both sides get messages from windows of other origins, so everything is checked here: anything that is
 * not exactly one of these messages is ignored. Each receiver checks the sender.
 */

/** The value of the field `datasetteLite` in every message. */
export const EMBED_VERSION = 1;

/** The most characters in an SQL statement or an address. */
const LONGEST = 100_000;

/** The greatest height in pixels; a taller page scrolls. */
const TALLEST = 20_000;

/** The beginning of the frame's name, from which its pages know their theme at once. */
const FRAME_NAME = "datasette-lite";

/** @typedef {"light" | "dark"} Theme */

/**
 * What the page around the frame sends.
 *
 * @typedef {{type: "theme", theme: Theme}} ThemeRequest
 * @typedef {{type: "navigate", path: string}} NavigateRequest  path: within the workspace, "/data/t?_sort=x"
 * @typedef {object} QueryRequest
 * @property {"query"} type
 * @property {string} id        returned with the result
 * @property {string} database
 * @property {string} sql       a statement that only reads
 * @property {Record<string, string>} parameters  for :names in the SQL
 * @typedef {ThemeRequest | NavigateRequest | QueryRequest} EmbedRequest
 */

/**
 * What the frame sends.
 *
 * @typedef {{type: "loading"}} LoadingReport      one of its pages is running
 * @typedef {{type: "ready", path: string, title: string}} ReadyReport  it shows a page of Datasette
 * @typedef {{type: "height", height: number}} HeightReport  of what it shows, in CSS pixels
 * @typedef {object} ErrorReport
 * @property {"error"} type
 * @property {string} name
 * @property {string} message  a sentence
 * @property {string} hint     a sentence, or ""
 * @typedef {object} Rows
 * @property {string[]} columns
 * @property {unknown[][]} rows
 * @property {boolean} truncated  whether there are more rows than Datasette returns at a time
 * @typedef {{type: "result", id: string, value: Rows}} ResultReport
 * @typedef {{type: "result", id: string, error: string}} FailureReport
 * @typedef {LoadingReport | ReadyReport | HeightReport | ErrorReport | ResultReport | FailureReport} EmbedReport
 */

/**
 * @param {EmbedRequest | EmbedReport} message
 * @returns {object} to post
 */
export function embedMessage(message) {
  return { datasetteLite: EMBED_VERSION, ...message };
}

/**
 * @param {unknown} data  that the frame got
 * @returns {EmbedRequest | undefined} undefined if it is not such a message
 */
export function readRequest(data) {
  const message = fieldsOf(data);
  switch (message.type) {
    case "theme":
      if (!isTheme(message.theme)) return undefined;
      return { type: "theme", theme: message.theme };
    case "navigate":
      return isText(message.path) ? { type: "navigate", path: message.path } : undefined;
    case "query": {
      const { id, database, sql, parameters = {} } = message;
      if (![id, database, sql].every(isText) || !isRecordOfTexts(parameters)) return undefined;
      return { type: "query", id, database, sql, parameters };
    }
  }
  return undefined;
}

/**
 * @param {unknown} data  that the page around the frame got
 * @returns {EmbedReport | undefined} undefined if it is not such a message
 */
export function readReport(data) {
  const message = fieldsOf(data);
  switch (message.type) {
    case "loading":
      return { type: "loading" };
    case "ready": {
      const { path, title } = message;
      return isText(path) && isText(title) ? { type: "ready", path, title } : undefined;
    }
    case "height": {
      const { height } = message;
      if (!Number.isFinite(height) || height < 0) return undefined;
      return { type: "height", height: Math.min(Math.ceil(height), TALLEST) };
    }
    case "error": {
      const { name, message: sentence, hint } = message;
      if (![name, sentence, hint].every(isText)) return undefined;
      return { type: "error", name, message: sentence, hint };
    }
    case "result":
      return readResult(message);
  }
  return undefined;
}

/**
 * @param {Record<string, any>} message
 * @returns {ResultReport | FailureReport | undefined}
 */
function readResult({ id, value, error }) {
  if (!isText(id)) return undefined;
  if (isText(error)) return { type: "result", id, error };
  const isResult =
    Array.isArray(value?.columns) &&
    value.columns.every(isText) &&
    Array.isArray(value.rows) &&
    value.rows.every(Array.isArray);
  if (!isResult) return undefined;
  const { columns, rows, truncated } = value;
  return { type: "result", id, value: { columns, rows, truncated: truncated === true } };
}

/**
 * @param {Theme} theme
 * @returns {string} the name of a frame whose pages have this theme
 */
export function frameName(theme) {
  return `${FRAME_NAME} ${theme}`;
}

/**
 * @param {string} name  of the window
 * @returns {Theme | undefined} undefined for a window that is not such a frame
 */
export function themeOfFrame(name) {
  const [first, theme] = name.split(" ");
  return first === FRAME_NAME && isTheme(theme) ? theme : undefined;
}

/**
 * @param {unknown} data
 * @returns {Record<string, any>} the fields of a message; {} for anything else
 */
function fieldsOf(data) {
  const isMessage = typeof data === "object" && data !== null && "datasetteLite" in data;
  return isMessage && data.datasetteLite === EMBED_VERSION ? data : {};
}

/**
 * @param {unknown} value
 * @returns {value is string}
 */
function isText(value) {
  return typeof value === "string" && value.length <= LONGEST;
}

/**
 * @param {unknown} value
 * @returns {value is Theme}
 */
function isTheme(value) {
  return value === "light" || value === "dark";
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, string>}
 */
function isRecordOfTexts(value) {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every(isText)
  );
}
