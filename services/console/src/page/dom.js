// Making elements. Text from the log only ever becomes text: nothing here parses HTML.

const NUMBER = new Intl.NumberFormat("en-GB");

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export const number = (value) => NUMBER.format(value);
export const milli = (value) => (value / 1000).toFixed(2);
export const time = (text) => `${text.slice(0, 16).replace("T", " ")} UTC`;

// A link into our own API; what is no such way stays text.
export function link(to, text, label) {
  if (!to.startsWith("/v1/")) return document.createTextNode(text);
  return element("a", label ? { href: to, "aria-label": label } : { href: to }, text);
}

export const json = (to, of) => link(to, "JSON", `JSON of ${of}`);

// Writes only what changed, so that a reader's place and a screen reader's peace are kept.
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// A level or state in words; its colour says nothing that the word does not.
export const badge = (word, kind = word) => element("span", { class: `badge ${kind}` }, word);

// More columns than a narrow screen holds: there each row becomes a list of its own.
const NARROW_COLUMNS = 5;

// Columns are `[title, kind]`, kind `n` for numbers; a row's first cell names it. The roles stand for browsers that forget
// them where the style makes a list of a row.
export function table(caption, columns, rows) {
  const head = columns.map(([title, kind]) => element("th", { scope: "col", role: "columnheader", class: kind ?? "" }, title));
  const body = rows.map(([first, ...cells]) => element("tr", { role: "row" },
    element("th", { scope: "row", role: "rowheader" }, ...[first].flat()),
    ...cells.map((cell, index) => {
      const [title, kind] = columns[index + 1];
      return element("td", { role: "cell", class: kind ?? "", "data-title": title }, element("span", {}, ...[cell].flat()));
    })));
  const made = element("table", { role: "table", class: columns.length > NARROW_COLUMNS ? "folds" : "" },
    element("caption", {}, ...caption),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...head)),
    element("tbody", { role: "rowgroup" }, ...body));
  return element("div", { class: "scroll", role: "group", "aria-label": made.caption.textContent, tabindex: "0" }, made);
}

export const note = (text) => element("p", { class: "note" }, text);

// What a node that can hold the focus is known by after a section was drawn anew.
const known = (node) => node.id || node.getAttribute("href") || node.getAttribute("aria-label") || node.parentNode.dataset?.of;

// Replaces what a section shows. Who stood on a link in it or opened a list stays there.
export function fill(id, ...children) {
  const section = byId(id);
  const place = section.contains(document.activeElement) ? known(document.activeElement) : null;
  const opened = [...section.querySelectorAll("details[open]")].map((each) => each.dataset.of);
  section.replaceChildren(...children);
  for (const each of section.querySelectorAll("details")) each.open = opened.includes(each.dataset.of);
  if (place) [...section.querySelectorAll("a, select, summary, [tabindex]")].find((each) => known(each) === place)?.focus();
}
