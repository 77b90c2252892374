/**
 * The small files of this version, fetched with one request instead of one for each;
 * datasette_lite/kept_files.py writes them.
 */

import manifest from "./manifest.js";
import { SITE_ROOT } from "../../shared/site.js";

/**
 * @returns {Promise<Map<string, File>>} by their paths from the site's root; their types are those for
 *   responses. Nothing is checked
 * @throws {Error} they cannot be had
 */
export async function downloadTogether() {
  const { url, boundary } = manifest.together;
  const response = await fetch(new URL(url, SITE_ROOT));
  if (!response.ok) throw new Error(`${url} is answered with HTTP ${response.status}.`);
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
  const form = await new Response(response.body, { headers }).formData();
  /** @type {Map<string, File>} */
  const files = new Map();
  for (const [path, file] of form) if (file instanceof File) files.set(path, file);
  return files;
}
