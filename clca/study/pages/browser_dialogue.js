// One dialogue, as it is read; and what is there to read before one is chosen.

const ENDS = { leave: "someone left", limit: "at the limit of turns", failed: "the teacher gave no valid next turn" };

/** Everything about one dialogue. `around` are the addresses of the one before and the one after. */
function dialogueView(dialogue, around) {
  const scenario = scenarioOf(dialogue);
  const title = make("h2", { id: "title", tabindex: "-1" }, written(text(scenario.topic)));
  const cultural = dialogue.turns.filter((turn) => turn.relation === "cultural").length;
  const facts = [`${dialogue.turns.length} turns`, `ended: ${ENDS[dialogue.ended]}`];
  if (cultural) facts.push(`${cultural} cultural ${cultural === 1 ? "intent" : "intents"}`);
  return make("article", { "aria-labelledby": "title" },
    make("nav", { class: "around", "aria-label": "Dialogues found" },
      make("a", { class: "back", href: "#" }, "All dialogues"),
      step("Previous", around.before), step("Next", around.after)),
    title,
    make("p", { class: "facts" }, decisionTag(dialogue), make("span", {}, written(scenario.id, "bdi", { class: "id" }), ` take ${dialogue.take}`), facts.map((fact) => make("span", {}, fact))),
    sceneSection(scenario),
    make("section", { class: "conversation", "aria-labelledby": "conversation" },
      make("h3", { id: "conversation" }, "Conversation"),
      dialogue.exact ? null : make("p", { class: "note" }, "The journal lacks turns of this dialogue: in prompts, spaces at the ends of turns may differ from what was sent."),
      make("ol", { class: dialogue.turns.some((row) => row.asked) ? "turns" : "turns bare" }, dialogue.turns.map((_, turn) => turnItem(dialogue, turn)))),
    judgementSection(dialogue),
    examplesSection(dialogue));
}

const step = (name, href) => (href ? make("a", { href }, name) : make("span", { class: "off" }, name));

function sceneSection(scenario) {
  return make("section", { class: "scene", "aria-labelledby": "scene" },
    make("h3", { id: "scene" }, "Setting"),
    written(text(scenario.setting), "p"),
    make("dl", { class: "origin" }, fact("Relationship", text(scenario.relationship)), fact(`From the ${scenario.source}`, scenario.source_id), fact("Author", scenario.author)),
    make("div", { class: "people" }, scenario.people.map(personCard)));
}

const fact = (name, value) => make("div", {}, make("dt", {}, name), make("dd", {}, written(value)));

/** A person's profile; goal and secret were shown to this person's agent alone. */
function personCard(person, side) {
  const row = (name, value, secret) =>
    make("div", { class: secret ? "private" : null }, make("dt", {}, name, secret ? tag("lock", "private") : null), make("dd", {}, written(value)));
  return make("section", { class: `person side-${SIDES[side]}`, "aria-label": `Person ${SIDES[side].toUpperCase()}` },
    make("h4", {}, written(text(person.name))),
    make("p", { class: "who" }, written(`${person.age}, ${text(person.gender)}, ${text(person.occupation)}`)),
    written(text(person.background), "p"),
    make("dl", {}, row("Goal", text(person.goal), true), row("Secret", text(person.secret), true)));
}

function turnItem(dialogue, turn) {
  const row = dialogue.turns[turn];
  const name = text(row.name);
  const side = SIDES[sideOf(turn)];
  const prompts = () => [
    make("h4", {}, "Shown to ", written(name), "’s agent before this turn"),
    messageList(turnPrompt(dialogue, turn)),
    make("h4", {}, "Shown to the teacher to name the intent"),
    intentPrompt(dialogue, turn) ? messageList(intentPrompt(dialogue, turn)) : make("p", { class: "note" }, "It was not asked: intents are named in kept dialogues only."),
  ];
  const [toggle, region] = switched(["Prompts", make("span", { class: "unseen" }, ` behind turn ${turn + 1}`)], prompts, `prompts-${turn + 1}`);
  return make("li", { class: `turn side-${side}`, id: `turn-${turn + 1}`, tabindex: "-1" },
    make("a", { class: "number", href: address(dialogue, turn), "aria-label": `Link to turn ${turn + 1}` }, String(turn + 1)),
    make("div", { class: "said" }, make("p", { class: "name" }, written(name), toggle), make("div", { class: "words" }, saidNodes(row))),
    intentNote(row),
    region);
}

/** What is said or done in a turn. */
function saidNodes(row) {
  const words = text(row.words);
  if (row.act === "non-verbal") return [make("i", {}, "(", words ? written(words) : "makes a gesture", ")")];
  if (row.act === "none") return [make("i", { class: "quiet" }, "says nothing"), words ? make("span", { class: "quiet" }, " (what was written is not used: ", written(words), ")") : null];
  return [words ? written(words) : make("i", { class: "quiet" }, row.act === "leave" ? "without a word" : "(empty)"), row.act === "leave" ? [" ", tag("leaves", "leaves")] : null];
}

function intentNote(row) {
  if (row.intent === null) return make("p", { class: "intent quiet" }, row.asked === null ? "" : "no valid intent");
  return make("p", { class: "intent" }, tag(row.relation, row.relation), " ", make("span", { class: "unseen" }, "intent: "), written(text(row.intent)));
}

function judgementSection(dialogue) {
  const judgement = dialogue.judgement;
  const verdict = (name, label, confidence) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, label ? [tag(/bad|not/.test(label) ? "no" : "yes", label), ` ${confidence}`] : "no valid reply"));
  const asked = (stage) => {
    const prompt = judgePrompt(dialogue, stage);
    return prompt.length ? disclosure(["Prompt", make("span", { class: "unseen" }, ` of step ${stage}`)], () => messageList(prompt), { class: "prompts" }) : null;
  };
  const told = (name, number) => (number === null ? null : [make("h5", {}, name), text(number) ? written(text(number), "p") : make("p", { class: "quiet" }, "(empty)")]);
  return make("section", { class: "judgement", "aria-labelledby": "judgement" },
    make("h3", { id: "judgement" }, "Judgement"),
    judgement === null ? make("p", { class: "note" }, "None.") : [
      make("p", { class: "note" }, "By ", written(judgement.judge), ", in two steps."),
      make("div", { class: "steps" },
        make("section", {}, make("h4", {}, "The dialogue"),
          make("dl", {}, verdict("Quality", judgement.quality, judgement.quality_confidence), verdict("Culture", judgement.adherence, judgement.adherence_confidence)),
          told("Reasons", judgement.reasons), asked(1)),
        make("section", {}, make("h4", {}, "Its own judgement"),
          make("dl", {}, verdict("Judgement", judgement.meta, judgement.meta_confidence)),
          told("Critique", judgement.critique), asked(2))),
    ]);
}

function examplesSection(dialogue) {
  const names = scenarioOf(dialogue).people.map((person) => text(person.name));
  const title = (example) => [
    example.side ? ["The dialogue as ", written(names[SIDES.indexOf(example.side)]), " lives it"] : "What each turn intends",
    " ", tag(example.split, example.split === "train" ? "training" : "held out"),
  ];
  const example = (one) => disclosure(title(one), () => messageList(one.messages.map(([role, numbers]) => [role, joined(numbers)])), { class: "example" });
  const none = !data.examples ? "They were not made yet when this page was." : dialogue.reason ? "None: the dialogue was dropped." : "None.";
  return make("section", { class: "examples", "aria-labelledby": "examples" },
    make("h3", { id: "examples" }, "Training examples"),
    dialogue.examples.length ? dialogue.examples.map(example) : make("p", { class: "note" }, none));
}

/** What there is in all. */
function overview() {
  const turns = data.dialogues.flatMap((dialogue) => dialogue.turns);
  const bar = (name, count, of, kind) => {
    const fill = make("span", { class: `fill ${kind}` });
    fill.style.width = `${of ? (100 * count) / of : 0}%`;
    return make("div", {}, make("dt", {}, name), make("dd", {}, count.toLocaleString("en")), make("dd", { class: "track", "aria-hidden": "true" }, fill));
  };
  const dialogues = data.dialogues.length;
  const count = (test) => data.dialogues.filter(test).length;
  const named = (relation) => turns.filter((turn) => turn.relation === relation).length;
  const asked = turns.filter((turn) => turn.asked !== null).length;
  return make("article", { class: "overview", "aria-labelledby": "title" },
    make("h2", { id: "title", tabindex: "-1" }, data.culture),
    make("p", { class: "lead" }, `${dialogues.toLocaleString("en")} dialogues from ${data.scenarios.length.toLocaleString("en")} scenarios, ${turns.length.toLocaleString("en")} turns` + (data.parts.length > 1 ? `: page ${data.part + 1} of ${data.parts.length}.` : ".")),
    make("section", { "aria-labelledby": "funnel" }, make("h3", { id: "funnel" }, "What the filter did"),
      make("dl", { class: "bars" }, bar("kept", count((one) => !one.reason), dialogues, "kept"), REASONS.map((reason) => bar(`dropped: ${reason}`, count((one) => one.reason === reason), dialogues, "dropped")))),
    make("section", { "aria-labelledby": "meant" }, make("h3", { id: "meant" }, "Intents of the kept turns"),
      make("dl", { class: "bars" }, bar("cultural", named("cultural"), asked, "cultural"), bar("generic", named("generic"), asked, "generic"), bar("none that is valid", asked - named("cultural") - named("generic"), asked, "none"))),
    make("p", { class: "note" }, "Models wrote all that is said, meant and judged here. Choose a dialogue from the list; arrow keys move in it. The number of a turn is a link to it."));
}
