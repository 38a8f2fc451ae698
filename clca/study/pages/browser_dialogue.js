// One dialogue, as it is read; and what is there to read before one is chosen.

const INEXACT =
  "The journal lacks turns of this dialogue: in prompts, spaces at the ends of turns may differ from what was sent.";
const ENDS = { leave: "someone left", limit: "at the limit of turns", failed: "the teacher gave no valid next turn" };

/** Everything about one dialogue. `around` are the addresses of the one before and the one after. */
function dialogueView(dialogue, around) {
  const scenario = scenarioOf(dialogue);
  const title = make("h2", { id: "title", tabindex: "-1" }, written(text(scenario.topic)));
  const cultural = culturalIn(dialogue);
  const facts = [`${dialogue.turns.length} turns`, `ended: ${ENDS[dialogue.ended]}`];
  if (cultural) facts.push(`${cultural} cultural ${cultural === 1 ? "intent" : "intents"}`);
  return make("article", { "aria-labelledby": "title" },
    make("nav", { class: "around", "aria-label": "Dialogues found" },
      make("a", { class: "back", href: "#" }, "All dialogues"),
      step("Previous", around.before), step("Next", around.after)),
    title,
    make("p", { class: "facts" },
      decisionTag(dialogue),
      make("span", {}, written(scenario.id, "bdi", { class: "id" }), ` take ${dialogue.take}`),
      facts.map((one) => make("span", {}, one))),
    sceneSection(scenario),
    make("section", { class: "conversation", "aria-labelledby": "conversation" },
      make("h3", { id: "conversation" }, "Conversation"),
      dialogue.exact ? null : make("p", { class: "note" }, INEXACT),
      make("ol", { class: dialogue.turns.some((row) => row.asked) ? "turns" : "turns bare" },
        dialogue.turns.map((_, turn) => turnItem(dialogue, turn)))),
    judgementSection(dialogue),
    examplesSection(dialogue));
}

const step = (name, href) => (href ? make("a", { href }, name) : make("span", { class: "off" }, name));

function sceneSection(scenario) {
  return make("section", { class: "scene", "aria-labelledby": "scene" },
    make("h3", { id: "scene" }, "Setting"),
    written(text(scenario.setting), "p"),
    make("dl", { class: "origin" },
      fact("Relationship", text(scenario.relationship)),
      fact(`From the ${scenario.source}`, scenario.source_id),
      fact("Author", scenario.author)),
    make("div", { class: "people" }, scenario.people.map(personCard)));
}

const fact = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, written(value)));

/** A person's profile; goal and secret were shown to this person's agent alone. */
function personCard(person, side) {
  const hidden = (name, value) =>
    make("div", {}, make("dt", {}, name, tag("lock", "private")), make("dd", {}, written(value)));
  return make("section", { class: `person side-${SIDES[side]}`, "aria-label": `Person ${SIDES[side].toUpperCase()}` },
    make("h4", {}, written(text(person.name))),
    make("p", { class: "who" }, written(`${person.age}, ${text(person.gender)}, ${text(person.occupation)}`)),
    written(text(person.background), "p"),
    make("dl", {}, hidden("Goal", text(person.goal)), hidden("Secret", text(person.secret))));
}

function turnItem(dialogue, turn) {
  const row = dialogue.turns[turn];
  const name = text(row.name);
  const side = SIDES[sideOf(turn)];
  const asked = intentPrompt(dialogue, turn);
  const prompts = () => [
    make("h4", {}, "Shown to ", written(name), "’s agent before this turn"),
    messageList(turnPrompt(dialogue, turn)),
    make("h4", {}, "Shown to the teacher to name the intent"),
    asked ? messageList(asked) : make("p", { class: "note" }, "It was not asked: intents are of kept dialogues only."),
  ];
  const label = ["Prompts", make("span", { class: "unseen" }, ` behind turn ${turn + 1}`)];
  const [toggle, region] = switched(label, prompts, `prompts-${turn + 1}`);
  return make("li", { class: `turn side-${side}`, id: `turn-${turn + 1}`, tabindex: "-1" },
    make("a", { class: "number", href: address(dialogue, turn), "aria-label": `Link to turn ${turn + 1}` }, turn + 1),
    make("div", { class: "said" },
      make("p", { class: "name" }, written(name), toggle),
      make("div", { class: "words" }, saidNodes(row))),
    intentNote(row),
    region);
}

/** What is said or done in a turn. */
function saidNodes(row) {
  const words = text(row.words);
  const quiet = (...content) => make("span", { class: "quiet" }, ...content);
  const said = words ? written(words) : null;
  if (row.act === "non-verbal") return make("i", {}, "(", said || "makes a gesture", ")");
  if (row.act === "none") return [quiet("says nothing"), said && quiet(" (written, but not used: ", said, ")")];
  if (row.act === "leave") return [said || quiet("without a word"), " ", tag("leaves", "leaves")];
  return said || quiet("(empty)");
}

function intentNote(row) {
  if (row.intent === null) return make("p", { class: "intent quiet" }, row.asked === null ? "" : "no valid intent");
  const label = make("span", { class: "unseen" }, "intent: ");
  return make("p", { class: "intent" }, tag(row.relation, row.relation), " ", label, written(text(row.intent)));
}

function judgementSection(dialogue) {
  const judgement = dialogue.judgement;
  const verdict = (name, label, confidence) =>
    make("div", {}, make("dt", {}, name),
      make("dd", {}, label ? [tag(/bad|not/.test(label) ? "no" : "yes", label), ` ${confidence}`] : "no valid reply"));
  const asked = (stage) => {
    const prompt = judgePrompt(dialogue, stage);
    const label = ["Prompt", make("span", { class: "unseen" }, ` of step ${stage}`)];
    return prompt.length ? disclosure(label, () => messageList(prompt), { class: "prompts" }) : null;
  };
  const shown = (content) => (content ? written(content, "p") : make("p", { class: "quiet" }, "(empty)"));
  const told = (name, number) => (number === null ? null : [make("h5", {}, name), shown(text(number))]);
  return make("section", { class: "judgement", "aria-labelledby": "judgement" },
    make("h3", { id: "judgement" }, "Judgement"),
    judgement === null ? make("p", { class: "note" }, "None.") : [
      make("p", { class: "note" }, "By ", written(judgement.judge), ", in two steps."),
      make("div", { class: "steps" },
        make("section", {}, make("h4", {}, "The dialogue"),
          make("dl", {},
            verdict("Quality", judgement.quality, judgement.quality_confidence),
            verdict("Culture", judgement.adherence, judgement.adherence_confidence)),
          told("Reasons", judgement.reasons), asked(1)),
        make("section", {}, make("h4", {}, "Its own judgement"),
          make("dl", {}, verdict("Judgement", judgement.meta, judgement.meta_confidence)),
          told("Critique", judgement.critique), asked(2))),
    ]);
}

function examplesSection(dialogue) {
  const names = scenarioOf(dialogue).people.map((person) => text(person.name));
  const lived = (side) => ["The dialogue as ", written(names[SIDES.indexOf(side)]), " lives it"];
  const title = ({ side, split }) =>
    [side ? lived(side) : "What each turn intends", " ", tag(split, split === "train" ? "training" : "held out")];
  const messages = (one) => one.messages.map(([role, numbers]) => [role, joined(numbers)]);
  const example = (one) => disclosure(title(one), () => messageList(messages(one)), { class: "example" });
  const dropped = dialogue.reason ? "None: the dialogue was dropped." : "None.";
  const none = data.examples ? dropped : "They were not made yet when this page was.";
  return make("section", { class: "examples", "aria-labelledby": "examples" },
    make("h3", { id: "examples" }, "Training examples"),
    dialogue.examples.length ? dialogue.examples.map(example) : make("p", { class: "note" }, none));
}

/** A named count and its share of something, as a bar. */
function bar(name, count, of, kind) {
  const fill = make("span", { class: `fill ${kind}` });
  fill.style.width = `${of ? (100 * count) / of : 0}%`;
  return make("div", {},
    make("dt", {}, name),
    make("dd", {}, count.toLocaleString("en")),
    make("dd", { class: "track", "aria-hidden": "true" }, fill));
}

/** What there is in all. */
function overview() {
  const turns = data.dialogues.flatMap((dialogue) => dialogue.turns);
  const number = data.dialogues.length;
  const because = (reason) => data.dialogues.filter((one) => one.reason === reason).length;
  const named = (relation) => turns.filter((turn) => turn.relation === relation).length;
  const [cultural, generic] = [named("cultural"), named("generic")];
  const asked = turns.filter((turn) => turn.asked !== null).length;
  const counted = [[number, "dialogues from"], [data.scenarios.length, "scenarios,"], [turns.length, "turns"]];
  const lead = counted.map(([count, name]) => `${count.toLocaleString("en")} ${name}`).join(" ");
  const page = data.parts.length > 1 ? `: page ${data.part + 1} of ${data.parts.length}.` : ".";
  const section = (id, title, ...bars) =>
    make("section", { "aria-labelledby": id }, make("h3", { id }, title), make("dl", { class: "bars" }, ...bars));
  return make("article", { class: "overview", "aria-labelledby": "title" },
    make("h2", { id: "title", tabindex: "-1" }, data.culture),
    make("p", { class: "lead" }, lead + page),
    section("funnel", "What the filter did",
      bar("kept", because(null), number, "kept"),
      REASONS.map((reason) => bar(`dropped: ${reason}`, because(reason), number, "dropped"))),
    section("meant", "Intents of the kept turns",
      bar("cultural", cultural, asked, "cultural"),
      bar("generic", generic, asked, "generic"),
      bar("none that is valid", asked - cultural - generic, asked, "none")),
    make("p", { class: "note" },
      "Models wrote all that is said, meant and judged here. Choose a dialogue from the list; arrow keys move in it. ",
      "The number of a turn is a link to it."));
}
