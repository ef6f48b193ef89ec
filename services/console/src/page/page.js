// The situation room's page: asks the public API round by round for what the chosen chain shows, and listens to the feed.
// It knows no rules: every figure has a link to the JSON it was read from.
import { diseases, listen } from "./alerts.js";
import { chains } from "./api.js";
import * as beds from "./beds.js";
import * as days from "./days.js";
import { byId, element, time, write } from "./dom.js";
import * as gifts from "./gifts.js";
import * as goods from "./goods.js";
import * as levels from "./levels.js";
import * as supply from "./supply.js";
import * as warning from "./warning.js";

// A round each second while something happens, and ever calmer while nothing does.
const SOONEST_MS = 1000;
const LATEST_MS = 15_000;
// Chains of which a section shows more than the cards do: the chosen one and those below it.
const MOST_AROUND = 12;

const SECTIONS = [days, warning, beds, goods, supply, gifts];

const choice = { chain: null, disease: null };
// What each section drew last, to leave alone what would look the same.
const drawn = new Map();
let view = null;
let pause = SOONEST_MS;
let timer = null;
let running = false;
let asked = false;

// Two things can be lost, each for itself: the answers of the API and the feed.
const link = { api: "", feed: "connecting" };

function linked(change) {
  Object.assign(link, change);
  write(byId("link"), link.api || link.feed);
}

const lost = (error) => linked({ api: `not reachable: ${error.message}` });

function choose(change) {
  Object.assign(choice, change);
  if (view) levels.draw({ ...view, chosen: choice.chain }, (chain) => choose({ chain }));
  again();
}

// The chosen chain and those below it, the chosen one first.
function around(all) {
  const below = all.filter((each) => each.chain.startsWith(`${choice.chain}.`));
  return [...all.filter((each) => each.chain === choice.chain), ...below].filter((each) => each.status.serving);
}

async function round() {
  const { chains: all, grown } = await chains();
  choice.chain ??= all.map((each) => each.chain).sort((a, b) => levels.depth(a) - levels.depth(b))[0] ?? null;
  const before = view ?? { totals: new Map() };
  if (!view) levels.draw({ chains: all, chosen: choice.chain, totals: before.totals }, (chain) => choose({ chain }));
  const { found, failed } = await levels.totals(all);
  const totals = new Map([...before.totals, ...found]);
  offer(totals);
  const latest = all.filter((each) => each.status.serving).map((each) => each.status.chain_time).sort().at(-1);
  const chosen = all.find((each) => each.chain === choice.chain);
  const below = around(all);
  view = { chains: all, totals, chosen: choice.chain, name: chosen?.name ?? "", disease: choice.disease, around: below.slice(0, MOST_AROUND),
    time: chosen?.status.chain_time, again };
  levels.draw(view, (chain) => choose({ chain }));
  if (latest) write(byId("clock"), `chain time ${time(latest)}`);
  write(byId("place"), view.name);
  write(byId("left-out"), below.length <= MOST_AROUND ? "" : `${below.length - MOST_AROUND} of these are left out; choose one to see it.`);
  // Before the first total there is no disease to ask about, and a chain that repairs itself answers nothing.
  if (chosen?.status.serving && choice.disease) await Promise.all(SECTIONS.map((section) => renew(section, view)));
  if (failed) throw failed;
  return grown;
}

// One section that does not answer says so and hides no other.
async function renew(section, at) {
  const state = byId(`${section.id}-state`);
  const about = [at.chosen, at.disease, ...at.around.map((each) => each.chain)].join(" ");
  try {
    const answers = await section.read(at);
    // Another chain may have been chosen while we waited.
    if (at.chosen !== choice.chain || at.disease !== choice.disease) return;
    write(state, "");
    const last = drawn.get(section);
    if (last?.about === about && last.answers.length === answers.length && answers.every((each, index) => each === last.answers[index])) return;
    section.draw(answers, at);
    drawn.set(section, { about, answers });
  } catch (error) {
    write(state, `not reachable: ${error.message}`);
  }
}

// The diseases that are counted; without a choice the one with the most cases.
function offer(totals) {
  const most = new Map();
  for (const { disease, counts } of [...totals.values()].flat()) most.set(disease, Math.max(most.get(disease) ?? 0, counts.confirmed));
  const codes = [...most.keys()].sort();
  choice.disease ??= codes.sort((a, b) => most.get(b) - most.get(a))[0] ?? null;
  const select = byId("disease");
  const label = (code) => (diseases.has(code) ? `${diseases.get(code)} (${code})` : code);
  const texts = codes.sort().map(label);
  if ([...select.options].map((each) => each.text).join("\n") === texts.join("\n")) return;
  select.replaceChildren(...codes.map((code, index) => element("option", { value: code }, texts[index])));
  select.value = choice.disease ?? "";
}

async function loop() {
  // One round at a time; what was asked for meanwhile is the next one.
  if (running) {
    asked = true;
    return;
  }
  clearTimeout(timer);
  [running, asked] = [true, false];
  try {
    const grown = await round();
    pause = grown ? SOONEST_MS : Math.min(LATEST_MS, pause * 1.5);
    linked({ api: "" });
  } catch (error) {
    lost(error);
  }
  running = false;
  // Nobody looks at a hidden page; it is read again when it is seen.
  if (!document.hidden) timer = setTimeout(loop, asked ? 0 : pause);
}

function again() {
  pause = SOONEST_MS;
  loop();
}

byId("disease").addEventListener("change", (event) => choose({ disease: event.target.value }));
document.addEventListener("visibilitychange", () => { if (!document.hidden) again(); });
supply.listen(again);
gifts.lookUp(() => view?.around ?? []);
listen(linked, () => { pause = SOONEST_MS; });
loop();
