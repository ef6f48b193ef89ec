// How long stock lasts by the patients counted and foreseen, and what is to be ordered now.
import { address, ask } from "./api.js";
import { badge, byId, fill, json, link, note, number, table } from "./dom.js";

export const id = "supply";

// How long an order takes and how much is kept behind it: who looks says so, the page has no opinion.
const asked = () => ({ lead_days: byId("lead-days").value, margin_days: byId("margin-days").value });

const regionsOf = (assessed, disease) =>
  [...new Set((assessed?.assessments ?? []).filter((each) => each.disease === disease).map((each) => each.region))].sort();

// Of each chain what was assessed, and behind it the supply of every region of it.
export async function read({ around, disease }) {
  const one = async ({ chain }) => {
    const assessed = await ask("assessments", { chain });
    const supply = regionsOf(assessed, disease).map((region) => ask("supply", { chain, disease, region, ...asked() }));
    return [assessed, ...(await Promise.all(supply))];
  };
  return (await Promise.all(around.map(one))).flat();
}

export function draw(answers, { around, disease }) {
  const left = [...answers];
  const parts = around.flatMap((at) => regionsOf(left.shift(), disease).map((region) => [at, region, left.shift()]));
  const tables = parts.filter(([, , answer]) => answer?.items.length > 0).map(([at, region, answer]) => byItem(at, region, disease, answer));
  fill("supply", ...(tables.length > 0 ? tables : [note("Nobody here uses up what is kept, or nobody counts who does.")]));
}

function byItem({ chain, name }, region, disease, { items, without_forecast: without }) {
  const about = address("supply", { chain, disease, region, ...asked() });
  const rows = items.map((each) => [
    link(address("supply", { chain, disease, region, ...asked(), item: each.item }), each.item), number(each.free),
    ...["middle", "high"].map((course) => days(each.courses.find((one) => one.course === course))),
    number(each.reorder_at), each.order_now ? badge("order now", "red") : "not yet",
  ]);
  const columns = [["item"], ["free", "n"], ["days, as expected", "n"], ["days, at the most use", "n"], ["order at", "n"], ["order"]];
  const caption = [`${name}, region ${region}${without ? `, without a forecast: ${without}` : ""}: `, json(about, `the supply of ${name}`)];
  return table(caption, columns, rows);
}

const days = (course) => (course === undefined || course.days_of_supply === null ? "none is used" : number(course.days_of_supply));

// Asks anew when somebody changes how long an order takes.
export function listen(again) {
  for (const box of ["lead-days", "margin-days"]) byId(box).addEventListener("change", (event) => { if (event.target.checkValidity()) again(); });
}
