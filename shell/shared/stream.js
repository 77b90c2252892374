/**
 * Reads a stream chunk by chunk.
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
