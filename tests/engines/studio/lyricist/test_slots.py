"""Grammar of filled-in lines: contractions of prepositions and articles."""

import pytest

from audiomusic.engines.studio.lyricist.sentence import Fact
from audiomusic.engines.studio.lyricist.slots import definite, fill


@pytest.mark.parametrize(
    ("language", "template", "thing", "line"),
    [
        ("pt", "Fala de {thing}", "o mar", "Fala do mar"),
        ("pt", "Penso em {thing}", "as ondas", "Penso nas ondas"),
        ("pt", "Volto a {thing}", "a praia", "Volto à praia"),
        ("pt", "Fala de {thing}", "um gato", "Fala de um gato"),
        ("it", "Parlami di {thing}", "il mare", "Parlami del mare"),
        ("it", "Penso a {thing}", "l'estate", "Penso all'estate"),
        ("it", "Canto su {thing}", "gli amici", "Canto sugli amici"),
        ("it", "Io e {thing}", "Elena", "Io ed Elena"),
        ("es", "Hablo de {thing}", "el mar", "Hablo del mar"),
        ("fr", "Je parle de {thing}", "les amis", "Je parle des amis"),
    ],
)
def test_a_preposition_takes_its_article_in(language, template, thing, line):
    assert fill(template, {"thing": thing}, language) == line


@pytest.mark.parametrize(
    ("language", "article", "bare", "again"),
    [
        ("pt", "uma", "cabra", "a cabra"),
        ("it", "un", "gatto", "il gatto"),
        ("it", "un", "amico", "l'amico"),
        ("it", "un'", "amica", "l'amica"),
        ("it", "uno", "zaino", "lo zaino"),
    ],
)
def test_what_is_spoken_of_again_is_definite(language, article, bare, again):
    fact = Fact("thing", f"{article} {bare}", (bare,), article=article, bare=bare)
    assert definite(fact, language) == again
