/* Module datamaestro.api.console: terminals, time, and descriptors that were given to us. */
#include "datamaestro/console.h"

#include <limits.h>

#include "lua_util.h"

static int check_int(lua_State *L, int index) {
  lua_Integer value = luaL_checkinteger(L, index);
  luaL_argcheck(L, value >= INT_MIN && value <= INT_MAX, index, "out of range");
  return (int)value;
}

/* console.size(fd) → columns, rows of the terminal; nil, nil where it is none or has not said. */
static int console_size(lua_State *L) {
  int size[2];
  dm_console_size(check_int(L, 1), &size[0], &size[1]);
  for (int i = 0; i < 2; i++) {
    if (size[i] > 0)
      lua_pushinteger(L, size[i]);
    else
      lua_pushnil(L);
  }
  return 2;
}

/* console.width(code point) → columns on a terminal: 0, 1 or 2. */
static int console_width(lua_State *L) {
  lua_pushinteger(L, dm_console_width((unsigned long)luaL_checkinteger(L, 1)));
  return 1;
}

/* console.now() → seconds of a clock that only goes forward. */
static int console_now(lua_State *L) {
  lua_pushnumber(L, dm_console_now());
  return 1;
}

/* console.writable(fd, subject) → true | nil, message, "usage". */
static int console_writable(lua_State *L) {
  struct dm_error err;
  if (dm_console_writable(check_int(L, 1), luaL_checkstring(L, 2), &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  return 1;
}

/* console.send(fd, bytes, patience) → number of bytes written within `patience` milliseconds | nil, message,
 * code. */
static int console_send(lua_State *L) {
  struct dm_error err;
  size_t size = 0;
  size_t written = 0;
  int fd = check_int(L, 1);
  const char *bytes = luaL_checklstring(L, 2, &size);
  if (dm_console_send(fd, bytes, size, check_int(L, 3), &written, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushinteger(L, (lua_Integer)written);
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_console(lua_State *L);

int luaopen_datamaestro_api_console(lua_State *L) {
  static const luaL_Reg functions[] = {{"size", console_size},         {"width", console_width},
                                       {"now", console_now},           {"send", console_send},
                                       {"writable", console_writable}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
