/* What every binding shares: check → call → push. */
#ifndef DATAMAESTRO_LUA_UTIL_H
#define DATAMAESTRO_LUA_UTIL_H

#include <lauxlib.h>
#include <lua.h>

#include "datamaestro/error.h"

/* A module's entry point is the only symbol that a plug-in shows. */
#define DM_LUA_MODULE __attribute__((visibility("default")))

/* Registry key of the table {code = "interrupted"} that the host raises on Ctrl-C. */
#define DM_LUA_INTERRUPT "datamaestro.interrupt"

/* Pushes `nil, message, code` for a failure of the world and returns 3: `return dm_lua_fail(L, &err)`. */
int dm_lua_fail(lua_State *L, const struct dm_error *err);

/* Raises what dm_lua_fail left on top of the stack as a table of `message` and `code`, which tostring shows
 * as the message: for iterators, whose loops have no other way to tell a failure from the end. */
int dm_lua_raise(lua_State *L);

/* Registers metatable `name` with `metamethods` (may be NULL) and `methods` under __index (may be
 * NULL), and protects it from getmetatable. Leaves nothing on the stack. */
void dm_lua_class(lua_State *L, const char *name, const luaL_Reg *metamethods, const luaL_Reg *methods);

/* Field `name` of the table at `index`, checked; an absent field gives the default. A wrong type or
 * range raises "field 'NAME': TYPE (TYPE expected)" at the caller's line. Strings stay valid for as
 * long as the table holds them. */
const char *dm_lua_field_string(lua_State *L, int index, const char *name, const char *fallback);
lua_Integer dm_lua_field_integer(lua_State *L, int index, const char *name, lua_Integer fallback);
lua_Number dm_lua_field_number(lua_State *L, int index, const char *name, lua_Number fallback);
int dm_lua_field_boolean(lua_State *L, int index, const char *name, int fallback);

#endif
