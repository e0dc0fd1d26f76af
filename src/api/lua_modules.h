/* The one list of the C modules that are linked into the program. What needs a heavy library
 * (libcurl, OpenSSL) is a plug-in instead: see PLUGINS in the Makefile. */
#ifndef DATAMAESTRO_LUA_MODULES_H
#define DATAMAESTRO_LUA_MODULES_H

#include <lua.h>

#define DM_LUA_MODULES(X)                                                                                    \
  X(file)                                                                                                    \
  X(inflate)                                                                                                 \
  X(regex)                                                                                                   \
  X(sandbox)                                                                                                 \
  X(step)                                                                                                    \
  X(tensor)

#define DM_LUA_DECLARE(name) int luaopen_datamaestro_api_##name(lua_State *L);
DM_LUA_MODULES(DM_LUA_DECLARE)
#undef DM_LUA_DECLARE

#endif
