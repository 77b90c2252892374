/**
 * Decompresses LZ4 frames, as used in Arrow files. Their blocks may refer to earlier ones, which
 * libraries for single blocks cannot handle.
 *
 * https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */

const MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x80000000;

/**
 * @param {Uint8Array} frame
 * @param {number} size  bytes after decompression
 * @returns {Uint8Array}
 * @throws {Error} it is not a frame, or damaged
 */
export function decompressFrame(frame, size) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const out = new Uint8Array(size);
  if (view.getUint32(0, true) !== MAGIC) throw new Error("this is no LZ4 frame");
  const flags = view.getUint8(4);
  const hasSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  const hasBlockChecksums = (flags & 0x10) !== 0;
  let at = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0);
  let done = 0;
  for (;;) {
    const header = view.getUint32(at, true);
    at += 4;
    if (header === 0) break;
    const length = header & ~UNCOMPRESSED;
    const block = frame.subarray(at, at + length);
    if (block.length < length) throw new Error("an LZ4 frame is cut off");
    if (header & UNCOMPRESSED) {
      out.set(block, done);
      done += length;
    } else {
      done = decompressBlock(block, out, done);
    }
    at += length + (hasBlockChecksums ? 4 : 0);
  }
  if (done !== size) throw new Error("an LZ4 frame has another size than it says");
  return out;
}

/**
 * @param {Uint8Array} block
 * @param {Uint8Array} out  with the output so far
 * @param {number} done  bytes in it so far
 * @returns {number} bytes in it afterwards
 */
function decompressBlock(block, out, done) {
  let at = 0;
  const more = (/** @type {number} */ length) => {
    if (length < 15) return length;
    for (let byte = 255; byte === 255; length += byte) {
      if (at >= block.length) throw new Error("an LZ4 block is cut off");
      byte = block[at++];
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at++];
    const literals = more(token >> 4);
    if (at + literals > block.length || done + literals > out.length) {
      throw new Error("an LZ4 block is damaged");
    }
    out.set(block.subarray(at, at + literals), done);
    at += literals;
    done += literals;
    if (at >= block.length) break; // the last sequence has literals only
    const from = done - (block[at] | (block[at + 1] << 8));
    at += 2;
    const length = more(token & 15) + 4;
    if (from < 0 || from >= done || done + length > out.length) {
      throw new Error("an LZ4 block is damaged");
    }
    // The match may overlap the bytes that it produces.
    for (let index = 0; index < length; index++) out[done + index] = out[from + index];
    done += length;
  }
  return done;
}
