"""The dialogue browser in Chromium: whatever models wrote, it does nothing but show."""

import chromium
from browser_pages import ATTACKED, PLANTED, expand, follow, soon, table


def test_whatever_is_written_is_only_shown(opened, paths):
    known = opened.evaluate("[document.scripts.length, document.links.length]")
    assert known[0] == 2
    link = opened.locator("#list a").first
    assert opened.evaluate("scenarioOf(data.dialogues[0]).id") == ATTACKED
    link.click()
    opened.locator("#turn-1").wait_for()
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
    soon(opened, "document.activeElement.id", "turn-4")
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
