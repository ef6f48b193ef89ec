// Early warning: the stage and level of every disease and region, as the newest assessment on the log says.
import { address, ask } from "./api.js";
import { badge, fill, link, milli, note, table } from "./dom.js";

export const id = "warning";

export const read = ({ around }) => Promise.all(around.map(({ chain }) => ask("assessments", { chain })));

export function draw(answers, { around }) {
  const rows = around.flatMap(({ chain, name }, index) => (answers[index]?.assessments ?? []).map((each) => [
    link(address("assessments", { chain, disease: each.disease, region: each.region }), `${name}, ${each.region}`),
    each.disease, badge(each.level ?? "no level", each.level ?? "none"), each.stage, milli(each.index_milli), each.rule, each.day,
  ]));
  const asked = around.filter((_, index) => answers[index] !== null);
  if (asked.length === 0) return fill("warning", note("No early warning runs for this chain or those below it."));
  if (rows.length === 0) return fill("warning", note("Nothing was assessed yet."));
  const sources = asked.flatMap(({ chain, name }) => [" ", link(address("assessments", { chain }), name)]);
  const caption = ["By place and disease. JSON of all of a chain:", ...sources];
  return fill("warning", table(caption, [["place"], ["disease"], ["level"], ["stage"], ["index", "n"], ["rule"], ["day"]], rows));
}
