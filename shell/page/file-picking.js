/**
 * Getting files from the person: with a button, or dropped anywhere onto the page.
 */

import { element } from "./dom.js";

/**
 * @param {HTMLElement} button
 * @param {(files: File[]) => void} onFiles
 */
export function setUpFilePicking(button, onFiles) {
  button.addEventListener("click", () => {
    const input = element("input", {
      type: "file",
      accept: ".zip,application/zip",
      multiple: true,
    });
    input.addEventListener("change", () => onFiles([...(input.files ?? [])]));
    input.click();
  });
  const page = document.documentElement;
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault(); // else the browser would open the file instead of this page
    page.toggleAttribute("data-dropping", true);
  });
  addEventListener("dragleave", (event) => {
    // It also comes for every element that is passed over; only outside there is no next one.
    if (event.relatedTarget === null) page.removeAttribute("data-dropping");
  });
  addEventListener("drop", (event) => {
    page.removeAttribute("data-dropping");
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  });
}
