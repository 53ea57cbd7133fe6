"""Functions that `bench engine` starts in a child process. This module does not import the engine, so neither
does the child."""


def send_a_song(duration_s, repeats, connection):
    connection.send_bytes(b'[10.0, {"rendering": 6.0}, 1400000000]')


def send_nothing(connection):
    connection.close()
