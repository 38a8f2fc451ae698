"""The survey: its questions, who answers them, what they answer, and how close that comes to the culture."""

SHIPPED_MARGINALS = "workflow/resources/wvs7_marginals.csv"
"""Where the published shares lie that come with the workflow."""
