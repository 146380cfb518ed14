"""Where a profile is kept, and for what it is taken anew."""

from dataclasses import replace

from support.planned import CONFIG
from whet.profiling.kept import place


def test_another_goal_has_a_profile_of_its_own(tmp_path):
    other = replace(CONFIG, goal=replace(CONFIG.goal, metric="another"))
    assert place(tmp_path, "c0ffee", CONFIG) != place(tmp_path, "c0ffee", other)


def test_another_threshold_has_the_same(tmp_path):
    other = replace(CONFIG, goal=replace(CONFIG.goal, min_effect=0.2))
    assert place(tmp_path, "c0ffee", CONFIG) == place(tmp_path, "c0ffee", other)
