// @ts-check
// How often something is done that is asked for many times a second.

/**
 * What runs *run* at once, and then at most once in *ms* milliseconds; the last call is never lost.
 * @param {() => void} run @param {number} ms
 */
export function throttled(run, ms) {
  /** @type {any} */
  let timer = null;
  let last = -Infinity;
  const now = () => {
    timer = null;
    last = performance.now();
    run();
  };
  const ask = () => {
    if (timer !== null) return;
    const wait = ms - (performance.now() - last);
    if (wait <= 0) now();
    else timer = setTimeout(now, wait);
  };
  ask.end = () => clearTimeout(timer);
  return ask;
}
