import pytest


@pytest.fixture(autouse=True)
def one_thread():
    """Use one thread: those of the tiny model would wait for each other longer than they work."""
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def planner(tmp_path_factory):
    """Return a tiny planner, saved and loaded like the real one."""
    pytest.importorskip("transformers")
    from audiomusic.engines.acestep.planner.loader import load_planner
    from tests.engines.acestep.planner.tiny import save_planner

    return load_planner(save_planner(tmp_path_factory.mktemp("planner")), context_tokens=1024)


@pytest.fixture
def brief(planner):
    """Return the same planner with a short context, so that long answers end soon."""
    from audiomusic.engines.acestep.planner.language_model import LanguageModelPlanner

    return LanguageModelPlanner(planner.model, planner.vocabulary, 480)
