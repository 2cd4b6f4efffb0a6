"""Whether feeds still speak: their habits, their silences, and the echo of a reading."""
