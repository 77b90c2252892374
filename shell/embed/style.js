/**
 * The style of an embed around its frame, in the colours and fonts of the page that it is on.
 *
 * It is a constructed stylesheet, which a strict policy of that page (style-src) allows.
 */

const CSS = `
  :host {
    --least: 12rem;
    display: block;
    margin-block: 1em;
  }
  :host([hidden]) {
    display: none;
  }
  * {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  .poster {
    display: grid;
    gap: 0.75rem;
    justify-items: start;
    padding: 1rem;
    border: 1px solid color-mix(in srgb, currentColor 30%, transparent);
    border-radius: 5px;
    overflow-wrap: anywhere;
  }
  .poster.fixed {
    height: max(var(--height), var(--least));
    grid-template-rows: minmax(0, auto);
    align-content: safe center;
    overflow: auto;
  }
  .preview {
    max-width: 100%;
    overflow-x: auto;
  }
  .fixed .preview {
    overflow: auto;
  }
  p {
    margin: 0;
  }
  .title {
    font-weight: 700;
  }
  .size,
  .bar {
    font-size: 0.875em;
  }
  .start {
    display: inline-block;
    padding: 0.55rem 1.25rem;
    border: 0;
    border-radius: 5px;
    background: #1a56db;
    color: #fff;
    font: inherit;
    font-weight: 500;
    text-decoration: none;
    cursor: pointer;
  }
  .start:hover {
    background: #1949b8;
  }
  .start[aria-disabled="true"] {
    background: #596478;
    cursor: default;
  }
  :focus-visible {
    outline: 3px solid #2f68e0;
    outline-offset: 2px;
  }
  .problem {
    padding: 0.5rem 0.75rem;
    border-left: 4px solid #d33;
  }
  iframe {
    display: block;
    width: 100%;
    min-height: var(--least);
    border: 1px solid color-mix(in srgb, currentColor 30%, transparent);
    border-radius: 5px;
  }
  .bar {
    margin-top: 0.35rem;
    text-align: right;
  }
  .bar a {
    color: inherit;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @media print {
    .poster.fixed {
      height: auto;
    }
    .start,
    .size,
    .bar {
      display: none;
    }
  }
`;

/** @type {CSSStyleSheet | undefined} */
let sheet;

/** @returns {CSSStyleSheet} the same for all embeds of a page */
export function embedStyle() {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
