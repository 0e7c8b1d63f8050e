/** Chinese first; the page's language was decided by the server. */
export const english = document.documentElement.lang.startsWith("en");

/** The wording in the page's language. */
export function say(zh: string, en: string): string {
  return english ? en : zh;
}

/** The API's pair of wordings, in the page's language. */
export function sayEither(pair: { zh?: string; en?: string } | null | undefined): string {
  return (english ? pair?.en || pair?.zh : pair?.zh || pair?.en) ?? "";
}
