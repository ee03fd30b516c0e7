"""What the updater does and remembers: what is due, what is read, and how it stands."""
