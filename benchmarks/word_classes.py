"""Write data/word_classes.txt from WordNet's database files and a list of common words.

    python benchmarks/word_classes.py /usr/share/wordnet /usr/share/dict/american-english-small

The folder is Debian's package wordnet-base (WordNet 3.0), the list its package wamerican-small. A word's noun and verb
class are the lexicographer files of its first senses, the one more often tagged in WordNet's texts first. Kept are
words of the list and words that those texts hold; names are left out.
"""

import sys
from pathlib import Path


def classes(folder, kind):
    """lemma -> lexicographer file of its first sense, lower-case lemmas only."""
    files, lemmas = {}, set()
    for line in (folder / f"data.{kind}").read_text(encoding="latin-1").splitlines():
        if line[0] != " ":
            cells = line.split(" ")
            files[cells[0]] = cells[1]
            lemmas |= {w.split("(")[0] for w in cells[4 : 4 + 2 * int(cells[3], 16) : 2]}
    found = {}
    for line in (folder / f"index.{kind}").read_text(encoding="latin-1").splitlines():
        if line[0] != " ":
            cells = line.split()
            if cells[0] in lemmas:
                found[cells[0]] = files[cells[-int(cells[2])]]
    return found


def main(folder, words):
    common = set(words.read_text(encoding="utf-8").split())
    tagged = {}
    for line in (folder / "cntlist.rev").read_text(encoding="latin-1").splitlines():
        key, _, count = line.split()
        lemma, sense = key.split("%")
        tagged[lemma, sense[0]] = tagged.get((lemma, sense[0]), 0) + int(count)
    nouns, verbs = classes(folder, "noun"), classes(folder, "verb")
    rows = []
    for word in sorted(nouns.keys() | verbs.keys()):
        counts = {"n": tagged.get((word, "1"), 0), "v": tagged.get((word, "2"), 0)}
        if len(word) > 2 and word.isalpha() and word.islower() and (word in common or any(counts.values())):
            both = [("n", nouns.get(word)), ("v", verbs.get(word))]
            rows.append(" ".join([word, *(letter + number for letter, number in sorted(both, key=lambda c: (-counts[c[0]], c[0])) if number)]))
    (Path(__file__).resolve().parent.parent / "data" / "word_classes.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
