// What anywidget gives a page, small enough to see through; also used in a browser.

/** @param {Record<string, any>} state */
export function fakeModel(state) {
  /** @type {Map<string, Set<Function>>} */
  const listeners = new Map();
  const of = (event) => listeners.get(event) ?? listeners.set(event, new Set()).get(event);
  return {
    sent: [],
    get: (name) => state[name],
    on: (event, fn) => of(event).add(fn),
    off: (event, fn) => of(event).delete(fn),
    send(message) {
      this.sent.push(message);
    },
    /** What Python does. */
    set(name, value) {
      state[name] = value;
      for (const fn of of(`change:${name}`)) fn();
    },
    tell(event) {
      for (const fn of of(event)) fn();
    },
    say(message, buffers = []) {
      for (const fn of of("msg:custom")) fn(message, buffers);
    },
    listening: () => [...listeners.values()].reduce((sum, set) => sum + set.size, 0),
  };
}
