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

const OFFICES = /(居民委员会|村民委员会|居委会|村委会)$/;
const OFFICE_WITHIN = /(居民委员会|村民委员会|居委会|村委会)(?=第)/;

/** 枫华园社区居民委员会 → 枫华园社区: the office's name is for the card, the place's name for lists. */
export function placeName(name: string): string {
  return name.replace(OFFICES, "");
}

/** 枫华园社区居民委员会第2网格 → 枫华园社区第2网格. */
export function baseGridName(name: string): string {
  return name.replace(OFFICE_WITHIN, "");
}
