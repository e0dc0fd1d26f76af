/* Module datamaestro.api.readline: lines from a terminal, edited with GNU readline, and their history.
 * A plug-in that only the REPL loads, since readline's licence is the GPL. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "lua_util.h"

/* readline's callbacks carry no pointer of ours, and there is but one terminal. */
static struct {
  lua_State *L; /* set while a line is read; the completer is at stack index 2 */
  char *line;   /* what was read last; NULL at the end of input */
  bool done;
} reading;

static void take_line(char *line) {
  reading.line = line;
  reading.done = true;
  rl_callback_handler_remove(); /* else the prompt would come again */
}

/* Replaces the bytes from `start` to the cursor. */
static void replace_text(int start, const char *text) {
  (void)rl_begin_undo_group();
  (void)rl_delete_text(start, rl_point);
  rl_point = start;
  (void)rl_insert_text(text);
  (void)rl_end_undo_group();
}

/* Lists the strings of the table on top below the line, and draws the line again. */
static void list_candidates(lua_State *L, int count) {
  int longest = 0;
  int table = lua_gettop(L);
  char **matches = lua_newuserdatauv(L, ((size_t)count + 2) * sizeof *matches, 0);
  luaL_checkstack(L, count, "candidates");
  matches[0] = "";
  for (int i = 1; i <= count; i++) {
    lua_rawgeti(L, table, i); /* stays on the stack, so the bytes stay */
    matches[i] = (char *)luaL_checkstring(L, -1);
    longest = (int)strlen(matches[i]) > longest ? (int)strlen(matches[i]) : longest;
  }
  matches[count + 1] = NULL;
  rl_display_match_list(matches, count, longest);
  (void)rl_forced_update_display();
}

/* Argument: the completer. Protected, so it may raise; nothing of readline's runs between. */
static int complete_protected(lua_State *L) {
  lua_pushlstring(L, rl_line_buffer, (size_t)rl_point);
  lua_call(L, 1, 3);
  lua_Integer start = luaL_checkinteger(L, 1) - 1;
  const char *text = luaL_optstring(L, 2, NULL);
  luaL_checktype(L, 3, LUA_TTABLE);
  int count = (int)luaL_len(L, 3);
  luaL_argcheck(L, start >= 0 && start <= rl_point, 1, "outside the line");
  if (text != NULL && strncmp(text, rl_line_buffer + start, (size_t)rl_point - (size_t)start) == 0 &&
      strlen(text) == (size_t)rl_point - (size_t)start)
    text = NULL;
  if (text != NULL)
    replace_text((int)start, text);
  else if (count > 1)
    list_candidates(L, count);
  return 0;
}

/* The TAB key. */
static int complete_key(int count, int key) {
  lua_State *L = reading.L;
  (void)count;
  (void)key;
  lua_pushcfunction(L, complete_protected);
  lua_pushvalue(L, 2);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    lua_pop(L, 1);
    (void)rl_ding();
  }
  return 0;
}

/* Waits for keys and lets readline work on them. SIGINT only comes while we wait, so none falls between
 * the look for it and the wait. Returns whether one came. */
static bool read_keys(void) {
  sigset_t blocked;
  sigset_t before;
  bool interrupted = false;
  struct pollfd input = {.fd = fileno(rl_instream != NULL ? rl_instream : stdin), .events = POLLIN};
  (void)sigemptyset(&blocked);
  (void)sigaddset(&blocked, SIGINT);
  (void)sigprocmask(SIG_BLOCK, &blocked, &before);
  while (!reading.done && !interrupted) {
    int ready = rl_pending_signal() == 0 ? ppoll(&input, 1, NULL, &before) : -1;
    if (ready > 0) {
      rl_callback_read_char();
      continue;
    }
    interrupted = rl_pending_signal() == SIGINT;
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    rl_check_signals(); /* readline mends the terminal, and sends the signal on to whom it was for */
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL);
  }
  (void)sigprocmask(SIG_SETMASK, &before, NULL);
  return interrupted;
}

/* readline.read(prompt, complete) → line | nil at the end of input | nil, message, "interrupted": Ctrl-C, the
 * line is dropped. TAB calls complete(text before the cursor) → start (byte from 1) of what to replace,
 * replacement or nil, array of candidates to list. Bytes of the prompt between \1 and \2 have no width. */
static int readline_read(lua_State *L) {
  struct dm_error err;
  const char *prompt = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  luaL_checkstack(L, LUA_MINSTACK, "readline");
  free(reading.line);
  reading.line = NULL;
  reading.done = false;
  reading.L = L;
  rl_callback_handler_install(prompt, take_line);
  bool interrupted = read_keys();
  reading.L = NULL;
  if (interrupted) {
    rl_callback_handler_remove();
    (void)fputc('\n', rl_outstream);
    (void)fflush(rl_outstream);
    (void)dm_error_set(&err, DM_ERROR_INTERRUPTED, "interrupted");
    return dm_lua_fail(L, &err);
  }
  lua_pushstring(L, reading.line); /* nil for NULL; freed by the next read */
  return 1;
}

/* readline.add(line) → nothing: makes a line the newest of the history. */
static int readline_add(lua_State *L) {
  add_history(luaL_checkstring(L, 1));
  return 0;
}

/* readline.append(path, bytes) → true | nil, message, code: appends to a file that only the user may read,
 * making it if need be. */
static int readline_append(lua_State *L) {
  size_t size = 0;
  struct dm_error err;
  const char *path = luaL_checkstring(L, 1);
  const char *bytes = luaL_checklstring(L, 2, &size);
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  ssize_t written = fd >= 0 ? write(fd, bytes, size) : -1;
  bool failed = written != (ssize_t)size;
  if (failed)
    (void)dm_error_errno(&err, written >= 0 ? ENOSPC : errno, path);
  if (fd >= 0)
    (void)close(fd);
  if (failed)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

static void prepare_library(void) {
  rl_readline_name = "datamaestro";  /* for $if in ~/.inputrc */
  rl_persistent_signal_handlers = 1; /* also while read_keys waits */
  rl_initialize();
  using_history();
  (void)rl_bind_key_in_map('\t', complete_key, emacs_standard_keymap);
  (void)rl_bind_key_in_map('\t', complete_key, vi_insertion_keymap);
}

DM_LUA_MODULE int luaopen_datamaestro_api_readline(lua_State *L);

int luaopen_datamaestro_api_readline(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"read", readline_read}, {"add", readline_add}, {"append", readline_append}, {NULL, NULL}};
  prepare_library();
  luaL_newlib(L, functions);
  return 1;
}
