#include "host.h"

#include <lauxlib.h>
#include <limits.h>
#include <lua.h>
#include <lualib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/lua_util.h"

/* Lua slots kept free below every Lua call that we start. Debian 12's Lua 5.4.4 reads freed memory
 * when the stack moves inside a `..` metamethod; a reserve in the base frame (which the collector
 * cannot shrink away) keeps the stack in place for all but very deep calls. docs/design.md, "The `..`
 * trap", has the other two defences. */
enum { STACK_RESERVE = 2000 };

/* A signal handler has no other way to reach the state; only on_interrupt reads it. */
static lua_State *interrupted_state;

static void raise_interrupt(lua_State *L, lua_Debug *record) {
  (void)record;
  lua_sethook(L, NULL, 0, 0);
  lua_getfield(L, LUA_REGISTRYINDEX, DM_LUA_INTERRUPT);
  lua_error(L);
}

/* The value that Ctrl-C raises: a table, so that no message is put in front and `code` survives. */
static void make_interrupt(lua_State *L) {
  lua_newtable(L);
  lua_pushliteral(L, "interrupted");
  lua_setfield(L, -2, "code");
  lua_pushliteral(L, "interrupted");
  lua_setfield(L, -2, "message");
  lua_setfield(L, LUA_REGISTRYINDEX, DM_LUA_INTERRUPT);
}

/* First Ctrl-C: raises in Lua as soon as Lua code runs again. Second: the system's way, at once. */
static void on_interrupt(int signum) {
  (void)signal(signum, SIG_DFL);
  lua_sethook(interrupted_state, raise_interrupt, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT,
              1);
}

/* Ctrl-C in host.guard: raises each time, and never ends the process. */
static void on_guarded_interrupt(int signum) {
  (void)signum;
  lua_sethook(interrupted_state, raise_interrupt, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT,
              1);
}

/* Not SIG_IGN, so that a read ends with EINTR and programs that we start get the default. */
static void on_idle_interrupt(int signum) {
  (void)signum;
}

static void set_interrupt(void (*handler)(int)) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = handler; /* no SA_RESTART: a wait for a lock or a line ends with EINTR */
  (void)sigaction(SIGINT, &action, NULL);
}

/* host.guard(func, handler) → as xpcall(func, handler), and each Ctrl-C raises {code = "interrupted"} in
 * func. From its end on, until the next call, Ctrl-C only ends a wait for input. For the main thread. */
static int host_guard(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  luaL_argcheck(L, L == interrupted_state, 1, "called in a coroutine (main thread expected)");
  lua_settop(L, 2);
  lua_insert(L, 1);
  set_interrupt(on_guarded_interrupt);
  int status = lua_pcall(L, 0, LUA_MULTRET, 1);
  set_interrupt(on_idle_interrupt);
  lua_sethook(L, NULL, 0, 0); /* one that came too late for func is not for the caller */
  lua_pushboolean(L, status == LUA_OK);
  lua_replace(L, 1);
  return lua_gettop(L);
}

/* host.end_with_reader(): from now on, writing to a pipe that nobody reads any more ends the process the
 * system's way, without a word, as a pipeline wants it. Not while there are connections: theirs are pipes
 * too. */
static int host_end_with_reader(lua_State *L) {
  (void)L;
  (void)signal(SIGPIPE, SIG_DFL);
  return 0;
}

static void catch_interrupt(lua_State *L) {
  interrupted_state = L;
  set_interrupt(on_interrupt);
  (void)signal(SIGPIPE, SIG_IGN); /* a reader that left is an error of write(), not our death */
}

/* First function of every coroutine: reserves stack, then runs the real one (upvalue 1). */
static int finish_coroutine(lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return lua_gettop(L);
}

static int start_coroutine(lua_State *L) {
  luaL_checkstack(L, STACK_RESERVE, "coroutine");
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, finish_coroutine);
  return finish_coroutine(L, LUA_OK, 0);
}

/* coroutine.create and coroutine.wrap: the originals (upvalue 1) on a function that reserves stack. */
static int new_coroutine(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_pushcclosure(L, start_coroutine, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

static void reserve_in_coroutines(lua_State *L) {
  static const char *const names[] = {"create", "wrap"};
  lua_getglobal(L, "coroutine");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    lua_getfield(L, -1, names[i]);
    lua_pushcclosure(L, new_coroutine, 1);
    lua_setfield(L, -2, names[i]);
  }
  lua_pop(L, 1);
}

/* lua_modules.h is made by the Makefile from the names of src/api/lua_*.c. */
#define X(name) int luaopen_datamaestro_api_##name(lua_State *L);
#include "lua_modules.h"
#undef X

static void preload_modules(lua_State *L) {
  static const luaL_Reg modules[] = {
#define X(name) {"datamaestro.api." #name, luaopen_datamaestro_api_##name},
#include "lua_modules.h"
#undef X
      {NULL, NULL}};
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  luaL_setfuncs(L, modules, 0);
  lua_pop(L, 1);
}

/* Pushes the folder above lib/ and share/: beside the program in a build folder, one up when
 * installed (PREFIX/bin/datamaestro). Nothing is compiled in, so both can be moved. */
static void push_prefix(lua_State *L) {
  static const char *const places[] = {"", "/.."};
  char program[PATH_MAX];
  char real[PATH_MAX];
  ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
  if (length <= 0)
    luaL_error(L, "/proc/self/exe: cannot be read (is /proc mounted?)");
  program[length] = '\0';
  *strrchr(program, '/') = '\0';
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    const char *prefix = lua_pushfstring(L, "%s%s", program, places[i]);
    const char *probe = lua_pushfstring(L, "%s/lib/datamaestro/lua/datamaestro/cli/init.luac", prefix);
    if (access(probe, R_OK) == 0 && realpath(prefix, real) != NULL) {
      lua_pop(L, 2);
      lua_pushstring(L, real);
      return;
    }
    lua_pop(L, 2);
  }
  luaL_error(L, "%s: no lib/datamaestro beside it or one folder up (is the installation complete?)", program);
}

/* Puts `ours` in front of package.FIELD and drops "./…" entries: the current folder may hold files of
 * strangers. */
static void set_search_path(lua_State *L, const char *field, const char *ours, const char *current_folder) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, field);
  const char *rest = luaL_gsub(L, lua_tostring(L, -1), current_folder, "");
  lua_pushfstring(L, "%s;%s", ours, rest);
  lua_setfield(L, -4, field);
  lua_pop(L, 3);
}

/* Module datamaestro.api.host: what the program knows of itself: `version`, `lua` (the folder of its Lua
 * modules), `datasets` (the folder of the repositories that come with it), `guard` (a call that Ctrl-C ends),
 * `end_with_reader` (what a closed pipe does). */
static int open_host(lua_State *L) {
  lua_newtable(L);
  push_prefix(L);
  const char *prefix = lua_tostring(L, -1);
  const char *lua = lua_pushfstring(L, "%s/lib/datamaestro/lua", prefix);
  lua_pushfstring(L, "%s/?.luac;%s/?/init.luac", lua, lua);
  set_search_path(L, "path", lua_tostring(L, -1), ";./?.lua;./?/init.lua");
  lua_pop(L, 1);
  lua_pushfstring(L, "%s/?.so", lua);
  set_search_path(L, "cpath", lua_tostring(L, -1), ";./?.so");
  lua_pop(L, 1);
  lua_setfield(L, -3, "lua");
  lua_pushfstring(L, "%s/share/datamaestro/datasets", prefix);
  lua_setfield(L, -3, "datasets");
  lua_pop(L, 1);
  lua_pushliteral(L, DM_VERSION);
  lua_setfield(L, -2, "version");
  lua_pushcfunction(L, host_guard);
  lua_setfield(L, -2, "guard");
  lua_pushcfunction(L, host_end_with_reader);
  lua_setfield(L, -2, "end_with_reader");
  return 1;
}

static void push_arguments(lua_State *L, int argc, char **argv) {
  lua_createtable(L, argc, 1);
  for (int i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i);
  }
}

/* Arguments: argc, argv as light userdata (C to C only). Returns the exit status. */
static int protected_main(lua_State *L) {
  int argc = (int)lua_tointeger(L, 1);
  char **argv = lua_touserdata(L, 2);
  luaL_checkversion(L);
  luaL_checkstack(L, STACK_RESERVE, "base frame");
  luaL_openlibs(L);
  make_interrupt(L);
  reserve_in_coroutines(L);
  preload_modules(L);
  luaL_requiref(L, "datamaestro.api.host", open_host, 0);
  lua_settop(L, 0);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "datamaestro.cli");
  lua_call(L, 1, 1);
  push_arguments(L, argc, argv);
  lua_call(L, 1, 1);
  return 1;
}

static int add_traceback(lua_State *L) {
  const char *message = luaL_tolstring(L, 1, NULL);
  luaL_traceback(L, L, message, 1);
  return 1;
}

/* What reaches this was not reported by the CLI, so it is our own defect: always with a traceback. */
static int report_defect(lua_State *L) {
  (void)fprintf(stderr, "datamaestro: internal error: %s\n", lua_tostring(L, -1));
  return EXIT_FAILURE;
}

int dm_host_run(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  if (L == NULL) {
    (void)fprintf(stderr, "datamaestro: not enough memory to start\n");
    return EXIT_FAILURE;
  }
  catch_interrupt(L);
  lua_pushcfunction(L, add_traceback);
  lua_pushcfunction(L, protected_main);
  lua_pushinteger(L, argc);
  lua_pushlightuserdata(L, argv);
  int status = lua_pcall(L, 2, 1, -4) == LUA_OK ? (int)lua_tointeger(L, -1) : report_defect(L);
  (void)signal(SIGINT, SIG_DFL);
  lua_close(L);
  return status;
}
