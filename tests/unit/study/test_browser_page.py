"""The dialogue browser in Chromium finds what polars finds, lands where a link says, shows prompts as they were."""

import chromium
import polars as pl
import pytest
from browser_pages import ATTACKED, JAPAN, PHONE, WIDE, choose, follow, soon, table
from found_dialogues import as_messages, journaled, matched, rebuilt, shown

from clca.study.browser import write

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
    soon(opened, "document.activeElement.id", f"turn-{first['turn']}")
    soon(
        opened,
        "[...new Set([...(CSS.highlights.get('found') || [])].map(one => String(one).toLowerCase()))]",
        ["lantern"],
    )


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_a_deep_link_lands_on_its_turn(opened, paths, size):
    opened.set_viewport_size(size)
    last = table(paths, "dialogues").filter(pl.col("scenario_id") == "japan-seed-009").row(-1, named=True)
    follow(opened, "japan-seed-009", str(last["take"]), str(last["turn"]))
    turn = opened.locator(f"#turn-{last['turn']}")
    assert last["utterance"] in turn.text_content()
    box = turn.bounding_box()
    assert 0 <= box["y"] <= size["height"] - box["height"]
    soon(opened, "document.activeElement.id", f"turn-{last['turn']}")
    assert opened.locator(".turn.here").count() == 1
    # Its own link leads there again, from elsewhere on the page.
    address = turn.locator(".number").get_attribute("href")
    follow(opened)
    opened.evaluate("address => location.hash = address", address)
    for _ in range(100):
        if turn.bounding_box()["y"] == pytest.approx(box["y"], abs=2):
            return
        opened.wait_for_timeout(100)
    assert turn.bounding_box()["y"] == pytest.approx(box["y"], abs=2)


def test_a_link_keeps_filters_and_one_to_nowhere_says_so(opened, paths):
    follow(opened, "japan-seed-003/2?decision=kept&query=tea")
    assert opened.locator("#decision").input_value() == "kept"
    assert shown(opened)[0] == matched(paths, query="tea", decision="kept")
    assert opened.locator("h2").text_content() != "There is no such dialogue here"
    for address in ("nobody/1", "japan-seed-003/9", "%E0%A4%A", "__proto__/1/1?constructor=x&decision=__proto__"):
        follow(opened, address)
        assert opened.locator("h2").text_content() == "There is no such dialogue here"


def test_prompts_are_those_of_the_journal(opened, paths):
    prompts = rebuilt(opened)
    asked = journaled(paths["journal"])
    # A turn that was never given was asked for too.
    assert prompts["dialogues"] == {key: asked[key] for key in prompts["dialogues"]}
    assert len(prompts["dialogues"]) == table(paths, "dialogues").height
    assert prompts["judgements"] == journaled(paths["journal"].parent / "judgements")
    assert prompts["intents"] == journaled(paths["journal"].parent / "intents")


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

    assert messages("#prompts-2 .messages >> nth=0") == journaled(paths["journal"])[*key, 2]
    assert messages("#prompts-2 .messages >> nth=1") == journaled(paths["journal"].parent / "intents")[*key, 2]
    assert messages(".steps > section >> nth=1") == journaled(paths["journal"].parent / "judgements")[*key, 2]
    assert messages(".example >> nth=2") == example["messages"]
    assert opened.locator(".example").count() == 3


def test_what_models_failed_to_give_is_said(opened, paths):
    choose(opened, {"decision": "not judged", "scenario": "japan-seed-003"})
    opened.locator("#list li:visible a").click()
    opened.locator(".judgement dd").last.wait_for()
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
        soon(page, "document.activeElement.id", "turn-1")
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
