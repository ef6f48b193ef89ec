// Goods and money: sums by item, requests that are not met, and what giver and taker do not agree on.
import { address, ask } from "./api.js";
import { badge, element, fill, json, link, note, number, table } from "./dom.js";

// Money is an item that the rules define, counted in fen.
const MONEY = "cny-fen";
// States in which nothing more comes of a request.
const OVER = ["received", "declined"];

export const id = "goods";

export async function read({ around }) {
  const one = async ({ chain }) => {
    const sums = await ask("sums", { chain });
    if (sums === null) return [null, null, null, null];
    const lists = [ask("items", { chain }), ask("requests", { chain, limit: 500 }), ask("discrepancies", { chain, limit: 500 })];
    return [sums, ...(await Promise.all(lists))];
  };
  return (await Promise.all(around.map(one))).flat();
}

// What there is none of is said in one line for a chain, `none`.
export function draw(answers, { around }) {
  const parts = around.flatMap((at, index) => {
    const [sums, items, requests, discrepancies] = answers.slice(4 * index, 4 * index + 4);
    if (sums === null) return [];
    const titles = new Map(items.items.map((each) => [each.item, each]));
    const none = element("p", { class: "note" }, `${at.name}: `);
    const parts = [byItem(at, sums, titles, none), asked(at, requests, none), disputed(at, discrepancies, none)];
    return [...parts, none].filter((part) => part?.childNodes.length > (part === none ? 1 : 0));
  });
  fill("goods", ...(parts.length > 0 ? parts : [note("No goods are kept for this chain or those below it.")]));
}

function byItem({ chain, name }, { items }, titles, none) {
  if (items.length === 0) return none.append("no goods yet. ");
  const rows = items.map((each) => {
    const known = titles.get(each.item);
    return [
      link(address("sums", { chain, item: each.item }), known?.title ?? each.item), unit(each, known),
      number(each.received + each.found), number(each.held), number(each.reserved), number(each.in_transit), number(each.disputed),
      number(each.used + each.spent), number(each.wasted + each.missing + each.lost), each.closes ? "yes" : badge("no", "red"),
    ];
  });
  const columns = [["item"], ["unit"], ["came in", "n"], ["on hand", "n"], ["of it promised", "n"], ["in transit", "n"], ["disputed", "n"],
    ["used or spent", "n"], ["wasted, missing, lost", "n"], ["sum closes"]];
  return table([`${name}, goods and money: `, json(address("sums", { chain }), `the sums of ${name}`)], columns, rows);
}

// An item may be moved before anybody defines it; a slip of the pen looks the same, so it is shown.
const unit = ({ item }, known) => known?.unit ?? (item === MONEY ? "fen" : badge("not defined", "yellow"));

function asked({ chain, name }, { requests, next }, none) {
  const open = requests.filter((each) => !OVER.includes(each.state));
  const source = json(address("requests", { chain, limit: 500 }), `the requests of ${name}`);
  const of = `of ${next ? "the first " : ""}${requests.length}`;
  if (open.length === 0) return none.append(`Open requests: none ${of} `, source, ". ");
  const rows = open.map((each) => [
    link(address("event", { chain, id: each.event_id }), each.facility), each.item, number(each.asked), number(each.committed),
    number(each.dispatched), number(each.received), each.short > 0 ? badge(number(each.short), "orange") : "0", each.needed_by, each.state,
  ]);
  const columns = [["facility"], ["item"], ["asked", "n"], ["promised", "n"], ["sent", "n"], ["received", "n"], ["nobody promised", "n"], ["needed by"], ["state"]];
  return table([`${name}, open requests (${open.length} ${of}): `, source], columns, rows);
}

function disputed({ chain, name }, { discrepancies, next }, none) {
  const open = discrepancies.filter((each) => each.settled === null);
  const source = json(address("discrepancies", { chain, limit: 500 }), `the discrepancies of ${name}`);
  const of = `of ${next ? "the first " : ""}${discrepancies.length}`;
  if (open.length === 0) return none.append(`Open discrepancies: none ${of} `, source, ".");
  const rows = open.map((each) => [
    `${each.from} → ${each.to}`, each.given.item, [link(each.hand_over_proof, number(each.given.quantity))],
    [link(each.take_over_proof, number(each.taken.quantity))], badge(number(each.disputed), "orange"), number(each.excess),
  ]);
  const columns = [["hand-over"], ["item"], ["given (proof)", "n"], ["taken (proof)", "n"], ["disputed", "n"], ["beyond", "n"]];
  return table([`${name}, open discrepancies (${open.length} ${of}): `, source], columns, rows);
}
