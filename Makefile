# The commands of this repository. `make run` needs Go and make, nothing else.

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
BUILD   := CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)"
ARCH    ?= $(shell go env GOARCH)

.PHONY: run build build-openssl test test-openssl conformance drills packaging deb image bench generate build-all clean FORCE

run: bin/cardea ## build and start a development server
	bin/cardea dev

build: bin/cardea ## build the binary for this machine

bin/cardea: FORCE
	@$(BUILD) -o $@ ./cmd/cardea

build-openssl: ## build the binary that computes by OpenSSL, for Linux
	GOOS=linux GOARCH=$(ARCH) $(BUILD) -tags openssl -o bin/cardea-openssl ./cmd/cardea

test: ## every test, on both database engines, with the race detector
	.ci/need cc libcrypto postgres python3 node xmlsec1
	@unformatted=$$(gofmt -l .) && [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted" >&2; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	.ci/deadcode
	.ci/fresh
	go run ./cmd/internal/pgtmp -- go test -race -p 2 -timeout 40m ./...
	@if [ "$$(go env GOOS)" = linux ]; then $(MAKE) test-openssl; else echo "NOT TESTED: the binary with OpenSSL, which is for Linux" >&2; fi

test-openssl: ## what computes by OpenSSL: as it is shipped, and with the race detector (which needs cgo)
	.ci/need cc libcrypto postgres
	go vet -tags openssl $(OPENSSL)
	go tool staticcheck -tags openssl $(OPENSSL)
	CGO_ENABLED=0 go test -tags openssl ./platform/libcrypto
	go test -race -tags openssl ./platform/libcrypto
	go run ./cmd/internal/pgtmp -- go test -race -tags openssl -run 'OpenSSL|MissingLibrary|SRP|Refresh|Metrics' ./server ./feature/signin

OPENSSL := ./platform/libcrypto ./server ./cmd/cardea ./cmd/bench

conformance: bin/cardea ## the AWS SDKs, the CLI, Amplify and a JWT verifier against the real binary
	conformance/run

drills: ## failures of production, rehearsed with the real binary (docs/drills.md)
	.ci/need postgres pgbouncer
	CARDEA_TEST_DRILLS=1 go test -timeout 20m ./conformance/drills

bench: ## each flow's cost beside its bound
	CGO_ENABLED=0 go run -tags openssl ./cmd/bench

generate: ## write the generated code anew
	go generate ./...

PLATFORMS := linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64

build-all: $(PLATFORMS:%=build/%) build-openssl/amd64 build-openssl/arm64 ## build for every platform, without cgo

build/%:
	GOOS=$(word 1,$(subst /, ,$*)) GOARCH=$(word 2,$(subst /, ,$*)) $(BUILD) -o bin/$(subst /,-,$*)/ ./cmd/cardea

build-openssl/%:
	GOOS=linux GOARCH=$* $(BUILD) -tags openssl -o bin/linux-$*/cardea-openssl ./cmd/cardea

deb: bin/cardea build/linux/$(ARCH) ## the Debian package, in bin
	deploy/deb $(VERSION) $(ARCH)

image: build/linux/$(ARCH) ## the container image cardea:VERSION, by buildah, podman or docker
	deploy/image cardea:$(VERSION) $(ARCH)

packaging: deb ## packages, unit, chart and image, checked by their own tools
	.ci/need lintian systemd-analyze buildah
	deploy/check

clean: ## remove what was built
	rm -rf bin
