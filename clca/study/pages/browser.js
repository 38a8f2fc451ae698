// The page: filters and list on one side, what is read on the other. The address says what is seen:
// #scenario/take/turn?query=...&decision=..., each part of which may be missing.

const at = (id) => document.getElementById(id);
const controls = Object.fromEntries(Object.keys(NOTHING).map((name) => [name, at(name)]));
const entries = new Map(); // by dialogue: its item and link in the list
let chosen = null;
let remembering;

const filtersNow = () =>
  Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value.trim()]));

/** Filters that are set, as the end of an address. */
function filterQuery() {
  const set = Object.entries(filtersNow()).filter(([name, value]) => value !== NOTHING[name]);
  return set.length ? `?${new URLSearchParams(set)}` : "";
}

/** The parts of the address. */
function route() {
  const [path, query] = location.hash.slice(1).split(/\?(.*)/s);
  const plain = (part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  };
  const [scenario, take, turn] = path.split("/").map(plain);
  return { scenario, take: Number(take || 1), turn: turn ? Number(turn) - 1 : undefined, query };
}

// The list.

function buildList() {
  const list = at("list");
  for (const dialogue of data.dialogues) {
    const scenario = scenarioOf(dialogue);
    const cultural = culturalIn(dialogue);
    const facts = [` take ${dialogue.take}`, `${dialogue.turns.length} turns`];
    if (cultural) facts.push(`${cultural} cultural`);
    const snippet = make("span", { class: "snippet" });
    const link = make("a", { href: address(dialogue), tabindex: "-1" },
      make("span", { class: "head" }, make("b", {}, written(text(scenario.topic).slice(0, 80))), decisionTag(dialogue)),
      snippet,
      make("span", { class: "meta" }, written(scenario.id, "bdi"), facts.join(" · ")));
    const item = make("li", {}, link);
    entries.set(dialogue, { item, link, snippet, told: null });
    list.append(item);
  }
  list.addEventListener("keydown", (event) => moveInList(event));
}

const visible = () => [...entries.values()].filter(({ item }) => !item.hidden).map(({ link }) => link);

/** Arrow keys move among the links; one of them at a time is reached by Tab. */
function moveInList(event) {
  const links = visible();
  const here = links.indexOf(document.activeElement);
  const to = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined || here < 0) return;
  event.preventDefault();
  if (to < 0) controls.query.focus();
  else if (links[to]) rove(links[to]).focus();
}

function rove(link) {
  for (const entry of entries.values()) entry.link.tabIndex = entry.link === link ? 0 : -1;
  return link;
}

/** Show what is found, and how much each filter would find. */
function refresh() {
  const filters = filtersNow();
  const shown = new Set(found(filters));
  for (const [dialogue, entry] of entries) {
    entry.item.hidden = !shown.has(dialogue);
    if (!entry.item.hidden) tell(dialogue, entry, filters);
  }
  const links = visible();
  rove(links.find((link) => chosen && link === entries.get(chosen).link) || links[0]);
  const here = data.parts.length > 1 ? " on this page" : "";
  at("count").textContent = `${shown.size} of ${data.dialogues.length} dialogues${here}`;
  at("clear").hidden = filterQuery() === "";
  for (const name of ["decision", "intents", "scenario"]) {
    const options = [...controls[name].options];
    const count = counts(filters, name, options.map((option) => option.value));
    for (const option of options) option.textContent = `${option.dataset.name} (${count[option.value]})`;
  }
  return shown;
}

/** The line of a dialogue in the list: how it begins, or where a search is met. */
function tell(dialogue, entry, filters) {
  const turn = filters.query ? firstHit(dialogue, filters) : undefined;
  const row = dialogue.turns[turn || 0];
  const query = filters.query.toLowerCase();
  const inWords = turn === undefined || (filters.scope !== "intents" && searched(dialogue).said[turn].includes(query));
  const from = turn === undefined ? 0 : searched(dialogue)[inWords ? "said" : "intents"][turn].indexOf(query);
  const told = `${turn} ${inWords} ${from}`;
  if (told === entry.told) return;
  entry.told = told;
  entry.link.setAttribute("href", address(dialogue, turn));
  entry.snippet.replaceChildren(glimpse(text(inWords ? row.words : row.intent), from));
}

// Filters.

function buildFilters() {
  const fill = (name, choices) => {
    for (const [value, told] of Object.entries(choices))
      controls[name].append(make("option", { value, "data-name": told }, told));
  };
  const decisions = { "": "all", kept: "kept", dropped: "dropped" };
  for (const reason of REASONS) decisions[reason] = `dropped: ${reason}`;
  fill("scope", SCOPES);
  fill("decision", decisions);
  fill("intents", INTENTS);
  controls.scenario.append(make("option", { value: "", "data-name": "all" }));
  for (const { id, topic } of data.scenarios)
    controls.scenario.append(make("option", { value: id, "data-name": plain(`${id}: ${text(topic).slice(0, 60)}`) }));
  const form = at("filters");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", changed);
  form.addEventListener("reset", () => {
    setFilters(NOTHING);
    changed();
    controls.query.focus();
  });
  controls.query.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && visible().length) {
      event.preventDefault();
      rove(visible()[0]).focus();
    }
  });
}

function setFilters(filters) {
  for (const [name, value] of Object.entries(filters)) {
    controls[name].value = value;
    if (controls[name].selectedIndex === -1) controls[name].value = NOTHING[name];
  }
}

/** The filters that an address names. */
function filtersIn(query) {
  const asked = new URLSearchParams(query);
  return Object.fromEntries(Object.keys(NOTHING).map((name) => [name, asked.get(name) ?? NOTHING[name]]));
}

/** Put the filters into the address. */
function remember() {
  history.replaceState(null, "", `${location.hash.split("?")[0] || "#"}${filterQuery()}`);
}

/** After a filter was changed: the list, the address, and what is marked. */
function changed() {
  const shown = refresh();
  // Not at each letter: browsers refuse that in the end.
  clearTimeout(remembering);
  remembering = setTimeout(remember, 300);
  linkParts();
  if (chosen) setAround(shown);
  mark();
}

// What is read.

/** Follow the address; `first` when the page opens. */
function follow(first) {
  const { scenario, take, turn, query } = route();
  if (query !== undefined) setFilters(filtersIn(query));
  const before = chosen;
  chosen = data.dialogues.find((one) => scenarioOf(one).id === scenario && one.take === take) || null;
  if (scenario && !chosen && elsewhere(scenario)) return;
  const shown = refresh();
  if (query === undefined && filterQuery()) remember();
  linkParts();
  for (const [dialogue, { link }] of entries) {
    if (dialogue === chosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (chosen) entries.get(chosen).item.scrollIntoView({ block: "nearest" });
  document.body.dataset.view = scenario ? "dialogue" : "list";
  document.title = plain(`${chosen ? `${scenario}, take ${take}` : "Dialogues"}: ${data.culture}`);
  if (chosen !== before || first || !chosen) show(scenario, shown);
  arrive(scenario, turn, before, first);
}

function show(scenario, shown) {
  const missing = () =>
    make("article", { "aria-labelledby": "title" },
      make("h2", { id: "title", tabindex: "-1" }, "There is no such dialogue here"),
      make("p", { class: "lead" }, written(location.hash.slice(0, 200), "bdi"), " is not among those of this page."),
      make("p", {}, make("a", { href: "#" }, "All dialogues")));
  const view = chosen ? dialogueView(chosen, aroundOf(shown)) : scenario ? missing() : overview();
  at("reading").replaceChildren(view);
  mark();
}

/** Bring the turn, or the beginning, into view, and the keyboard there. */
function arrive(scenario, turn, before, first) {
  for (const item of document.querySelectorAll(".turn.here")) item.classList.remove("here");
  const item = turn === undefined ? null : at(`turn-${turn + 1}`);
  if (item) {
    item.classList.add("here");
    item.scrollIntoView({ block: "center" });
    item.focus({ preventScroll: true });
  } else if (scenario) {
    window.scrollTo(0, 0);
    at("reading").scrollTop = 0;
    at("title").focus({ preventScroll: true });
  } else if (!first && before) {
    entries.get(before).link.focus();
  }
}

/** The page that has a scenario that is not on this one. */
function elsewhere(scenario) {
  const other = data.parts.find((part, index) => index !== data.part && part.scenarios.includes(scenario));
  if (other) location.replace(other.address + location.hash);
  return Boolean(other);
}

function aroundOf(shown) {
  const list = [...shown];
  const here = list.indexOf(chosen);
  const to = (dialogue) => (dialogue ? address(dialogue) : null);
  return here < 0 ? { before: null, after: to(list[0]) } : { before: to(list[here - 1]), after: to(list[here + 1]) };
}

function setAround(shown) {
  const around = aroundOf(shown);
  const [, before, after] = document.querySelector(".around").children;
  before.replaceWith(step("Previous", around.before));
  after.replaceWith(step("Next", around.after));
}

/** Mark what is searched for in what models wrote; the page itself stays as it is. */
function mark() {
  if (!window.CSS || !CSS.highlights) return;
  CSS.highlights.delete("found");
  const query = filtersNow().query.toLowerCase();
  if (!query || !chosen) return;
  const ranges = [];
  for (const box of at("reading").querySelectorAll(".written")) {
    for (const node of box.childNodes) {
      const content = node.nodeType === Node.TEXT_NODE ? node.data.toLowerCase() : "";
      if (content.length !== (node.data || "").length) continue; // some letters are longer in lower case
      const next = (from) => (ranges.length < 2000 ? content.indexOf(query, from) : -1);
      for (let place = next(0); place >= 0; place = next(place + query.length)) {
        const range = new Range();
        range.setStart(node, place);
        range.setEnd(node, place + query.length);
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}

// The rest.

/** Links to the other pages, where there are any; they keep the filters. */
function linkParts() {
  const nav = at("parts");
  nav.hidden = data.parts.length < 2;
  if (nav.hidden) return;
  const link = (part, index) =>
    index === data.part
      ? make("span", { "aria-current": "page" }, String(index + 1))
      : make("a", { href: `${part.address}#${filterQuery()}`, "aria-label": `Page ${index + 1}` }, String(index + 1));
  nav.replaceChildren("Page ", ...data.parts.map(link));
}

function buildTheme() {
  const choose = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  const stored = () => {
    try {
      return localStorage.getItem("clca-theme");
    } catch {
      return null; // some browsers keep nothing for files
    }
  };
  for (const input of document.querySelectorAll("input[name=theme]")) {
    input.checked = input.value === (stored() || "auto");
    if (input.checked) choose(input.value);
    input.addEventListener("change", () => {
      choose(input.value);
      try {
        localStorage.setItem("clca-theme", input.value);
      } catch {
        // it holds until the page is left
      }
    });
  }
}

buildTheme();
buildFilters();
buildList();
at("skip").addEventListener("click", () => (at("title") || at("reading")).focus());
at("reading").addEventListener("toggle", mark, true);
window.addEventListener("hashchange", () => follow(false));
follow(true);
