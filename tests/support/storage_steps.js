/**
 * Evaluated in a service worker: makes it possible to stop the worker at each step of saving data.
 *
 * A step is a call to IndexedDB that changes something, a commit before it is reported, or an answer
 * before it is sent. At step number `stopAt` the worker halts in the debugger, which reports it; nothing
 * after that step has happened when its process is then killed. With `answersStay`, answers to POST
 * requests are never sent, as if the worker were always stopped just before.
 *
 * Steps that store snapshots or the crash guard's notes don't count: they are not saved data, and they come
 * at any time.
 */
(() => {
  const steps = { log: [], stopAt: 0, answersStay: false };
  globalThis.steps = steps;
  const step = (name) => {
    steps.log.push(name);
    // eslint-disable-next-line no-debugger
    if (steps.log.length === steps.stopAt) debugger;
  };
  const isUncounted = (names) => [names].flat().some((name) => /^(image|guards)/.test(name));
  const storesOf = (object) => Array.from(object.objectStoreNames ?? [object.name]);
  const wrap = (prototype, name) => {
    const plain = prototype[name];
    prototype[name] = function (...values) {
      const stores = name === "transaction" ? values[0] : storesOf(this);
      if (isUncounted(stores)) return Reflect.apply(plain, this, values);
      step(name === "transaction" ? name : `${name} ${this.name ?? ""}`.trim());
      return Reflect.apply(plain, this, values);
    };
  };
  for (const name of ["put", "delete"]) wrap(IDBObjectStore.prototype, name);
  wrap(IDBDatabase.prototype, "transaction");
  wrap(IDBTransaction.prototype, "commit");
  const listen = IDBTransaction.prototype.addEventListener;
  IDBTransaction.prototype.addEventListener = function (type, listener, ...options) {
    const heard = (event) => {
      if (!isUncounted(storesOf(this))) step("committed");
      listener.call(this, event);
    };
    return Reflect.apply(listen, this, [type, type === "complete" ? heard : listener, ...options]);
  };
  const respond = FetchEvent.prototype.respondWith;
  FetchEvent.prototype.respondWith = function (answer) {
    const answered = Promise.resolve(answer).then(async (response) => {
      if (this.request.method !== "POST") return response;
      step("respond");
      if (steps.answersStay) await new Promise(() => {});
      return response;
    });
    return Reflect.apply(respond, this, [answered]);
  };
})();
