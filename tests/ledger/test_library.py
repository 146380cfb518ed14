"""What was read, searched on this machine."""

import random

import pytest

from whet.ledger.library import DOCUMENTS, INDEX, Library, split
from whet.model.research import Document


def document(key, title="a title", text="a text", **more):
    return Document(key=key, reader="papers", kind="paper", title=title, locator=f"at {key}",
                    text=text, **more)  # fmt: skip


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "research")


def keys(library, text):
    return [hit.key for hit in library.search(text)]


def test_words_are_found_in_titles_bodies_and_names_also_by_their_stem(library):
    library.add([
        document("a", title="Fusing norms"), document("b", text="the norm was fused, " * 30),
        document("c", names=("ggml_vec_dotQ4",)), document("d", text="nothing of that"),
    ])  # fmt: skip
    assert keys(library, "fused norm") == ["a", "b"]
    assert keys(library, "vec dot") == ["c"]
    assert keys(library, "ggmlVecDot") == ["c"]
    assert keys(library, "nowhere") == []


@pytest.mark.parametrize(
    "text", ['"', "a OR", "NEAR(", "x*", "title:", "'; DROP TABLE body", "-", ""]
)
def test_no_text_is_a_command_to_the_index(library, text):
    library.add([document("a", title="or near title drop table body x a")])
    library.search(text)
    assert library.count() == 1


def test_a_document_that_says_something_else_now_replaces_the_old_one(library):
    assert library.add([document("a", text="old words")]) == 1
    assert library.add([document("a", text="old words")]) == 0
    assert keys(library, "old") == ["a"]
    assert library.add([document("a", text="new words")]) == 1
    assert (keys(library, "old"), keys(library, "new")) == ([], ["a"])
    assert library.count() == 1


@pytest.mark.parametrize("harm", [
    lambda path: path.unlink(), lambda path: path.write_bytes(b"not a database at all" * 99),
    lambda path: path.write_bytes(b""),
])  # fmt: skip
def test_the_index_may_be_deleted_or_damaged(library, harm):
    library.add([document("a", title="fused norm")])
    before = library.search("fused")
    harm(library.folder / INDEX)
    assert library.search("fused") == before


def test_a_half_line_is_cut_and_nothing_else_is_lost(library):
    library.add([document("a", title="one")])
    path = library.folder / DOCUMENTS
    with path.open("ab") as file:
        file.write(b'{"key": "half')
    assert keys(library, "one") == ["a"]
    library.add([document("b", title="two")])
    assert (keys(library, "one"), keys(library, "two")) == (["a"], ["b"])


def test_odd_text_does_no_harm(library):
    library.add([document("a", title="\ud800 odd \x00 \u202e", text="\udcff fused")])
    assert keys(library, "fused") == ["a"]


def test_identifiers_are_split():
    assert split("ggml_vecDot HTTPServer x86_64") == ("ggml", "vec", "dot", "http", "server",
                                                      "x86", "64")  # fmt: skip


def test_known_items_are_found_among_many(library):
    """Pull requests and their commits: other words for the same thing, with some in common."""
    chance = random.Random(7)
    words = [f"{a}{b}" for a in ("al", "be", "ga", "de", "ep", "ze", "et", "th") for b in
             ("ron", "mix", "tal", "gor", "pin", "sul", "vek", "dra")]  # fmt: skip
    queries = {}
    documents = []
    for number in range(320):
        about = chance.sample(words, 6)
        noise = chance.choices(words, k=120)
        key = f"pr:{number}"
        documents.append(document(key, title=" ".join(about[:4]), text=" ".join(noise + about[2:]),
                                  names=(f"{about[0]}_{about[5]}",)))  # fmt: skip
        queries[key] = f"{about[0]}_{about[1]} {about[4]} {about[5]}"
    library.add(documents)
    found = sum(key in keys(library, text) for key, text in queries.items())
    assert found / len(queries) >= 0.5
