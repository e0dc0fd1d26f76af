#include "sandbox_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lua_util.h"

enum {
  TICK = 1000,         /* instructions between two looks at the budget */
  PAUSE_AFTER = 50,    /* milliseconds: others wait for the thread */
  EXIT_DEFINITION = 10 /* the exit status of code "definition" */
};

#define INSTRUCTIONS 100000000 /* about a second */
#define MEMORY 268435456       /* bytes */
#define SECONDS 10

static void *limited_alloc(void *data, void *block, size_t old_size, size_t new_size);

struct dm_sandbox_run *dm_sandbox_current(lua_State *L) {
  void *data = NULL;
  return lua_getallocf(L, &data) == limited_alloc ? data : NULL;
}

/* Our scripts' chunks are named "=…", our modules' "@…". */
void dm_sandbox_note(struct dm_sandbox_run *run, lua_State *L) {
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
  struct dm_sandbox_run *run = data;
  size_t held = block == NULL ? 0 : old_size; /* without a block, old_size is a kind of object */
  bool grows = new_size > held;
  if (grows && (new_size > (size_t)run->memory_limit ||
                run->memory > run->memory_limit - (lua_Integer)(new_size - held))) {
    run->refused = true;
    dm_sandbox_note(run, run->L);
    return NULL; /* Lua collects, tries again, then raises (the string library's buffers raise at once) */
  }
  void *result = run->alloc(run->alloc_data, block, old_size, new_size);
  if (result != NULL || new_size == 0)
    run->memory += (lua_Integer)new_size - (lua_Integer)held;
  return result;
}

/* --- Instructions ------------------------------------------------------------------------------- */

/* Charges every run around this place; the outermost that has nothing left, or NULL. */
static struct dm_sandbox_run *charge_runs(struct dm_sandbox_run *run, lua_Integer instructions) {
  struct dm_sandbox_run *expired = NULL;
  for (; run != NULL; run = run->outer) {
    run->instructions -= instructions;
    if (run->instructions < 0)
      expired = run;
  }
  return expired;
}

/* Ctrl-C sets its hook on the main thread, where it is not met before this thread ends or yields. */
static void raise_interrupt(lua_State *L, const struct dm_sandbox_run *run) {
  if (L == run->main || lua_gethook(run->main) == run->main_hook)
    return;
  lua_getfield(L, LUA_REGISTRYINDEX, DM_LUA_INTERRUPT);
  lua_error(L);
}

static bool is_time_to_pause(lua_State *L, const struct dm_sandbox_run *run) {
  struct timespec now;
  if (!run->pausing || L != run->L || !lua_isyieldable(L) || clock_gettime(CLOCK_MONOTONIC_COARSE, &now) != 0)
    return false;
  long milliseconds = (now.tv_sec - run->begun.tv_sec) * 1000 + (now.tv_nsec - run->begun.tv_nsec) / 1000000;
  return milliseconds >= PAUSE_AFTER;
}

static void on_tick(lua_State *L, lua_Debug *event) {
  struct dm_sandbox_run *run = dm_sandbox_current(L);
  if (run == NULL)
    return;
  if (run->foreign != NULL && (run->foreign_mask & (1 << event->event)) != 0)
    run->foreign(L, event);
  if (event->event != LUA_HOOKCOUNT)
    return;
  raise_interrupt(L, run);
  struct dm_sandbox_run *expired = charge_runs(run, TICK);
  if (expired == NULL && is_time_to_pause(L, run)) {
    run->paused = true;
    dm_sandbox_note(run, L); /* a thread that waits in a hook tells the instruction before */
    (void)lua_yield(L, 0);
    return;
  }
  if (expired == NULL)
    return;
  lua_sethook(L, on_tick, LUA_MASKCOUNT, 1); /* what catches this error meets the next at once */
  dm_sandbox_note(run, L);
  lua_pushfstring(L, "more than %I instructions (an endless loop?)",
                  (LUAI_UACINT)expired->instructions_limit);
  lua_error(L);
}

/* --- Processor time ----------------------------------------------------------------------------- */

static void on_timeout(int signum, siginfo_t *info, void *context) {
  (void)signum;
  (void)context;
  const struct dm_sandbox_run *run = info->si_value.sival_ptr;
  ssize_t written = write(STDERR_FILENO, run->notice, run->notice_length);
  (void)written;
  _exit(EXIT_DEFINITION);
}

static void write_notice(struct dm_sandbox_run *run, const char *source, double seconds) {
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
static void start_timer(struct dm_sandbox_run *run, double seconds) {
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

static void stop_timer(struct dm_sandbox_run *run) {
  if (!run->timed)
    return;
  (void)timer_delete(run->timer);
  (void)sigaction(SIGVTALRM, &run->old_action, NULL);
  run->timed = false;
}

/* --- The run ------------------------------------------------------------------------------------ */

double dm_sandbox_check(lua_State *L, int index, struct dm_sandbox_run *run) {
  memset(run, 0, sizeof *run);
  luaL_checktype(L, index, LUA_TTABLE);
  (void)lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_MAINTHREAD);
  run->main = lua_tothread(L, -1);
  lua_pop(L, 1);
  run->instructions_limit = dm_lua_field_integer(L, index, "instructions", INSTRUCTIONS);
  run->memory_limit = dm_lua_field_integer(L, index, "memory", MEMORY);
  run->memory_named = run->memory_limit;
  run->instructions = run->instructions_limit;
  double seconds = dm_lua_field_number(L, index, "seconds", SECONDS);
  luaL_argcheck(L, run->instructions > 0 && run->memory_limit > 0, index, "limits above zero expected");
  luaL_argcheck(L, seconds > 0 && seconds < 1e6, index, "seconds from 0 to 1000000 expected");
  write_notice(run, dm_lua_field_string(L, index, "source", "script"), seconds);
  return seconds;
}

void dm_sandbox_start(struct dm_sandbox_run *run, lua_State *L, double seconds) {
  run->L = L;
  run->main_hook = lua_gethook(run->main);
  run->outer = dm_sandbox_current(L);
  run->alloc = lua_getallocf(L, &run->alloc_data);
  run->hook = lua_gethook(L);
  run->hook_mask = lua_gethookmask(L);
  run->hook_count = lua_gethookcount(L);
  bool nested = run->hook == on_tick && run->outer != NULL;
  run->foreign = nested ? run->outer->foreign : run->hook;
  run->foreign_mask = nested ? run->outer->foreign_mask : run->hook_mask;
  (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &run->begun);
  lua_setallocf(L, limited_alloc, run);
  lua_sethook(L, on_tick, run->foreign_mask | LUA_MASKCOUNT, TICK);
  start_timer(run, seconds);
}

void dm_sandbox_finish(struct dm_sandbox_run *run, int collecting) {
  lua_State *L = run->L;
  stop_timer(run);
  lua_setallocf(L, run->alloc, run->alloc_data);
  if (lua_gethook(L) == on_tick) {
    bool outer_expired = run->outer != NULL && run->outer->instructions < 0;
    lua_sethook(L, run->hook, run->hook_mask, outer_expired ? 1 : run->hook_count);
  }
  if (collecting && !lua_gc(L, LUA_GCISRUNNING)) /* a `..` ran out of memory with the collector off */
    lua_gc(L, LUA_GCRESTART);
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
static const struct dm_sandbox_run *refusing_run(const struct dm_sandbox_run *run) {
  while (run != NULL && !run->refused)
    run = run->outer;
  return run;
}

int dm_sandbox_fail(lua_State *L, const struct dm_sandbox_run *run, int status) {
  if (is_interrupt(L))
    return lua_error(L);
  const struct dm_sandbox_run *refusing = status == LUA_ERRMEM ? refusing_run(run) : NULL;
  if (refusing != NULL) {
    run = refusing;
    push_memory_message(L, run->memory_named);
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
