"""The dialogue browser in Chromium: it finds, links, shows prompts as they were asked, and writing stays text."""

import json
from functools import cache
from pathlib import Path

import chromium
import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from made_up_dialogues import make, scenarios

from clca.culture import load
from clca.dialogues import Turn
from clca.engines.journal import rows
from clca.intents import TurnIntent
from clca.judging import Verdict
from clca.schemas import PROFILE
from clca.study.browser import write

JAPAN = load(Path(__file__).parents[3] / "config/cultures/japan.yaml")
NUMBER, TAKES, TURNS = 12, 2, 6
PHONE = {"width": 390, "height": 844}

HARM = "window.harmed = 1"
PLANTED = {
    "script": f"</script><script>{HARM}</script>",
    "image": f'<img src=x onerror="{HARM}">',
    "link": f'<a href="javascript:{HARM}">javascript:{HARM}</a>',
    "override": "before \u202edesrever si siht\u202c after",
    "long": "ha" * 50_000,
    "template": "{{ 7 * 7 }} ${harmed} &lt;b&gt; <!-- ]]> \\u003c \u2028 \"'`",
}
ATTACKED = "japan-<b>&/?#%2F \u202ex"
"""A scenario's name with all that may go wrong in an address."""


FAILED = {(Verdict, "japan-seed-003", 1, 1), (Turn, "japan-seed-004", 2, 3)}
"""No verdict on a dialogue, no third turn of another; and the second turn of second takes has no intent."""


def planted(request, reply):
    """Replies of the first scenario are attacks, one a turn; others never come, or only when asked again."""
    if request.seed_parts[1] != ATTACKED:
        unmeant = request.schema is TurnIntent and request.seed_parts[2:] == (2, 2)
        never = unmeant or (request.schema, *request.seed_parts[1:]) in FAILED
        return "no JSON" if never or request.seed % 17 == 0 else reply
    attacks = list(PLANTED.values())
    if request.schema is Turn:
        return {"action": "speak", "utterance": attacks[request.seed_parts[3] - 1]}
    if request.schema is TurnIntent:
        return reply | {"intent": attacks[request.seed_parts[3] - 1]}
    text = "".join(attacks)
    return reply | ({"reasons": text} if request.schema is Verdict else {"critique": text, "meta": "good"})


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """A culture's artifacts, their journals, and the page made of them; the first scenario is an attack all over."""
    folder = tmp_path_factory.mktemp("browser")
    told = scenarios(NUMBER)
    attack = "".join(text for name, text in PLANTED.items() if name != "long")
    texts = {f"{side}_{field}": attack for side in "ab" for field in PROFILE if field != "age"}
    told[0] |= texts | {"scenario_id": ATTACKED, "topic": attack, "setting": attack, "relationship": attack}
    made = make(folder, told, JAPAN, TAKES, TURNS, change=planted)
    write(made, folder / "japan.html", JAPAN, str(made["journal"]))
    # One browser for all tests.
    with chromium.opened(folder / "japan.html"):
        yield made | {"page": folder / "japan.html"}


@cache
def read(path):
    return pl.read_ndjson(path)


def table(paths, name):
    return read(paths[name])


def follow(page, *parts):
    """Go to a dialogue, or a turn of it, by its address, as a link from elsewhere would."""
    page.goto("about:blank")
    page.goto(f"{page.start}#{'/'.join(parts)}")


@pytest.fixture
def opened(paths):
    """The page, opened anew; in the end nothing has gone wrong in it."""
    with chromium.opened(paths["page"], viewport={"width": 1280, "height": 800}) as (page, problems):
        page.start = paths["page"].resolve().as_uri()
        yield page
        assert problems == []
        assert page.evaluate("window.harmed") is None


KEYS = ["scenario_id", "take"]


def matched(paths, query="", decision="", intents="", scenario="", scope="all"):
    """How many dialogues filters leave, as polars counts it."""
    dialogues, wanted = table(paths, "dialogues"), query.lower()

    def holding(frame, *columns):
        met = [pl.col(name).str.to_lowercase().str.contains(wanted, literal=True) for name in columns]
        return frame.filter(pl.any_horizontal(met)).select(*KEYS)

    scenes = table(paths, "scenarios").with_columns(pl.col("a_age", "b_age").cast(pl.String))
    profile = [f"{side}_{field}" for side in "ab" for field in PROFILE]
    described = scenes.join(dialogues.select(*KEYS).unique(), on="scenario_id")
    places = {
        "said": holding(dialogues, "utterance"),
        "intents": holding(table(paths, "intents"), "intent"),
        "judge": holding(table(paths, "judgements"), "reasons", "critique"),
        "scenario": holding(described, "topic", "setting", "relationship", *profile),
    }
    dropped, meant = table(paths, "dropped"), table(paths, "intents")
    left = dialogues.select(*KEYS).unique()
    if query:
        left = left.join(pl.concat(list(places.values())) if scope == "all" else places[scope], on=KEYS, how="semi")
    if decision == "kept":
        left = left.join(dropped, on=KEYS, how="anti")
    elif decision:
        chosen = dropped if decision == "dropped" else dropped.filter(reason=decision)
        left = left.join(chosen, on=KEYS, how="semi")
    cultural = meant.filter(relation="cultural")
    if intents == "cultural":
        left = left.join(cultural, on=KEYS, how="semi")
    elif intents == "generic":
        generic = meant.filter(relation="generic").join(cultural, on=KEYS, how="anti")
        left = left.join(generic, on=KEYS, how="semi")
    elif intents == "none":
        left = left.join(meant.filter(pl.col("relation").is_not_null()), on=KEYS, how="anti")
    return left.filter(pl.col("scenario_id") == scenario).height if scenario else left.height


def shown(page):
    """How many dialogues the page says that it found, and how many stand in its list."""
    told, listed = page.evaluate(
        "[at('count').textContent, [...at('list').children].filter(one => one.checkVisibility()).length]"
    )
    return int(told.split(" of ")[0]), listed


FOUND = {
    "everything": {},
    "kept": {"decision": "kept"},
    "dropped": {"decision": "dropped"},
    "for one reason": {"decision": "quality bad"},
    "for another": {"decision": "meta bad"},
    "with a cultural intent": {"intents": "cultural"},
    "with generic ones alone": {"intents": "generic"},
    "without intents": {"intents": "none"},
    "of a scenario": {"scenario": "japan-seed-007"},
    "with a word": {"query": "lantern"},
    "with a word in capitals": {"query": "LANTERN"},
    "with words in a row": {"query": "made-up nowhere"},
    "with a word in what is said": {"query": "silence", "scope": "said"},
    "with a word in intents": {"query": "silence", "scope": "intents"},
    "with a word of the judge": {"query": "silence", "scope": "judge"},
    "with a word of the scenario": {"query": "silence", "scope": "scenario"},
    "with markup": {"query": "<IMG src=x"},
    "with several filters": {"query": "tea", "decision": "kept", "intents": "cultural"},
}


CHOOSE = """filters => {
  for (const [name, value] of Object.entries(filters)) {
    at(name).value = value;
    at(name).dispatchEvent(new Event("input", {bubbles: true}));
  }
}"""


def choose(page, filters):
    """Set filters, as typing and choosing do."""
    page.evaluate(CHOOSE, filters)


def test_filters_and_search_find_what_polars_finds(opened, paths):
    counts = set()
    for name, filters in FOUND.items():
        choose(opened, filters)
        expected = matched(paths, **filters)
        assert shown(opened) == (expected, expected), name
        counts.add(expected)
        opened.evaluate("at('filters').reset()")
    assert len(counts) > 8
    opened.locator("#query").fill("Lantern")
    opened.locator("#decision").select_option("kept")
    assert shown(opened)[0] == matched(paths, query="lantern", decision="kept")
    opened.locator("#clear").click()
    assert shown(opened)[0] == matched(paths)


def test_each_choice_tells_what_it_would_find_with_the_other_filters_as_they_are(opened, paths):
    choose(opened, {"query": "tea", "decision": "kept"})
    for name in ("decision", "intents", "scenario"):
        options = opened.evaluate("name => [...at(name).options].map(one => [one.value, one.text])", name)
        for value, told in options[:6]:
            filters = {"query": "tea", "decision": "kept"} | {name: value}
            assert told.endswith(f"({matched(paths, **filters)})"), filters


def test_a_found_word_is_marked_and_the_list_leads_to_its_turn(opened, paths):
    said = table(paths, "dialogues").filter(pl.col("utterance").str.to_lowercase().str.contains("lantern"))
    first = said.filter(pl.col("scenario_id") != ATTACKED).row(0, named=True)
    choose(opened, {"query": "lantern", "scope": "said", "scenario": first["scenario_id"]})
    opened.locator("#list li:visible a").first.click()
    assert opened.evaluate("document.activeElement.id") == f"turn-{first['turn']}"
    marked = opened.evaluate("[...CSS.highlights.get('found')].map(String)")
    assert marked
    assert {one.lower() for one in marked} == {"lantern"}


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE], ids=["wide", "phone"])
def test_a_deep_link_lands_on_its_turn(opened, paths, size):
    opened.set_viewport_size(size)
    last = table(paths, "dialogues").filter(pl.col("scenario_id") == "japan-seed-009").row(-1, named=True)
    follow(opened, "japan-seed-009", str(last["take"]), str(last["turn"]))
    turn = opened.locator(f"#turn-{last['turn']}")
    assert last["utterance"] in turn.text_content()
    box = turn.bounding_box()
    assert 0 <= box["y"] <= size["height"] - box["height"]
    assert opened.evaluate("document.activeElement.id") == f"turn-{last['turn']}"
    assert opened.locator(".turn.here").count() == 1
    # Its own link leads there again, from elsewhere on the page.
    address = turn.locator(".number").get_attribute("href")
    follow(opened)
    opened.evaluate("address => location.hash = address", address)
    assert turn.bounding_box()["y"] == pytest.approx(box["y"], abs=2)


def test_a_link_keeps_filters_and_one_to_nowhere_says_so(opened, paths):
    follow(opened, "japan-seed-003/2?decision=kept&query=tea")
    assert opened.locator("#decision").input_value() == "kept"
    assert shown(opened)[0] == matched(paths, query="tea", decision="kept")
    assert opened.locator("h2").text_content() != "There is no such dialogue here"
    for address in ("nobody/1", "japan-seed-003/9", "%E0%A4%A", "__proto__/1/1?constructor=x&decision=__proto__"):
        follow(opened, address)
        assert opened.locator("h2").text_content() == "There is no such dialogue here"


def kept(paths, stage):
    """What a stage's journal says was shown, by scenario, take and turn or step."""
    folder = paths["journal"].parent / stage
    return {tuple(row["seed_parts"][1:]): row["messages"] for row in rows(folder)}


def as_messages(shown):
    return [{"role": role, "content": content} for role, content in shown]


def test_prompts_are_those_of_the_journal(opened, paths):
    made = opened.evaluate(
        """data.dialogues.map(dialogue => ({
            key: [scenarioOf(dialogue).id, dialogue.take],
            turns: dialogue.turns.map((_, turn) => turnPrompt(dialogue, turn)),
            intents: dialogue.turns.map((_, turn) => intentPrompt(dialogue, turn)),
            judge: [judgePrompt(dialogue, 1), judgePrompt(dialogue, 2)],
        }))"""
    )
    prompts = {"dialogues": {}, "intents": {}, "judgements": {}}
    for one in made:
        for stage, found in (("dialogues", one["turns"]), ("intents", one["intents"]), ("judgements", one["judge"])):
            for place, messages in enumerate(found, start=1):
                if messages:
                    prompts[stage][*one["key"], place] = as_messages(messages)
    asked = kept(paths, "dialogues")
    # A turn that was never given was asked for too.
    assert prompts["dialogues"] == {key: asked[key] for key in prompts["dialogues"]}
    assert len(prompts["dialogues"]) == table(paths, "dialogues").height
    assert prompts["judgements"] == kept(paths, "judgements")
    assert prompts["intents"] == kept(paths, "intents")


def test_prompts_and_examples_are_shown_letter_by_letter(opened, paths):
    example = table(paths, "examples").filter(task="intent").row(-1, named=True)
    key = example["scenario_id"], example["take"]
    follow(opened, *map(str, key))
    opened.locator("#turn-2 .toggle").click()
    opened.locator(".judgement summary").last.click()
    opened.locator(".example summary").last.wait_for()
    opened.evaluate("document.querySelectorAll('.example summary').forEach(one => one.click())")
    opened.locator(".example .message").last.wait_for()

    def messages(where):
        found = opened.locator(f"{where} >> .message")
        read = "all => all.map(one => ['.role', '.written'].map(part => one.querySelector(part).textContent))"
        return as_messages(found.evaluate_all(read))

    assert messages("#prompts-2 .messages >> nth=0") == kept(paths, "dialogues")[*key, 2]
    assert messages("#prompts-2 .messages >> nth=1") == kept(paths, "intents")[*key, 2]
    assert messages(".steps > section >> nth=1") == kept(paths, "judgements")[*key, 2]
    assert messages(".example >> nth=2") == example["messages"]
    assert opened.locator(".example").count() == 3


def test_what_models_failed_to_give_is_said(opened, paths):
    choose(opened, {"decision": "not judged", "scenario": "japan-seed-003"})
    opened.locator("#list li:visible a").click()
    assert opened.locator(".judgement dd").all_text_contents() == ["no valid reply"] * 3
    assert opened.locator(".judgement summary").count() == 1
    follow(opened, "japan-seed-004", "2")
    assert "dropped: cut off" in opened.locator(".facts").text_content()
    assert opened.locator(".turn").count() == 2
    opened.locator(".toggle").last.click()
    assert "It was not asked" in opened.locator("#prompts-2").text_content()
    unmeant = table(paths, "intents").filter(pl.col("intent").is_null(), take=2, turn=2).row(0, named=True)
    follow(opened, unmeant["scenario_id"], "2")
    assert opened.locator(".intent").nth(1).text_content() == "no valid intent"
    assert opened.locator(".example").count() == 2


def expand(page):
    """Open all there is to open."""
    for place in (".toggle, summary", ".more"):
        page.evaluate("place => at('reading').querySelectorAll(place).forEach(one => one.click())", place)
        page.evaluate("() => new Promise(requestAnimationFrame)")


def test_whatever_is_written_is_only_shown(opened, paths):
    known = opened.evaluate("[document.scripts.length, document.links.length]")
    assert known[0] == 2
    link = opened.locator("#list a").first
    assert opened.evaluate("scenarioOf(data.dialogues[0]).id") == ATTACKED
    link.click()
    expand(opened)
    for side in "ab":
        attack = table(paths, "scenarios")[f"{side}_secret"][0]
        assert attack in opened.locator(f".person.side-{side} dl").text_content()
    for number, text in enumerate(PLANTED.values(), start=1):
        said = table(paths, "dialogues").filter(scenario_id=ATTACKED, take=1, turn=number)["utterance"][0]
        assert said == text.strip()
        assert opened.locator(f"#turn-{number} .words .written").text_content() == said
    assert "".join(PLANTED.values()) in opened.locator(".judgement").text_content()
    assert opened.locator("#reading :is(img, script, b, iframe, object, embed, form)").count() == 0
    hrefs = opened.evaluate("[...document.querySelectorAll('a')].map(link => link.getAttribute('href'))")
    assert {href[0] for href in hrefs} == {"#"}
    assert opened.evaluate("document.scripts.length") == 2
    # Its name survives as an address.
    follow(opened, opened.evaluate("address(data.dialogues[1], 3)").removeprefix("#"))
    assert opened.evaluate("document.activeElement.id") == "turn-4"
    assert opened.locator(".facts .id").text_content() == ATTACKED


LEFT = """([selector, text]) => {
  const box = document.querySelector(selector);
  const walker = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()); ) {
    const place = node.data.indexOf(text);
    if (place < 0) continue;
    const range = new Range();
    return [0, text.length - 1].map(step => {
      range.setStart(node, place + step);
      range.setEnd(node, place + step + 1);
      return range.getBoundingClientRect().left;
    });
  }
}"""


def test_an_override_of_direction_is_named_and_turns_nothing_around(opened):
    follow(opened, opened.evaluate("address(data.dialogues[0], 3)").removeprefix("#"))
    for text in ("desrever", "after"):
        start, end = opened.evaluate(LEFT, ["#turn-4 .words", text])
        assert start < end
    assert (
        opened.evaluate(LEFT, ["#turn-4 .words", "after"])[0] > opened.evaluate(LEFT, ["#turn-4 .words", "before"])[0]
    )
    marks = opened.locator("#turn-4 .words .control")
    assert [mark.get_attribute("data-name") for mark in marks.all()] == ["U+202E", "U+202C"]


def test_a_long_text_is_cut_until_it_is_asked_for(opened):
    follow(opened, opened.evaluate("address(data.dialogues[0], 4)").removeprefix("#"))
    words = opened.locator("#turn-5 .words")
    assert len(words.text_content()) < 1_600
    button = words.locator(".more")
    assert button.text_content() == "Show all 100,000 characters"
    button.click()
    assert words.locator(".written").text_content() == PLANTED["long"]
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    button.click()
    assert len(words.text_content()) < 1_600


TRIED = """async () => {
  const trying = {
    markup: () => { document.body.innerHTML = "<b>x</b>"; },
    script: () => { document.createElement("script").text = "window.harmed = 1"; },
    request: () => fetch("data:text/plain,x"),
  };
  const refused = [];
  for (const [name, attempt] of Object.entries(trying))
    await (async () => attempt())().catch(() => refused.push(name));
  return refused;
}"""


def test_the_policy_lets_nothing_run_or_load_that_is_not_the_page_s(paths):
    with chromium.opened(paths["page"]) as (page, problems):
        assert problems == []
        refused = page.evaluate(TRIED)
        assert refused == ["markup", "script", "request"]
        assert page.evaluate("window.harmed") is None


LOOKED_AT = ("", "nobody", "japan-seed-005/2", "japan-seed-002/1/2?query=tea")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(paths, scheme):
    with chromium.opened(paths["page"], color_scheme=scheme, bypass_csp=True) as (page, problems):
        for size in ({"width": 1280, "height": 800}, PHONE):
            page.set_viewport_size(size)
            for address in LOOKED_AT if size != PHONE else LOOKED_AT[::3]:
                page.evaluate("address => location.hash = address", address)
                page.locator("#list a[aria-current], h2" if address else "#list").first.wait_for(state="attached")
                if address == LOOKED_AT[-1] and size != PHONE:
                    expand(page)
                found = Axe().run(page).response["violations"]
                serious = [one for one in found if one["impact"] in ("serious", "critical")]
                assert serious == [], json.dumps(serious, indent=1)[:3000]
        assert problems == []


REACHED = """() => {
  const element = document.activeElement;
  if (!window.reached) window.reached = new Set();
  window.reached.add(element);
}"""
# Of radio buttons the chosen one is reached, and of the list one link: arrow keys do the rest.
MISSED = """() => [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
  .filter(one => one.checkVisibility() && !window.reached.has(one))
  .filter(one => !(one.type === "radio" && !one.checked) && !(one.closest("#list") && one.tabIndex < 0))
  .map(one => one.outerHTML.slice(0, 200))"""


def test_the_keyboard_reaches_every_control(opened):
    follow(opened, "japan-seed-002", "1")
    for _ in range(opened.locator("a, button, input, select, summary").count()):
        opened.keyboard.press("Tab")
        opened.evaluate(REACHED)
    assert opened.evaluate(MISSED) == []
    assert opened.evaluate("window.reached.size") > 20


def test_the_keyboard_alone_finds_opens_and_reads(opened):
    follow(opened)
    opened.locator("#query").focus()
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    assert opened.evaluate("document.activeElement.id") == "title"
    assert opened.evaluate("data.dialogues.indexOf(chosen)") == 2
    for _ in range(40):
        opened.keyboard.press("Tab")
        if opened.evaluate("document.activeElement.className") == "toggle":
            break
    opened.keyboard.press("Enter")
    assert opened.locator("#prompts-1").is_visible()
    opened.locator("#list a").nth(2).focus()
    opened.keyboard.press("End")
    assert opened.evaluate("document.activeElement === document.querySelector('#list li:last-child a')")


def test_the_page_is_dark_where_it_is_wished_and_the_switch_wins(opened):
    def ground(scheme):
        opened.emulate_media(color_scheme=scheme)
        return opened.evaluate("getComputedStyle(document.body).backgroundColor")

    light, dark = ground("light"), ground("dark")
    assert light != dark
    opened.locator("input[value=auto]").focus()
    for expected in (light, dark):
        opened.keyboard.press("ArrowRight")
        assert (ground("light"), ground("dark")) == (expected, expected)
        opened.reload()
        assert (ground("light"), ground("dark")) == (expected, expected)
        opened.locator("input[name=theme]:checked").focus()
    opened.keyboard.press("ArrowRight")
    assert (ground("light"), ground("dark")) == (light, dark)


def test_data_of_several_pages_are_one_to_links(paths, tmp_path):
    page_path = tmp_path / "japan.html"
    write(paths, page_path, JAPAN, str(paths["journal"]), largest=60_000)
    parts = list((tmp_path / "japan.parts").glob("*.html"))
    assert len(parts) > 1
    with chromium.opened(page_path) as (page, problems):
        number = len(parts) + 1
        assert page.locator("#parts > a").count() == number - 1
        assert page.locator("#count").inner_text().endswith("on this page")
        choose(page, {"decision": "kept"})
        page.locator("#parts a").last.click()
        page.wait_for_url(f"**/japan.parts/{number}.html**")
        assert page.locator("#decision").input_value() == "kept"
        last = table(paths, "dialogues").row(-1, named=True)
        page.locator("#parts a").first.click()
        page.wait_for_url("**/japan.html**")
        page.evaluate("address => location.hash = address", f"{last['scenario_id']}/{last['take']}/1")
        page.wait_for_url(f"**/japan.parts/{number}.html**")
        assert page.evaluate("document.activeElement.id") == "turn-1"
        assert problems == []


def test_a_page_made_before_the_examples_says_so(paths, tmp_path):
    write(paths | {"examples": []}, tmp_path / "japan.html", JAPAN, str(paths["journal"]))
    with chromium.opened(tmp_path / "japan.html") as (page, problems):
        page.evaluate("location.hash = address(data.dialogues.find(one => !one.reason))")
        page.locator("#examples").wait_for()
        assert "They were not made yet" in page.locator(".examples").text_content()
        assert problems == []


def test_without_a_browser_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RuntimeError, match="apt-get install chromium"):
        chromium.executable()
