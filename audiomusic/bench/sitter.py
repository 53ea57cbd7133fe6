"""A library worth a picture: a person with a handful of songs, all really made, on a scratch server."""

from __future__ import annotations

from typing import Any

from audiomusic.devtools.scratch_server import ScratchServer

USER, PASSWORD = "scratch", "only for these pictures"
LYRICS = (
    "[Verse]\nThe river runs beneath the bridge\nWe watch the boats go by\n"
    "A lantern in the window burns\nAnd paints it on the sky\n\n"
    "[Chorus]\nOh sing it slow, oh sing it low\nThe summer never ends\n"
    "Oh let it go, oh let it flow\nAnd meet me where it bends"
)
#: Endpoint and request; the last one made stands on top.
SONGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("text2samples", {"caption": "deep house drum loop", "tempo": 122, "display_name": "Basement Loop"}),
    (
        "prompt2instrumental",
        {"prompt": "energetic metal, driving guitars, workout", "duration": 20,
         "display_name": "Iron Weather"},
    ),
    (
        "text2rap",
        {"caption": "boom bap, dusty drums, jazz piano, night city", "duration": 30,
         "display_name": "Concrete Garden"},
    ),
    ("simple", {"query": "a happy summer song about the sea", "duration": 30}),
    (
        "prompt2instrumental",
        {"prompt": "slow piano and strings, rain on a window, melancholic", "duration": 30,
         "display_name": "Rain Study"},
    ),
    (
        "text2music",
        {"caption": "dreamy indie pop, warm synths, female voice, late summer evening, romantic",
         "lyrics": LYRICS, "duration": 45, "batch_size": 2, "seed": 11, "display_name": "Where It Bends",
         "generate_lrc": True},
    ),
)  # fmt: skip
WAITING = ("text2music", {"caption": "a slow waltz for two voices", "duration": 240, "display_name": "Waltz"})
SET_UP = """
from audiomusic.accounts.models import User
from jobs.models import Job
from library.services import share_create
user = User.objects.get(username={user!r})
user.set_password({password!r})
user.first_name = "Mara"
user.is_staff = user.is_superuser = True
user.save()
print("/s/" + share_create(job=Job.objects.get(id={song}), days=30).token, user.pk)
"""


def furnish(server: ScratchServer) -> tuple[int, str, int]:
    """Make the songs, like some, share one, and leave two in the queue. Returns the number of the song
    worth a picture, the path of the page that shares it, and the number of their owner, who is staff."""
    ids = [server.call("POST", f"/api/v1/music/{task}", body)[1]["job"]["id"] for task, body in SONGS]
    for id in ids:
        server.wait_for(id, "COMPLETED", timeout_s=240)
    for id in (ids[-1], ids[-3]):
        server.call("POST", f"/api/v1/music/jobs/{id}/like")
    set_up = SET_UP.format(user=USER, password=PASSWORD, song=ids[-1])
    shared, user = server.manage("shell", "-v0", "-c", set_up).split()
    task, body = WAITING
    for _ in range(2):
        server.call("POST", f"/api/v1/music/{task}", body)
    return ids[-1], shared, int(user)
