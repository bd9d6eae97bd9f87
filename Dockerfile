# The mock server as a container: `docker build -t pixpact . && docker run --rm -p 4747:4747 pixpact`.
# Every RUN uses paths below its WORKDIR only, so that tests can follow the steps on a machine without Docker.
FROM python:3.11-slim AS build
WORKDIR /build
COPY . .
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir dist .

FROM python:3.11-slim
WORKDIR /pixpact
# `check` adds what `pixpact check` needs: docker build --build-arg EXTRAS=[check] .
ARG EXTRAS=""
COPY .ci/constraints.txt ./
COPY --from=build /build/dist ./dist
RUN python -m pip install --no-cache-dir --constraint constraints.txt "$(echo dist/pixpact-*.whl)$EXTRAS" && rm -r dist
# A number: it needs no entry in /etc/passwd, and Kubernetes can see that it is not root.
USER 10001:10001
ENV PYTHONUNBUFFERED=1
EXPOSE 4747
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --start-interval=1s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:4747/_pixpact/health', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["pixpact"]
CMD ["serve", "--host", "0.0.0.0", "--log"]
