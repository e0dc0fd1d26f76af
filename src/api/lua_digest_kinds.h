/* Digest names from Lua, digests to Lua: what the plug-ins `digest` and `http` share. In a header,
 * because a plug-in is made of one binding file and the core. */
#ifndef DATAMAESTRO_LUA_DIGEST_KINDS_H
#define DATAMAESTRO_LUA_DIGEST_KINDS_H

#include "datamaestro/digest.h"
#include "lua_util.h"

/* The kind that the string at `index` names; an unknown name raises and lists the known ones. */
static inline unsigned dm_lua_digest_kind(lua_State *L, int index) {
  const char *name = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
  int kind = name != NULL ? dm_digest_find(name) : -1;
  if (kind >= 0)
    return (unsigned)kind;
  (void)luaL_error(L, "digest '%s' (%s, %s, %s or %s expected)",
                   name != NULL ? name : luaL_typename(L, index), dm_digest_name(DM_DIGEST_MD5),
                   dm_digest_name(DM_DIGEST_SHA1), dm_digest_name(DM_DIGEST_SHA256),
                   dm_digest_name(DM_DIGEST_SHA512));
  return 0;
}

/* The mask of the array of names at `index`. */
static inline unsigned dm_lua_digest_mask(lua_State *L, int index) {
  unsigned mask = 0;
  lua_Integer count = luaL_len(L, index);
  for (lua_Integer i = 1; i <= count; i++) {
    (void)lua_geti(L, index, i);
    mask |= 1u << dm_lua_digest_kind(L, -1);
    lua_pop(L, 1);
  }
  return mask;
}

/* Sets a field NAME = hex for each digest there is, in the table on top. */
static inline void dm_lua_digest_set(lua_State *L, const struct dm_digest_hex *hex) {
  for (int kind = 0; kind < DM_DIGEST_KINDS; kind++)
    if (hex->of[kind][0] != '\0') {
      lua_pushstring(L, hex->of[kind]);
      lua_setfield(L, -2, dm_digest_name((enum dm_digest_kind)kind));
    }
}

#endif
