/**
 * The page loads that wait for a start.
 *
 * A page load that is not answered soon gets the booting page instead. So does every one before code runs that
 * may never end: a hung worker answers nothing any more, and the person would see no page at all.
 */

/** ms that such code waits for the booting page to come up. The person may have left. */
const PAGE_TIME = 5000;

export class PageLoads {
  #reports;
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /** @param {import("../boot/boot-progress.js").BootProgress} reports  which the booting page watches */
  constructor(reports) {
    this.#reports = reports;
  }

  /**
   * @param {Promise<void>} booted
   * @param {number} ms
   * @returns {Promise<boolean>} whether a page load can be answered by the application. False if the start
   *   fails, takes longer than `ms` or lets it go
   */
  isReady(booted, ms) {
    return new Promise((resolve) => {
      const letGo = () => resolve(false);
      this.#waiting.add(letGo);
      setTimeout(letGo, ms);
      const settled = booted.then(() => resolve(true), letGo);
      void settled.then(() => this.#waiting.delete(letGo));
    });
  }

  /**
   * Have all that wait get the booting page.
   *
   * @returns {Promise<void>} settled when one has come up, or when none is expected any more
   */
  async letGo() {
    if (this.#waiting.size === 0) return;
    for (const letGo of this.#waiting) letGo();
    await this.#reports.watched(PAGE_TIME);
  }
}
