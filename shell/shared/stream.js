/**
 * Reads a stream chunk by chunk, or only its first bytes.
 */

/**
 * The chunks of a stream. Leaving the loop early cancels the rest. `for await` over the stream itself
 * does not work in every Safari that has all other features this site needs.
 *
 * @template T
 * @param {ReadableStream<T>} stream
 * @returns {AsyncGenerator<T, void, void>}
 */
export async function* chunksOf(stream) {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      ended = done;
      if (done) return;
      yield value;
    }
  } finally {
    if (!ended) reader.cancel().catch(() => {});
  }
}

/**
 * @param {ReadableStream<Uint8Array> | null} stream  cancelled afterwards
 * @param {number} count
 * @returns {Promise<Uint8Array>} at most `count` bytes; less if it ends or breaks off before
 */
export async function firstBytes(stream, count) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let size = 0;
  try {
    for await (const chunk of stream ? chunksOf(stream) : []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= count) break;
    }
  } catch (error) {
    if (size === 0) throw error;
  }
  const bytes = await new Blob(/** @type {BlobPart[]} */ (chunks)).arrayBuffer();
  return new Uint8Array(bytes, 0, Math.min(size, count));
}

/**
 * @param {Uint8Array} head  the first bytes of a gzip file
 * @param {number} count
 * @returns {Promise<Uint8Array>} these bytes, unpacked: at most `count` of them, none if that fails
 */
export async function unpackedHead(head, count) {
  const packed = new Blob([/** @type {BlobPart} */ (head)]).stream();
  const unpacked = packed.pipeThrough(new DecompressionStream("gzip"));
  return firstBytes(unpacked, count).catch(() => new Uint8Array());
}
