"""The tasks over HTTP: the terminal's options, results and sentences, asked for by programs.

`requests` and `results` are the schema, `tasks` does the work, `running` waits, loads, stops and streams, `door` says
who may, and `application` puts these together. Knows no pages; the store of models is handed in, so that pages and
programs share one.
"""

PLACE = "/api/v1"  # where it is found
TOKEN = "AULA_API_TOKEN"  # the secret that programs on other machines send
