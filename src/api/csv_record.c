/* What the columns of a table are: their types, and their names, by which row.name is a field. */
#include "csv_handle.h"

#include <string.h>

enum { LISTED = 200 /* bytes of names in a message */ };

void dm_lua_csv_types(lua_State *L, int index) {
  luaL_Buffer letters;
  if (!lua_istable(L, index) || lua_getfield(L, index, "types") == LUA_TNIL) {
    lua_pushliteral(L, "");
    return;
  }
  if (!lua_istable(L, -1))
    luaL_error(L, "field 'types': %s (array of names of types expected)", luaL_typename(L, -1));
  const int types = lua_gettop(L);
  luaL_buffinit(L, &letters);
  for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, types); i++) {
    static const char *const names[] = {"string", "number", "integer", "string?", "number?", "integer?"};
    enum { COUNT = sizeof names / sizeof names[0] };
    size_t found = 0;
    lua_rawgeti(L, types, i);
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : luaL_typename(L, -1);
    while (found < COUNT && strcmp(names[found], name) != 0)
      found++;
    if (found == COUNT)
      luaL_error(L, "field 'types': '%s' (string, number or integer expected, perhaps with a '?')", name);
    lua_pop(L, 1);
    luaL_addchar(&letters, "sniSNI"[found]);
  }
  luaL_pushresult(&letters);
}

/* Pushes the names of the table at upvalue 2, with commas, cut where they are many. */
static const char *push_names(lua_State *L) {
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  for (lua_Integer i = 1; i <= (lua_Integer)lua_rawlen(L, lua_upvalueindex(2)); i++) {
    if (luaL_bufflen(&text) > LISTED) {
      luaL_addstring(&text, ", …");
      break;
    }
    if (i > 1)
      luaL_addstring(&text, ", ");
    lua_rawgeti(L, lua_upvalueindex(2), i);
    luaL_addvalue(&text);
  }
  luaL_pushresult(&text);
  return lua_tostring(L, -1);
}

/* row[key], where a row has none: a string is the name of a column, whose numbers are the table at upvalue 1.
 * Another string raises, anything else is nil. */
static int row_index(lua_State *L) {
  if (lua_type(L, 2) != LUA_TSTRING)
    return 0;
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) == LUA_TNIL)
    return luaL_error(L, "no column '%s' (%s expected)", lua_tostring(L, 2), push_names(L));
  lua_rawgeti(L, 1, lua_tointeger(L, -1));
  return 1;
}

void dm_lua_csv_record(lua_State *L, const struct dm_csv *csv) {
  dm_lua_csv_names(L, csv);
  if (lua_isnil(L, -1))
    return;
  const int names = lua_gettop(L);
  lua_createtable(L, 0, (int)lua_rawlen(L, names));
  for (lua_Integer i = (lua_Integer)lua_rawlen(L, names); i >= 1; i--) { /* the first of equal ones counts */
    lua_rawgeti(L, names, i);
    lua_pushinteger(L, i);
    lua_rawset(L, -3);
  }
  lua_insert(L, names);
  lua_pushcclosure(L, row_index, 2);
  lua_createtable(L, 0, 1);
  lua_insert(L, -2);
  lua_setfield(L, -2, "__index");
}
