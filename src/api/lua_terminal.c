/* Module datamaestro.api.terminal: what a terminal tells of itself. */
#include "datamaestro/terminal.h"

#include "lua_util.h"

enum { ANSWER_SIZE = 1024 };

static void set_known(lua_State *L, const char *name, int value) {
  if (value > 0) {
    lua_pushinteger(L, value);
    lua_setfield(L, -2, name);
  }
}

/* terminal.size(fd) → {columns, rows (characters), width, height (pixels)}, without those that the terminal
 * does not tell; without any where the file is no terminal. */
static int terminal_size(lua_State *L) {
  struct dm_terminal_size size = dm_terminal_size((int)luaL_checkinteger(L, 1));
  lua_createtable(L, 0, 4);
  set_known(L, "columns", size.columns);
  set_known(L, "rows", size.rows);
  set_known(L, "width", size.width);
  set_known(L, "height", size.height);
  return 1;
}

/* terminal.ask(query, last, milliseconds) → the terminal's answer, which ends with the byte `last` | nil:
 * there is no terminal to ask, it is busy, or no answer came in that time. */
static int terminal_ask(lua_State *L) {
  char answer[ANSWER_SIZE];
  const char *query = luaL_checkstring(L, 1);
  const char *last = luaL_checkstring(L, 2);
  int timeout = (int)luaL_checkinteger(L, 3);
  size_t length = dm_terminal_ask(query, *last, timeout, answer, sizeof answer);
  if (length > 0)
    lua_pushlstring(L, answer, length);
  else
    lua_pushnil(L);
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_terminal(lua_State *L);

int luaopen_datamaestro_api_terminal(lua_State *L) {
  static const luaL_Reg functions[] = {{"size", terminal_size}, {"ask", terminal_ask}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
