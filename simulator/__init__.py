"""A Strava and a Google Health that speak the real wire formats, for one made-up athlete: the demo and the tests."""
