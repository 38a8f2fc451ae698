"""Rule files share one namespace: a name that two of them give is another's value in one of them."""

import re
from collections import Counter
from pathlib import Path

RULES = Path(__file__).parents[2] / "workflow/rules"
GIVEN = re.compile(r"^(?:def |class )(\w+)|^(\w+) =", re.MULTILINE)


def test_no_name_is_given_in_two_rule_files():
    found = Counter(
        name
        for path in RULES.glob("*.smk")
        for name in {one or other for one, other in GIVEN.findall(path.read_text())}
    )
    assert len(found) > 60
    assert [name for name, count in found.items() if count > 1] == []


def test_figures_are_drawn_again_for_a_page_s_code_only_where_they_come_with_a_page():
    rules = (RULES / "report.smk").read_text().split("\nrule ")
    drawn = [rule for rule in rules if "code=code(" in rule]
    assert len(drawn) == 6
    assert [rule.split(":")[0] for rule in drawn if ("PAGES" in rule) != (".html" in rule)] == []
