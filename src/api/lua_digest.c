/* Module datamaestro.api.digest: md5, sha1, sha256 and sha512 of strings, streams and files. */
#include <string.h>

#include "lua_digest_kinds.h"

#define DIGEST "datamaestro.digest"

/* A stream's digest; one kind. */
struct stream {
  struct dm_digest digest;
  unsigned kind;
};

static struct stream *check_open(lua_State *L) {
  struct stream *stream = luaL_checkudata(L, 1, DIGEST);
  if (stream->digest.contexts[stream->kind] == NULL)
    luaL_error(L, "digest is closed");
  return stream;
}

/* digest.new(name) → handle with :update(bytes), :hex() and :close(), to-be-closed | nil, message,
 * code: an unknown name raises. */
static int digest_new(lua_State *L) {
  struct dm_error err;
  luaL_checkstring(L, 1);
  unsigned kind = dm_lua_digest_kind(L, 1);
  struct stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
  memset(stream, 0, sizeof *stream);
  stream->kind = kind;
  luaL_setmetatable(L, DIGEST);
  if (dm_digest_open(&stream->digest, 1u << kind, &err) != 0)
    return dm_lua_fail(L, &err);
  return 1;
}

/* digest:update(bytes) → the handle | nil, message, code. */
static int stream_update(lua_State *L) {
  struct dm_error err;
  size_t size = 0;
  struct stream *stream = check_open(L);
  const char *bytes = luaL_checklstring(L, 2, &size);
  if (dm_digest_update(&stream->digest, bytes, size, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_settop(L, 1);
  return 1;
}

/* digest:hex() → digest of what came so far as lower-case hex | nil, message, code. */
static int stream_hex(lua_State *L) {
  struct dm_error err;
  struct dm_digest_hex hex;
  struct stream *stream = check_open(L);
  if (dm_digest_read(&stream->digest, &hex, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushstring(L, hex.of[stream->kind]);
  return 1;
}

/* digest:close() → nothing: frees; twice is fine. */
static int stream_close(lua_State *L) {
  struct stream *stream = luaL_checkudata(L, 1, DIGEST);
  dm_digest_close(&stream->digest);
  return 0;
}

/* digest.string(name, bytes) → digest as lower-case hex | nil, message, code: an unknown name raises. */
static int digest_string(lua_State *L) {
  struct dm_error err;
  struct dm_digest digest;
  struct dm_digest_hex hex;
  size_t size = 0;
  luaL_checkstring(L, 1);
  unsigned kind = dm_lua_digest_kind(L, 1);
  const char *bytes = luaL_checklstring(L, 2, &size);
  int status = dm_digest_open(&digest, 1u << kind, &err);
  if (status == 0)
    status = dm_digest_update(&digest, bytes, size, &err);
  if (status == 0)
    status = dm_digest_read(&digest, &hex, &err);
  dm_digest_close(&digest);
  if (status != 0)
    return dm_lua_fail(L, &err);
  lua_pushstring(L, hex.of[kind]);
  return 1;
}

/* digest.file(path, names) → {size = bytes, NAME = hex, …} | nil, message, code: one pass for all
 * names; an unknown one raises. */
static int digest_file(lua_State *L) {
  struct dm_error err;
  struct dm_digest_hex hex;
  uint64_t size = 0;
  const char *path = luaL_checkstring(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  if (dm_digest_file(path, dm_lua_digest_mask(L, 2), &hex, &size, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_createtable(L, 0, 1 + DM_DIGEST_KINDS);
  lua_pushinteger(L, (lua_Integer)size);
  lua_setfield(L, -2, "size");
  dm_lua_digest_set(L, &hex);
  return 1;
}

DM_LUA_MODULE int luaopen_datamaestro_api_digest(lua_State *L);

int luaopen_datamaestro_api_digest(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"new", digest_new}, {"string", digest_string}, {"file", digest_file}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__gc", stream_close}, {"__close", stream_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {
      {"update", stream_update}, {"hex", stream_hex}, {"close", stream_close}, {NULL, NULL}};
  dm_lua_class(L, DIGEST, metamethods, methods);
  luaL_newlib(L, functions);
  return 1;
}
