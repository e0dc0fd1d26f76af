/* Module datamaestro.api.rewrite: lines replaced and left out. */
#include "rewrite_fields.h"

enum { REQUEST = 1 }; /* stack slot of the table of arguments */

/* rewrite.check(pattern [, with]) → true | nil, message, "usage": whether there is such a regular expression
 * (PCRE2's), and such a replacement of what it matches. */
static int rewrite_check(lua_State *L) {
  struct dm_error err;
  struct dm_rewrite *rewrite = NULL;
  struct dm_rewrite_rule rule = {.pattern = luaL_checkstring(L, 1), .with = luaL_optstring(L, 2, NULL)};
  if (dm_rewrite_open(&rewrite, &rule, 1, &err) != 0)
    return dm_lua_fail(L, &err);
  dm_rewrite_close(rewrite);
  lua_pushboolean(L, 1);
  return 1;
}

static const char *need_string(lua_State *L, const char *name) {
  const char *value = dm_lua_field_string(L, REQUEST, name, NULL);
  if (value == NULL)
    luaL_error(L, "field '%s': nil (string expected)", name);
  return value;
}

/* rewrite.file{path =, out =, lines = array of {replace = pattern, with = text} and {filter = pattern}} →
 * bytes written | nil, message, code: rewrites the lines of the file `path` to the new file `out`, which is
 * removed on failure. */
static int rewrite_file(lua_State *L) {
  struct dm_error err;
  uint64_t size = 0;
  size_t count = 0;
  luaL_checktype(L, REQUEST, LUA_TTABLE);
  const char *path = need_string(L, "path");
  const char *out = need_string(L, "out");
  const struct dm_rewrite_rule *rules = dm_lua_rewrite_rules(L, REQUEST, &count);
  if (dm_rewrite_file(path, out, rules, count, &size, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushinteger(L, (lua_Integer)size);
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_rewrite(lua_State *L);

int luaopen_datamaestro_api_rewrite(lua_State *L) {
  static const luaL_Reg functions[] = {{"check", rewrite_check}, {"file", rewrite_file}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
