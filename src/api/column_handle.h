/* Statistics of columns as Lua sees them. */
#ifndef DATAMAESTRO_COLUMN_HANDLE_H
#define DATAMAESTRO_COLUMN_HANDLE_H

#include <lua.h>

#include "datamaestro/column.h"

/* Pushes a table: `type` ("integer", "number", "text", "mixed" of numbers and texts, "empty"), `count`,
 * `missing`, `distinct` with `exact` (false: an estimate), of numbers `min`, `max`, `mean`, of texts
 * `longest` (bytes). */
void dm_lua_column_push(lua_State *L, const struct dm_column *column);

#endif
