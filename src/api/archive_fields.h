/* What tables of arguments say of archives. */
#ifndef DATAMAESTRO_ARCHIVE_FIELDS_H
#define DATAMAESTRO_ARCHIVE_FIELDS_H

#include "datamaestro/concat.h"
#include "lua_util.h"

/* Reads `format`, `subpath` and `files` (an array of names and patterns) of the table at `index`, which must
 * be an absolute one. What they point to stays on the stack. Wrong types raise. */
struct dm_archive_choice dm_lua_archive_choice(lua_State *L, int index);

/* Reads `decode` ("auto", the default, "none", or a format) of the table at `index`, for struct
 * dm_concat_options. Here, and not in archive_fields.c, since the program itself has no decoders. */
static inline int dm_lua_concat_decode(lua_State *L, int index) {
  const char *name = dm_lua_field_string(L, index, "decode", "auto");
  int format = dm_concat_decode_find(name);
  if (format < DM_CONCAT_BY_NAME)
    luaL_error(L, "field 'decode': '%s' (auto, none, gzip, bzip2, xz, zstd or lz4 expected)", name);
  return format;
}

#endif
