/**
 * Draws a histogram as SVG, with a sentence for people who cannot see it.
 */

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 320;
const HEIGHT = 56;

/** A bin with anything in it stays visible. */
const LEAST_HEIGHT = 1.5;

/** @typedef {[low: number, high: number, count: number]} Bin */

/**
 * @param {Bin[]} bins  in order, of equal width
 * @returns {SVGSVGElement}
 */
export function histogramSvg(bins) {
  const most = Math.max(...bins.map(([, , count]) => count));
  const step = WIDTH / bins.length;
  const svg = node("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    class: "histogram",
    role: "img",
    "aria-label": inWords(bins, most),
  });
  bins.forEach(([low, high, count], index) => {
    if (count === 0) return;
    const height = Math.max(LEAST_HEIGHT, (count / most) * HEIGHT);
    const bar = node("rect", {
      x: String(index * step),
      y: String(HEIGHT - height),
      width: String(Math.max(step * 0.5, step - 1)),
      height: String(height),
    });
    const title = node("title", {});
    title.textContent = `${formatEdge(low)} to ${formatEdge(high)}: ${rows(count)}`;
    bar.append(title);
    svg.append(bar);
  });
  return svg;
}

/**
 * @param {number} value
 * @returns {string} short enough for an axis
 */
export function formatEdge(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e15 || size < 1e-4)) return value.toExponential(2);
  return String(Number(value.toPrecision(6)));
}

/**
 * @param {Bin[]} bins
 * @param {number} most
 */
function inWords(bins, most) {
  const [low, high, count] = bins.find(([, , count]) => count === most) ?? bins[0];
  return (
    `Histogram from ${formatEdge(bins[0][0])} to ${formatEdge(bins[bins.length - 1][1])}. ` +
    `Most values, ${rows(count)}, are between ${formatEdge(low)} and ${formatEdge(high)}.`
  );
}

/** @param {number} count */
function rows(count) {
  return `${count.toLocaleString("en")} ${count === 1 ? "row" : "rows"}`;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @returns {SVGElementTagNameMap[Tag]}
 */
function node(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
