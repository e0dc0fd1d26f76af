/* What the files of the lines binding share. */
#ifndef DATAMAESTRO_LINES_HANDLE_H
#define DATAMAESTRO_LINES_HANDLE_H

#include <lauxlib.h>
#include <lua.h>

#include "datamaestro/lines.h"
#include "datamaestro/text.h"

#define DM_LUA_LINES "datamaestro.lines"
#define DM_LUA_JSON "datamaestro.lines.json"

enum { DM_LINES_TEXT = 1 << 16 /* bytes after which reader:text gives what it has */ };

/* User values of a reader: what keeps its bytes alive, and how a reader of JSON makes its tables. */
enum { DM_LINES_KEPT = 1, DM_LINES_SHAPES, DM_LINES_MAKE, DM_LINES_EMPTY };

struct dm_lua_lines {
  struct dm_lines lines;
  struct dm_text copy; /* of a line, to be unescaped in place */
  struct dm_text text; /* gathered by reader:text */
};

/* Pushes a reader of the file and with the options at arguments 1 and 2: 1, or what dm_lua_fail gives. */
int dm_lua_lines_open(lua_State *L, const char *class);

/* The open reader at argument 1. */
struct dm_lua_lines *dm_lua_lines_check(lua_State *L, const char *class);

/* Pushes what reader:text gives: what was gathered, how much it is, and what ended it. */
int dm_lua_lines_gathered(lua_State *L, struct dm_lua_lines *reader, int status, lua_Integer count,
                          struct dm_error *err);

/* Pushes the iterator of `next` over the reader on top of the stack, which is closed when the loop ends. */
int dm_lua_lines_loop(lua_State *L, lua_CFunction next);

/* reader:skip and reader:close, of both classes. */
int dm_lua_lines_skip(lua_State *L);
int dm_lua_lines_close(lua_State *L);

/* The functions of lines_json.c, {NULL, NULL} last: of the module, and of the reader. */
extern const luaL_Reg dm_lua_json_functions[];
extern const luaL_Reg dm_lua_json_methods[];

#endif
