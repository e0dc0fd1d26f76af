/* Module datamaestro.api.step: what a definition is written with. A step is one call of a constructor
 * (`filedownloader(…)`), a chain is steps joined by `..`. Both are userdata that a script cannot change.
 *
 * Debian 12's Lua 5.4.4 reads freed memory when the Lua stack moves inside a `..` metamethod, so this
 * is C, and careful: a constructor reserves stack, and `__concat` stops the collector, only links two
 * values and starts it again (docs/design.md, "The `..` trap"). */
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdio.h>

#include "lua_util.h"

#define STEP "datamaestro.step"

enum {
  STACK_RESERVE = 256,   /* slots: what a chain may need between a constructor and its last `..` */
  LINKS_MAXIMUM = 10000, /* in one chain; `c = c .. c` doubles, so a bound must stand */
  STEP_RECORD = 1,       /* user value of a step: the table {kind, args, source, line} */
  CHAIN_LEFT = 1,        /* user values of a chain: its two halves */
  CHAIN_RIGHT = 2
};

struct step {
  lua_Integer links; /* in this chain; 1 for a step */
  bool chain;
};

/* Records where the author called: the nearest Lua function. */
static void set_place(lua_State *L) {
  lua_Debug at;
  for (int level = 1; lua_getstack(L, level, &at); level++) {
    lua_getinfo(L, "Sl", &at);
    if (at.currentline > 0) {
      lua_pushstring(L, at.short_src);
      lua_setfield(L, -2, "source");
      lua_pushinteger(L, at.currentline);
      lua_setfield(L, -2, "line");
      return;
    }
  }
}

/* Packs the arguments at 1…count, as table.pack does. */
static void push_arguments(lua_State *L, int count) {
  lua_createtable(L, count, 1);
  for (int i = 1; i <= count; i++) {
    lua_pushvalue(L, i);
    lua_rawseti(L, -2, i);
  }
  lua_pushinteger(L, count);
  lua_setfield(L, -2, "n");
}

/* constructor(…) → step: what a script calls. Never fails but for memory; what the arguments may be
 * is checked when the whole script has been read. */
static int construct(lua_State *L) {
  int count = lua_gettop(L);
  luaL_checkstack(L, STACK_RESERVE, "too many arguments");
  struct step *step = lua_newuserdatauv(L, sizeof *step, 1);
  *step = (struct step){.links = 1, .chain = false};
  luaL_setmetatable(L, STEP);
  lua_createtable(L, 0, 4);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setfield(L, -2, "kind");
  push_arguments(L, count);
  lua_setfield(L, -2, "args");
  set_place(L);
  lua_setiuservalue(L, -2, STEP_RECORD);
  return 1;
}

/* step.constructor(kind) → function(…) that makes a step of that kind. */
static int step_constructor(lua_State *L) {
  luaL_checkstring(L, 1);
  lua_settop(L, 1);
  lua_pushcclosure(L, construct, 1);
  return 1;
}

/* What is wrong with an operand, or NULL. The right one may be the dataset's function. */
static const char *operand_problem(lua_State *L, int index, struct step *step) {
  static const char *const sides[] = {"left", "right"};
  int type = lua_type(L, index);
  if (step != NULL || (index == 2 && type == LUA_TFUNCTION))
    return NULL;
  const char *advice = "a step such as filedownloader(…) expected";
  if (type == LUA_TNIL)
    advice = "is a name misspelt?";
  else if (type == LUA_TFUNCTION)
    advice = "the function stands last in a chain";
  else if (type == LUA_TSTRING)
    advice = "the docstring belongs inside dataset { … }";
  return lua_pushfstring(L, "%s operand of '..': %s (%s)", sides[index - 1], luaL_typename(L, index), advice);
}

static const char *link_problem(lua_State *L, struct step *left, struct step *right) {
  const char *problem = operand_problem(L, 1, left);
  if (problem == NULL)
    problem = operand_problem(L, 2, right);
  if (problem == NULL && left->links + (right == NULL ? 1 : right->links) > LINKS_MAXIMUM)
    problem = lua_pushfstring(L, "chain of more than %d steps", LINKS_MAXIMUM);
  return problem;
}

static void push_chain(lua_State *L, lua_Integer links) {
  struct step *chain = lua_newuserdatauv(L, sizeof *chain, 2);
  *chain = (struct step){.links = links, .chain = true};
  luaL_setmetatable(L, STEP);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, CHAIN_LEFT);
  lua_pushvalue(L, 2);
  lua_setiuservalue(L, -2, CHAIN_RIGHT);
}

/* left .. right → chain. Under 20 slots, no call into Lua, the collector at rest: the stack stays where
 * it is. A failed allocation leaves the collector stopped; sandbox.run starts it again. */
static int step_concat(lua_State *L) {
  int running = lua_gc(L, LUA_GCISRUNNING);
  if (running)
    lua_gc(L, LUA_GCSTOP);
  struct step *left = luaL_testudata(L, 1, STEP);
  struct step *right = luaL_testudata(L, 2, STEP);
  const char *problem = link_problem(L, left, right);
  if (problem == NULL)
    push_chain(L, left->links + (right == NULL ? 1 : right->links));
  if (running)
    lua_gc(L, LUA_GCRESTART);
  return problem == NULL ? 1 : luaL_error(L, "%s", problem);
}

/* The halves of the chain on top go onto the stack of work (at 2), the right one below the left one. */
static lua_Integer push_halves(lua_State *L, lua_Integer depth) {
  lua_getiuservalue(L, -1, CHAIN_RIGHT);
  lua_rawseti(L, 2, ++depth);
  lua_getiuservalue(L, -1, CHAIN_LEFT);
  lua_rawseti(L, 2, ++depth);
  return depth;
}

/* step.links(chain) → array of the links in written order: tables {kind, args (with n), source, line};
 * the last one may be a function. */
static int step_links(lua_State *L) {
  struct step *step = luaL_checkudata(L, 1, STEP);
  lua_settop(L, 1);
  lua_newtable(L); /* 2: chains and steps still to visit, last first */
  lua_createtable(L, (int)step->links, 0);
  lua_Integer depth = 1;
  lua_Integer count = 0;
  lua_pushvalue(L, 1);
  lua_rawseti(L, 2, depth);
  while (depth > 0) {
    lua_rawgeti(L, 2, depth--);
    step = luaL_testudata(L, -1, STEP);
    if (step != NULL && step->chain)
      depth = push_halves(L, depth);
    else {
      if (step != NULL)
        lua_getiuservalue(L, -1, STEP_RECORD);
      else
        lua_pushvalue(L, -1);
      lua_rawseti(L, 3, ++count);
    }
    lua_pop(L, 1);
  }
  return 1;
}

/* step.is(value) → boolean: a step or a chain. */
static int step_is(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, luaL_testudata(L, 1, STEP) != NULL);
  return 1;
}

/* step.key = value: raises. */
static int step_newindex(lua_State *L) {
  return luaL_error(L, "a step cannot be changed (give its options to the constructor)");
}

/* tostring(step) → "step filedownloader" or "chain of 6 steps". */
static int step_tostring(lua_State *L) {
  struct step *step = luaL_checkudata(L, 1, STEP);
  if (step->chain) {
    lua_pushfstring(L, "chain of %I steps", (LUAI_UACINT)step->links);
    return 1;
  }
  lua_getiuservalue(L, 1, STEP_RECORD);
  lua_getfield(L, -1, "kind");
  lua_pushfstring(L, "step %s", lua_tostring(L, -1));
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_step(lua_State *L);

int luaopen_datamaestro_api_step(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"constructor", step_constructor}, {"links", step_links}, {"is", step_is}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {
      {"__concat", step_concat}, {"__newindex", step_newindex}, {"__tostring", step_tostring}, {NULL, NULL}};
  dm_lua_class(L, STEP, metamethods, NULL);
  luaL_getmetatable(L, STEP);
  lua_pushliteral(L, "step"); /* what Lua's own messages call it */
  lua_setfield(L, -2, "__name");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
