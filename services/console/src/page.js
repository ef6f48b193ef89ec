// The situation room's page: asks the public API for the chains, their totals and days, and listens to the alert feed.
"use strict";

const DISEASE = "U07.1";
const REFRESH_MS = 1000;
const ALERTS_SHOWN = 100;
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

const confirmedOf = (totals) => {
  const row = totals.find((total) => total.disease === DISEASE);
  return row ? row.counts.confirmed : 0;
};

async function refresh() {
  const chains = await get("/v1/chains");
  if (chosen === null && chains.length > 0) chosen = chains.map((each) => each.chain).sort((a, b) => depth(a) - depth(b))[0];
  // A ledger that repairs itself has no totals to show; its card says so and the others stay.
  const cards = await Promise.all(chains.map(async (each) => {
    if (!each.status.serving) return each;
    const { totals } = await get(`/v1/chains/${each.chain}/totals`);
    return { ...each, confirmed: confirmedOf(totals) };
  }));
  showLevels(cards);
  const serving = cards.filter((card) => card.status.serving);
  const latest = serving.map((card) => card.status.chain_time).sort().at(-1);
  if (latest) document.getElementById("clock").textContent = `chain time ${latest.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")}`;
  if (serving.some((card) => card.chain === chosen)) {
    showDays(await get(`/v1/chains/${chosen}/days?disease=${encodeURIComponent(DISEASE)}&limit=500`));
  }
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
    element("b", serving ? String(card.confirmed) : "–"),
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

// An alert may come twice (a repeat, a resumed feed): it is known by its id and chain.
const heard = new Set();

function ring(alert, isNew) {
  const known = `${alert.id}@${alert.chain}`;
  if (heard.has(known)) return;
  heard.add(known);
  const list = document.getElementById("alerts");
  const item = element("li", undefined, isNew ? `${alert.level} new` : alert.level);
  item.dataset.known = known;
  item.append(
    element("b", `${alert.level} · ${alert.state} · ${alert.chain}`),
    element("div", alert.headline),
    element("small", `${alert.sent_at} · ${alert.kind} from ${alert.origin} · `),
  );
  const cap = element("a", "CAP");
  cap.href = `/v1/alerts/${alert.id}.cap?chain=${alert.chain}`;
  item.lastChild.append(cap);
  list.prepend(item);
  while (list.children.length > ALERTS_SHOWN) {
    heard.delete(list.lastElementChild.dataset.known);
    list.lastElementChild.remove();
  }
  document.getElementById("no-alerts").hidden = true;
}

const lost = (error) => { document.getElementById("link").textContent = `not reachable: ${error.message}`; };

// What rang before the page was opened, then the feed from there on: nothing is missed between the two.
async function listen() {
  let after = 0;
  try {
    const { alerts } = await get(`/v1/alerts?limit=${ALERTS_SHOWN}`);
    for (const alert of [...alerts].reverse()) ring(alert, false);
    if (alerts.length > 0) after = alerts[0].sequence;
  } catch (error) {
    lost(error);
    setTimeout(listen, REFRESH_MS);
    return;
  }
  const feed = new EventSource(`/v1/alerts/stream?after=${after}`);
  const link = document.getElementById("link");
  feed.addEventListener("open", () => { link.textContent = "live"; });
  feed.addEventListener("error", () => {
    link.textContent = "reconnecting";
    // The browser gives up only when it was refused (too many listeners, say); then we begin anew.
    if (feed.readyState === EventSource.CLOSED) setTimeout(listen, 5 * REFRESH_MS);
  });
  feed.addEventListener("alert", (message) => ring(JSON.parse(message.data), true));
}

async function loop() {
  try { await refresh(); } catch (error) { lost(error); }
  setTimeout(loop, REFRESH_MS);
}

listen();
loop();
