# One entry point for developers: `make help` lists the targets. CONTRIBUTING.md explains them.
# A target runs one documented command, so that you can also copy that command from the output.

SHELL := bash
.DEFAULT_GOAL := help

MVNW := ./mvnw
VERSION := $(shell sed -n 's|^  <version>\(.*\)</version>$$|\1|p' pom.xml)

# make it: IT=NAME is an integration test class, or a pattern. TABLES=whole tests all rows of the sampled tables, SEED=NUMBER
# chooses the same rows again. KUBERNETES=1.30 starts API servers of that version. Classes that need the cluster of real nodes get its
# profile by their name; CLUSTER=yes adds it to others.
IT ?=
TABLES ?=
SEED ?=
KUBERNETES ?=
CLUSTER ?=
IT_ONLY := -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false
IT_PROFILE = $(if $(strip $(findstring OnCluster,$(IT)) $(findstring ContainerImageIT,$(IT)) $(findstring FailoverScaleIT,$(IT)) $(CLUSTER)),-Pcluster)
IT_OPTIONS = $(strip $(if $(TABLES),-Dtables=$(TABLES)) $(if $(SEED),-Dseed=$(SEED)) $(if $(KUBERNETES),-Dkubernetes.version=$(KUBERNETES)))

# make kind: the cluster's name, the image with its tag, and the node image (kind's default if it is empty).
KIND_CLUSTER ?= rwop-guard
KIND_NODE_IMAGE ?=
IMAGE ?= registry.invalid/rwop-guard:$(VERSION)
FROM ?= HEAD^
ENGINE ?= $(notdir $(shell command -v docker || command -v podman))
RELEASE := rwop-guard
NAMESPACE := rwop-guard

ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

# need TOOL,HOW TO INSTALL IT
define need
	@command -v $(1) > /dev/null 2>&1 || { echo "make $@: $(1) is not on the PATH. $(2)" >&2; exit 69; }
endef

.PHONY: help build dev run test it e2e versions upgrade kind kind-delete fmt docs fixtures image bench compare mutation \
  fuzz lint-workflows clean

help: ## list the targets | at once
	@awk 'BEGIN { FS = ":[^#]*## | [|] ?"; printf "%-16s %-74s %s\n", "target", "what it does", "usual time" } \
	  /^[a-z0-9-]+:.*## / { printf "%-16s %-74s %s\n", $$1, $$2, $$3 }' $(MAKEFILE_LIST)

build: ## package the service without tests | not measured
	$(MVNW) -B -ntp package -DskipTests

dev: ## run the service with live reload; attach a debugger to port 5005 | until you stop it
	$(MVNW) quarkus:dev

run: build ## package the service and start it on https://localhost:8443 | until you stop it
	java -jar target/quarkus-app/quarkus-run.jar

test: ## run the unit tests: no packaged service, no API server | 3 minutes
	$(MVNW) -B test

it: ## run one integration test: IT=LintIT [TABLES=whole] [SEED=482113] | depends on the class
	@[ -n "$(IT)" ] || { echo "make it: IT is empty, so there is no test to run. Name a class: make it IT=LintIT" >&2; exit 64; }
	$(MVNW) -B -ntp verify $(IT_PROFILE) $(IT_ONLY) -Dit.test='$(IT)' $(if $(IT_OPTIONS),-DargLine="$(IT_OPTIONS)")

e2e: ## run everything that CI runs, with a cluster of real nodes; needs root | 29 minutes
	$(MVNW) -B -ntp verify -Pcluster

versions: ## run tests on all versions of Kubernetes, or one: [KUBERNETES=1.30] | 4 to 6 minutes a version
	src/testbed/kubernetes-versions run $(KUBERNETES)

upgrade: ## upgrade from another commit's chart and image, and go back, under load: FROM=HEAD^; needs root | 19 minutes beside other work
	$(MVNW) -B -ntp verify -Pcluster -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=VersionsOnClusterIT -DargLine=-Dupgrade.from=$(FROM)

kind: ## build the image, install the chart on a kind cluster, run helm test | not measured
	$(call need,kind,Install it from https://kind.sigs.k8s.io and start again.)
	$(call need,helm,Install Helm 3 or 4 from https://helm.sh and start again.)
	$(call need,kubectl,Install it from https://kubernetes.io/docs/tasks/tools and start again.)
	@[ -n "$(ENGINE)" ] || { echo "make kind: neither docker nor podman is on the PATH, and kind needs one. Install one and start again." >&2; exit 69; }
	@image='$(IMAGE)'; case "$${image##*/}" in *:latest) ;; *:*) exit 0 ;; esac; \
	  echo "make kind: IMAGE=$(IMAGE) has no tag, or latest, which the chart refuses. Write IMAGE=NAME:TAG." >&2; exit 64
	$(MVNW) -B -ntp package -DskipTests
	$(ENGINE) build -f src/image/Dockerfile -t $(IMAGE) --build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) .
	@set -eu; [ "$(ENGINE)" != podman ] || export KIND_EXPERIMENTAL_PROVIDER=podman; \
	  kind get clusters 2> /dev/null | grep -qx '$(KIND_CLUSTER)' || \
	    kind create cluster --name '$(KIND_CLUSTER)' --wait 2m $(if $(KIND_NODE_IMAGE),--image '$(KIND_NODE_IMAGE)'); \
	  rm -f target/kind-image.tar; \
	  $(ENGINE) save -o target/kind-image.tar $(IMAGE); \
	  kind load image-archive target/kind-image.tar --name '$(KIND_CLUSTER)'; \
	  rm -f target/kind-image.tar
	@# An upgrade with the same tag changes no Pod template, and would keep the old image.
	@set -eu; image='$(IMAGE)'; installed=false; \
	  ! helm status $(RELEASE) -n $(NAMESPACE) --kube-context 'kind-$(KIND_CLUSTER)' > /dev/null 2>&1 || installed=true; \
	  helm upgrade --install $(RELEASE) charts/rwop-guard -n $(NAMESPACE) --create-namespace --kube-context 'kind-$(KIND_CLUSTER)' \
	    --set image.repository="$${image%:*}" --set-string image.tag="$${image##*:}" --set image.pullPolicy=Never --wait --timeout 5m; \
	  ! $$installed || kubectl --context 'kind-$(KIND_CLUSTER)' -n $(NAMESPACE) rollout restart deployment; \
	  for deployment in $$(kubectl --context 'kind-$(KIND_CLUSTER)' -n $(NAMESPACE) get deployment -o name); do \
	    kubectl --context 'kind-$(KIND_CLUSTER)' -n $(NAMESPACE) rollout status "$$deployment" --timeout 5m; \
	  done
	helm test $(RELEASE) -n $(NAMESPACE) --kube-context 'kind-$(KIND_CLUSTER)'

kind-delete: ## delete the kind cluster | seconds
	$(call need,kind,Install it from https://kind.sigs.k8s.io and start again.)
	$(if $(filter podman,$(ENGINE)),KIND_EXPERIMENTAL_PROVIDER=podman )kind delete cluster --name '$(KIND_CLUSTER)'

fmt: ## format the code; the build fails on anything unformatted | 3 seconds
	$(MVNW) spotless:apply

docs: ## rewrite the generated tables in the documents | 3 minutes
	$(MVNW) test -DargLine=-Ddocs.update=true

fixtures: ## rewrite expected patches and messages; read the difference afterwards | 3 minutes
	$(MVNW) test -DargLine=-Dfixtures.update=true

image: build ## build the image without a container engine; needs root, Debian or Ubuntu | seconds after the build
	src/image/build

bench: ## measure the packaged service | 4 minutes
	src/benchmark/run

compare: ## measure the service beside a controller-runtime webhook; needs root | 35 minutes
	src/benchmark/compare

mutation: ## mutation testing of the rules, the mutations and the planners | an hour, by the sum of its parts
	$(MVNW) -B -ntp -Pmutation test-compile org.pitest:pitest-maven:mutationCoverage

# make fuzz: TARGET is one of `src/fuzz/run list`, or all of them. FOR is the time for each.
TARGET ?= all
FOR ?= 3600

fuzz: ## fuzz one target, or all: TARGET=review FOR=600 (seconds) | an hour a target
	src/fuzz/run $(TARGET) $(FOR)

lint-workflows: ## check the GitHub workflows with actionlint; needs Go | seconds
	$(call need,go,Install Go from https://go.dev and start again.)
	go run $(ACTIONLINT)

clean: ## delete target/ | seconds
	$(MVNW) -B -ntp clean
