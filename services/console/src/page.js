// The situation room's page: asks the public API for the chains, their totals and days, and listens to the alert feed.
"use strict";

const DISEASE = "U07.1";
const REFRESH_MS = 1000;
const ALERTS_SHOWN = 100;
const PAGES_READ = 5;
const DAYS_SHOWN = 60;
let chosen = null;

const get = async (path) => {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
};

const element = (tag, text, kind) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
};

const depth = (chain) => chain.split(".").length;

const confirmedOf = (diseases) => {
  const row = diseases.find((total) => total.disease === DISEASE);
  return row ? row.counts.confirmed : 0;
};

// The last known total of each chain: its card stands at once, and one chain that does not answer hides no other.
const totals = new Map();

async function refresh() {
  const chains = await get("/v1/chains");
  if (chosen === null && chains.length > 0) chosen = chains.map((each) => each.chain).sort((a, b) => depth(a) - depth(b))[0];
  if (totals.size === 0) showLevels(chains);
  // A ledger that repairs itself has no totals to show; its card says so and the others stay.
  const serving = chains.filter((each) => each.status.serving);
  const asked = serving.map(async ({ chain }) => totals.set(chain, confirmedOf((await get(`/v1/chains/${chain}/totals`)).totals)));
  const shown = chosen;
  if (serving.some((each) => each.chain === shown)) {
    const days = get(`/v1/chains/${shown}/days?disease=${encodeURIComponent(DISEASE)}&limit=500`);
    // Another chain may have been chosen while we waited.
    asked.push(days.then((answer) => { if (shown === chosen) showDays(answer); }));
  }
  const answers = await Promise.allSettled(asked);
  showLevels(chains);
  const latest = serving.map((each) => each.status.chain_time).sort().at(-1);
  if (latest) document.getElementById("clock").textContent = `chain time ${latest.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")}`;
  const failed = answers.find((answer) => answer.status === "rejected");
  if (failed) throw failed.reason;
}

function showLevels(cards) {
  const levels = new Map();
  for (const card of cards) {
    const level = depth(card.chain);
    levels.set(level, [...(levels.get(level) ?? []), card]);
  }
  const rows = [...levels.keys()].sort((a, b) => a - b).map((level) => {
    const row = element("div", undefined, "level");
    row.append(...levels.get(level).map(showChain));
    return row;
  });
  // The cards are made anew each second; who walks them by keyboard stays where they were.
  const focused = document.activeElement?.dataset.chain;
  document.getElementById("levels").replaceChildren(...rows);
  if (focused) document.querySelector(`[data-chain="${focused}"]`)?.focus();
}

function showChain(card) {
  const button = element("button", undefined, "chain");
  button.type = "button";
  button.dataset.chain = card.chain;
  button.setAttribute("aria-pressed", String(card.chain === chosen));
  const { final_height: final, height, serving, halted, size } = card.status;
  const progress = final === height ? `final at height ${final}` : `sealed ${height}, final ${final}`;
  button.append(
    element("span", `${card.name} (${card.chain})`),
    element("b", serving ? String(totals.get(card.chain) ?? "…") : "–"),
    element("span", `confirmed · ${size} leaves`),
    element("span", halted ? `halted: ${halted}` : serving ? progress : "checking its store"),
  );
  button.addEventListener("click", () => { chosen = card.chain; refresh().catch(lost); });
  return button;
}

function showDays({ days }) {
  const counts = days.slice(-DAYS_SHOWN).map((day) => ({ date: day.date, confirmed: day.counts.confirmed }));
  const most = Math.max(1, ...counts.map((day) => day.confirmed));
  const span = counts.length > 0 ? `, ${counts[0].date} to ${counts.at(-1).date}` : "";
  document.getElementById("days-of").textContent = `at ${chosen}${span}`;
  document.getElementById("days").replaceChildren(...counts.map((day) => {
    const bar = element("div");
    bar.style.height = `${Math.round((100 * day.confirmed) / most)}%`;
    bar.title = `${day.date}: ${day.confirmed}`;
    return bar;
  }));
  document.getElementById("days").setAttribute("aria-label",
    `Confirmed cases by reporting day: ${counts.map((day) => `${day.date} ${day.confirmed}`).join(", ") || "none yet"}`);
}

// An alert may come twice (a repeat, a resumed feed): it is known by its id and chain. It has one row, which names every
// chain where it rang so far; more of the same kind in a row share it, so that a series does not push all others away.
const heard = new Set();
const rows = new Map();

function ring(alert, isNew) {
  const known = `${alert.id}@${alert.chain}`;
  if (heard.has(known)) return;
  heard.add(known);
  const list = document.getElementById("alerts");
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
  while (list.children.length > ALERTS_SHOWN) {
    const oldest = rows.get(list.lastElementChild.dataset.alert);
    for (const id of oldest.ids) {
      rows.delete(id);
      for (const chain of oldest.chains) heard.delete(`${id}@${chain}`);
    }
    oldest.item.remove();
  }
  document.getElementById("no-alerts").hidden = true;
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
  const cap = element("a", "CAP");
  cap.href = `/v1/alerts/${newest.id}.cap?chain=${newest.chain}`;
  const about = element("small", `${newest.sent_at} · ${newest.kind} from ${newest.origin} · `);
  about.append(cap);
  const reached = [...chains].sort((a, b) => depth(b) - depth(a)).join(" → ");
  item.replaceChildren(
    element("b", `${newest.level} · ${newest.state} · ${reached}${times}`),
    element("div", newest.headline),
    about,
  );
}

// Two things can be lost, each for itself: the answers of the API and the feed.
const link = { api: "", feed: "connecting" };

function linked(change) {
  Object.assign(link, change);
  document.getElementById("link").textContent = link.api || link.feed;
}

const lost = (error) => linked({ api: `not reachable: ${error.message}` });

// What rang before the page was opened, oldest first, as far back as a page full of different alerts may need.
async function rang() {
  const all = [];
  let cursor = "";
  for (let page = 0; page < PAGES_READ; page += 1) {
    const { alerts, next } = await get(`/v1/alerts?limit=500${cursor}`);
    all.push(...alerts);
    if (!next) break;
    cursor = `&cursor=${encodeURIComponent(next)}`;
  }
  return all.reverse();
}

// What rang before, then the feed from there on: nothing is missed between the two.
async function listen() {
  let after = 0;
  try {
    const alerts = await rang();
    for (const alert of alerts) ring(alert, false);
    after = alerts.at(-1)?.sequence ?? 0;
  } catch (error) {
    linked({ feed: `no alerts: ${error.message}` });
    setTimeout(listen, REFRESH_MS);
    return;
  }
  const feed = new EventSource(`/v1/alerts/stream?after=${after}`);
  feed.addEventListener("open", () => linked({ feed: "live" }));
  feed.addEventListener("error", () => {
    linked({ feed: "reconnecting" });
    // The browser gives up only when it was refused (too many listeners, say); then we begin anew.
    if (feed.readyState === EventSource.CLOSED) setTimeout(listen, 5 * REFRESH_MS);
  });
  feed.addEventListener("alert", (message) => ring(JSON.parse(message.data), true));
}

async function loop() {
  try {
    await refresh();
    linked({ api: "" });
  } catch (error) {
    lost(error);
  }
  setTimeout(loop, REFRESH_MS);
}

listen();
loop();
