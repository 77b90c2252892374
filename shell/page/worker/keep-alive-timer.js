/*
 * The clock of keep-alive.js, as a dedicated worker: browsers slow the timers of hidden pages down to
 * one tick a minute, but not those of workers. It only ticks; the page does the pinging.
 *
 * A classic script, so that it runs in every browser a page of ours may be shown in.
 */

const TICK_MILLISECONDS = 15_000; // half of what Chromium and Firefox let a service worker idle

setInterval(() => self.postMessage("tick"), TICK_MILLISECONDS);
