# datamaestro: build, set-up, checks. `make help` lists the targets.
VERSION := 0.1.0
BUILD   ?= build
MODE    ?= release
PREFIX  ?= /usr/local
DESTDIR ?=
Q       := $(if $(V),,@)

# --- What Debian 12 must have; `make deps` installs what is missing --------------------------------
DEPS_RUN   := lua-cjson lua-argparse
DEPS_BUILD := gcc libc6-dev make lua5.4 pkg-config liblua5.4-dev zlib1g-dev libisal-dev libssl-dev \
              libcurl4-openssl-dev libreadline-dev libarchive-dev libbz2-dev liblzma-dev libzstd-dev liblz4-dev \
              libutf8proc-dev libpcre2-dev libpng-dev libjpeg62-turbo-dev
DEPS_DEMO  := $(DEPS_RUN) $(DEPS_BUILD) dataset-fashion-mnist
DEPS_TEST  := $(DEPS_DEMO) lua-busted nginx-light valgrind python3 python3-numpy python3-pyftpdlib curl openssl \
              procps tmux vim-tiny bzip2 xz-utils zstd lz4 zip p7zip-full patch
DEPS_BENCH := $(DEPS_TEST) hyperfine time aria2 wget2 pigz isal python3-pooch python3-pandas python3-torchvision \
              miller
DEPS_CHECK := $(DEPS_TEST) clang clang-format clang-tidy cppcheck lua-check libclang-rt-14-dev gcovr

# --- Compiler ---------------------------------------------------------------------------------------
CC       ?= cc
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wformat=2 -Wvla -Werror
FLAGS_release  := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
FLAGS_asan     := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_tsan     := -O1 -g -fsanitize=thread
FLAGS_debug    := -O0 -g
FLAGS_fuzz     := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FLAGS_coverage := -O0 -g --coverage
LIBS := $(shell pkg-config --exists libisal 2>/dev/null && echo libisal) zlib
CPPFLAGS += -Iinclude -Isrc -Isrc/api -I$(BUILD)/gen -D_GNU_SOURCE -DDM_VERSION='"$(VERSION)"' \
            $(shell pkg-config --exists libisal 2>/dev/null && echo -DDM_HAVE_ISAL)
CFLAGS   += -std=c11 $(WARNINGS) $(FLAGS_$(MODE)) -fPIC -fvisibility=hidden -pthread
CFLAGS   += $(shell pkg-config --cflags lua5.4 2>/dev/null)
LDFLAGS  += $(FLAGS_$(MODE)) -pthread -Wl,-z,relro -Wl,-z,now -Wl,--as-needed

# --- What is built ----------------------------------------------------------------------------------
# The program holds every binding but the plug-ins: src/api/lua_NAME.c becomes a module of its own
# where its library (PKGS_NAME) is too heavy to load at every start. `readline`, whose licence is the GPL, is
# left out where the library is missing: the REPL then reads plain lines.
PLUGINS      := archive audit digest image inflate npz probe stream transfer workspace \
                $(shell pkg-config --exists readline 2>/dev/null && echo readline)
PKGS_archive := $(LIBS) # its other libraries are loaded when they are needed
PKGS_stream  := $(LIBS)
PKGS_audit   := libcrypto
PKGS_digest  := libcrypto
PKGS_image   := libpng libjpeg
PKGS_inflate := $(LIBS)
PKGS_npz     := $(LIBS)
PKGS_probe   := libcurl
PKGS_transfer := libcurl libcrypto $(LIBS)
PKGS_workspace := $(LIBS)
PKGS_readline := readline
LDFLAGS_readline := -Wl,-z,nodelete # readline keeps state that an unloaded library would lose, and leak

CORE_OBJS := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/core/*.c))
BUILT_IN  := $(filter-out util readline $(PLUGINS),$(patsubst src/api/lua_%.c,%,$(wildcard src/api/lua_*.c)))
MODULES   := $(BUILD)/gen/lua_modules.h
# Files of src/api without lua_ in front are further parts of the bindings of the program; those that begin with a
# plug-in's name are the plug-in's.
API_PARTS := $(patsubst src/api/%.c,%,$(filter-out src/api/lua_%,$(wildcard src/api/*.c)))
HOST_PARTS := $(filter-out $(addsuffix _%,$(PLUGINS)),$(API_PARTS))
HOST_OBJS := $(BUILD)/obj/main.o $(BUILD)/obj/host.o $(BUILD)/obj/api/lua_util.o \
             $(BUILT_IN:%=$(BUILD)/obj/api/lua_%.o) $(HOST_PARTS:%=$(BUILD)/obj/api/%.o)
CORE      := $(BUILD)/obj/core.a
PROGRAM   := $(BUILD)/datamaestro
LUADIR    := $(BUILD)/lib/datamaestro/lua
LIBDIR    := $(LUADIR)/datamaestro/api
COMPILED  := $(patsubst lua/%.lua,$(LUADIR)/%.luac,$(shell find lua -name "*.lua"))
SHARE     := $(BUILD)/share/datamaestro

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: libraries stale $(PROGRAM) $(COMPILED) $(foreach p,$(PLUGINS),$(if $(wildcard src/api/lua_$(p).c),$(LIBDIR)/$(p).so)) $(SHARE) ## build the program (build/datamaestro, run in place)

# Loops over elements are worth the compiler's full effort.
$(BUILD)/obj/core/recode.o $(BUILD)/obj/core/tensor_%.o: CFLAGS += $(if $(filter release,$(MODE)),-O3)

$(BUILD)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	@echo "  CC   $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# The modules linked into the program, one `X(NAME)` a line: what src/api holds is what there is.
$(BUILD)/obj/host.o: $(MODULES)
$(MODULES): $(wildcard src/api) Makefile
	@mkdir -p $(@D)
	@echo '$(BUILT_IN)' | tr ' ' '\n' | sed 's/.*/X(&)/' >$@

$(CORE): $(CORE_OBJS)
	@rm -f $@
	@echo "  AR   $@"
	$(Q)ar rcs $@ $^

$(PROGRAM): $(HOST_OBJS) $(CORE)
	@echo "  LINK $@"
	$(Q)$(CC) $(LDFLAGS) $(HOST_OBJS) $(CORE) -o $@ $$(pkg-config --libs lua5.4) -lm

# What plug-ins share with the program, tensors' handles above all: each takes the parts that it uses.
SHARED := $(BUILD)/obj/shared.a
$(SHARED): $(BUILD)/obj/api/lua_util.o $(BUILD)/obj/api/lua_tensor.o $(API_PARTS:%=$(BUILD)/obj/api/%.o)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(LIBDIR)/%.so: $(BUILD)/obj/api/lua_%.o $(SHARED) $(CORE)
	@mkdir -p $(@D)
	@echo "  LINK $@"
	$(Q)$(CC) -shared $(LDFLAGS) $(LDFLAGS_$*) $^ -o $@ $$(pkg-config --libs $(PKGS_$*))

# The build folder has the layout of an installed tree, so that the program finds its files one way. Sources are for
# the doc comments of what scripts call, which compiled modules have not.
$(SHARE): Makefile
	@mkdir -p $@
	@touch $@
	@ln -sfn $(abspath datasets) $@/datasets
	@ln -sfn $(abspath lua/datamaestro) $@/sources

# Compiled, since parsing some forty modules would be most of a short command's time; not stripped, so
# that messages keep their lines.
$(LUADIR)/%.luac: lua/%.lua
	@mkdir -p $(@D)
	$(Q)luac5.4 -o $@ $<

libraries:
	@pkg-config --exists lua5.4 libcurl libcrypto zlib libarchive liblzma libzstd liblz4 libutf8proc libpcre2-8 libpng libjpeg 2>/dev/null && command -v luac5.4 >/dev/null || { \
	    echo "Libraries to build with are missing: \`make deps-demo\` installs them (Debian), or install by hand:"; \
	    echo "  $(DEPS_BUILD)"; exit 1; }

# What has no source any more would still be found by its name.
stale:
	@cd $(LUADIR) 2>/dev/null && find . -name '*.luac' | while read -r f; do \
	    [ -e "$(abspath lua)/$${f%c}" ] || rm "$$f"; done; true

# --- Set-up -----------------------------------------------------------------------------------------
# Installs what is missing of $(1) from Debian, as root or through sudo; where neither is to be had, says
# what a person must run.
define ensure
@missing=$$(for package in $(1); do \
    dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || echo $$package; done); \
[ -n "$$missing" ] || exit 0; \
missing=$$(echo $$missing); \
if ! command -v apt-get >/dev/null; then \
    echo "This system has no apt-get. Install its counterparts of these Debian packages, then run make again:"; \
    echo "  $$missing"; exit 1; \
fi; \
if [ "$$(id -u)" = 0 ]; then as_root=; \
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then as_root=sudo; \
else \
    echo "Packages are missing, and this account may not install them. Have an administrator run:"; \
    echo "  apt-get install --no-install-recommends $$missing"; exit 1; \
fi; \
echo "Installing: $$missing"; \
$$as_root apt-get update -qq && \
$$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >$(BUILD)/apt.log 2>&1 \
    || { cat $(BUILD)/apt.log; exit 1; }
endef

$(BUILD):
	@mkdir -p $@

deps-demo: | $(BUILD)
	$(call ensure,$(DEPS_DEMO))
deps-test: | $(BUILD)
	$(call ensure,$(DEPS_TEST))
deps-check: | $(BUILD)
	$(call ensure,$(DEPS_CHECK))
deps-bench: | $(BUILD)
	$(call ensure,$(DEPS_BENCH))
deps: deps-check deps-bench ## install everything that any target needs

# --- Use --------------------------------------------------------------------------------------------
# Sub-makes, so that pkg-config is asked after the packages are there.
demo: deps-demo ## prepare the real Fashion-MNIST, print its JSON and its tensors
	@$(MAKE) --no-print-directory -s all
	$(PROGRAM) --data $(BUILD)/demo-data prepare com.github.zalandoresearch.fashion.mnist
	$(PROGRAM) --data $(BUILD)/demo-data run docs/examples/tensors.lua com.github.zalandoresearch.fashion.mnist

install: all ## install below PREFIX (default /usr/local), staged below DESTDIR
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/datamaestro $(DESTDIR)$(PREFIX)/share/datamaestro
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/datamaestro
	cp -R --no-preserve=ownership,mode $(LUADIR) $(DESTDIR)$(PREFIX)/lib/datamaestro/
	cp -R --no-preserve=ownership,mode datasets $(DESTDIR)$(PREFIX)/share/datamaestro/
	install -d $(DESTDIR)$(PREFIX)/share/datamaestro/sources/cli $(DESTDIR)$(PREFIX)/share/datamaestro/sources/engine
	cp -R --no-preserve=ownership,mode lua/datamaestro/engine/work $(DESTDIR)$(PREFIX)/share/datamaestro/sources/engine/
	cp -R --no-preserve=ownership,mode lua/datamaestro/init.lua lua/datamaestro/data \
	    $(DESTDIR)$(PREFIX)/share/datamaestro/sources/
	cp --no-preserve=ownership,mode lua/datamaestro/cli/words.lua $(DESTDIR)$(PREFIX)/share/datamaestro/sources/cli/

uninstall: ## remove what install put there
	rm -rf $(DESTDIR)$(PREFIX)/bin/datamaestro $(DESTDIR)$(PREFIX)/lib/datamaestro $(DESTDIR)$(PREFIX)/share/datamaestro

# --- Tests and checks -------------------------------------------------------------------------------
SPEC   ?= spec
FILTER ?=
BUSTED  = DATAMAESTRO=$(abspath $(PROGRAM)) $(UNDER) $(PROGRAM) run /usr/bin/busted -o spec/ci_handler.lua \
          $(if $(FILTER),--filter='$(FILTER)') $(if $(EXCLUDE),--exclude-tags=$(EXCLUDE)) \
          $(if $(STRESS),--helper=spec/support/stress.lua -Xhelper $(STRESS)) $(SPEC)

test: deps-test ## run the specs; SPEC=file or folder, FILTER=pattern for some of them
	@$(MAKE) --no-print-directory -s all
	@$(MAKE) --no-print-directory -s specs

specs:
	@$(BUSTED)

asan: deps-check ## the specs on a build with address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory -s MODE=asan BUILD=$(BUILD)-asan all
	@ASAN_OPTIONS=detect_leaks=1:abort_on_error=0 UBSAN_OPTIONS=print_stacktrace=1 \
	    $(MAKE) --no-print-directory -s MODE=asan BUILD=$(BUILD)-asan specs

# At fixed addresses, without which the sanitizer of GCC 12 cannot start on kernels that spread them far.
tsan: deps-test ## the specs of transfers on a build with the thread sanitizer
	@$(MAKE) --no-print-directory -s MODE=tsan BUILD=$(BUILD)-tsan all
	@$(MAKE) --no-print-directory -s MODE=tsan BUILD=$(BUILD)-tsan specs SPEC="$(TSAN_SPECS)" UNDER="setarch -R"
TSAN_SPECS := $(wildcard spec/core/transfer_*spec.lua)

# With sanitizers, since what the collector takes away too early is freed memory. Specs tagged #costly run
# definitions for millions of instructions, which takes so long here that the limit of time is met first.
stress: deps-check ## the specs of all with handles, with the collector at its most aggressive, in three modes
	@$(MAKE) --no-print-directory -s MODE=asan BUILD=$(BUILD)-asan all
	@set -e; for mode in generational incremental full; do \
	    echo "collector: $$mode"; \
	    $(MAKE) --no-print-directory -s MODE=asan BUILD=$(BUILD)-asan specs \
	        STRESS=$$mode EXCLUDE=costly SPEC="$(STRESS_SPECS)"; \
	done
STRESS_SPECS := spec/core spec/definition spec/data

# Without the specs that start valgrind themselves.
valgrind: deps-test ## the specs of the C modules under valgrind
	@$(MAKE) --no-print-directory -s all
	@$(MAKE) --no-print-directory -s specs EXCLUDE=costly SPEC="$(VALGRIND_SPECS)" \
	    UNDER="valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite"
VALGRIND_SPECS := $(filter-out spec/definition/concat_spec.lua,\
    $(wildcard spec/core/*_spec.lua spec/definition/*_spec.lua spec/data/*_spec.lua)) spec/json_spec.lua

# What `make test` does a few times: kills and crowds, ROUNDS times, with a file of SIZE MiB, at RATE of each
# connection (as nginx's limit_rate says it; empty for no limit), from SEED.
ROUNDS ?= 200
SIZE   ?= 1024
RATE   ?=
torture: deps-test ## kills and crowds: ROUNDS (200), SIZE (1024 MiB), RATE, SEED; SPEC=spec/stress/... for one
	@$(MAKE) --no-print-directory -s all
	@TORTURE_ROUNDS=$(ROUNDS) TORTURE_SIZE=$(SIZE) TORTURE_RATE=$(RATE) TORTURE_SEED=$(SEED) \
	    $(MAKE) --no-print-directory -s specs SPEC=$(if $(filter spec,$(SPEC)),spec/stress,$(SPEC))

coverage: deps-check ## lines of C that the specs reach (build-coverage/coverage.txt)
	@$(MAKE) --no-print-directory -s MODE=coverage BUILD=$(BUILD)-coverage all
	@$(MAKE) --no-print-directory -s MODE=coverage BUILD=$(BUILD)-coverage specs
	gcovr -r . --object-directory $(BUILD)-coverage/obj -e spec | tee $(BUILD)-coverage/coverage.txt

C_FILES  := $(wildcard src/*.c src/*/*.c)
C_ALL    := $(C_FILES) $(wildcard src/*.h src/*/*.h include/datamaestro/*.h spec/fuzz/*.c spec/support/*.c)
TIDY     := $(C_FILES:%=$(BUILD)/tidy/%.ok)

format: ## format the C sources
	clang-format -i $(C_ALL)

$(BUILD)/tidy/%.c.ok: %.c $(wildcard include/datamaestro/*.h src/*.h src/*/*.h) .clang-tidy $(MODULES)
	@mkdir -p $(@D)
	@clang-tidy --quiet $< -- -std=c11 $(CPPFLAGS) $$(pkg-config --cflags lua5.4) 2>/dev/null && touch $@

lint: deps-check ## format, clang-tidy, cppcheck, luacheck
	@$(MAKE) --no-print-directory -s all
	clang-format --dry-run -Werror $(C_ALL)
	@echo clang-tidy; $(MAKE) --no-print-directory -s -j2 -k tidy
	cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	    -Iinclude -Isrc -Isrc/api src
	luacheck -q lua spec datasets docs bench

tidy: $(TIDY)

check: lint test asan ## everything that a change must pass: build, format, lint, specs, sanitizers

.PHONY: fuzz-targets
fuzz-targets: $(patsubst spec/fuzz/%.c,$(BUILD)/%,$(wildcard spec/fuzz/fuzz_*.c))

# From the archives comes what a target uses: those of the core need no Lua, for all they are linked with it.
$(BUILD)/fuzz_%: spec/fuzz/fuzz_%.c $(BUILD)/obj/api.a $(CORE)
	@echo "  FUZZ $@"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer $^ -o $@ $$(pkg-config --libs lua5.4 $(PKGS_transfer) $(PKGS_image))

$(BUILD)/obj/api.a: $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/api/*.c))
	@rm -f $@
	$(Q)ar rcs $@ $^

FUZZ_SECONDS ?= 60
FUZZ ?= fuzz_*
fuzz: deps-check ## every fuzz target (or FUZZ=name) for FUZZ_SECONDS (default 60)
	@$(MAKE) --no-print-directory -s MODE=fuzz CC=clang BUILD=$(BUILD)-fuzz fuzz-targets
	@set -e; for target in spec/fuzz/$(FUZZ).c; do \
	    name=$$(basename $$target .c); corpus=$(BUILD)-fuzz/corpus/$$name; mkdir -p $$corpus; \
	    seeds=$$(sed -n 's/^ \* Seeds: //p' $$target); [ -z "$$seeds" ] || cp $$seeds $$corpus; \
	    [ ! -e spec/fuzz/$$name.sh ] || sh spec/fuzz/$$name.sh $$corpus; \
	    echo "$$name: $(FUZZ_SECONDS) s"; \
	    $(BUILD)-fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -max_len=4096 \
	        -artifact_prefix=$(BUILD)-fuzz/ -print_final_stats=1 $$corpus >$(BUILD)-fuzz/$$name.log 2>&1 \
	        || { tail -n 60 $(BUILD)-fuzz/$$name.log; exit 1; }; \
	    sed -n 's/^stat::number_of_executed_units: */inputs tried: /p' $(BUILD)-fuzz/$$name.log; \
	done

bench: deps-bench ## the measurements of README and docs
	@$(MAKE) --no-print-directory -s all
	@for script in bench/*.sh; do echo "== $$script"; sh $$script $(PROGRAM); done

clean: ## remove the build folders
	rm -rf $(BUILD) $(BUILD)-asan $(BUILD)-coverage $(BUILD)-fuzz $(BUILD)-tsan

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1	\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

.PHONY: all libraries stale deps deps-demo deps-test deps-check deps-bench demo install uninstall test specs asan torture stress tsan valgrind \
        coverage format lint tidy check fuzz bench clean help

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
