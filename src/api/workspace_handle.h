/* What the bindings of datamaestro.api.workspace share. */
#ifndef DATAMAESTRO_WORKSPACE_HANDLE_H
#define DATAMAESTRO_WORKSPACE_HANDLE_H

#include "datamaestro/errand.h"
#include "datamaestro/workspace.h"
#include "lua_util.h"

#define DM_LUA_WORKSPACE "datamaestro.workspace"
#define DM_LUA_ERRAND "datamaestro.errand"
#define DM_LUA_WRITER "datamaestro.writer"

struct dm_lua_errand;

struct dm_lua_workspace {
  struct dm_workspace *workspace; /* NULL when closed */
  struct dm_lua_errand *errand;   /* under way in it, so that it ends before; NULL: none */
};

/* The open workspace at stack slot 1, in which nothing is under way. */
struct dm_lua_workspace *dm_lua_workspace_check(lua_State *L);

/* Ends an errand of a workspace that closes. */
void dm_lua_errand_end(struct dm_lua_errand *errand);

/* Methods of a workspace that begin an errand, and the module's functions. */
extern const luaL_Reg dm_lua_errand_methods[];
extern const luaL_Reg dm_lua_errand_functions[];

/* Registers the class of errands, that of writers. */
void dm_lua_errand_class(lua_State *L);
void dm_lua_writer_class(lua_State *L);

/* workspace:writer(name) → writer | nil, message, code. */
int dm_lua_writer_open(lua_State *L);

#endif
