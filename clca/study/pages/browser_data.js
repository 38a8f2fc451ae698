"use strict";
// What is in the page, what was shown to models, and which dialogues are found. Nothing here touches what is seen.

const data = JSON.parse(document.getElementById("data").textContent);
const SIDES = ["a", "b"];

const text = (number) => data.texts[number];
const joined = (numbers) => numbers.map(text).join("");
const scenarioOf = (dialogue) => data.scenarios[dialogue.scenario];
const sideOf = (turn) => turn % 2; // turns are counted from 0 here, and side a begins
const address = (dialogue, turn) =>
  `#${encodeURIComponent(scenarioOf(dialogue).id)}/${dialogue.take}${turn === undefined ? "" : `/${turn + 1}`}`;
const culturalIn = (dialogue) => dialogue.turns.filter((turn) => turn.relation === "cultural").length;

// Prompts, as lists of [role, content].

/** What the agent of a turn was shown before it. */
function turnPrompt(dialogue, turn) {
  const scenario = scenarioOf(dialogue);
  const side = sideOf(turn);
  const shown = [["system", joined(scenario.systems[side])]];
  if (side === 0) shown.push(["user", joined(scenario.opening)]);
  for (const [number, other] of dialogue.turns.slice(0, turn).entries())
    shown.push([sideOf(number) === side ? "assistant" : "user", joined(other.sent)]);
  return shown;
}

/** What the teacher was shown to name the intent of a turn; null where it was not asked. */
function intentPrompt(dialogue, turn) {
  const asked = dialogue.turns[turn].asked;
  return asked === null ? null : [["user", joined(dialogue.shared) + joined(asked)]];
}

/** What the judge was shown in step 1 or 2; empty where it was not asked. */
function judgePrompt(dialogue, step) {
  if (step === 2 && dialogue.judged.length <= 2) return [];
  return dialogue.judged.slice(0, 2 * step).map(([role, numbers]) => [role, joined(numbers)]);
}

// Finding.

const SCOPES = {
  all: "everything",
  said: "what is said",
  intents: "intents",
  judge: "what the judge wrote",
  scenario: "scenario and people",
};
const INTENTS = { "": "any", cultural: "with a cultural one", generic: "generic ones only", none: "without any" };
const REASONS = [...new Set(data.dialogues.map((dialogue) => dialogue.reason).filter(Boolean))].sort();
const NOTHING = { query: "", scope: "all", decision: "", intents: "", scenario: "" };

/** The texts of a dialogue that are searched, by scope, in lower case; made when they are first asked for. */
function searched(dialogue) {
  if (dialogue.searched) return dialogue.searched;
  const scenario = scenarioOf(dialogue);
  const judgement = dialogue.judgement || {};
  const people = scenario.people.flatMap(({ age, ...texts }) => [String(age), ...Object.values(texts).map(text)]);
  const numbers = { judge: [judgement.reasons, judgement.critique], said: [], intents: [] };
  for (const turn of dialogue.turns) {
    numbers.said.push(turn.words);
    numbers.intents.push(turn.intent);
  }
  // In the order of turns: one without an intent has its place too.
  const lower = (list) => list.map((number) => (text(number) ?? "").toLowerCase());
  const found = { said: lower(numbers.said), intents: lower(numbers.intents), judge: lower(numbers.judge) };
  found.scenario = lower([scenario.topic, scenario.setting, scenario.relationship]);
  found.scenario.push(...people.map((one) => one.toLowerCase()));
  found.all = [...found.said, ...found.intents, ...found.judge, ...found.scenario];
  dialogue.searched = found;
  return found;
}

/** The first turn in which a search is met by what is said or meant; undefined where there is none. */
function firstHit(dialogue, { query, scope }) {
  const wanted = query.toLowerCase();
  const places = { all: ["said", "intents"], said: ["said"], intents: ["intents"] }[scope] || [];
  const hits = places.map((place) => searched(dialogue)[place].findIndex((one) => one.includes(wanted)));
  const turns = hits.filter((turn) => turn >= 0);
  return turns.length ? Math.min(...turns) : undefined;
}

/** The kind of intents that a dialogue has. */
function intentsOf(dialogue) {
  if (culturalIn(dialogue)) return "cultural";
  return dialogue.turns.some((turn) => turn.relation === "generic") ? "generic" : "none";
}

const TESTS = {
  query: (dialogue, { query, scope }) =>
    !query || searched(dialogue)[scope].some((one) => one.includes(query.toLowerCase())),
  decision: ({ reason }, { decision }) =>
    !decision || reason === decision || (decision === "kept" && !reason) || (decision === "dropped" && Boolean(reason)),
  intents: (dialogue, { intents }) => !intents || intentsOf(dialogue) === intents,
  scenario: (dialogue, { scenario }) => !scenario || scenarioOf(dialogue).id === scenario,
};

/** The dialogues that pass all filters, but for one that may be left out. */
function found(filters, without) {
  const tests = Object.entries(TESTS).filter(([name]) => name !== without);
  return data.dialogues.filter((dialogue) => tests.every(([, passes]) => passes(dialogue, filters)));
}

/** How many dialogues each choice of a filter would find, the others being as they are. */
function counts(filters, name, choices) {
  const left = found(filters, name);
  const count = (choice) => left.filter((dialogue) => TESTS[name](dialogue, { ...filters, [name]: choice })).length;
  return Object.fromEntries(choices.map((choice) => [choice, count(choice)]));
}
