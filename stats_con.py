"""The way to the accounts: builds the Strava and Fitbit clients from config and the token files."""
