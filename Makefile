# make local   run the whole service on this machine, over the folder data/
# make query   build what "sealpost query" takes besides, for which it takes a C++ compiler
# make test    run the tests; Go and Node are all they need
# make race    run them with the race detector
# make costly  run those that "make test" leaves out: they build or inflate too much
# make lint    what else the code is held to
# make fuzz    try every parser on made-up input, FUZZTIME times each
# make bench   measure; docs/performance.md says what was measured

# The engine for queries needs a C++ compiler; a machine without one tests without it.
export CGO_ENABLED := $(shell command -v $$(go env CXX) >/dev/null && go env CGO_ENABLED || echo 0)
# Many tests wait for processes and time limits rather than for a processor.
GOTEST := go test
TESTFLAGS := -vet=off -parallel 8 -shuffle=on -ldflags='-s -w'
# A count: with a duration, Go up to 1.26 may call its end a failure (go.dev/issue/75804).
FUZZTIME := 60000x
# Not everything below: node_modules has Go files of others.
SOURCES := $(wildcard *.go) cmd functions infra internal schemas
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build query local test race costly lint fuzz bench

build:
	go build -trimpath -o bin/ ./cmd/sealpost

query: build
	go build -trimpath -o bin/ ./cmd/sealpost-query

local: build
	./bin/sealpost local

# dynalite, which stands in for DynamoDB, and the CDK's command line.
node_modules: package.json package-lock.json
	npm ci --no-audit --no-fund
	touch node_modules

# One vet for all: "go test" would analyse every dependency again, with other options.
test: node_modules
	go vet ./...
	$(GOTEST) -short $(TESTFLAGS) ./...

# Without infra: it has no goroutine, and the CDK's library takes minutes to compile again.
race: node_modules
	$(GOTEST) -race -short $(TESTFLAGS) $$(go list ./... | grep -v '/infra$$')

costly: node_modules
	$(GOTEST) $(TESTFLAGS) $$(grep -rlF 'testing.Short()' --include='*_test.go' cmd functions internal | xargs -n 1 dirname | sort -u | sed 's|^|./|')

lint:
	@test -z "$$(gofmt -l $(SOURCES))" || { gofmt -l $(SOURCES); echo "run gofmt -w on these files"; exit 1; }
	go mod tidy -diff
	go run $(STATICCHECK) ./...

# Packages without a target are not even built.
fuzz:
	@grep -rHo '^func Fuzz[A-Za-z0-9_]*' --include='*_test.go' $(SOURCES) | while IFS=: read -r file target; do \
		set -- "./$$(dirname "$$file")" "$${target#func }"; \
		echo "$$1 $$2"; \
		go test -run '^$$' -fuzz "^$$2$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x "$$1" </dev/null || exit 1; \
	done

bench:
	go test -run '^$$' -bench . -benchmem ./...
