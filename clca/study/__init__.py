"""The study around the scorecards."""
