"""What a school needs: a simulation of Aula's queue, its inputs as they were measured, and what follows from both.

`benchmarks.school_day` is the door; docs/scale.md is what came of it.
"""
