"""Beyond one machine, by Ray (Moritz et al. 2018): models that a cluster serves, and work on very many things at once.

Needs what `requirements-cluster.txt` names, and nothing else of the suite does.
"""
