"""Doing things as another process would: on a connection of its own."""

import threading

from django.db import connection


def on_own_connection(act):
    """`act`, for a thread to run: what it leaves open is closed."""

    def run():
        try:
            act()
        finally:
            connection.close()

    return run


def elsewhere(act):
    """Do it, and wait until it is done."""
    thread = threading.Thread(target=on_own_connection(act))
    thread.start()
    thread.join()
