// Gifts: their sums for everybody, and the way of one for who holds its look-up code. The code is asked with once, when the
// donor says so: it is in no address of this page, in no link, and kept nowhere.
import { address, ask, once } from "./api.js";
import { byId, element, fill, json, link, note, number, table, time } from "./dom.js";

export const id = "gifts";

export const read = ({ around }) => Promise.all(around.map(({ chain }) => ask("donations", { chain, limit: 500 })));

// Sums that a table shows, and what makes a gift whole: all that came in is somewhere.
const SUMS = ["pledged", "received", "held", "in_transit", "disputed", "used", "spent"];
const COLUMNS = [["gift"], ["for"], ...SUMS.map((sum) => [sum.replace("_", " "), "n"]), ["wasted, missing, lost", "n"], ["its way"], ["to keep"]];

const row = (chain, gift) => [
  link(gift.proof, gift.item, `proof of the pledge of ${gift.item}`), gift.purpose, ...SUMS.map((sum) => number(gift[sum])),
  number(gift.wasted + gift.missing + gift.lost), json(address("steps", { chain, donation: gift.event_id }), `the steps of the gift ${gift.event_id}`),
  link(gift.gift_proof, "one proof", `one proof of all that became of the gift ${gift.event_id}`),
];

export function draw(answers, { around }) {
  const parts = around.flatMap(({ chain, name }, index) => {
    const page = answers[index];
    if (page === null) return [];
    const source = json(address("donations", { chain, limit: 500 }), `the gifts of ${name}`);
    if (page.donations.length === 0) return [element("p", { class: "note" }, `${name}: no gift yet. `, source)];
    return [table([`${name}${page.next ? ", the first 500" : ""}: `, source], COLUMNS, page.donations.map((gift) => row(chain, gift)))];
  });
  fill("gifts", ...(parts.length > 0 ? parts : [note("No gifts are kept for this chain or those below it.")]));
  const places = around.filter((_, index) => answers[index] !== null);
  byId("gift-form").hidden = places.length === 0;
}

// Listens to the look-up box. `places` gives the chains to ask.
export function lookUp(places) {
  byId("gift-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const box = byId("gift-code");
    const code = box.value.trim();
    if (code === "") return;
    say(note("Looking …"));
    try {
      const ways = await Promise.all(places().map((at) => way(at, code)));
      const found = ways.flat();
      say(...(found.length > 0 ? found : [note("No gift has this code here.")]));
      if (found.length > 0) box.value = "";
    } catch (error) {
      say(note(`The gift could not be looked up: ${error.message}`));
    }
    // Browsers list what was fetched, with the code in it, for any script of the page.
    performance.clearResourceTimings();
  });
}

const say = (...parts) => fill("gift-found", ...parts);

async function way({ chain, name }, code) {
  const found = await once("donations", { chain, code, limit: 500 });
  if (found === null) return [];
  const one = async (gift) => {
    const steps = await once("steps", { chain, donation: gift.event_id, limit: 500 });
    const rows = (steps?.moves ?? []).map((step) => [
      step.kind.replaceAll("_", " "), time(step.chain_time), step.member, step.on_hand === null ? "–" : number(step.on_hand),
      [link(step.proof, "proof"), " · ", link(address("event", { chain, id: step.event_id }), "event")],
    ]);
    const columns = [["step"], ["when"], ["signed by"], ["on hand after", "n"], ["believe"]];
    return [
      table([`Your gift at ${name}`], COLUMNS, [row(chain, gift)]),
      table([`Its way, ${rows.length} steps${steps?.next ? ", the first 500" : ""}`], columns, rows),
    ];
  };
  return (await Promise.all(found.donations.map(one))).flat();
}
