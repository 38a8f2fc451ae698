// Building blocks. All that models wrote becomes text nodes; there is no other way from data to the page.

const LONG = 1500; // characters, above which a text is shown in part
const OVERRIDES = /([\u202a-\u202e\u2066-\u2069]+)/; // they change the direction of what follows

/** An element; attributes whose value is false or null are left out, functions listen. */
function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if ((value ?? false) !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => (child ?? false) !== false));
  return element;
}

/** A text for places that hold nothing but letters, such as a choice's name. */
const plain = (content) => content.replaceAll(new RegExp(OVERRIDES, "g"), "");
const codePoint = (character) => "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");

/** The nodes of a text: marks that override its direction are shown, and shut off from what follows. */
function nodes(written) {
  return written.split(OVERRIDES).map((part, index) => {
    if (index % 2 === 0) return document.createTextNode(part);
    const named = [...new Set(part)].map(codePoint).join(" ") + (part.length > 1 ? ` ×${part.length}` : "");
    return make("span", { class: "control", title: "It overrides the direction of text", "data-name": named }, part);
  });
}

/** Something that a model wrote, set apart from what is around it; long texts are cut until they are asked for. */
function written(content, tag = "span", attributes = {}) {
  const box = make(tag, { dir: "auto", ...attributes, class: `written ${attributes.class || ""}`.trim() });
  if (content.length <= LONG) {
    box.append(...nodes(content));
    return box;
  }
  const whole = content.length.toLocaleString("en");
  const ask = `Show all ${whole} characters`;
  const more = make("button", { type: "button", class: "more", "aria-expanded": "false" }, ask);
  const head = content.slice(0, LONG - 500).replace(/[\ud800-\udbff]$/, "");
  const show = (all) => box.replaceChildren(...nodes(all ? content : head + " …"));
  more.addEventListener("click", () => {
    const all = more.getAttribute("aria-expanded") === "false";
    more.setAttribute("aria-expanded", String(all));
    more.textContent = all ? "Show less" : ask;
    show(all);
  });
  show(false);
  return make(tag === "span" ? "span" : "div", { class: "long" }, box, " ", more);
}

/** The beginning of a text on one line. */
function glimpse(content, from = 0, length = 110) {
  const start = Math.max(0, from - 30);
  const cut = content.slice(start, start + length).replace(/\s+/g, " ");
  return written((start ? "… " : "") + cut + (content.length > start + length ? " …" : ""), "bdi");
}

/** Messages of a prompt or an example. */
function messageList(messages) {
  const item = ([role, content]) =>
    make("li", { class: `message ${role}` },
      make("span", { class: "role" }, role),
      written(content, "div", { class: "content" }));
  return make("ol", { class: "messages" }, messages.map(item));
}

/** Something to open; what is inside is made when it is opened. */
function disclosure(summary, content, attributes = {}) {
  const details = make("details", attributes, make("summary", {}, summary));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(...[content()].flat());
  });
  return details;
}

/** The same in two parts that may stand apart: a button, and what it shows and hides. */
function switched(name, content, id) {
  const region = make("div", { class: "prompts", id, hidden: true });
  const state = { "aria-expanded": "false", "aria-controls": id };
  const button = make("button", { type: "button", class: "toggle", ...state }, name);
  button.addEventListener("click", () => {
    region.hidden = !region.hidden;
    button.setAttribute("aria-expanded", String(!region.hidden));
    if (!region.childElementCount) region.append(...content());
    button.dispatchEvent(new Event("toggle"));
  });
  return [button, region];
}

/** A word or two in a frame; `kind` decides its colours. */
const tag = (kind, ...content) => make("span", { class: `tag ${kind}` }, ...content);
const decisionTag = ({ reason }) => (reason ? tag("dropped", `dropped: ${reason}`) : tag("kept", "kept"));
