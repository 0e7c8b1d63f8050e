const STILL_MS = 400;

/**
 * Reads a place anew while it keeps its room and takes no press, for a moment longer than that: the second press of a
 * hand that trembles must not meet what has moved under it.
 */
export async function steadily<T>(place: HTMLElement, run: () => Promise<T>): Promise<T> {
  place.style.minHeight = `${place.offsetHeight}px`;
  place.inert = true;
  try {
    return await run();
  } finally {
    place.style.minHeight = "";
    window.setTimeout(() => (place.inert = false), STILL_MS);
  }
}
