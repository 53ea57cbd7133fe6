# AudioMusic on Debian 12. Every step is one of deploy/image.sh; `manage.py bench image` runs the same ones in a
# fresh Debian without any container engine. How to run it: compose.yaml, and docs/operations.md.
FROM debian:bookworm-slim

WORKDIR /opt/audiomusic

# Steps that change least come first, so a new version of the program downloads no packages again.
COPY deploy/image.sh deploy/image.sh
RUN deploy/image.sh system
COPY Makefile requirements.txt requirements.lock ./
RUN deploy/image.sh packages
COPY . .
RUN deploy/image.sh ready

# Only this container has this address. Publish the port where you run it.
ENV HOST=0.0.0.0 \
    PORT=8000 \
    AUDIOMUSIC_DATA_DIR=/var/lib/audiomusic \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER audiomusic
VOLUME ["/var/lib/audiomusic"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD [".venv/bin/python", "deploy/health.py"]
ENTRYPOINT ["/usr/bin/tini", "--", ".venv/bin/python", "manage.py"]
CMD ["serve"]
