"""The page of longer spans: how weight, training and food went over months and years."""

from app.trends.views import bp

__all__ = ["bp"]
