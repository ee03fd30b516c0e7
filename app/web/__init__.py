"""The front door: who may come in, what every answer carries, and how the process is doing."""
