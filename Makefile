# The everyday commands. `make` alone lists them.

ADDR       ?= :8080
VERSION    := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS    := -s -w -X main.version=$(VERSION)

# The program is to stay below 40 MB. What libraries do is seldom done often: not inlining them saves two of these, and what calculates
# pay, talks to SQLite or answers requests is inlined all the same.
SMALL := $(foreach p,github.com/... golang.org/x/text/... golang.org/x/net/... golang.org/x/oauth2/... golang.org/x/tools/... golang.org/x/crypto/acme/... \
	rsc.io/... archive/... crypto/ecdsa crypto/hpke crypto/rsa crypto/tls crypto/x509 encoding/asn1 encoding/gob encoding/json encoding/xml flag go/... \
	html/template image/... mime/... net/mail regexp/... text/tabwriter text/template/... vendor/... jijian/cmd/... jijian/payroll/demo \
	jijian/payroll/exchange jijian/payroll/ledgerpdf jijian/piecework/courier jijian/piecework/label jijian/piecework/paper jijian/templates,-gcflags=$(p)=-l) \
	-gcflags=github.com/shopspring/decimal= -gcflags=github.com/labstack/...=

# Tools run at a fixed version and stay out of go.mod: nothing the program ships depends on them.
STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOTESTSUM   := go run gotest.tools/gotestsum@v1.13.0 --format pkgname
GOVULNCHECK := go run golang.org/x/vuln/cmd/govulncheck@v1.1.4
POCKETBASE  := github.com/pocketbase/pocketbase/examples/base@v0.36.8

# Every line is watched for races but those of SQLite, whose C became Go by translation, of argon2, which is slow on purpose, and of what
# packs answers and reads templates: watching them takes up to five times as long and tells nothing about ours.
RACE := -race $(foreach p,modernc.org/sqlite/lib modernc.org/libc modernc.org/memory golang.org/x/crypto/argon2 \
	compress/flate html/template text/template/parse,-gcflags=$(p)=-race=false)

# What is made from npm packages, and the files by which make sees that it is stale.
NPM   := templates/assets/node_modules/.package-lock.json
BUILT := templates/dist/names/leaked.txt.gz
STYLE := templates/dist/pico.css
SCAN  := templates/dist/scan.js

.DEFAULT_GOAL := help
.PHONY: help run test bench lint dist assets build outdated clean

help: ## list these commands
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

run: build ## serve the demo month at http://localhost:8080 (ADDR=:9000 for another port)
	bin/jijian demo --renew --db data/demo.db --addr $(ADDR)

build: assets ## build bin/jijian, as it is handed out
	CGO_ENABLED=0 go build -trimpath $(SMALL) -ldflags '$(LDFLAGS)' -o bin/jijian ./cmd/jijian

assets: $(BUILT) $(STYLE) $(SCAN) ## make the fonts, the style sheet and the scripts that the program embeds

$(NPM): templates/assets/package.json templates/assets/package-lock.json
	cd templates/assets && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(BUILT): $(NPM) templates/assets/build.mjs
	cd templates/assets && node build.mjs
	@touch $@

# It holds what the pages use.
$(STYLE): $(BUILT) $(shell find templates -name '*.html' -not -path '*/node_modules/*') $(wildcard templates/static/*.js)
	cd templates/assets && node build.mjs style

$(SCAN): $(BUILT) $(wildcard templates/assets/scan/*.js)
	cd templates/assets && node build.mjs scan

lint: assets ## check format, go vet, staticcheck
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not in gofmt's form:"; echo "$$unformatted"; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...

# Pages look the same whatever is below them, so they are looked at once. The same Go code runs on PostgreSQL, where what differs is the SQL:
# so races are watched for once, too. Memory is there to be used meanwhile, and a test that waits for its browser leaves room for another.
test: lint ## lint, then every test: on SQLite with the race detector, and what touches the database on PostgreSQL too
	@.ci/need gcc libc6-dev chromium fonts-noto-cjk poppler-utils postgresql zbar-tools
	@echo "On SQLite:"
	@env -u TEST_DATABASE_URL GOGC=400 $(GOTESTSUM) -- $(RACE) -parallel 3 -timeout 15m ./...
	@echo "On PostgreSQL:"
	@$(if $(TEST_DATABASE_URL),,.ci/postgres) $(GOTESTSUM) -- -timeout 15m -skip '^Test(Look|Scan|Hostile)' $$(.ci/database-packages)

bench: build ## measure everything, and sum it up at the end; docs/performance.md explains the figures
	@.ci/need chromium
	GOBIN='$(CURDIR)/bin/bench' go install $(POCKETBASE)
	@.ci/bench

dist: assets ## build the programs to hand out, with checksums, into dist/
	@.ci/need zip
	.ci/dist '$(VERSION)' '$(LDFLAGS)' $(SMALL)

outdated: $(NPM) ## list what has a newer version, and ask the databases of Go and npm for known weaknesses
	@go list -m -u -f '{{if and (not .Indirect) .Update}}{{.Path}} {{.Version}}, newest {{.Update.Version}}{{end}}' all
	-cd templates/assets && npm outdated
	-$(GOVULNCHECK) ./...
	cd templates/assets && npm audit

clean: ## remove all that was made, but not data/
	rm -rf bin dist templates/assets/node_modules templates/assets/fonts
	find templates/dist -mindepth 1 ! -name .gitkeep -delete
