# datamaestro: build, set-up, checks. `make help` lists the targets.
VERSION := 0.1.0
BUILD   ?= build
MODE    ?= release
PREFIX  ?= /usr/local
DESTDIR ?=

# --- What Debian 12 must have; `make deps` installs what is missing --------------------------------
DEPS_RUN   := lua-cjson lua-argparse
DEPS_BUILD := gcc libc6-dev make pkg-config liblua5.4-dev zlib1g-dev libisal-dev libssl-dev \
              libcurl4-openssl-dev libarchive-dev
DEPS_DEMO  := $(DEPS_RUN) $(DEPS_BUILD) dataset-fashion-mnist
DEPS_TEST  := $(DEPS_DEMO) lua-busted lua5.4 nginx-light valgrind python3 python3-numpy curl openssl procps
DEPS_CHECK := $(DEPS_TEST) clang clang-format clang-tidy cppcheck lua-check libclang-rt-14-dev gcovr

# --- Compiler ---------------------------------------------------------------------------------------
CC       ?= cc
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wformat=2 -Wvla -Werror
FLAGS_release  := -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
FLAGS_asan     := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_debug    := -O0 -g
FLAGS_coverage := -O0 -g --coverage
LIBS := $(shell pkg-config --exists libisal 2>/dev/null && echo libisal) zlib
CPPFLAGS += -Iinclude -Isrc -Isrc/api -I$(BUILD)/gen -D_GNU_SOURCE -DDM_VERSION='"$(VERSION)"' \
            $(shell pkg-config --exists libisal 2>/dev/null && echo -DDM_HAVE_ISAL)
CFLAGS   += -std=c11 $(WARNINGS) $(FLAGS_$(MODE)) -fPIC -fvisibility=hidden -pthread
CFLAGS   += $(shell pkg-config --cflags lua5.4 2>/dev/null)
LDFLAGS  += $(FLAGS_$(MODE)) -pthread -Wl,-z,relro -Wl,-z,now -Wl,--as-needed

# --- What is built ----------------------------------------------------------------------------------
# The program holds every binding but the plug-ins: src/api/lua_NAME.c becomes a module of its own
# where its library (PKGS_NAME) is too heavy to load at every start.
PLUGINS     := digest http
PKGS_digest := libcrypto
PKGS_http   := libcurl libcrypto $(LIBS)

CORE_OBJS := $(patsubst src/%.c,$(BUILD)/obj/%.o,$(wildcard src/core/*.c))
BUILT_IN  := $(filter-out util $(PLUGINS),$(patsubst src/api/lua_%.c,%,$(wildcard src/api/lua_*.c)))
MODULES   := $(BUILD)/gen/lua_modules.h
HOST_OBJS := $(BUILD)/obj/main.o $(BUILD)/obj/host.o $(BUILD)/obj/api/lua_util.o \
             $(BUILT_IN:%=$(BUILD)/obj/api/lua_%.o)
CORE      := $(BUILD)/obj/core.a
PROGRAM   := $(BUILD)/datamaestro
LIBDIR    := $(BUILD)/lib/datamaestro/datamaestro/api
SHARE     := $(BUILD)/share/datamaestro

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAM) $(foreach p,$(PLUGINS),$(if $(wildcard src/api/lua_$(p).c),$(LIBDIR)/$(p).so)) $(SHARE) ## build the program (build/datamaestro, run in place)

$(BUILD)/obj/%.o: src/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c $< -o $@

# The modules linked into the program, one `X(NAME)` a line: what src/api holds is what there is.
$(BUILD)/obj/host.o: $(MODULES)
$(MODULES): $(wildcard src/api) Makefile
	@mkdir -p $(@D)
	@echo '$(BUILT_IN)' | tr ' ' '\n' | sed 's/.*/X(&)/' >$@

$(CORE): $(CORE_OBJS)
	@rm -f $@
	ar rcs $@ $^

$(PROGRAM): $(HOST_OBJS) $(CORE)
	$(CC) $(LDFLAGS) $(HOST_OBJS) $(CORE) -o $@ $$(pkg-config --libs lua5.4 $(LIBS))

$(LIBDIR)/%.so: $(BUILD)/obj/api/lua_%.o $(BUILD)/obj/api/lua_util.o $(CORE)
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) $(filter-out %.a,$^) $(CORE) -o $@ $$(pkg-config --libs $(PKGS_$*))

# The build folder has the layout of an installed tree, so that the program finds its files one way.
$(SHARE):
	@mkdir -p $@
	ln -sfn $(abspath lua) $@/lua
	ln -sfn $(abspath datasets) $@/datasets

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
