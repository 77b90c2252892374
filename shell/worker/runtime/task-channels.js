/**
 * Closes the message channels by which each Pyodide schedules its tasks. Pyodide makes them when it starts
 * and keeps them open for ever, and an open port holds its listener and so all of that Python's memory.
 *
 * Nothing else in the worker makes message channels while a Pyodide starts.
 */

/** @typedef {{ports: MessagePort[], isAlone: boolean}} Recording */

/** @type {Set<Recording>} those under way; several if a start was stuck when the next began */
const recordings = new Set();

class RecordedChannel extends MessageChannel {
  constructor() {
    super();
    for (const { ports } of recordings) ports.push(this.port1, this.port2);
  }
}

Object.assign(globalThis, { MessageChannel: RecordedChannel });

/**
 * Begin to note which channels a start makes.
 *
 * @returns {() => () => void} call this when the start is over, and what that returns to close the channels.
 *   They stay open if they may be those of another start
 */
export function recordChannels() {
  /** @type {Recording} */
  const recording = { ports: [], isAlone: recordings.size === 0 };
  for (const other of recordings) other.isAlone = false;
  recordings.add(recording);
  return () => {
    recordings.delete(recording);
    return () => {
      if (recording.isAlone) for (const port of recording.ports) port.close();
    };
  };
}
