# Builds without a network: modules come from a context of that name, which is your own module cache.
#
#   go mod download
#   docker build --build-context modules="$(go env GOMODCACHE)" --build-arg VERSION="$(git describe --tags --always)" -t headwater .
#   docker run --rm -p 127.0.0.1:8642:8642 -v "$PWD":/project -v "$PWD/tokens":/tokens:ro \
#     headwater serve --listen 0.0.0.0:8642 --tokens /tokens --allow-host localhost
#
# DuckDB is linked in, so cgo and a C++ compiler are needed here, and the C++ library of the same Debian below.
FROM golang:1.26-trixie AS build
WORKDIR /src
COPY . .
ARG VERSION=dev
RUN --mount=type=bind,from=modules,target=/go/pkg/mod,rw --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=1 GOPROXY=off GOSUMDB=off GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
    go build -trimpath -ldflags="-s -w -X github.com/headwater-mcp/headwater/internal/cli.linked=${VERSION}" -o /headwater ./cmd/headwater

FROM debian:trixie-slim
COPY --from=build /headwater /usr/local/bin/headwater
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/share/zoneinfo.zip
ENV ZONEINFO=/usr/share/zoneinfo.zip HEADWATER_PROJECT=/project
# The mounted project must be writable for this user, or the state folder is elsewhere (HEADWATER_STATE).
USER 65532:65532
WORKDIR /project
EXPOSE 8642
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/headwater"]
CMD ["mcp"]
