"""The page where a person types in what no device tells: a weigh-in, calories, an activity."""

from app.log.views import bp

__all__ = ["bp"]
