#include "lua_util.h"

int dm_lua_fail(lua_State *L, const struct dm_error *err) {
  luaL_pushfail(L);
  lua_pushstring(L, err->message);
  lua_pushstring(L, dm_error_name(err->code));
  return 3;
}

static int failure_tostring(lua_State *L) {
  lua_getfield(L, 1, "message");
  return 1;
}

int dm_lua_raise(lua_State *L) {
  static const luaL_Reg failure[] = {{"__tostring", failure_tostring}, {NULL, NULL}};
  lua_createtable(L, 0, 2);
  lua_insert(L, -3);
  lua_setfield(L, -3, "code");
  lua_setfield(L, -2, "message");
  dm_lua_class(L, "datamaestro.failure", failure, NULL);
  luaL_setmetatable(L, "datamaestro.failure");
  return lua_error(L);
}

void dm_lua_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods) {
  if (luaL_newmetatable(L, name)) {
    if (metamethods != NULL)
      luaL_setfuncs(L, metamethods, 0);
    if (methods != NULL) {
      lua_newtable(L);
      luaL_setfuncs(L, methods, 0);
      lua_setfield(L, -2, "__index");
    }
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
  }
  lua_pop(L, 1);
}

static int wrong_field(lua_State *L, const char *name, const char *expected) {
  return luaL_error(L, "field '%s': %s (%s expected)", name, luaL_typename(L, -1), expected);
}

const char *dm_lua_field_string(lua_State *L, int index, const char *name, const char *fallback) {
  const char *value = fallback;
  int type = lua_getfield(L, index, name);
  if (type == LUA_TSTRING)
    value = lua_tostring(L, -1);
  else if (type != LUA_TNIL)
    wrong_field(L, name, "string");
  lua_pop(L, 1);
  return value;
}

lua_Integer dm_lua_field_integer(lua_State *L, int index, const char *name, lua_Integer fallback) {
  lua_Integer value = fallback;
  if (lua_getfield(L, index, name) != LUA_TNIL) {
    int exact = 0;
    value = lua_tointegerx(L, -1, &exact);
    if (!exact || lua_type(L, -1) != LUA_TNUMBER)
      wrong_field(L, name, "integer");
  }
  lua_pop(L, 1);
  return value;
}

lua_Number dm_lua_field_number(lua_State *L, int index, const char *name, lua_Number fallback) {
  lua_Number value = fallback;
  int type = lua_getfield(L, index, name);
  if (type == LUA_TNUMBER)
    value = lua_tonumber(L, -1);
  else if (type != LUA_TNIL)
    wrong_field(L, name, "number");
  lua_pop(L, 1);
  return value;
}

int dm_lua_field_boolean(lua_State *L, int index, const char *name, int fallback) {
  int value = fallback;
  int type = lua_getfield(L, index, name);
  if (type == LUA_TBOOLEAN)
    value = lua_toboolean(L, -1);
  else if (type != LUA_TNIL)
    wrong_field(L, name, "boolean");
  lua_pop(L, 1);
  return value;
}
