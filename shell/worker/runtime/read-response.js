/**
 * Reads a response to its end, with progress, and decompresses it.
 */

// Zstandard, which browsers cannot decompress by themselves: the reference implementation as
// WebAssembly, at a first use seven times as fast as one in JavaScript.
import { ZSTDDecoder } from "zstddec";
import { chunksOf } from "../../shared/stream.js";

/**
 * @callback ByteProgress
 * @param {number} done    bytes so far, decompressed where the server compresses
 * @param {number} [total] left out while unknown
 * @param {Uint8Array} [soFar]  these bytes, to look at before returning; left out where they come at once
 * @returns {void}
 */

/**
 * @param {Response} response
 * @param {ByteProgress} onProgress  may throw to end it
 * @returns {Promise<Uint8Array>} the whole body
 */
export async function readAll(response, onProgress) {
  const total = bodySize(response);
  if (response.body) return readInto(response.body, total, onProgress);
  onProgress(0, total);
  return new Uint8Array(await response.arrayBuffer());
}

const decoder = new ZSTDDecoder();

/** Get ready to unpack() while what is to be unpacked is still under way. */
export function prepareToUnpack() {
  decoder.init().catch(() => {}); // unpack() will say
}

/**
 * @param {Uint8Array} bytes  compressed with Zstandard
 * @param {number} size  bytes when they are decompressed
 * @returns {Promise<Uint8Array>}
 */
export async function unpack(bytes, size) {
  await decoder.init();
  return decoder.decode(bytes, size);
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @param {number | undefined} total  bytes, if known; should there be more, they are read all the same
 * @param {ByteProgress} onProgress  may throw to end it
 * @returns {Promise<Uint8Array>}
 */
export async function readInto(stream, total, onProgress) {
  // With the size known, the bytes go straight to where they stay: large files must not exist twice.
  let bytes = new Uint8Array(total ?? 1 << 16);
  let done = 0;
  onProgress(done, total);
  for await (const chunk of chunksOf(stream)) {
    if (done + chunk.length > bytes.length) bytes = grown(bytes, done + chunk.length);
    bytes.set(chunk, done);
    done += chunk.length;
    // More than there should be: the size was that of compressed bytes.
    if (total !== undefined && done > total) total = undefined;
    onProgress(done, total, bytes.subarray(0, done));
  }
  return done === bytes.length ? bytes : bytes.subarray(0, done);
}

/**
 * @param {Response} response
 * @returns {number | undefined} bytes, if the server says so and what it says is about these bytes
 */
export function bodySize(response) {
  // The Content-Length of a compressed response counts the compressed bytes.
  if (response.headers.get("content-encoding")) return undefined;
  const length = Number(response.headers.get("content-length"));
  return length > 0 ? length : undefined;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} needed
 */
function grown(bytes, needed) {
  const larger = new Uint8Array(Math.max(needed, bytes.length * 2));
  larger.set(bytes);
  return larger;
}
