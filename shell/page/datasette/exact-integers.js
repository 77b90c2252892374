/**
 * Keeps integers beyond 2^53 exact in Datasette's dialog for rows.
 *
 * JavaScript's numbers cannot hold them, so the dialog would show, and save, another number. Here such an
 * integer reaches the dialog as text, and leaves it as its exact digits. This can go when Datasette's
 * edit-tools.js does that itself. It needs a feature of JSON (source text access) that Chrome 114, Firefox
 * 135 and Safari 18.4 have; elsewhere such a value is sent as text, which SQLite turns back into an integer
 * in columns of that type.
 */

/** Texts that stand for an integer, as they were loaded or typed. */
const exact = new Set();

const json = /** @type {JSON & {rawJSON?: (text: string) => unknown}} */ (JSON);

export function keepIntegersExact() {
  const plainFetch = window.fetch;
  window.fetch = async (resource, options) => {
    // Only the dialog's requests; charts and the like still get numbers.
    if (new Headers(options?.headers).get("accept") !== "application/json") {
      return plainFetch(resource, options);
    }
    const body = options?.body;
    const sent = typeof body === "string" ? { ...options, body: withIntegers(body) } : options;
    const response = await plainFetch(resource, sent);
    response.json = async () => withTexts(await response.text());
    return response;
  };
  document.addEventListener("input", ({ target }) => noteTyped(target), true);
}

/**
 * @param {string} text  JSON
 * @returns {any} its value, with unsafe integers as text
 */
function withTexts(text) {
  /** @type {any} the context is not in the types yet */
  const reviver = (
    /** @type {string} */ _key,
    /** @type {any} */ value,
    /** @type {any} */ context,
  ) => {
    const source = context?.source;
    if (typeof value !== "number" || source === undefined || !isUnsafe(source)) return value;
    exact.add(source);
    return source;
  };
  return JSON.parse(text, reviver);
}

/**
 * @param {string} text  JSON
 * @returns {string} with integers in place of the texts that stand for them
 */
function withIntegers(text) {
  const { rawJSON } = json;
  if (!rawJSON || exact.size === 0) return text;
  try {
    return JSON.stringify(JSON.parse(text), (_key, value) =>
      exact.has(value) ? rawJSON(value) : value,
    );
  } catch {
    return text; // not JSON
  }
}

/**
 * The dialog makes a number of what is typed where a number was; an unsafe one must stay text.
 *
 * @param {EventTarget | null} control
 */
function noteTyped(control) {
  if (!(control instanceof HTMLInputElement || control instanceof HTMLTextAreaElement)) return;
  const { dataset } = control;
  const text = control.value.trim();
  const kind = dataset.initialValueKind;
  const wasInteger = kind === "number" || exact.has(dataset.initialValue);
  if (!wasInteger) return;
  if (isUnsafe(text)) {
    exact.add(text);
    dataset.currentValueKind = "string";
  } else if (kind === "number" || (text !== "" && Number.isFinite(Number(text)))) {
    dataset.currentValueKind = "number";
  }
}

/** @param {string} text */
function isUnsafe(text) {
  return /^-?[1-9]\d{15,18}$/.test(text) && !Number.isSafeInteger(Number(text));
}
