/**
 * Closes the message channels by which each Pyodide schedules its tasks. Pyodide keeps them open for ever,
 * and an open port holds its listener and so all of that Python's memory.
 *
 * Nothing else in the worker makes message channels.
 */

/** @type {MessagePort[]} of the channels made since they were last taken */
let made = [];

class RecordedChannel extends MessageChannel {
  constructor() {
    super();
    made.push(this.port1, this.port2);
  }
}

Object.assign(globalThis, { MessageChannel: RecordedChannel });

/** @returns {() => void} closes the channels made since the last call */
export function takeChannels() {
  const ports = made;
  made = [];
  return () => {
    for (const port of ports) port.close();
  };
}
