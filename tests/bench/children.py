"""What `bench engine` starts in a process of its own, without the engine: a child imports nothing else."""


def send_a_song(duration_s, repeats, connection):
    connection.send_bytes(b'[10.0, {"rendering": 6.0}, 1400000000]')


def send_nothing(connection):
    connection.close()
