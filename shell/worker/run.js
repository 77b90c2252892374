/** Names this run of the worker. */
export const RUN = crypto.randomUUID();
