"""The whole planner, on a tiny random model: the content is meaningless, but its form must be valid."""

from dataclasses import replace

import pytest
import yaml

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from audiomusic.engines.acestep.planner import prompts  # noqa: E402
from audiomusic.engines.acestep.planner.base import (  # noqa: E402
    PlanAnswer,
    PlannerError,
    PlanRequest,
    TokenSampling,
)
from audiomusic.engines.acestep.planner.decoder import Decoder  # noqa: E402
from audiomusic.engines.acestep.planner.language_model import LanguageModelPlanner  # noqa: E402
from audiomusic.engines.base import Cancelled, Monitor  # noqa: E402

SONG = PlanRequest(seed=5, caption="warm soul", lyrics="[Verse]\nStay")
SHORT = replace(SONG, bpm=92, duration_s=4, keyscale="F# minor", timesignature="4/4", language="en")
CODES = replace(SHORT, plan_caption=False, plan_codes=True)


@pytest.fixture
def read(monkeypatch):
    """Collect the prompts that the model reads, one list for each answer."""
    texts = []
    init = Decoder.__init__

    def spy(self, model, tokens, *rest):
        texts.append(tokens)
        init(self, model, tokens, *rest)

    monkeypatch.setattr(Decoder, "__init__", spy)
    return texts


def test_a_plan_fills_in_what_lacks(planner):
    answer = planner.plan(SONG)
    assert answer.found == ("bpm", "caption", "duration", "keyscale", "language", "timesignature")
    assert answer.given == ()
    assert 30 <= answer.bpm <= 300
    assert 10 <= answer.duration_s <= 600
    assert answer.caption not in ("", "warm soul")
    assert answer.lyrics == SONG.lyrics
    assert answer.genres is None
    assert answer.codes == ()
    assert not answer.unread


def test_a_plan_keeps_what_is_given(planner):
    answer = planner.plan(replace(SHORT, duration_s=61.3))
    assert (answer.bpm, answer.duration_s, answer.keyscale) == (92, 61.3, "F# minor")
    assert (answer.timesignature, answer.language) == ("4/4", "en")
    assert answer.given == ("bpm", "duration", "keyscale", "language", "timesignature")
    assert answer.found == ("caption",)


def test_what_is_given_steers_the_rest(planner):
    """The model reads the forced words before it continues."""
    answers = [planner.plan(replace(SONG, plan_caption=False, bpm=bpm)) for bpm in range(60, 180, 12)]
    assert len({(answer.duration_s, answer.keyscale, answer.timesignature) for answer in answers}) > 1


def test_the_model_is_not_asked_where_nothing_is_open(planner, read):
    answer = planner.plan(replace(SHORT, plan_caption=False))
    assert answer == PlanAnswer(
        caption="warm soul",
        lyrics="[Verse]\nStay",
        bpm=92,
        duration_s=4,
        keyscale="F# minor",
        language="en",
        timesignature="4/4",
        given=("bpm", "duration", "keyscale", "language", "timesignature"),
    )
    assert planner.plan(replace(SONG, plan_metas=False)).bpm is None
    assert read == []


def test_parts_can_be_left_out(planner):
    answer = planner.plan(replace(SONG, plan_caption=False, plan_language=False))
    assert answer.caption == "warm soul"
    assert answer.language is None
    assert answer.found == ("bpm", "duration", "keyscale", "timesignature")


def test_wishes_the_model_has_no_word_for_are_told(planner):
    answer = planner.plan(replace(SONG, keyscale="H minor", plan_caption=False))
    assert answer.keyscale
    assert "knows no keyscale 'H minor'" in answer.unread["keyscale"]


def test_same_seed_same_answer_whatever_runs_beside(planner):
    request = replace(SONG, max_duration_s=12, plan_codes=True)
    first = planner.plan(request)
    torch.manual_seed(99)
    planner.plan(replace(request, seed=6))
    between = []

    def beside(stage, share):
        if not between:
            between.append(planner.plan(replace(SONG, seed=8)))

    assert planner.plan(request, Monitor(beside, lambda: False)) == first
    assert between
    assert planner.plan(replace(request, seed=6)) != first


def test_codes_are_as_many_as_the_length_asks(planner):
    answer = planner.plan(replace(CODES, duration_s=3.4))
    assert len(answer.codes) == 17
    assert all(0 <= code < 40 for code in answer.codes)
    assert len(set(answer.codes)) > 1
    assert answer.duration_s == 3.4
    assert answer.code_text.startswith(f"<|audio_code_{answer.codes[0]}|>")


def test_a_planned_length_gets_its_codes_too(planner):
    answer = planner.plan(replace(SONG, plan_codes=True, max_duration_s=14, plan_caption=False))
    assert "duration" in answer.found
    assert len(answer.codes) == answer.duration_s * 5


def test_codes_read_the_thought_and_are_steered_away_from_none(planner, read):
    planner.plan(replace(CODES, sampling=TokenSampling(negative_prompt="noise")))
    words = {"bpm": "92", "duration": "4", "keyscale": "F# minor", "language": "en", "timesignature": "4"}
    texts = [planner.vocabulary.decode(tokens) for tokens in read[-1]]
    assert texts == [prompts.codes(SONG.caption, SONG.lyrics, words), prompts.no_codes("noise")]


def test_codes_read_the_callers_caption_and_think_the_planned_one(planner, read):
    answer = planner.plan(replace(SHORT, plan_codes=True))
    cond = planner.vocabulary.decode(read[-1][0])
    assert "# Caption\nwarm soul\n" in cond
    thought = cond.split("<think>")[1].split("</think>")[0]
    assert yaml.safe_load(thought)["caption"] == answer.caption


def test_a_planned_caption_gives_way_where_codes_need_the_room(brief, read):
    answer = PlanAnswer(caption="x" * 300, duration_s=20)
    assert len(brief.write_codes(SONG, answer)) == 100
    assert "x" * 300 not in brief.vocabulary.decode(read[0][0])
    brief.write_codes(SONG, replace(answer, duration_s=1))
    assert "x" * 300 in brief.vocabulary.decode(read[1][0])


def test_without_guidance_one_prompt_is_read(planner, read):
    planner.plan(replace(CODES, sampling=TokenSampling(guidance=1)))
    assert [len(tokens) for tokens in read] == [1]


def test_guidance_changes_the_codes(planner):
    codes = {planner.plan(replace(CODES, sampling=TokenSampling(guidance=s))).codes for s in (0, 1, 2, 6)}
    assert len(codes) == 4


def test_further_takes_have_codes_of_their_own(planner):
    answer = planner.plan(CODES)
    assert planner.write_codes(CODES, answer) == answer.codes
    other = planner.write_codes(replace(CODES, seed=6), answer)
    assert len(other) == len(answer.codes)
    assert other != answer.codes


def test_without_a_length_the_model_ends_the_codes(planner, monkeypatch):
    """The end token is blocked up to the minimum length and forced at the maximum."""
    request = replace(CODES, duration_s=None, min_duration_s=2, max_duration_s=5, plan_metas=False)
    lengths = {len(planner.plan(replace(request, seed=seed)).codes) for seed in range(12)}
    assert min(lengths) >= 10
    assert max(lengths) <= 25
    answer = planner.plan(request)
    assert answer.duration_s == len(answer.codes) / 5
    row = planner.model.lm_head.weight[planner.vocabulary.turn_end]
    kept = row.detach().clone()
    with torch.no_grad():
        row.copy_(planner.model.lm_head.weight[planner.vocabulary.first_code :][:40].sum(0) * 50)
    try:
        loud = {len(planner.plan(replace(request, seed=seed)).codes) for seed in range(12)}
    finally:
        with torch.no_grad():
            row.copy_(kept)
    assert 10 in loud


def test_a_song_too_long_for_the_model_is_refused(planner):
    sentence = (
        r"holds at most 1024 tokens, and this song needs \d+ for its text and 3000 for 600 s of audio codes:"
        " shorten the lyrics or the song, or plan it without codes"
    )
    with pytest.raises(PlannerError, match=sentence):
        planner.plan(replace(CODES, duration_s=600))
    with pytest.raises(PlannerError, match=sentence):
        planner.write_codes(CODES, PlanAnswer(caption="warm soul", duration_s=600))
    with pytest.raises(PlannerError, match="for 10 s of audio codes"):
        planner.plan(replace(SONG, lyrics="la " * 245, plan_codes=True))
    with pytest.raises(PlannerError, match="reads at most 1024 tokens"):
        planner.plan(replace(SONG, lyrics="la " * 330))


def test_simple_mode(brief):
    answer = brief.create(PlanRequest(seed=2, query="a song for rain", language="de"))
    assert answer.given == ("language",)
    assert answer.language == "de"
    assert {"bpm", "caption", "duration", "genres", "keyscale", "timesignature"} <= {
        *answer.found, *answer.unread
    }  # fmt: skip
    assert answer.lyrics
    assert answer.lyrics.isprintable() or "\n" in answer.lyrics
    assert "lyrics" in answer.found


def test_simple_mode_without_a_singer(brief, read):
    answer = brief.create(PlanRequest(seed=2, query="rain", instrumental=True))
    assert answer.lyrics == "[Instrumental]"
    assert "lyrics" not in answer.found
    assert brief.vocabulary.decode(read[0][0]) == prompts.create("rain", True)


def test_what_simple_mode_made_can_get_codes(planner, read):
    answer = planner.create(PlanRequest(seed=2, query="rain", instrumental=True, duration_s=3))
    assert len(planner.write_codes(PlanRequest(seed=2), answer)) == 15
    cond = planner.vocabulary.decode(read[-1][0])
    assert f"# Caption\n{answer.caption}\n" in cond
    assert "caption:" not in cond


def test_format(brief, read):
    answer = brief.format(SHORT)
    assert answer.given == ("bpm", "duration", "keyscale", "language", "timesignature")
    assert {*answer.found, *answer.unread} >= {"caption", "genres", "lyrics"}
    assert brief.vocabulary.decode(read[0][0]) == prompts.rewrite(SHORT.caption, SHORT.lyrics)
    quiet = brief.format(replace(SHORT, instrumental=True))
    assert quiet.lyrics == "[Instrumental]"


def test_understand(brief, read):
    answer = brief.understand([3, 1, 4, 1, 5] * 6, seed=1)
    assert answer.duration_s == 6
    assert answer.codes == (3, 1, 4, 1, 5) * 6
    assert answer.bpm
    assert answer.keyscale
    prompt = "<|im_start|>user\n" + "<|audio_code_3|><|audio_code_1|><|audio_code_4|><|audio_code_1|>"
    assert prompt in brief.vocabulary.decode(read[0][0])
    assert "audio_code" not in answer.lyrics + answer.caption


@pytest.mark.parametrize(
    ("codes", "sentence"), [([], "no audio codes"), ([1, 40], "wanted 0 to 39, got 40"), ([-1], "got -1")]
)
def test_understand_refuses_what_is_no_audio(planner, codes, sentence):
    with pytest.raises(PlannerError, match=sentence):
        planner.understand(codes, seed=1)


def test_unconstrained_answers_are_read_as_far_as_they_go(brief):
    answer = brief.plan(replace(SONG, bpm=92, constrained=False))
    assert answer.bpm == 92
    assert answer.given == ("bpm",)
    assert {*answer.found, *answer.unread} >= {"caption", "duration", "keyscale", "language", "timesignature"}
    assert answer.caption
    made = brief.create(PlanRequest(seed=1, query="rain", constrained=False))
    assert made.lyrics or "lyrics" in made.unread


def test_progress_goes_up_to_the_end(planner):
    shares = []
    planner.plan(
        replace(SONG, max_duration_s=12, plan_codes=True),
        Monitor(lambda stage, share: shares.append(share), lambda: False),
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 60


@pytest.mark.parametrize("after", [0, 1, 20])
@pytest.mark.parametrize("constrained", [True, False])
def test_cancel_is_heard_at_every_token(planner, after, constrained):
    asked = []

    def cancelled():
        asked.append(1)
        return len(asked) > after

    with pytest.raises(Cancelled):
        planner.plan(
            replace(SHORT, plan_codes=True, constrained=constrained),
            Monitor(lambda stage, share: None, cancelled),
        )
    assert len(asked) == after + 1


@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_takes_are_rows_of_one_batch_and_each_is_as_if_it_were_alone(planner, guidance, read):
    asked = replace(CODES, plan_codes=False, sampling=TokenSampling(guidance=guidance))
    answer, seeds = planner.plan(asked), (5, 6, 9, 11, 12)
    alone = [planner.write_codes(replace(asked, seed=seed), answer) for seed in seeds]
    read.clear()
    assert planner.write_takes(asked, answer, seeds) == alone
    assert [len(rows) for rows in read] == [4 * round(guidance), round(guidance)]


def test_takes_of_no_length_are_written_one_by_one(planner):
    answer = PlanAnswer(caption="warm soul")
    asked = replace(SONG, max_duration_s=2, min_duration_s=1)
    takes = planner.write_takes(asked, answer, (1, 2))
    assert takes == [planner.write_codes(replace(asked, seed=seed), answer) for seed in (1, 2)]


def test_takes_for_which_there_is_no_room(planner):
    with pytest.raises(PlannerError, match="holds at most"):
        planner.write_takes(CODES, PlanAnswer(caption="warm soul", duration_s=600), (1, 2))


def test_a_song_is_the_same_from_rooms(planner):
    """Caches have a fixed size, as on a GPU. Thoughts, codes and the codes of several takes are the same."""
    on_card = LanguageModelPlanner(planner.model, planner.vocabulary, planner.context_tokens, records=True)
    song = replace(CODES, sampling=TokenSampling(guidance=2.0))
    answers = [each.plan(replace(SONG, sampling=song.sampling)) for each in (planner, on_card)]
    assert answers[0] == answers[1]
    answers = [each.plan(song) for each in (planner, on_card)]
    assert answers[0] == answers[1]
    takes = [each.write_takes(song, answers[0], [1, 2]) for each in (planner, on_card)]
    assert takes[0] == takes[1]
    assert on_card.caches is not None and on_card.caches._kept
