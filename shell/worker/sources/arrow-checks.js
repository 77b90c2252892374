/**
 * Checks that the buffers of an Arrow file hold as much as its lengths say. Where they do not, the
 * decoder would return nulls, or never end.
 */

import { IntervalUnit, Type } from "@uwdata/flechette";

/** The most rows of columns that take no room, which nothing else limits. */
const MOST_EMPTY = 100_000_000;

/**
 * @param {any} batch  of Flechette: some rows of a column, or of a nested one
 * @throws {Error}
 */
export function checkBatch(batch) {
  const { length, nullCount, type, validity, children = [] } = batch;
  if (!(length >= 0 && length <= capacity(batch))) throw new Error("a column is not whole");
  if (validity?.length && nullCount > 0 && validity.length * 8 < length) {
    throw new Error("a column is not whole");
  }
  if (type.typeId === Type.Dictionary) batch.dictionary.data.forEach(checkBatch);
  children.forEach(checkBatch);
}

/**
 * @param {any} batch
 * @returns {number} how many values there can be
 */
function capacity(batch) {
  const { type, values, offsets, sizes, children, length } = batch;
  switch (type.typeId) {
    case Type.Null:
      return MOST_EMPTY;
    case Type.Bool:
      return values.length * 8;
    case Type.Decimal:
      return type.bitWidth === 32 ? values.length : values.length / (type.bitWidth / 64);
    case Type.FixedSizeBinary:
      return values.length / type.stride;
    case Type.Interval:
      if (type.unit === IntervalUnit.YEAR_MONTH) return values.length;
      return type.unit === IntervalUnit.DAY_TIME ? values.length / 2 : values.length / 16;
    case Type.Utf8:
    case Type.LargeUtf8:
    case Type.Binary:
    case Type.LargeBinary:
      return withOffsets(offsets, length, values.length);
    case Type.Utf8View:
    case Type.BinaryView:
      return values.length / 16;
    case Type.List:
    case Type.LargeList:
    case Type.Map:
      return withOffsets(offsets, length, children[0].length);
    case Type.ListView:
    case Type.LargeListView:
      return withSizes(offsets, sizes, length, children[0].length);
    case Type.FixedSizeList:
      return type.stride > 0 ? children[0].length / type.stride : MOST_EMPTY;
    case Type.Struct:
      return Math.min(MOST_EMPTY, ...children.map((/** @type {any} */ child) => child.length));
    case Type.RunEndEncoded:
      return MOST_EMPTY;
    case Type.Union:
      return batch.typeIds.length;
    default:
      return values.length;
  }
}

/**
 * @param {Int32Array | BigInt64Array} offsets
 * @param {number} length
 * @param {number} end  none may exceed this
 * @returns {number}
 */
function withOffsets(offsets, length, end) {
  if (length === 0) return 0;
  let before = 0;
  for (let index = 0; index <= Math.min(length, offsets.length - 1); index++) {
    const offset = Number(offsets[index]);
    if (offset < before || offset > end) return -1;
    before = offset;
  }
  return offsets.length - 1;
}

/**
 * @param {Int32Array | BigInt64Array} offsets
 * @param {Int32Array | BigInt64Array} sizes
 * @param {number} length
 * @param {number} end  none may exceed this
 * @returns {number}
 */
function withSizes(offsets, sizes, length, end) {
  const most = Math.min(offsets.length, sizes.length);
  for (let index = 0; index < Math.min(length, most); index++) {
    const [offset, size] = [Number(offsets[index]), Number(sizes[index])];
    if (offset < 0 || size < 0 || offset + size > end) return -1;
  }
  return most;
}
