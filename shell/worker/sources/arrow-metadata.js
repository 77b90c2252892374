/**
 * Checks the metadata of an Arrow file: every list in it must be as long as its bytes. The decoder
 * trusts the lengths, and a damaged one would make it allocate a list of billions.
 *
 * https://arrow.apache.org/docs/format/Columnar.html#serialization-and-interprocess-communication-ipc
 * https://flatbuffers.dev/internals/
 */

const MAGIC = "ARROW1";
const CONTINUATION = -1;
const MOST_FIELDS = 100_000;

/** Positions of the members of each table in its list of members. */
const MESSAGE = { kind: 6, header: 8, bodyLength: 10 };
const FOOTER = { schema: 6, dictionaries: 8, batches: 10 };
const SCHEMA = { fields: 6 };
const FIELD = { children: 14, metadata: 16 };
const BATCH = { nodes: 6, buffers: 8, variadic: 12 };
const DICTIONARY = { batch: 6 };

const KIND = { schema: 1, dictionary: 2, batch: 3 };
const BLOCK = 24; // bytes

/**
 * @param {Uint8Array} bytes  a file or a stream
 * @throws {Error} it is damaged
 */
export function checkMetadata(bytes) {
  const isFile = new TextDecoder("latin1").decode(bytes.subarray(0, MAGIC.length)) === MAGIC;
  try {
    if (isFile) checkFile(bytes);
    else for (let at = 0; at < bytes.length;) at = checkMessage(bytes, at);
  } catch (error) {
    if (error instanceof RangeError) throw new Error("it is cut off or damaged", { cause: error });
    throw error;
  }
}

/** @param {Uint8Array} bytes */
function checkFile(bytes) {
  const end = bytes.length - MAGIC.length;
  if (new TextDecoder("latin1").decode(bytes.subarray(end)) !== MAGIC) {
    throw new Error("its end is missing");
  }
  const size = view(bytes).getInt32(end - 4, true);
  if (size < 0 || size > end - 4) throw new Error("its end is damaged");
  const footer = new Table(bytes.subarray(end - 4 - size, end - 4));
  checkSchema(footer.table(FOOTER.schema));
  for (const name of /** @type {const} */ (["dictionaries", "batches"])) {
    for (const at of footer.list(FOOTER[name], BLOCK)) {
      const offset = Number(footer.data.getBigInt64(at, true));
      if (offset < 0 || offset >= bytes.length) throw new RangeError("a block is elsewhere");
      checkMessage(bytes, offset);
    }
  }
}

/**
 * @param {Uint8Array} bytes
 * @param {number} at
 * @returns {number} where the next one begins
 */
function checkMessage(bytes, at) {
  const data = view(bytes);
  let size = data.getInt32(at, true);
  at += 4;
  if (size === CONTINUATION) {
    size = data.getInt32(at, true);
    at += 4;
  }
  if (size === 0) return bytes.length; // the end of a stream
  if (size < 0 || at + size > bytes.length) throw new RangeError("a message is cut off");
  const message = new Table(bytes.subarray(at, at + size));
  const place = message.place(MESSAGE.bodyLength);
  const body = place === 0 ? 0 : Number(message.data.getBigInt64(place, true));
  if (body < 0 || at + size + body > bytes.length) throw new RangeError("a message is cut off");
  const kind = message.data.getUint8(message.place(MESSAGE.kind));
  const header = message.table(MESSAGE.header);
  if (kind === KIND.schema) checkSchema(header);
  if (kind === KIND.batch) checkBatch(header);
  if (kind === KIND.dictionary) checkBatch(header.table(DICTIONARY.batch));
  return at + size + body;
}

/** @param {Table} batch */
function checkBatch(batch) {
  batch.list(BATCH.nodes, 16);
  batch.list(BATCH.buffers, 16);
  batch.list(BATCH.variadic, 8);
}

/** @param {Table} schema */
function checkSchema(schema) {
  let count = 0;
  const waiting = schema.tables(SCHEMA.fields);
  for (let field; (field = waiting.pop());) {
    if (++count > MOST_FIELDS) throw new Error("it has more fields than can be");
    field.list(FIELD.metadata, 4);
    waiting.push(...field.tables(FIELD.children));
  }
}

/** A table of a FlatBuffer. Reading beyond its end throws a RangeError. */
class Table {
  data;
  #bytes;
  #at;

  /**
   * @param {Uint8Array} bytes
   * @param {number} [at]  where it begins; the root by default
   */
  constructor(bytes, at) {
    this.#bytes = bytes;
    this.data = view(bytes);
    this.#at = at ?? this.data.getInt32(0, true);
  }

  /**
   * @param {number} member
   * @returns {number} where its value is, 0 if it has none
   */
  place(member) {
    const members = this.#at - this.data.getInt32(this.#at, true);
    if (member >= this.data.getUint16(members, true)) return 0;
    const offset = this.data.getUint16(members + member, true);
    return offset === 0 ? 0 : this.#at + offset;
  }

  /**
   * @param {number} member
   * @returns {Table}
   */
  table(member) {
    const place = this.place(member);
    if (place === 0) throw new RangeError("a part is missing");
    return new Table(this.#bytes, place + this.data.getInt32(place, true));
  }

  /**
   * @param {number} member
   * @param {number} stride  bytes of each
   * @returns {number[]} positions of the list's elements
   */
  list(member, stride) {
    const place = this.place(member);
    if (place === 0) return [];
    const at = place + this.data.getInt32(place, true);
    const length = this.data.getInt32(at, true);
    if (length < 0 || at + 4 + length * stride > this.data.byteLength) {
      throw new RangeError("a list is longer than the file");
    }
    return Array.from({ length }, (_, index) => at + 4 + index * stride);
  }

  /**
   * @param {number} member
   * @returns {Table[]} the elements of a list of tables
   */
  tables(member) {
    return this.list(member, 4).map(
      (place) => new Table(this.#bytes, place + this.data.getInt32(place, true)),
    );
  }
}

/** @param {Uint8Array} bytes */
function view(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
