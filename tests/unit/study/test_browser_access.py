"""The dialogue browser in Chromium for those who see it in other ways: axe, the keyboard, light and dark."""

import json

import chromium
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_pages import PHONE, WIDE, expand, follow, soon

LOOKED_AT = ("", "nobody", "japan-seed-005/2", "japan-seed-002/1/2?query=tea")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(paths, scheme):
    with chromium.opened(paths["page"], color_scheme=scheme, bypass_csp=True) as (page, problems):
        for size in (WIDE, PHONE):
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


HEARING = """() => {
  window.reached = new Set();
  document.addEventListener("focusin", event => window.reached.add(event.target));
}"""
# Of radio buttons the chosen one is reached, and of the list one link: arrow keys do the rest.
MISSED = """() => [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
  .filter(one => one.checkVisibility() && !window.reached.has(one))
  .filter(one => !(one.type === "radio" && !one.checked) && !(one.closest("#list") && one.tabIndex < 0))
  .map(one => one.outerHTML.slice(0, 200))"""


def test_the_keyboard_reaches_every_control(opened):
    follow(opened, "japan-seed-002", "1")
    opened.evaluate(HEARING)
    # And round past what is not the page's.
    for _ in range(opened.locator("a:not([tabindex='-1']), button, input, select, summary").count() + 5):
        opened.keyboard.press("Tab")
    assert opened.evaluate(MISSED) == []
    assert opened.evaluate("window.reached.size") > 20


def test_the_keyboard_alone_finds_opens_and_reads(opened):
    follow(opened)
    opened.locator("#query").focus()
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("Enter")
    soon(opened, "document.activeElement.id", "title")
    soon(opened, "data.dialogues.indexOf(chosen)", 2)
    for _ in range(40):
        opened.keyboard.press("Tab")
        if opened.evaluate("document.activeElement.className") == "toggle":
            break
    opened.keyboard.press("Enter")
    opened.locator("#prompts-1").wait_for()
    opened.locator("#list a").nth(2).focus()
    opened.keyboard.press("End")
    soon(opened, "document.activeElement === document.querySelector('#list li:last-child a')", True)


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
