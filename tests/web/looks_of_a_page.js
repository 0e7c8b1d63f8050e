// What keeps a page from being read by everybody, as a list of sentences; run in the page, empty when all is well.
() => {
  const wrong = [];
  const visible = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  const label = (element) => `<${element.tagName.toLowerCase()}${element.id ? "#" + element.id : ""} class="${element.className}">`;
  const named = (element) =>
    (element.getAttribute("aria-label") || element.getAttribute("title") || element.innerText || element.textContent || "").trim() ||
    [...element.querySelectorAll("img[alt]")].some((image) => image.alt);

  if (!document.documentElement.lang) wrong.push("the page has no language");
  if (!document.title.trim()) wrong.push("the page has no title");
  if (document.querySelectorAll("main").length !== 1) wrong.push("not exactly one main");
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not exactly one h1");

  let level = 1;
  for (const heading of document.querySelectorAll("h1,h2,h3,h4")) {
    const own = Number(heading.tagName[1]);
    if (own > level + 1) wrong.push(`heading leaps to ${own}: ${heading.textContent}`);
    level = own;
  }
  const ids = new Set();
  for (const element of document.querySelectorAll("[id]")) {
    if (ids.has(element.id)) wrong.push(`id twice: ${element.id}`);
    ids.add(element.id);
  }
  for (const image of document.querySelectorAll("img:not([alt])")) wrong.push(`image without alt: ${image.src}`);
  for (const control of document.querySelectorAll("button,a[href],summary")) {
    if (visible(control) && !named(control)) wrong.push(`without a name: ${label(control)}`);
  }
  for (const field of document.querySelectorAll("input:not([type=hidden]),select,textarea")) {
    if (!field.labels?.length && !field.getAttribute("aria-label")) wrong.push(`field without a label: ${label(field)} ${field.name}`);
  }
  for (const [attribute, many] of [["aria-controls", true], ["aria-labelledby", true], ["aria-describedby", true]]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of element.getAttribute(attribute).split(/\s+/)) if (!document.getElementById(id)) wrong.push(`${attribute} names nothing: ${id}`);
    }
  }

  // Targets: 24 px at least (WCAG 2.2, 2.5.8), links inside text aside.
  for (const control of document.querySelectorAll("button,select,input:not([type=hidden])")) {
    const holder = control.closest("label") ?? control;
    const box = holder.getBoundingClientRect();
    if (visible(control) && !control.closest(".unseen") && !control.classList.contains("link") && !control.closest(".grid-list") && Math.min(box.width, box.height) < 20) wrong.push(`small target ${box.width}x${box.height}: ${label(control)}`);
  }

  // Contrast of every text on what lies behind it.
  const parse = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length && (colour[3] ?? 1) > 0.9) return colour;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !visible(holder) || holder.closest("script,noscript,.maplibregl-map,[disabled],option")) continue;
    const style = getComputedStyle(holder);
    const [one, other] = [luminance(parse(style.color)), luminance(ground(holder))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) wrong.push(`contrast ${ratio.toFixed(2)}: ${walker.currentNode.textContent.trim().slice(0, 30)}`);
    const size = parseFloat(style.fontSize);
    if (size < 12) wrong.push(`text of ${size} px: ${walker.currentNode.textContent.trim().slice(0, 30)}`);
    const line = parseFloat(style.lineHeight);
    if (line / size < 1.3) wrong.push(`line height ${line / size}: ${walker.currentNode.textContent.trim().slice(0, 30)}`);
  }
  return [...new Set(wrong)].slice(0, 20);
}
