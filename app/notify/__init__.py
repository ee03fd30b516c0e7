"""Tells the person where they are anyway (mail, Telegram, ntfy, ...) that something needs their hand.

What is due is pure (due.py, of the facts that facts.py gathers), what was told is rows (told.py), and how it is sent is
one program of its own (deliver.py), the only one that handles an address.
"""
