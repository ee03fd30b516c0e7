"""The tables and nothing above them: what they hold, how it is written and read, what the person chose."""
