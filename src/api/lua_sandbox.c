/* Module datamaestro.api.sandbox: runs a function with a bound on its instructions, its memory and its
 * processor time. Hooks and the allocator stop all that the virtual machine runs; what they cannot
 * reach (a pattern that backtracks for ever) ends the process. */
#include <lauxlib.h>
#include <lua.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lua_util.h"

enum {
  TICK = 1000,                  /* instructions between two looks at the budget */
  PLACE_SIZE = LUA_IDSIZE + 16, /* "SOURCE:LINE" */
  NOTICE_SIZE = 4096 + 128,     /* a longest path and a sentence */
  EXIT_DEFINITION = 10          /* the exit status of code "definition" */
};

#define INSTRUCTIONS 100000000 /* about a second */
#define MEMORY 268435456       /* bytes */
#define SECONDS 10

/* One call of sandbox.run. It is the allocator's user data for as long as it lasts, so the hook and the
 * allocator find it without a global; runs inside one another are linked. */
struct run {
  lua_State *L;
  struct run *outer; /* NULL for the outermost */
  lua_Alloc alloc;   /* what was there before */
  void *alloc_data;
  lua_Hook hook;
  int hook_mask;
  int hook_count;
  lua_Hook foreign; /* the hook around all runs (a debugger's, Ctrl-C's); NULL for none */
  int foreign_mask;
  lua_Integer instructions; /* left */
  lua_Integer instructions_limit;
  lua_Integer memory;       /* bytes taken since the start, less what was freed: may be negative */
  lua_Integer memory_limit; /* bytes */
  bool refused;             /* an allocation was */
  char place[PLACE_SIZE];   /* the author's "SOURCE:LINE" of the last error; "" when unknown */
  char notice[NOTICE_SIZE]; /* what the watchdog writes */
  size_t notice_length;
  bool timed; /* timer and old_action are to be undone */
  timer_t timer;
  struct sigaction old_action;
};

static void *limited_alloc(void *data, void *block, size_t old_size, size_t new_size);

static struct run *current_run(lua_State *L) {
  void *data = NULL;
  return lua_getallocf(L, &data) == limited_alloc ? data : NULL;
}

/* Notes the nearest line of a script. Our scripts' chunks are named "=…", our modules' "@…". Allocates
 * nothing and raises nothing, so that the allocator may call it. */
static void note_place(struct run *run, lua_State *L) {
  lua_Debug at;
  run->place[0] = '\0';
  for (int level = 0; lua_getstack(L, level, &at); level++) {
    lua_getinfo(L, "Sl", &at);
    if (at.source[0] == '=' && at.currentline > 0) {
      (void)snprintf(run->place, sizeof run->place, "%s:%d", at.short_src, at.currentline);
      return;
    }
  }
}

/* --- Memory ------------------------------------------------------------------------------------- */

static void *limited_alloc(void *data, void *block, size_t old_size, size_t new_size) {
  struct run *run = data;
  size_t held = block == NULL ? 0 : old_size; /* without a block, old_size is a kind of object */
  bool grows = new_size > held;
  if (grows && (new_size > (size_t)run->memory_limit ||
                run->memory > run->memory_limit - (lua_Integer)(new_size - held))) {
    run->refused = true;
    note_place(run, run->L);
    return NULL; /* Lua collects, tries again, then raises (the string library's buffers raise at once) */
  }
  void *result = run->alloc(run->alloc_data, block, old_size, new_size);
  if (result != NULL || new_size == 0)
    run->memory += (lua_Integer)new_size - (lua_Integer)held;
  return result;
}

/* --- Instructions ------------------------------------------------------------------------------- */

/* Charges every run around this place; the outermost that has nothing left, or NULL. */
static struct run *charge_runs(struct run *run, lua_Integer instructions) {
  struct run *expired = NULL;
  for (; run != NULL; run = run->outer) {
    run->instructions -= instructions;
    if (run->instructions < 0)
      expired = run;
  }
  return expired;
}

static void on_tick(lua_State *L, lua_Debug *event) {
  struct run *run = current_run(L);
  if (run == NULL)
    return;
  if (run->foreign != NULL && (run->foreign_mask & (1 << event->event)) != 0)
    run->foreign(L, event);
  if (event->event != LUA_HOOKCOUNT)
    return;
  struct run *expired = charge_runs(run, TICK);
  if (expired == NULL)
    return;
  lua_sethook(L, on_tick, LUA_MASKCOUNT, 1); /* what catches this error meets the next at once */
  note_place(run, L);
  lua_pushfstring(L, "more than %I instructions (an endless loop?)",
                  (LUAI_UACINT)expired->instructions_limit);
  lua_error(L);
}

/* --- Processor time ----------------------------------------------------------------------------- */

static void on_timeout(int signum, siginfo_t *info, void *context) {
  (void)signum;
  (void)context;
  const struct run *run = info->si_value.sival_ptr;
  ssize_t written = write(STDERR_FILENO, run->notice, run->notice_length);
  (void)written;
  _exit(EXIT_DEFINITION);
}

static void write_notice(struct run *run, const char *source, double seconds) {
  int length =
      snprintf(run->notice, sizeof run->notice,
               "%.4096s: definition runs longer than %g s of CPU time (an endless loop or pattern?)\n",
               source, seconds);
  run->notice_length = length < 0 ? 0 : strnlen(run->notice, sizeof run->notice);
  for (size_t i = 0; i + 1 < run->notice_length; i++) {
    unsigned char byte = (unsigned char)run->notice[i];
    if (byte < ' ' || byte == 0x7f)
      run->notice[i] = '?';
  }
}

/* Starts the watchdog. Without one (no timer left) the other two limits still stand. */
static void start_timer(struct run *run, double seconds) {
  struct sigaction action;
  struct sigevent event;
  struct itimerspec spec;
  memset(&action, 0, sizeof action);
  memset(&event, 0, sizeof event);
  memset(&spec, 0, sizeof spec);
  action.sa_sigaction = on_timeout;
  action.sa_flags = SA_SIGINFO;
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGVTALRM;
  event.sigev_value.sival_ptr = run;
  if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &run->timer) != 0)
    return;
  run->timed = true;
  (void)sigaction(SIGVTALRM, &action, &run->old_action);
  spec.it_value.tv_sec = (time_t)seconds;
  spec.it_value.tv_nsec = (long)((seconds - floor(seconds)) * 1e9);
  (void)timer_settime(run->timer, 0, &spec, NULL);
}

static void stop_timer(struct run *run) {
  if (!run->timed)
    return;
  (void)timer_delete(run->timer);
  (void)sigaction(SIGVTALRM, &run->old_action, NULL);
  run->timed = false;
}

/* --- The run ------------------------------------------------------------------------------------ */

static void start_run(struct run *run, lua_State *L) {
  run->L = L;
  run->outer = current_run(L);
  run->alloc = lua_getallocf(L, &run->alloc_data);
  run->hook = lua_gethook(L);
  run->hook_mask = lua_gethookmask(L);
  run->hook_count = lua_gethookcount(L);
  bool nested = run->hook == on_tick && run->outer != NULL;
  run->foreign = nested ? run->outer->foreign : run->hook;
  run->foreign_mask = nested ? run->outer->foreign_mask : run->hook_mask;
  lua_setallocf(L, limited_alloc, run);
  lua_sethook(L, on_tick, run->foreign_mask | LUA_MASKCOUNT, TICK);
}

/* Puts back what was there. A hook that is not ours came while we ran (Ctrl-C): it stays. */
static void finish_run(struct run *run, lua_State *L, int collecting) {
  stop_timer(run);
  lua_setallocf(L, run->alloc, run->alloc_data);
  if (lua_gethook(L) == on_tick) {
    bool outer_expired = run->outer != NULL && run->outer->instructions < 0;
    lua_sethook(L, run->hook, run->hook_mask, outer_expired ? 1 : run->hook_count);
  }
  if (collecting && !lua_gc(L, LUA_GCISRUNNING)) /* a `..` ran out of memory with the collector off */
    lua_gc(L, LUA_GCRESTART);
}

/* Message handler: runs where the error was raised, so the author's line can be noted. */
static int note_error(lua_State *L) {
  struct run *run = current_run(L);
  if (run != NULL)
    note_place(run, L);
  return 1;
}

/* The host's interrupt is one table that scripts cannot have; one that only looks like it is forged. */
static bool is_interrupt(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, DM_LUA_INTERRUPT);
  bool interrupt = lua_istable(L, -1) && lua_rawequal(L, -1, -2);
  lua_pop(L, 1);
  return interrupt;
}

static void push_memory_message(lua_State *L, lua_Integer limit) {
  enum { KIB = 1024, MIB = 1024 * 1024 };
  bool whole = limit % MIB == 0;
  lua_pushfstring(L, "more than %I %s of memory", (LUAI_UACINT)(limit / (whole ? MIB : KIB)),
                  whole ? "MiB" : "KiB");
}

/* The run that refused memory: this one or one around it; NULL when the system did. */
static const struct run *refusing_run(const struct run *run) {
  while (run != NULL && !run->refused)
    run = run->outer;
  return run;
}

static int push_failure(lua_State *L, const struct run *run, int status) {
  const struct run *refusing = status == LUA_ERRMEM ? refusing_run(run) : NULL;
  if (refusing != NULL) {
    run = refusing;
    push_memory_message(L, run->memory_limit);
  } else if (lua_type(L, -1) != LUA_TSTRING)
    lua_pushfstring(L, "error with a value of type %s (message expected)", luaL_typename(L, -1));
  lua_pushboolean(L, 0);
  lua_insert(L, -2);
  lua_pushliteral(L, "definition");
  if (run->place[0] != '\0')
    lua_pushstring(L, run->place);
  else
    lua_pushnil(L);
  return 4;
}

/* sandbox.run({instructions, memory (bytes), seconds (of CPU time), source}, f, …) → true, results… |
 * false, message, "definition", place: "SOURCE:LINE" of the nearest script line, or nil. The host's
 * interrupt is raised on. `seconds` over, it writes a line with `source` to standard error and ends the
 * process with status 10. Runs may stand inside one another. */
static int sandbox_run(lua_State *L) {
  struct run run;
  memset(&run, 0, sizeof run);
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  run.instructions = dm_lua_field_integer(L, 1, "instructions", INSTRUCTIONS);
  run.memory_limit = dm_lua_field_integer(L, 1, "memory", MEMORY);
  double seconds = dm_lua_field_number(L, 1, "seconds", SECONDS);
  const char *source = dm_lua_field_string(L, 1, "source", "script");
  run.instructions_limit = run.instructions;
  luaL_argcheck(L, run.instructions > 0 && run.memory_limit > 0, 1, "limits above zero expected");
  luaL_argcheck(L, seconds > 0 && seconds < 1e6, 1, "seconds from 0 to 1000000 expected");
  write_notice(&run, source, seconds);
  lua_pushboolean(L, 1);
  lua_pushcfunction(L, note_error);
  lua_rotate(L, 2, 2); /* limits, true, handler, f, … */
  int collecting = lua_gc(L, LUA_GCISRUNNING);
  start_run(&run, L); /* from here to finish_run nothing may raise */
  start_timer(&run, seconds);
  int status = lua_pcall(L, lua_gettop(L) - 4, LUA_MULTRET, 3);
  finish_run(&run, L, collecting);
  if (status == LUA_OK) {
    lua_remove(L, 3);
    return lua_gettop(L) - 1;
  }
  if (is_interrupt(L))
    return lua_error(L);
  return push_failure(L, &run, status);
}

static int call_anchored(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
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
  static const luaL_Reg functions[] = {{"run", sandbox_run}, {"anchor", sandbox_anchor}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
