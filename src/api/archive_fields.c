#include "archive_fields.h"

#include <string.h>

enum { FILES_MAXIMUM = 10000 }; /* names and patterns, each of which is held against each member */

static const char *check_kind(lua_State *L, const char *kind) {
  if (kind != NULL && strcmp(kind, "tar") != 0 && strcmp(kind, "zip") != 0 && strcmp(kind, "7z") != 0)
    luaL_error(L, "field 'format': '%s' (tar, zip, 7z or nil expected)", kind);
  return kind;
}

static const char *check_name(lua_State *L, int index) {
  const char *name = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
  if (name == NULL || strlen(name) != lua_rawlen(L, index))
    luaL_error(L, "field 'files': array of names or patterns expected");
  return name;
}

static void check_files(lua_State *L, int index, struct dm_archive_choice *choice) {
  int type = lua_getfield(L, index, "files");
  if (type == LUA_TNIL)
    return;
  if (type != LUA_TTABLE)
    luaL_error(L, "field 'files': %s (array of names or patterns expected)", luaL_typename(L, -1));
  int table = lua_gettop(L);
  size_t count = lua_rawlen(L, table);
  if (count == 0 || count > FILES_MAXIMUM)
    luaL_error(L, "field 'files': %I names (1 to %d expected)", (LUAI_UACINT)count, FILES_MAXIMUM);
  luaL_checkstack(L, (int)count + LUA_MINSTACK, "files");
  const char **files = lua_newuserdatauv(L, count * sizeof *files, 0);
  for (size_t i = 0; i < count; i++) {
    (void)lua_rawgeti(L, table, (lua_Integer)i + 1);
    files[i] = check_name(L, -1);
  }
  choice->files = files;
  choice->file_count = count;
}

struct dm_archive_choice dm_lua_archive_choice(lua_State *L, int index) {
  luaL_checkstack(L, LUA_MINSTACK, "files");
  struct dm_archive_choice choice = {
      .kind = lua_pushstring(L, check_kind(L, dm_lua_field_string(L, index, "format", NULL))),
      .subpath = lua_pushstring(L, dm_lua_field_string(L, index, "subpath", NULL)),
  };
  check_files(L, index, &choice);
  return choice;
}
