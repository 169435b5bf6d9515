# syntax=docker/dockerfile:1
# The modules are fetched in a layer of their own; the build itself has no network.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN --network=none GOFLAGS=-mod=readonly GOPROXY=off CGO_ENABLED=1 go build -trimpath -ldflags="-s -w" -o /headwater ./cmd/headwater

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates libstdc++6 && rm -rf /var/lib/apt/lists/* && \
    useradd --system --uid 10001 --create-home headwater
COPY --from=build /headwater /usr/local/bin/headwater
USER headwater
ENTRYPOINT ["headwater"]
CMD ["--help"]
