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
  const row = totals.find((total) => total.disease.code === DISEASE);
  return row ? row.counts.confirmed ?? 0 : 0;
};

async function refresh() {
  const { chains } = await get("/v1/chains");
  if (chosen === null && chains.length > 0) chosen = chains.map((each) => each.chain).sort((a, b) => depth(a) - depth(b))[0];
  const cards = await Promise.all(chains.map(async (each) => {
    const [status, { totals }] = await Promise.all([
      get(`/v1/chains/${each.chain}/status`),
      get(`/v1/chains/${each.chain}/totals`),
    ]);
    return { ...each, status, confirmed: confirmedOf(totals) };
  }));
  showLevels(cards);
  const latest = cards.map((card) => card.status.chain_time).sort().at(-1);
  if (latest) document.getElementById("clock").textContent = `chain time ${latest}`;
  if (chosen !== null) showDays(await get(`/v1/chains/${chosen}/days?disease=${encodeURIComponent(DISEASE)}`));
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
  document.getElementById("levels").replaceChildren(...rows);
}

function showChain(card) {
  const button = element("button", undefined, "chain");
  button.type = "button";
  button.setAttribute("aria-pressed", String(card.chain === chosen));
  const { final_height: final, height } = card.status;
  button.append(
    element("span", `${card.name} (${card.chain})`),
    element("b", String(card.confirmed)),
    element("span", `confirmed · ${card.status.size} leaves`),
    element("span", final === height ? `final at height ${final}` : `sealed ${height}, final ${final}`),
  );
  button.addEventListener("click", () => { chosen = card.chain; refresh().catch(lost); });
  return button;
}

function showDays({ days }) {
  const counts = days.slice(-DAYS_SHOWN).map((day) => ({ date: day.date, confirmed: day.counts.confirmed ?? 0 }));
  const most = Math.max(1, ...counts.map((day) => day.confirmed));
  document.getElementById("days-of").textContent = `at ${chosen}`;
  document.getElementById("days").replaceChildren(...counts.map((day) => {
    const bar = element("div");
    bar.style.height = `${Math.round((100 * day.confirmed) / most)}%`;
    bar.title = `${day.date}: ${day.confirmed}`;
    return bar;
  }));
}

function ring(alert) {
  const list = document.getElementById("alerts");
  const item = element("li", undefined, `${alert.level} new`);
  item.append(
    element("b", `${alert.level} · ${alert.state} · ${alert.chain}`),
    element("div", alert.headline),
    element("small", `${alert.sent_at} · ${alert.kind} from ${alert.origin} · `),
  );
  const cap = element("a", "CAP");
  cap.href = `/v1/alerts/${alert.id}.cap`;
  item.lastChild.append(cap);
  list.prepend(item);
  while (list.children.length > ALERTS_SHOWN) list.lastChild.remove();
  document.getElementById("no-alerts").hidden = true;
}

const lost = (error) => { document.getElementById("link").textContent = `not reachable: ${error.message}`; };

function listen() {
  const feed = new EventSource("/v1/alerts/stream");
  const link = document.getElementById("link");
  feed.addEventListener("open", () => { link.textContent = "live"; });
  feed.addEventListener("error", () => { link.textContent = "reconnecting"; });
  feed.addEventListener("alert", (message) => ring(JSON.parse(message.data)));
}

async function loop() {
  try { await refresh(); } catch (error) { lost(error); }
  setTimeout(loop, REFRESH_MS);
}

listen();
loop();
