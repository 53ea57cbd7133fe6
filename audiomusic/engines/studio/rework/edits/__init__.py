"""Operations that change the score of a kept song, before any audio is rendered."""
