"""One mistake in whet.toml is one complaint with one hint."""

import pytest

from whet.config.load import load
from whet.errors import ConfigError

GOOD = """\
[goal]
metric = "p50_ms"

[bench]
command = "./bench.sh"
"""

# What is appended to, or replaces, a good file; a part of the message; a part of the hint.
BROKEN = {
    # the file
    "not TOML": ("metric\n", "whet.toml:1: column 7", "key = value"),
    "empty": ("# nothing\n", "says nothing", "whet init"),
    "text without quotes": ("[bench]\ncommand = ./bench.sh\n", "whet.toml:2: column 11",
                            'command = "./bench.sh"'),
    "a word without quotes": ("[goal]\nmetric = p50\n", "whet.toml:2: column 10", 'metric = "p50"'),
    "a colon": ('[goal]\nmetric: "p50"\n', "whet.toml:2: column 7", '`metric = "p50"`'),
    "an open quote": ('[goal]\nmetric = "p50\n', "whet.toml:2: ", 'metric = "p50"'),
    "an open list": ("[scope]\nallow = [\n", "the end of the file", "close what is open"),
    "a key twice": (GOOD + 'command = "x"\n', "whet.toml:6: ", "once"),
    "a table twice": (GOOD + '[goal]\nunit = "ms"\n', "whet.toml:6: ", "once"),
    "nested too deeply": ("x = " + "[" * 5000, "nested", "list"),
    # keys and tables
    "a misspelt key": (GOOD + "timeot = 3\n", "[bench] `timeot` is not a key",
                       "write `timeout` instead of"),
    "a misspelt metric": (GOOD.replace("metric", "metrc"), "[goal] `metrc` is not a key",
                          "write `metric` instead of"),
    "a misspelt table": (GOOD.replace("[bench]", "[benhc]"), "[benhc] is not a table",
                         "write `[bench]` instead of"),
    "an unknown key": (GOOD + "zebra = 3\n", "[bench] `zebra` is not a key", "[bench] takes"),
    "an unknown table": (GOOD + "[zebra]\n", "[zebra] is not a table", "tables are `[goal]`"),
    "a key in another table": (GOOD + "alpha = 0.01\n", "`alpha` is not a key", "[judge]"),
    "a key in no table": ('command = "x"\n[goal]\nmetric = "x"\n',
                          "`command` is in no table", "[bench]"),
    "a table that is a value": ('bench = "x"\n[goal]\nmetric = "x"\n',
                                "`bench` is text, not a table", "[bench]"),
    "one table as a list": (GOOD.replace("[goal]", "[[goal]]"), "[[goal]] can be given once",
                            "write `[goal]`"),
    "a list as one table": (GOOD + '[guard]\nmetric = "x"\n', "`guard` is a list of tables",
                            "[[guard]]"),
    "no metric": (GOOD.replace('metric = "p50_ms"', ""), "[goal] has no `metric`",
                  'metric = "p50_ms"'),
    "no bench": ('[goal]\nmetric = "x"\n', "[bench] has no `command`", 'command = "./bench.sh"'),
    "a guard without a metric": (GOOD + "[[guard]]\nmax_loss = 0.1\n",
                                 "[[guard]] 1 has no `metric`", "write below [[guard]] 1"),
    "a smaller run of unknown bytes": (GOOD + '[roofline]\ncached_command = "./small.sh"\n'
                                       "bytes_per_unit = 1e9\n",
                                       "but `cached_bytes_per_unit` is missing",
                                       'write `cached_bytes_per_unit = "13MB"`'),
    # types
    "a number for text": (GOOD.replace('"p50_ms"', "5"), "is a whole number; it must be text",
                          'metric = "5"'),
    "text for a number": (GOOD + 'warmup = "two"\n', "is text; it must be a whole number",
                          "warmup = 8"),
    "a fraction for a count": (GOOD + "warmup = 1.5\n", "is a number; it must be a whole number",
                               "warmup = 8"),
    "text for a switch": (GOOD + '[scope]\nmodes = "yes"\n', "it must be true or false",
                          "modes = true"),
    "text for a list": (GOOD + '[scope]\nallow = "src/**"\n', "is text; it must be a list",
                        'allow = ["src/**"]'),
    "a number in a list": (GOOD + "[scope]\nallow = [3]\n", "a list with a whole number in it",
                           'allow = ["src/**"]'),
    "a date": (GOOD + "prepare = 2026-01-01\n", "is a date; it must be text",
               'prepare = "2026-01-01"'),
    "a table for text": (GOOD + "prepare = {a = 1}\n", "is a table; it must be text", "prepare"),
    "a number in env": (GOOD + "env = {A = 4}\n", "[bench.env] `A` is a whole number", 'A = "4"'),
    "env that is no table": (GOOD + 'env = "A=4"\n', "is text, not a table", "env = {"),
    "a wrong word": (GOOD.replace("metric", 'direction = "up"\nmetric', 1),
                     "[goal] `direction` is `up`; it must be `lower` or `higher`",
                     'direction = "higher"'),
    "a misspelt word": (GOOD + 'clock = "of"\n', "`clock` is `of`", 'clock = "off"'),
    "a wrong limit of pairs": (GOOD + "[measure]\npairs_max = 30\n",
                               "is `30`; it must be `12` or `20` or `40`", "pairs_max = "),
    # quantities and ranges
    "a share without a unit": (GOOD.replace("metric", 'min_effect = "2"\nmetric', 1),
                               "a number without a unit", 'min_effect = "2%"'),
    "a share as a whole number": (GOOD.replace("metric", "min_effect = 2\nmetric", 1),
                                  "which is 200 %", 'min_effect = "2%"'),
    "a share that is none": (GOOD.replace("metric", 'min_effect = "some"\nmetric', 1),
                             "not a share", 'min_effect = "2%"'),
    "an effect of nothing": (GOOD.replace("metric", "min_effect = 0\nmetric", 1),
                             "`min_effect` is 0%", "above 0"),
    "a share that is infinite": (GOOD.replace("metric", "min_effect = inf\nmetric", 1),
                                 "is inf", "min_effect = "),
    "a duration in words": (GOOD + 'timeout = "5 parsecs"\n', "not a duration", 'timeout = "15m"'),
    "a duration without a unit": (GOOD + 'timeout = "90"\n', "a number without a unit",
                                  'timeout = "90s"'),
    "a duration of nothing": (GOOD + "timeout = 0\n", "is 0", "above 0"),
    "a negative duration": (GOOD + "timeout = -1\n", "is -1", "above 0"),
    "a switch for a duration": (GOOD + "timeout = true\n", "is not a duration", "timeout = "),
    "alpha too large": (GOOD + "[judge]\nalpha = 0.2\n", "`alpha` is 20%", "10% or less"),
    "alpha too small": (GOOD + "[judge]\nalpha = 0.00001\n", "`alpha` is 0.001%", "above 0.001%"),
    "confidence of a coin": (GOOD + "[measure]\nconfidence = 0.5\n", "is 50%", "above 50%"),
    "certainty": (GOOD + '[judge]\nfinal_confidence = "100%"\n', "is 100%", "below 100%"),
    "no number at all": (GOOD + "[judge]\nbest_possible = nan\n", "is nan", "best_possible"),
    "no pairs": (GOOD + "[measure]\naa_pairs = 0\n", "`aa_pairs` is 0", "4 or more"),
    "negative lines": (GOOD + "[scope]\nmax_lines = -5\n", "is -5", "1 or more"),
    "a number of thousands of digits": (GOOD + "[measure]\nseed = 1" + "0" * 4000 + "\n",
                                        "seed", "write `seed = "),
    "lists in lists": (GOOD + "prepare = " + "[" * 40 + "]" * 40 + "\n", "deeply", "prepare = "),
    # meaning
    "an empty metric": (GOOD.replace("p50_ms", ""), "`metric` is empty", "p50_ms"),
    "a metric with a space": (GOOD.replace("p50_ms", " p50_ms"), "no benchmark prints",
                              'metric = "p50_ms"'),
    "an empty command": (GOOD.replace("./bench.sh", ""), "`command` is empty", "./bench.sh"),
    "a metric in goal and guard": (GOOD + '[[guard]]\nmetric = "p50_ms"\n',
                                   "[[guard]] 1 `metric` is `p50_ms`, as in [goal]", "remove one"),
    "a guard twice": (GOOD + '[[guard]]\nmetric = "a"\n[[guard]]\nmetric = "a"\n',
                      "[[guard]] 2 `metric` is `a`, as in [[guard]] 1", "remove one"),
    "an unknown format": (GOOD + 'format = "hyprfine"\n', "no format", '"hyperfine"'),
    "a format of no name": (GOOD + 'format = "xml"\n', "no format", "metric-lines"),
    "json of nothing": (GOOD + 'format = "json:"\n', "names no number", "json:results.ms"),
    "time of another metric": (GOOD + 'format = "time"\n', "gives wall_s and cpu_s", "wall_s"),
    "output outside": (GOOD + 'output = "../out.json"\n', "leaves the repo", "ls-files"),
    "output at the root": (GOOD + 'output = "/tmp/out.json"\n', "outside the repository",
                           "ls-files"),
    "no output": (GOOD + 'output = ""\n', "`output` is empty", "remove the line"),
    "notes outside": (GOOD + '[campaign]\nnotes = "../n.md"\n', "leaves the repo", "ls-files"),
    "a name with a space": (GOOD + '[campaign]\nname = "my run"\n', "is `my run`",
                            'name = "my-run"'),
    "a name like an option": (GOOD + '[campaign]\nname = "-x"\n', "is `-x`", 'name = "x"'),
    "a base like an option": (GOOD + '[campaign]\nbase = "--all"\n', "names no commit", "HEAD"),
    "an empty pattern": (GOOD + '[scope]\nprotect = [""]\n', "has an empty pattern", "protect = ["),
    "nothing may change": (GOOD + "[scope]\nallow = []\n", "nothing may change", "src/**"),
    "a pattern that matches nothing": (GOOD + '[scope]\nallow = ["./src/**"]\n',
                                       "matches nothing", '"src/**"'),
    "a pattern that is a comment": (GOOD + '[scope]\nprotect = ["#a"]\n', "a comment to git", "#a"),
    "a pattern outside": (GOOD + '[scope]\nallow = ["../a"]\n', "leaves the repository", "src/**"),
    "cores of no machine": (GOOD + '[[workers]]\ncpus = "9999"\n', "no machine has", "cpus = "),
    "cores this machine lacks": (GOOD + '[[workers]]\ncpus = "4000"\n', "names core 4000",
                                 "cpus = "),
    "cores in words": (GOOD + '[[workers]]\ncpus = "all"\n', "not a list of cores", "0-3,6"),
    "two workers of one name": (GOOD + '[[workers]]\nname = "a"\n[[workers]]\nname = "a"\n',
                                "as another one", 'write `name = "a-2"`'),
    "a number that is a name": (
        GOOD + '[[workers]]\nname = "a-1"\n[[workers]]\nname = "a"\nkind = "sky"\ncount = 2\n',
        "as another one", 'write `name = "a-2"`'),
    "several of this machine": (GOOD + "[[workers]]\ncount = 2\n", "this machine is one",
                                "one `[[workers]]` for each machine"),
    "a host without a name": (GOOD + '[[workers]]\nname = "a"\nkind = "ssh"\n',
                              "there is no host", 'host = "user@box"'),
    "a host that is an option": (GOOD + '[[workers]]\nname = "a"\nkind = "ssh"\nhost = "-oX"\n',
                                 "is no host", 'host = "user@box"'),
    "a machine elsewhere without a name": (GOOD + '[[workers]]\nkind = "sky"\n', "has no name",
                                           'name = "sky"'),
    "a host nobody uses": (GOOD + '[[workers]]\nhost = "box"\n', "not used while `kind`",
                           'kind = "ssh"'),
    "resources nobody uses": (GOOD + '[[workers]]\nresources = { infra = "aws" }\n',
                              "not used while `kind`", 'kind = "sky"'),
    "guards of one that measures": (GOOD + '[[workers]]\nguards = { p50_ms = "1%" }\n',
                                    "not used while `role`", 'role = "guard"'),
    "a guard of no metric": (
        GOOD + '[[workers]]\n[[workers]]\nname = "g"\nrole = "guard"\nguards = { rss = "1%" }\n',
        "is no metric", 'metric = "rss"'),
    "nobody who measures": (GOOD + '[[workers]]\nrole = "guard"\n', "no worker is left",
                            'role = "measure"'),
    "resources that are no table": (GOOD + '[[workers]]\nname = "a"\nkind = "sky"\nresources = 1\n',
                                    "is a whole number, not a table", "resources = {"),
    "no workers": ("workers = []\n" + GOOD, "[[workers]] is empty", 'name = "local"'),
    "an agent without a command": (GOOD + '[agent]\nkind = "command"\n', "there is none",
                                   "./my-agent"),
    "a command without an agent": (GOOD + '[agent]\ncommand = "x"\n', "not used",
                                   'kind = "command"'),
    "a secret by its shape": (GOOD + '[agent]\nkind = "command"\n'
                              'command = "my-agent --key sk-abcdefghijklmnopqrstuv"\n',
                              "looks like a secret", "come from the environment"),
    "a secret by its name": (GOOD + 'env = {MY_API_KEY = "0123456789abcdef"}\n',
                             "looks like a secret", "export MY_API_KEY=..."),
    "a secret in a command": (GOOD + 'prepare = "TOKEN=0123456789abcdef ./login"\n',
                              "looks like a secret", "export TOKEN=..."),
    "a variable of a strange name": (GOOD + 'env = {"A-B" = "1"}\n', "not the name of a variable",
                                     "OMP_NUM_THREADS"),
    "a variable of whet": (GOOD + 'env = {WHET_SEED = "1"}\n', "set by whet itself", "{ SEED"),
    "a NUL in a command": (GOOD + 'prepare = "a\\u0000b"\n', "NUL", "remove"),
    "the whole home as a cache": (GOOD + '[build]\ncache = ["~/"]\n', "all of it", "ccache"),
    "an unknown reader": (GOOD + '[research]\nsources = ["paper"]\n', "no reader", '"papers"'),
    "an unlikely reader": (GOOD + '[research]\nsources = ["x"]\n', "no reader", "profile"),
    "a fork like an option": (GOOD + '[research]\nforks = ["-x"]\n', "no place", "OWNER/NAME"),
    "no folder": (GOOD + '[research]\ndocuments = [""]\n', "no place", "documents = []"),
    "a repository of one word": (GOOD + '[research]\nrepository = "zlib"\n', "not OWNER/NAME",
                                 "madler/zlib"),
    "too many requests": (GOOD + "[research]\nmax_requests = -1\n", "is -1", "max_requests = 0"),
    "no report": (GOOD + '[report]\npath = ""\n', "`path` is empty", "whet-report"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said", "hint"), BROKEN.values(), ids=BROKEN)
def test_one_mistake_is_one_complaint_with_one_hint(text, said, hint, tmp_path):
    (tmp_path / "whet.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={"XDG_CONFIG_HOME": str(tmp_path / "none")})
    error = caught.value
    assert len(error.details) == 1, error.details
    assert error.message.startswith("whet.toml")
    assert said in error.message
    assert hint in error.hint
    assert error.hint in error.details[0]
    assert "\n" not in error.message + error.hint
    assert error.exit_code == 2


def test_the_good_file_is_good(tmp_path):
    (tmp_path / "whet.toml").write_text(GOOD)
    loaded = load(tmp_path, environ={"XDG_CONFIG_HOME": str(tmp_path / "none")})
    assert loaded.config.goal.metric == "p50_ms"


def test_a_secret_is_not_repeated(tmp_path):
    secret = "0123456789abcdef"
    (tmp_path / "whet.toml").write_text(GOOD + f'env = {{MY_TOKEN = "{secret}"}}\n')
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={"XDG_CONFIG_HOME": str(tmp_path / "none")})
    error = caught.value
    assert secret not in error.message + error.hint + "".join(error.details)


def test_all_mistakes_are_told_with_their_lines(tmp_path):
    (tmp_path / "whet.toml").write_text(
        '[goal]\nmetric = "x"\ndirecton = "up"\n\n[bench]\ncommand = "y"\ntimeout = "soon"\n'
        '\n[[guard]]\nmetric = "a"\n\n[[guard]]\nmetric = "x"\nmax_loss = 7\n'
    )
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, environ={"XDG_CONFIG_HOME": str(tmp_path / "none"), "WHET_JUDGE_ALPA": "1"})
    error = caught.value
    assert error.message == "whet.toml:3: [goal] `directon` is not a key (and 4 more)"
    assert error.hint == "write `direction` instead of `directon`"
    assert [line.partition(" ")[0] for line in error.details] == [
        "whet.toml:3:",
        "whet.toml:7:",
        "whet.toml:13:",
        "whet.toml:14:",
        "WHET_JUDGE_ALPA:",
    ]
