import pytest


@pytest.fixture(autouse=True)
def one_thread():
    """The tiny model's threads would wait for each other longer than they work."""
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def planner(tmp_path_factory):
    """A tiny planner, saved and loaded as the real one is."""
    pytest.importorskip("transformers")
    from audiomusic.engines.acestep.planner.loader import load_planner
    from tests.engines.acestep.planner.tiny import save_planner

    return load_planner(save_planner(tmp_path_factory.mktemp("planner")), context_tokens=1024)


@pytest.fixture
def brief(planner):
    """The same planner with little room, so that what it would say at length ends soon."""
    from audiomusic.engines.acestep.planner.language_model import LanguageModelPlanner

    return LanguageModelPlanner(planner.model, planner.vocabulary, 480)
