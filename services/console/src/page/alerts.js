// Alerts: what rang before the page was opened, then the feed from there on.
import { address, heard, once } from "./api.js";
import { byId, element, link, time, write } from "./dom.js";
import { depth } from "./levels.js";

const ALERTS_SHOWN = 100;
// Pages of what rang, of 500 each: a page full of different alerts may need them.
const PAGES_READ = 5;
const RETRY_MS = 5000;
// A series is told once, not each of it: who listens to the page hears one sentence in this time.
const SAY_MS = 10_000;
const GRAVE = ["blue", "yellow", "orange", "red"];

// An alert may come twice (a repeat, a resumed feed): it is known by its id and chain. It has one row, which names every
// chain where it rang so far; more of the same kind in a row share it, so that a series does not push all others away.
const known = new Set();
const rows = new Map();
// The names of diseases, as alerts give them.
export const diseases = new Map();

let unsaid = [];
let saying = null;

function ring(alert, isNew) {
  const key = `${alert.id}@${alert.chain}`;
  if (known.has(key)) return;
  known.add(key);
  if (alert.disease) diseases.set(alert.disease.code, alert.disease.name);
  const list = byId("alerts");
  const kind = [alert.level, alert.state, alert.kind, alert.origin, alert.headline].join("\n");
  let row = rows.get(alert.id);
  if (!row) {
    const newest = rows.get(list.firstElementChild?.dataset.alert);
    row = newest?.kind === kind ? newest : { kind, item: element("li"), ids: [], chains: new Set() };
    row.ids.push(alert.id);
    row.newest = alert;
    rows.set(alert.id, row);
  }
  row.chains.add(alert.chain);
  show(row, isNew);
  if (row.item.parentNode === list) return;
  list.prepend(row.item);
  while (list.children.length > ALERTS_SHOWN) forget(rows.get(list.lastElementChild.dataset.alert));
  byId("no-alerts").hidden = true;
  if (isNew) say(alert);
}

function forget(oldest) {
  for (const id of oldest.ids) {
    rows.delete(id);
    for (const chain of oldest.chains) known.delete(`${id}@${chain}`);
  }
  oldest.item.remove();
}

function show({ item, ids, chains, newest }, isNew) {
  item.className = newest.level;
  if (isNew) {
    // Read once in between, the style begins its animation anew.
    void item.offsetWidth;
    item.classList.add("new");
  }
  item.dataset.alert = newest.id;
  const times = ids.length > 1 ? ` · ${ids.length} times` : "";
  const reached = [...chains].sort((a, b) => depth(b) - depth(a)).join(" → ");
  item.replaceChildren(
    element("b", {}, `${newest.level} · ${newest.state} · ${reached}${times}`),
    element("div", {}, newest.headline),
    element("small", {}, `${time(newest.sent_at)} · ${newest.kind} from ${newest.origin} · `,
      link(address("cap", { id: newest.id, chain: newest.chain }), "CAP"), " · ",
      link(address("alert", { id: newest.id, chain: newest.chain }), "JSON")),
  );
}

function say(alert) {
  unsaid.push(alert);
  saying ??= setTimeout(() => {
    const gravest = unsaid.reduce((most, each) => (GRAVE.indexOf(each.level) > GRAVE.indexOf(most.level) ? each : most));
    write(byId("said"), `${unsaid.length} new ${unsaid.length === 1 ? "alert" : "alerts"}: ${gravest.level}, ${gravest.headline}`);
    [unsaid, saying] = [[], null];
  }, SAY_MS);
}

async function rang() {
  const all = [];
  let cursor = {};
  for (let page = 0; page < PAGES_READ; page += 1) {
    const { alerts, next } = await once("alerts", { limit: 500, ...cursor });
    all.push(...alerts);
    if (!next) break;
    cursor = { cursor: next };
  }
  return all.reverse();
}

// Nothing is missed between the two: the feed begins behind the last that rang.
export async function listen(linked, wake) {
  const again = (after) => setTimeout(() => listen(linked, wake), after);
  let after = 0;
  try {
    const alerts = await rang();
    for (const alert of alerts) ring(alert, false);
    after = alerts.at(-1)?.sequence ?? 0;
  } catch (error) {
    linked({ feed: `no alerts: ${error.message}` });
    again(RETRY_MS);
    return;
  }
  const feed = new EventSource(address("feed", { after }));
  feed.addEventListener("open", () => linked({ feed: "live" }));
  feed.addEventListener("error", () => {
    linked({ feed: "reconnecting" });
    // The browser gives up only when it was refused (too many listeners, say); then we begin anew.
    if (feed.readyState === EventSource.CLOSED) again(RETRY_MS);
  });
  feed.addEventListener("alert", (message) => {
    ring(heard(message.data), true);
    wake();
  });
}
