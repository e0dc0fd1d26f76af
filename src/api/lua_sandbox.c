/* Module datamaestro.api.sandbox: runs a function with a bound on its instructions, its memory and its
 * processor time, at once or as a coroutine. */
#include <stdio.h>

#include "lua_util.h"
#include "sandbox_run.h"

/* Processor time beyond the limit of a coroutine, before the watchdog ends the process: it is resumed no more
 * once its time is up, so that only what cannot be interrupted gets there. */
#define GRACE 1.0 /* seconds */

/* Message handler: runs where the error was raised, so the author's line can be noted. */
static int note_error(lua_State *L) {
  struct dm_sandbox_run *run = dm_sandbox_current(L);
  if (run != NULL)
    dm_sandbox_note(run, L);
  return 1;
}

/* sandbox.run({instructions, memory (bytes), seconds (of CPU time), source}, f, …) → true, results… |
 * false, message, "definition", place: "SOURCE:LINE" of the nearest script line, or nil. The host's
 * interrupt is raised on. `seconds` over, it writes a line with `source` to standard error and ends the
 * process with status 10. Runs may stand inside one another. */
static int sandbox_run(lua_State *L) {
  struct dm_sandbox_run run;
  double seconds = dm_sandbox_check(L, 1, &run);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_pushboolean(L, 1);
  lua_pushcfunction(L, note_error);
  lua_rotate(L, 2, 2); /* limits, true, handler, f, … */
  int collecting = lua_gc(L, LUA_GCISRUNNING);
  dm_sandbox_start(&run, L, seconds);
  int status = lua_pcall(L, lua_gettop(L) - 4, LUA_MULTRET, 3);
  dm_sandbox_finish(&run, collecting);
  if (status != LUA_OK)
    return dm_sandbox_fail(L, &run, status);
  lua_remove(L, 3);
  return lua_gettop(L) - 1;
}

/* --- Coroutines --------------------------------------------------------------------------------- */

static double cpu_seconds(void) {
  struct timespec now = {.tv_sec = 0};
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static lua_State *check_thread(lua_State *L) {
  lua_State *thread = lua_tothread(L, 2);
  luaL_argcheck(L, thread != NULL, 2, "coroutine expected");
  bool fresh = lua_status(thread) == LUA_OK && lua_gettop(thread) > 0;
  luaL_argcheck(L, thread != L && (fresh || lua_status(thread) == LUA_YIELD), 2,
                "coroutine that can be resumed expected");
  return thread;
}

/* What it has spent of its limits is kept in the table of limits, with the place where it is. */
static void note_spent(lua_State *L, const struct dm_sandbox_run *run, double seconds) {
  lua_pushstring(L, run->place);
  lua_setfield(L, 1, "place");
  lua_pushinteger(L, run->instructions_limit - run->instructions);
  lua_setfield(L, 1, "spent_instructions");
  lua_pushnumber(L, run->renewed ? 0 : seconds);
  lua_setfield(L, 1, "spent_seconds");
}

/* With the values that the coroutine gave on top of L. */
static int push_outcome(lua_State *L, const struct dm_sandbox_run *run, int status, int count) {
  lua_pushstring(L, status == LUA_OK ? "done" : run->paused ? "pause" : "request");
  lua_insert(L, -count - 1);
  return count + 1;
}

static int fail_slow(lua_State *L, struct dm_sandbox_run *run, double seconds) {
  char text[64];
  (void)snprintf(run->place, sizeof run->place, "%s", dm_lua_field_string(L, 1, "place", ""));
  (void)snprintf(text, sizeof text, "more than %g s of CPU time (an endless loop?)", seconds);
  lua_pushstring(L, text);
  return dm_sandbox_fail(L, run, LUA_ERRRUN);
}

/* sandbox.resume({instructions, memory, memory_named, seconds, source}, coroutine, …) → "done", results… |
 * "request", what it has yielded… | "pause" (it has run for 50 ms: to be resumed without arguments) | false,
 * message, "definition", place: as sandbox.run, by a coroutine. `memory` bounds what is taken by this call,
 * `memory_named` (default: the same) is the limit that messages name. Instructions and seconds bound all
 * calls with the same table, which keeps what was spent, until sandbox.renew is called. */
static int sandbox_resume(lua_State *L) {
  struct dm_sandbox_run run;
  int count = lua_gettop(L) - 2;
  double seconds = dm_sandbox_check(L, 1, &run);
  lua_State *thread = check_thread(L);
  run.memory_named = dm_lua_field_integer(L, 1, "memory_named", run.memory_limit);
  run.instructions -= dm_lua_field_integer(L, 1, "spent_instructions", 0);
  double spent = dm_lua_field_number(L, 1, "spent_seconds", 0);
  if (spent >= seconds)
    return fail_slow(L, &run, seconds);
  luaL_argcheck(L, lua_checkstack(thread, count), 2, "too many arguments");
  lua_xmove(L, thread, count);
  run.pausing = true;
  int collecting = lua_gc(L, LUA_GCISRUNNING);
  double before = cpu_seconds();
  dm_sandbox_start(&run, thread, seconds - spent + GRACE);
  int status = lua_resume(thread, L, count, &count);
  if (status != LUA_OK && status != LUA_YIELD && status != LUA_ERRMEM)
    dm_sandbox_note(&run, thread);
  dm_sandbox_finish(&run, collecting);
  bool failed = status != LUA_OK && status != LUA_YIELD;
  count = failed ? 1 : count;
  luaL_checkstack(L, count + LUA_MINSTACK, "too many results");
  note_spent(L, &run, spent + cpu_seconds() - before);
  lua_xmove(thread, L, count);
  return failed ? dm_sandbox_fail(L, &run, status) : push_outcome(L, &run, status, count);
}

/* sandbox.renew(): what the coroutine under way has spent of instructions and seconds is forgotten, for it
 * gets somewhere. */
static int sandbox_renew(lua_State *L) {
  struct dm_sandbox_run *run = dm_sandbox_current(L);
  if (run != NULL && run->pausing) {
    run->instructions = run->instructions_limit;
    run->renewed = true;
  }
  return 0;
}

static int finish_anchored(lua_State *L, int status, lua_KContext context) {
  (void)status;
  (void)context;
  return lua_gettop(L);
}

static int call_anchored(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, finish_anchored);
  return finish_anchored(L, LUA_OK, 0);
}

/* sandbox.anchor(f) → a C function that calls `f`. A Lua function called by `return f(…)` takes its
 * caller's place, and the caller's line with it; this one leaves it to be named: error(message, 3). */
static int sandbox_anchor(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_settop(L, 1);
  lua_pushcclosure(L, call_anchored, 1);
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_sandbox(lua_State *L);

int luaopen_datamaestro_api_sandbox(lua_State *L) {
  static const luaL_Reg functions[] = {{"run", sandbox_run},
                                       {"resume", sandbox_resume},
                                       {"renew", sandbox_renew},
                                       {"anchor", sandbox_anchor},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
