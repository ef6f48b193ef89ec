// The chains by level, each with its total: a card that is chosen decides what the other sections show.
import { ask } from "./api.js";
import { byId, element, number, write } from "./dom.js";

const cards = new Map();
let shown = "";

export const depth = (chain) => chain.split(".").length;

// The total of every serving chain; one that does not answer hides no other.
export async function totals(chains) {
  const found = new Map();
  const serving = chains.filter((each) => each.status.serving);
  const asked = serving.map(async ({ chain }) => found.set(chain, (await ask("totals", { chain })).totals));
  const failed = (await Promise.allSettled(asked)).find((each) => each.status === "rejected");
  return { found, failed: failed?.reason };
}

export function draw(view, choose) {
  const names = view.chains.map((each) => each.chain).join(" ");
  if (names !== shown) {
    place(view.chains, choose);
    shown = names;
  }
  for (const each of view.chains) show(each, view);
}

// One row a level, made once: later rounds only write into the cards.
function place(chains, choose) {
  const levels = new Map();
  cards.clear();
  for (const { chain } of chains) {
    const parts = { name: element("span", { class: "name" }), total: element("b"), about: element("span"), state: element("span") };
    const card = element("button", { type: "button", class: "chain" }, ...Object.values(parts));
    card.addEventListener("click", () => choose(chain));
    cards.set(chain, { card, ...parts });
    levels.set(depth(chain), [...(levels.get(depth(chain)) ?? []), card]);
  }
  const rows = [...levels.keys()].sort((a, b) => a - b).map((level) => element("div", { class: "level" }, ...levels.get(level)));
  byId("levels").replaceChildren(...rows);
}

function show({ chain, name, status }, { chosen, disease, totals: counted }) {
  const { card, ...parts } = cards.get(chain);
  const total = counted.get(chain)?.find((row) => row.disease === disease)?.counts.confirmed ?? 0;
  const { final_height: final, height, serving, halted, size } = status;
  const progress = final === height ? `final at height ${final}` : `sealed ${height}, final ${final}`;
  card.setAttribute("aria-pressed", String(chain === chosen));
  write(parts.name, `${name} (${chain})`);
  write(parts.total, serving ? (counted.has(chain) ? number(total) : "…") : "–");
  write(parts.about, `confirmed · ${number(size)} leaves`);
  // A ledger that repairs itself has no totals to show; its card says so.
  write(parts.state, halted ? `halted: ${halted}` : serving ? progress : "checking its store");
}
