// Asking the public API. An answer is kept until its chain has grown past it: a chain's size, which the list of chains says,
// is what an ETag would be. So a quiet chain costs one small answer a round, whatever the page shows of it.
import QUESTIONS from "./questions.js";

// Answers also grow old by themselves: counts of beds go stale by the chain's clock, and services come and go.
const OLD_MS = 60_000;
// Answers of some thirty chains; the oldest go first.
const MOST_KEPT = 400;

const kept = new Map();
const heads = new Map();

// The way to a question's JSON. What stands in braces is filled from `parameters`, the rest is the query.
export function address(name, parameters = {}) {
  const { path, query } = QUESTIONS[name];
  const left = new URLSearchParams();
  const open = new Set(Object.keys(parameters));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, field) => {
    open.delete(field);
    return encodeURIComponent(parameters[field]);
  });
  for (const field of open) {
    if (!query.includes(field)) throw new Error(`${name} is not asked by ${field}`);
    left.set(field, parameters[field]);
  }
  return left.size > 0 ? `${filled}?${left}` : filled;
}

// Whoever reads a field that the questions do not name is told so at once, not shown a hole.
const NAMED_ONLY = new Proxy({}, {
  get: (_, field) => {
    if (typeof field === "symbol" || field === "then" || field === "toJSON") return undefined;
    throw new Error(`the page reads ${field}, which no question names`);
  },
});

function named(shape, value) {
  if (Array.isArray(shape)) return value.map((each) => named(shape[0], each));
  if (typeof shape !== "object" || value === null || value === undefined) return value ?? null;
  const fields = Object.keys(shape).map((field) => [field, named(shape[field], value[field])]);
  return Object.setPrototypeOf(Object.fromEntries(fields), NAMED_ONLY);
}

// One alert of the feed, as the list would give it.
export const heard = (text) => named(QUESTIONS.alerts.reads.alerts[0], JSON.parse(text));

// Asks once and keeps nothing; null where there is no such thing. For what nobody else at this machine should find again.
export async function once(name, parameters) {
  const response = await fetch(address(name, parameters), { cache: "no-store", referrerPolicy: "no-referrer" });
  if (response.status === 404) return null;
  // The address is not said: it may hold what is private.
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return named(QUESTIONS[name].reads, await response.json());
}

// Asks what concerns a chain; null where there is nothing to show, as where no service of that area answers for it. The same
// object as before if it says the same.
export async function ask(name, parameters) {
  const to = address(name, parameters);
  const before = kept.get(to);
  const since = heads.get(parameters.chain)?.since ?? Infinity;
  if (before && Date.now() - before.at < OLD_MS && before.height >= since) return before.answer;
  const response = await fetch(to);
  if (!response.ok && !(QUESTIONS[name].nothing ?? [404]).includes(response.status)) throw new Error(`${to}: ${response.status}`);
  const whole = response.ok ? await response.json() : null;
  const answer = whole && named(QUESTIONS[name].reads, whole);
  const text = JSON.stringify(answer);
  const same = before?.text === text;
  kept.delete(to);
  kept.set(to, { answer: same ? before.answer : answer, text, height: whole ? whole.height : Infinity, at: Date.now() });
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  return kept.get(to).answer;
}

// The chains with their heads, and whether one has grown since they were last asked for.
export async function chains() {
  const response = await fetch(address("chains"));
  if (!response.ok) throw new Error(`${address("chains")}: ${response.status}`);
  const answer = named(QUESTIONS.chains.reads, await response.json());
  let grown = false;
  for (const { chain, status } of answer) {
    if (heads.get(chain)?.size === status.final_size) continue;
    heads.set(chain, { size: status.final_size, since: status.final_height });
    grown = true;
  }
  return { chains: answer, grown };
}
