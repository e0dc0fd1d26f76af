/* What the files of the csv binding share. */
#ifndef DATAMAESTRO_CSV_HANDLE_H
#define DATAMAESTRO_CSV_HANDLE_H

#include <lauxlib.h>
#include <lua.h>

#include "datamaestro/csv.h"

/* The options at argument `index`, checked; `extra` is the name of one more that is allowed, or NULL. Pushes
 * one value, the source or nil, to be kept alive while the table is read. */
struct dm_csv_options dm_lua_csv_options(lua_State *L, int index, const char *extra);

/* Pushes the columns' names as an array of strings, nil without any. */
void dm_lua_csv_names(lua_State *L, const struct dm_csv *csv);

/* Pushes the types of option `types` at argument `index` as a string of one letter a column, "" without any:
 * s(tring), n(umber), i(nteger), in upper case where the field may be empty. */
void dm_lua_csv_types(lua_State *L, int index);

/* Pushes a metatable for rows, by which row.name is a column's field; nil where columns have no names. */
void dm_lua_csv_record(lua_State *L, const struct dm_csv *csv);

/* Called between two pieces of a long read: where Ctrl-C set a hook, it raises. */
void dm_lua_csv_look_up(lua_State *L);

/* The functions of csv_values.c, {NULL, NULL} last, and their classes. */
extern const luaL_Reg dm_lua_csv_values[];
void dm_lua_csv_classes(lua_State *L);

enum { DM_CSV_ROWS_AT_ONCE = 1 << 16 /* between two looks whether Ctrl-C was pressed */ };

#endif
