/**
 * The poster of an embed: says what it will show and how large the download is, and has the button that
 * starts it. The author's content of the element stays visible as a preview.
 */

/**
 * @typedef {object} PosterWords
 * @property {string} title
 * @property {string} size
 * @property {string} prompt   on the button
 * @property {boolean} newTab  whether the button opens a tab
 */

export class Poster {
  /** @param {() => void} onStart */
  constructor(onStart) {
    this.title = made("p", "title");
    this.title.id = "title";
    this.size = made("p", "size");
    this.size.id = "size";
    this.problem = made("p", "problem");
    this.problem.setAttribute("role", "alert");
    this.problem.hidden = true;
    this.button = made("button", "start");
    this.button.type = "button";
    this.button.addEventListener("click", onStart);
    this.tab = made("a", "start");
    Object.assign(this.tab, { target: "_blank", rel: "noopener" });
    for (const starter of [this.button, this.tab]) {
      starter.setAttribute("part", "button");
      starter.setAttribute("aria-describedby", "title size");
    }
    const preview = made("div", "preview");
    preview.append(made("slot"));
    new ResizeObserver(() => mayScrollByKeyboard(preview)).observe(preview);
    this.box = made("div", "poster");
    this.box.setAttribute("part", "poster");
    this.box.append(preview, this.title, this.problem, this.button, this.tab, this.size);
  }

  /** @param {PosterWords} words */
  say({ title, size, prompt, newTab }) {
    this.title.textContent = title;
    this.size.textContent = size;
    this.button.textContent = this.tab.textContent = prompt;
    this.button.hidden = newTab;
    this.tab.hidden = !newTab;
    this.problem.hidden = true;
  }

  /** @param {string | undefined} height  that the frame will have, as a CSS length; undefined if that is not known */
  keepRoom(height) {
    this.box.classList.toggle("fixed", height !== undefined);
    this.box.style.setProperty("--height", height ?? "");
  }

  /** Show that it waits for another embed of the page. */
  wait() {
    this.button.setAttribute("aria-disabled", "true");
    this.button.textContent = "Starts after the one before it…";
  }

  /**
   * Show that it does not work in this page, but may in a tab.
   *
   * @param {string} sentence
   */
  refuse(sentence) {
    this.box.hidden = false;
    this.problem.textContent = sentence;
    this.problem.hidden = false;
    this.tab.textContent = "Open in a new tab";
    this.button.hidden = true;
    this.tab.hidden = false;
  }
}

/** @param {HTMLElement} preview  which scrolls if it is too tall or too wide; in Safari only once it has the focus */
function mayScrollByKeyboard(preview) {
  const { scrollHeight, clientHeight, scrollWidth, clientWidth } = preview;
  if (scrollHeight > clientHeight || scrollWidth > clientWidth) preview.tabIndex = 0;
  else preview.removeAttribute("tabindex");
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function made(tag, className = "") {
  const element = document.createElement(tag);
  if (className) element.className = className;
  return element;
}
