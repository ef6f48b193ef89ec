// Beds, devices and staff: what the facilities counted, by resource, the first day on which beds will not be enough, and the
// counts by facility for who opens them.
import { address, ask } from "./api.js";
import { badge, element, fill, json, link, note, number, table, time } from "./dom.js";

// The chains whose list by facility is open: nobody else pays for it.
const opened = new Set();

export const id = "beds";

// Of each chain its capacity, its counts by facility, and the demand of every kind of bed in the order of the capacity.
export async function read({ around, disease }) {
  const one = async ({ chain }) => {
    const capacity = await ask("capacity", { chain });
    const beds = capacity && opened.has(chain) ? await ask("beds", { chain, limit: 500 }) : null;
    const demand = bedsOf(capacity).map(({ resource }) => ask("demand", { chain, disease, resource }));
    return [capacity, beds, ...(await Promise.all(demand))];
  };
  return (await Promise.all(around.map(one))).flat();
}

const bedsOf = (capacity) => (capacity?.totals ?? []).filter((each) => each.group === "beds");

export function draw(answers, view) {
  const left = [...answers];
  const parts = view.around.flatMap((at) => {
    const [capacity, beds] = left.splice(0, 2);
    const kinds = bedsOf(capacity);
    const demand = new Map(left.splice(0, kinds.length).map((answer, index) => [kinds[index].resource, answer]));
    if (capacity === null) return [];
    if (capacity.totals.length === 0) return [note(`${at.name}: nothing counted yet.`)];
    return [byResource(at, capacity, demand, view.disease), byFacility(at, beds, view)];
  });
  fill("beds", ...(parts.length > 0 ? parts : [note("No medical resources are counted for this chain or those below it.")]));
}

function byResource({ chain, name }, { totals }, demand, disease) {
  const rows = totals.map((each) => [
    link(address("capacity", { chain, resource: each.resource }), each.resource),
    number(each.staffed), ...(fillable(each) ? [number(each.occupied), number(each.reserved), free(each), share(each)] : ["–", "–", "–", "–"]),
    stale(each), demand.has(each.resource) ? short(chain, disease, each.resource, demand.get(each.resource)) : "–",
  ]);
  const columns = [["resource"], ["with staff, or on duty", "n"], ["occupied", "n"], ["held", "n"], ["free", "n"], ["filled"], ["out of date"], ["not enough from"]];
  return table([`${name}: `, json(address("capacity", { chain }), `the capacity of ${name}`)], columns, rows);
}

// Nobody lies in a nurse: of people on duty only their number says something.
const fillable = (each) => each.group !== "staff";
const free = (each) => (each.overcommitted > 0 ? [badge(`${number(each.overcommitted)} too many promised`, "red")] : number(each.available));

// Occupied and held of those with staff, in words and as a bar.
function share(each) {
  if (each.staffed === 0) return "–";
  const percent = Math.min(100, Math.round((100 * (each.occupied + each.reserved)) / each.staffed));
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("span"));
  bar.firstChild.style.width = `${percent}%`;
  return [bar, ` ${percent}%`];
}

function stale(each) {
  if (each.stale_facilities === 0) return "none";
  return [badge(`${each.stale_facilities} of ${each.stale_facilities + each.facilities} facilities`, "yellow"), ` ${number(each.stale_staffed)} not in the sums`];
}

// The first day that is short, by region where there are several.
function short(chain, disease, resource, demand) {
  if (!demand || demand.regions.length === 0) return "no forecast";
  const source = json(address("demand", { chain, disease, resource }), `the demand of ${resource}`);
  if (demand.regions.length === 1) return [...days(demand.regions[0]), " ", source];
  return [...demand.regions.map((each) => element("span", { class: "line" }, `${each.region}: `, ...days(each))), source];
}

function days({ forecast, beds, filled, short_as_expected: expected, short_at_the_earliest: earliest }) {
  if (!forecast) return ["no forecast"];
  if (beds === null) return ["nobody has a fresh count"];
  if (expected) return [badge(expected, "red"), earliest === expected ? "" : ` at the earliest ${earliest}`];
  if (earliest) return [badge(`at the earliest ${earliest}`, "orange")];
  return [`not within ${filled.length} days`];
}

function byFacility({ chain, name }, beds, view) {
  const list = element("details", { "data-of": chain }, element("summary", {}, `${name} by facility`));
  list.addEventListener("toggle", () => {
    if (list.open === opened.has(chain)) return;
    if (list.open) opened.add(chain);
    else opened.delete(chain);
    view.again();
  });
  if (!beds) {
    list.append(note("Reading …"));
    return list;
  }
  const rows = beds.beds.map((each) => [
    link(address("beds", { chain, facility: each.facility, resource: each.resource }), each.facility), each.resource,
    number(each.staffed), number(each.occupied), number(each.reserved), number(each.available),
    each.stale ? [badge("out of date", "yellow"), ` ${time(each.observed_at)}`] : time(each.observed_at),
    link(address("event", { chain, id: each.event_id }), "event"),
  ]);
  const columns = [["facility"], ["resource"], ["with staff", "n"], ["occupied", "n"], ["held", "n"], ["free", "n"], ["counted"], ["last event"]];
  const caption = [`${name}${beds.next ? ", the first 500" : ""}: `, json(address("beds", { chain, limit: 500 }), `the beds of ${name}`)];
  list.append(table(caption, columns, rows));
  return list;
}
