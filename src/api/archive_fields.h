/* What tables of arguments say of archives. */
#ifndef DATAMAESTRO_ARCHIVE_FIELDS_H
#define DATAMAESTRO_ARCHIVE_FIELDS_H

#include "datamaestro/archive.h"
#include "lua_util.h"

/* Reads `format`, `subpath` and `files` (an array of names and patterns) of the table at `index`, which must
 * be an absolute one. What they point to stays on the stack. Wrong types raise. */
struct dm_archive_choice dm_lua_archive_choice(lua_State *L, int index);

#endif
