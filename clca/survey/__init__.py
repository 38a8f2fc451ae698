"""The survey: its questions, who answers them, what they answer, and how close that comes to the culture."""
