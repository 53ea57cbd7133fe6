"""Run code as another process would: on its own database connection."""

import threading

from django.db import connection


def on_own_connection(act):
    """Wrap `act` for use in a thread and close the thread's connection afterwards."""

    def run():
        try:
            act()
        finally:
            connection.close()

    return run


def elsewhere(act):
    """Run `act` in another thread and wait until it ends."""
    thread = threading.Thread(target=on_own_connection(act))
    thread.start()
    thread.join()
