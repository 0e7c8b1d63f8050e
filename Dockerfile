# The product in one image: city server, operator server, worker and management commands (see compose.yaml).
# Built and run by nobody yet: the machines this was written on have no Docker engine (docs/operations.md).

FROM node:24-bookworm-slim AS page
WORKDIR /app/platform/web
COPY platform/web/package.json platform/web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY platform/web/ ./
# Writes /app/platform/wangge/static/build.
RUN npm run build

FROM python:3.11-slim-bookworm
# GeoDjango loads GDAL, GEOS and PROJ of the system; stamping a city runs pg_dump of the server's own version; pictures of
# studies as PNG write Chinese.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgdal32 libgeos-c1v5 libproj25 postgresql-client-15 fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /var/lib/wangge wangge
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    LC_ALL=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    UV_PYTHON_DOWNLOADS=never \
    WANGGE_ENV=production \
    WANGGE_FILES_DIR=/var/lib/wangge/files \
    WANGGE_BACKUP_DIR=/var/lib/wangge/backups \
    WANGGE_EXPORT_DIR=/var/lib/wangge/exports \
    TMPDIR=/var/lib/wangge/incoming \
    PYTHONDONTWRITEBYTECODE=1 \
    PROMETHEUS_MULTIPROC_DIR=/tmp/wangge-metrics \
    NUMBA_CACHE_DIR=/var/lib/wangge/numba \
    MPLCONFIGDIR=/var/lib/wangge/matplotlib
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN pip install --no-cache-dir 'uv>=0.9,<1' && uv sync --frozen --no-dev --no-install-project --no-cache
COPY . .
COPY --from=page /app/platform/wangge/static/build platform/wangge/static/build
# Only these folders are written to; a named volume takes over their owner. Uploads are received in `incoming`.
RUN uv sync --frozen --no-dev --no-cache \
    && python -m compileall -q platform tenants gis instructors grids \
    && for folder in files backups exports incoming; do install -d -m 700 -o wangge -g wangge /var/lib/wangge/$folder; done
USER wangge
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--no-ws", "wangge.shell.wsgi:application"]
