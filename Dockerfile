# Aula in a container: the pages at port 8501.
#
#     docker build -t aula .
#     docker run --rm -p 127.0.0.1:8501:8501 -v aula-weights:/home/aula/.cache aula
#
# For NVIDIA cards: docker build --build-arg SETUP=--cuda -t aula . and docker run --gpus all … (docs/deploy.md).
FROM python:3.12-slim

RUN useradd --create-home --uid 1000 aula
USER aula
WORKDIR /home/aula/suite

# First what is installed, which depends on these files alone: a change of the suite then costs no new download.
ARG SETUP=""
ENV PIP_NO_CACHE_DIR=1
COPY --chown=aula:aula requirements.txt ./
COPY --chown=aula:aula apps/__init__.py apps/
COPY --chown=aula:aula apps/setup apps/setup
RUN python -c "import sys; from apps.setup.installation import ensure_complete; ensure_complete(cuda='--cuda' in sys.argv)" $SETUP

# What the set-up leaves out: --build-arg EXTRAS="requirements-cluster.txt requirements-image.txt"
ARG EXTRAS=""
COPY --chown=aula:aula requirements-cluster.txt requirements-image.txt ./
RUN for list in $EXTRAS; do .venv/bin/python -m pip install --requirement "$list" || exit 1; done

COPY --chown=aula:aula . .

# Weights that were fetched or trained outlive the container. Made here, so that the volume belongs to its user.
RUN mkdir -p /home/aula/.cache
VOLUME /home/aula/.cache

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=5)"]
# All addresses of the container: which of the machine's lead here, “-p” says.
CMD ["python", "aula.py", "run", "--host", "0.0.0.0", "--port", "8501", "--no-browser"]
