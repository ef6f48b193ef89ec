// Beds, devices and staff: what the facilities counted, by resource, and by facility for who opens it.
import { address, ask } from "./api.js";
import { badge, element, fill, json, link, note, number, table, time } from "./dom.js";

// The chains whose list by facility is open: nobody else pays for it.
const opened = new Set();

export const id = "beds";

export async function read({ around }) {
  const one = async ({ chain }) => {
    const [capacity, beds] = await Promise.all([
      ask("capacity", { chain }),
      opened.has(chain) ? ask("beds", { chain, limit: 500 }) : undefined,
    ]);
    return [capacity, beds];
  };
  return (await Promise.all(around.map(one))).flat();
}

export function draw(answers, view) {
  const parts = view.around.flatMap((at, index) => {
    const [capacity, beds] = answers.slice(2 * index, 2 * index + 2);
    if (capacity === null) return [];
    if (capacity.totals.length === 0) return [note(`${at.name}: nothing counted yet.`)];
    return [byResource(at, capacity), byFacility(at, beds, view)];
  });
  fill("beds", ...(parts.length > 0 ? parts : [note("No medical resources are counted for this chain or those below it.")]));
}

function byResource({ chain, name }, { totals }) {
  const rows = totals.map((each) => [
    link(address("capacity", { chain, resource: each.resource }), each.resource),
    number(each.staffed), number(each.occupied), number(each.reserved), free(each), share(each), stale(each),
  ]);
  const columns = [["resource"], ["with staff", "n"], ["occupied", "n"], ["held", "n"], ["free", "n"], ["filled"], ["out of date"]];
  return table([`${name}: `, json(address("capacity", { chain }), `the capacity of ${name}`)], columns, rows);
}

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
