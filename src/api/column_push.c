#include <math.h>

#include "column_handle.h"
#include "stream_handle.h"

#define EXACT_INTEGERS 9007199254740992.0 /* 2^53: above it a double has lost its last digits */

static void set_integer(lua_State *L, const char *name, uint64_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, name);
}

/* As an integer where all are and a double holds it exactly. */
static void set_number(lua_State *L, const char *name, double value, bool is_integer) {
  if (is_integer && fabs(value) <= EXACT_INTEGERS)
    lua_pushinteger(L, (lua_Integer)value);
  else
    lua_pushnumber(L, value);
  lua_setfield(L, -2, name);
}

static const char *type_of(const struct dm_column *column) {
  if (column->numbers > 0 && column->texts > 0)
    return "mixed";
  if (column->texts > 0)
    return "text";
  if (column->numbers == 0)
    return "empty";
  return column->integers == column->numbers && column->nans == 0 ? "integer"
                                                                  : "number"; /* no integer is NaN */
}

void dm_lua_column_push(lua_State *L, const struct dm_column *column) {
  bool exact = true;
  lua_createtable(L, 0, 9);
  lua_pushstring(L, type_of(column));
  lua_setfield(L, -2, "type");
  set_integer(L, "count", column->count);
  set_integer(L, "missing", column->missing);
  set_integer(L, "distinct", dm_column_distinct(column, &exact));
  lua_pushboolean(L, exact);
  lua_setfield(L, -2, "exact");
  if (column->texts > 0)
    set_integer(L, "longest", column->longest);
  if (column->numbers > 0) {
    bool is_integer = column->integers == column->numbers;
    set_number(L, "min", column->least, is_integer);
    set_number(L, "max", column->greatest, is_integer);
    lua_pushnumber(L, dm_column_mean(column));
    lua_setfield(L, -2, "mean");
  }
}

struct dm_reader *dm_lua_stream_field(lua_State *L, int index) {
  if (lua_getfield(L, index, "source") == LUA_TNIL)
    return NULL;
  struct dm_lua_stream *stream = luaL_testudata(L, -1, DM_LUA_STREAM);
  if (stream == NULL) {
    luaL_error(L, "field 'source': %s (stream expected)", luaL_typename(L, -1));
    return NULL; /* not reached: luaL_error does not return */
  }
  stream->lent = true;
  return &stream->reader;
}
