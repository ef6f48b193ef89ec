// Confirmed cases by day, and behind them the newest forecast with its band.
import { address, ask } from "./api.js";
import { byId, element, fill, json, milli, note, number, table } from "./dom.js";

const DAYS_SHOWN = 60;
const DAY_MS = 86_400_000;
// The forecast that the departments decide by; the single models stand in the JSON.
const MODEL = "ensemble";
const SVG = "http://www.w3.org/2000/svg";
const HIGH = 100;
const WIDE = 10;

// The region whose forecast is drawn, where a chain has several.
let region = "";

export const id = "days";

const first = (time) => new Date(Date.parse(time) - (DAYS_SHOWN - 1) * DAY_MS).toISOString().slice(0, 10);

export async function read({ chosen, disease, time }) {
  const found = await ask("forecasts", { chain: chosen, disease });
  const ensemble = (found?.forecasts ?? []).filter((each) => each.model === MODEL && each.cadence === "day");
  const regions = [...new Set(ensemble.map((each) => each.region))];
  // One region is the chain's own; of several, the chain's days are nobody's forecast, so one is chosen.
  const of = regions.includes(region) ? region : regions.length === 1 ? regions[0] : "";
  const span = { chain: chosen, disease, from: first(time), limit: 500 };
  const days = of ? await ask("days_of_region", { ...span, region: of }) : await ask("days", span);
  return [days, found, of, time.slice(0, 10)];
}

export function draw([days, found, of], view) {
  const counts = days.days.map((day) => ({ date: day.date, count: of ? day.confirmed : day.counts.confirmed }));
  const ensemble = (found?.forecasts ?? []).filter((each) => each.model === MODEL && each.cadence === "day");
  const forecast = ensemble.filter((each) => each.region === of).at(-1);
  // Days that have been reported since are no forecast any more.
  const last = counts.at(-1)?.date ?? "";
  const steps = (forecast?.steps ?? []).filter((step) => step.date > last);
  const name = `${view.name}${of ? `, region ${of}` : ""}`;
  const span = { chain: view.chosen, disease: view.disease, from: first(view.time), limit: 500 };
  const sources = element("p", { class: "note" }, `${name}: accepted daily counts only; what was reported and not yet accepted is in the log. `,
    json(of ? address("days_of_region", { ...span, region: of }) : address("days", span), `the days of ${name}`));
  if (forecast) sources.append(` · forecast of ${forecast.reference_date} (${MODEL}, 95% band): `,
    json(address("forecasts", { chain: view.chosen, disease: view.disease, region: of }), `the forecasts of ${name}`), " · ",
    element("a", { href: address("event", { chain: view.chosen, id: forecast.event_id }) }, "its event"));
  else sources.append(found === null ? " · No early warning runs for this chain." : " · No forecast yet.");
  fill("days", ...chooser([...new Set(ensemble.map((each) => each.region))].sort(), of, view), chart(counts, steps, name), sources,
    inNumbers(counts, steps, name));
}

function chooser(regions, of, view) {
  if (regions.length < 2) return [];
  const option = (value, text) => element("option", value === of ? { value, selected: "" } : { value }, text);
  const select = element("select", { id: "region" }, option("", "all regions, no forecast"), ...regions.map((each) => option(each, each)));
  select.addEventListener("change", () => { region = select.value; view.again(); });
  return [element("label", { class: "choice" }, "Region ", select)];
}

const shape = (tag, attributes) => {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
};

function chart(counts, steps, name) {
  const most = Math.max(1, ...counts.map((day) => day.count), ...steps.map((step) => step.high95_milli / 1000));
  const y = (value) => (HIGH * (1 - value / most)).toFixed(2);
  // Each stands at its day, so that a day without a report is a hole and not left out.
  const dates = [...counts, ...steps].map((each) => each.date);
  const x = (date) => ((Date.parse(date) - Date.parse(dates[0])) / DAY_MS) * WIDE;
  const wide = dates.length > 0 ? x(dates.at(-1)) + WIDE : WIDE;
  const picture = shape("svg", { viewBox: `0 0 ${wide} ${HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": said(counts, steps, name) });
  for (const day of counts) {
    const height = ((HIGH * day.count) / most).toFixed(2);
    picture.append(shape("rect", { class: "day", x: x(day.date) + 1, width: WIDE - 2, y: y(day.count), height }));
  }
  if (steps.length > 0) {
    const line = (field) => steps.map((step) => `${x(step.date) + WIDE / 2},${y(step[field] / 1000)}`);
    const now = x(steps[0].date);
    picture.append(
      shape("polygon", { class: "band", points: [...line("high95_milli"), ...line("low95_milli").reverse()].join(" ") }),
      shape("polyline", { class: "middle", points: line("median_milli").join(" ") }),
      shape("line", { class: "now", x1: now, x2: now, y1: 0, y2: HIGH }));
  }
  const scale = element("p", { class: "scale", "aria-hidden": "true" }, element("span", {}, dates[0] ?? ""),
    element("span", {}, steps.length > 0 ? `dashed line: forecast from ${steps[0].date}` : ""), element("span", {}, dates.at(-1) ?? ""));
  return element("figure", { class: "chart" }, element("p", { class: "most", "aria-hidden": "true" }, `${number(Math.round(most))} a day`), picture, scale);
}

function said(counts, steps, name) {
  const top = counts.reduce((best, day) => (day.count > best.count ? day : best), { count: 0, date: "" });
  const past = counts.length === 0 ? "no day yet" : `${counts[0].date} to ${counts.at(-1).date}, most ${top.count}${top.count > 0 ? ` on ${top.date}` : ""}, last ${counts.at(-1).count}`;
  const end = steps.at(-1);
  const ahead = end ? `; forecast for ${end.date}: ${milli(end.median_milli)}, between ${milli(end.low95_milli)} and ${milli(end.high95_milli)}` : "";
  return `Confirmed cases by reporting day, ${name}: ${past}${ahead}. The same in numbers below.`;
}

function inNumbers(counts, steps, name) {
  if (counts.length === 0) return note("No day was reported yet.");
  const rows = [
    ...[...steps].reverse().map((step) => [step.date, "–", milli(step.median_milli), `${milli(step.low95_milli)} – ${milli(step.high95_milli)}`]),
    ...[...counts].reverse().map((day) => [day.date, number(day.count), "–", "–"]),
  ];
  const columns = [["day"], ["confirmed", "n"], ["forecast, middle", "n"], ["95 in 100 between", "n"]];
  return element("details", { "data-of": "days" }, element("summary", {}, "In numbers"),
    table([`Days and forecast of ${name}, newest first`], columns, rows));
}
