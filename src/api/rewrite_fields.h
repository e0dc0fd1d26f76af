/* Rules of lines in tables of arguments. */
#ifndef DATAMAESTRO_REWRITE_FIELDS_H
#define DATAMAESTRO_REWRITE_FIELDS_H

#include "datamaestro/rewrite.h"
#include "lua_util.h"

/* Reads the field `lines` of the table at `index` (an absolute one): an array of {replace = pattern, with =
 * text} and {filter = pattern}. The rules, and what they point to, stay on the stack. Sets their number, 0
 * where there is no such field. Wrong types raise. */
const struct dm_rewrite_rule *dm_lua_rewrite_rules(lua_State *L, int index, size_t *count);

#endif
