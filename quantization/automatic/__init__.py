"""The precision “auto”: the fastest of those that are known to cost a model little; nothing of it is guessed."""
