from django.apps import AppConfig


class AudioMusicConfig(AppConfig):
    name = "audiomusic"
    label = "audiomusic"

    def ready(self) -> None:
        from audiomusic import checks  # noqa: F401  (registers itself)
