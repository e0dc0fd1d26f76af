/* A function that runs with a bound on its instructions, its memory and its processor time: what the bindings
 * of datamaestro.api.sandbox share. Hooks and the allocator stop all that the virtual machine runs; what they
 * cannot reach (a pattern that backtracks for ever) ends the process. */
#ifndef DATAMAESTRO_SANDBOX_RUN_H
#define DATAMAESTRO_SANDBOX_RUN_H

#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

enum {
  DM_SANDBOX_PLACE = LUA_IDSIZE + 16, /* bytes of "SOURCE:LINE" */
  DM_SANDBOX_NOTICE = 4096 + 128      /* bytes: a longest path and a sentence */
};

/* One run. It is the allocator's user data for as long as it lasts, so the hook and the allocator find it
 * without a global; runs inside one another are linked. */
struct dm_sandbox_run {
  lua_State *L;                 /* the thread that runs */
  struct dm_sandbox_run *outer; /* NULL for the outermost */
  lua_Alloc alloc;              /* what was there before */
  void *alloc_data;
  lua_Hook hook;
  int hook_mask;
  int hook_count;
  lua_Hook foreign; /* the hook around all runs (a debugger's, Ctrl-C's); NULL for none */
  int foreign_mask;
  lua_State *main; /* the thread that Ctrl-C sets its hook on */
  lua_Hook main_hook;
  lua_Integer instructions; /* left */
  lua_Integer instructions_limit;
  lua_Integer memory;             /* bytes taken since the start, less what was freed: may be negative */
  lua_Integer memory_limit;       /* bytes */
  lua_Integer memory_named;       /* bytes: the limit that messages name */
  bool refused;                   /* an allocation was */
  bool renewed;                   /* sandbox.renew was called */
  bool pausing;                   /* L yields when it has run for some time */
  bool paused;                    /* it did */
  struct timespec begun;          /* CLOCK_MONOTONIC_COARSE; of a run that is pausing */
  char place[DM_SANDBOX_PLACE];   /* the author's "SOURCE:LINE" of the last error; "" when unknown */
  char notice[DM_SANDBOX_NOTICE]; /* what the watchdog writes */
  size_t notice_length;
  bool timed; /* timer and old_action are to be undone */
  timer_t timer;
  struct sigaction old_action;
};

/* Checks the table of limits at `index` (see sandbox.run), raising for what is none; `run` is ready for
 * dm_sandbox_start then. Returns the seconds of processor time. */
double dm_sandbox_check(lua_State *L, int index, struct dm_sandbox_run *run);

/* The innermost run under way, or NULL. */
struct dm_sandbox_run *dm_sandbox_current(lua_State *L);

/* Begins the run of what `L` is to execute; from here to dm_sandbox_finish nothing may raise. After `seconds`
 * of processor time the watchdog ends the process. */
void dm_sandbox_start(struct dm_sandbox_run *run, lua_State *L, double seconds);

/* Puts back what was there; `collecting`: the collector was at work before. A hook that is not ours came
 * while we ran (Ctrl-C): it stays. */
void dm_sandbox_finish(struct dm_sandbox_run *run, int collecting);

/* Notes the nearest line of a script in run->place. Allocates nothing and raises nothing. */
void dm_sandbox_note(struct dm_sandbox_run *run, lua_State *L);

/* With the error value on top of L: raises the host's interrupt on, else pushes false, message, "definition",
 * place (or nil) and returns 4. */
int dm_sandbox_fail(lua_State *L, const struct dm_sandbox_run *run, int status);

#endif
