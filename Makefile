.DEFAULT_GOAL := help
.PHONY: help run test screenshots fuzz chaos soak doctor images containers-test rolling build play-okta lint-protos accept-protos bench clean

CONFIGURATION := Release
SECONDS := 600
KILLS := 100
REPLICAS := 1
LOCAL := dotnet services/local/bin/$(CONFIGURATION)/net10.0/Local.dll
BUF := cd protos && node_modules/.bin/buf
# Quiet; one compiler for all projects, and no build servers left behind.
build = dotnet build $(1) -c $(CONFIGURATION) -v q -nologo -clp:ErrorsOnly -nodeReuse:false -p:UseSharedCompilation=true; \
	built=$$?; dotnet build-server shutdown --vbcscompiler >/dev/null; test $$built = 0

export DOTNET_NOLOGO := 1
export DOTNET_CLI_TELEMETRY_OPTOUT := 1

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Run everything on this machine and print a SCIM base URL, a token and an API key; Ctrl-C stops it
	@services/local/install.sh run
	@echo "building"
	@$(call build,services/local/run.slnf)
	@exec $(LOCAL) up

test: ## Everything a change must pass: build, contracts, all tests; the last line is the sum
	@services/local/install.sh test
	@echo "building"
	@$(call build,Microservices.sln -p:RestoreLockedMode=true)
	@$(MAKE) --no-print-directory lint-protos
	@$(LOCAL) test $(ONLY)

screenshots: export SCREENSHOTS ?= $(CURDIR)/.run/screenshots
screenshots: ## Every page of the console in light and dark, on a desktop and a phone, into .run/screenshots
	@services/local/install.sh test
	@mkdir -p $(SCREENSHOTS)
	@$(call build,tests/browser)
	@dotnet vstest tests/browser/bin/$(CONFIGURATION)/net10.0/Browser.Tests.dll --TestCaseFilter:"FullyQualifiedName~PageTests"
	@echo "pictures: $(SCREENSHOTS)"

fuzz: ## Broken filters, paths and bodies for ten minutes; SECONDS=60 for less
	@$(call build,tests/scim)
	@SCIM_FUZZ_SECONDS=$(SECONDS) dotnet vstest tests/scim/bin/$(CONFIGURATION)/net10.0/Scim.Tests.dll --TestCaseFilter:"FullyQualifiedName~FuzzTests"

chaos: ## 100 kills of services and stores under load, and nothing lost; KILLS=10 for less, REPLICAS=2, SEED=7 for one that failed
	@$(call build,tests/end-to-end)
	@dotnet tests/end-to-end/bin/$(CONFIGURATION)/net10.0/EndToEnd.Tests.dll $(KILLS) $(REPLICAS) $(SEED)

images: ## An image of each process: BUILDER, TAG, RUNTIME_IMAGE and so on as deploy-k8s/images/build.sh says
	@deploy-k8s/images/build.sh

# Images made for it are kept, so that the next run is quicker; KEEP_IMAGES=0 removes them.
containers-test: export LOCAL_BASE ?= 1
containers-test: ## The overlay "try" in containers of podman, as root; ONLY=starts; LOCAL_BASE=0 where an image registry is reached
	@deploy-k8s/images/containers-test.sh $(CONFIGURATION) $(ONLY)

rolling: export LOCAL_BASE ?= 1
rolling: ## The same upgraded from OLD (a commit; without it the last one with older tables), restarted and rolled back under load
	@deploy-k8s/images/containers-test.sh $(CONFIGURATION) rolling

soak: ## What takes minutes: ten minutes of generated requests, and each drill (DRILLS="backup failover" for some); SECONDS=60 for less
	@$(call build,tests/end-to-end)
	@dotnet tests/end-to-end/bin/$(CONFIGURATION)/net10.0/EndToEnd.Tests.dll fuzz $(SECONDS) $(SEED)
	@dotnet tests/end-to-end/bin/$(CONFIGURATION)/net10.0/EndToEnd.Tests.dll $(or $(DRILLS),drills)

build: ## Build the solution
	@$(call build,Microservices.sln)

doctor: ## Look at the running installation: connections, migrations, feeds, clocks, certificates, dead letters, disk; and what to do
	@test -e services/local/bin/$(CONFIGURATION)/net10.0/Local.dll || { $(call build,services/local); }
	@$(LOCAL) doctor

play-okta: ## Play Okta's life cycle against the running system; DIALECT=patch, put or spec for one of them
	@test -e services/local/bin/$(CONFIGURATION)/net10.0/Local.dll || { $(call build,services/local); }
	@$(LOCAL) play-okta $(DIALECT)

lint-protos: protos/node_modules/.package-lock.json ## Lint the contracts and compare them with the accepted ones
	@$(BUF) lint
	@$(BUF) breaking --against contract.binpb
	@echo "contracts: lint clean, nothing broken"

accept-protos: protos/node_modules/.package-lock.json ## Accept the contracts as they are now
	@$(BUF) lint
	@$(BUF) build -o contract.binpb

bench: build ## Benchmarks: ratios measured in one run
	@dotnet tests/load/bin/$(CONFIGURATION)/net10.0/Load.dll

clean: ## Remove what was built and the local data
	@rm -rf protos/node_modules gateway/node_modules
	@find gateway protos services tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
	@services/local/clean.sh

protos/node_modules/.package-lock.json: protos/package-lock.json
	@cd protos && npm install --no-save --ignore-scripts --no-progress --loglevel=error >/dev/null
	@touch $@
