/** Shows what settling.css keeps out of sight until a page's script has changed it. */
export function showSettled() {
  for (const settled of document.querySelectorAll("[data-settling]")) {
    settled.removeAttribute("data-settling");
  }
}
