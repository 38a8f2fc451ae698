"""The study: all scorecards together, as tables beside the paper's, with statistics and diagnostics of the whole."""
