/* Module datamaestro.api.audit: digests of many files, read by several threads while other things go on. */
#include <math.h>

#include "datamaestro/audit.h"
#include "lua_digest_kinds.h"

#define AUDIT "datamaestro.audit"

enum { FILES = 1 }; /* stack slot of the array of audit.start */

struct handle {
  struct dm_audit *audit; /* NULL when closed */
};

static struct dm_audit *check_audit(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, AUDIT);
  luaL_argcheck(L, handle->audit != NULL, 1, "closed");
  return handle->audit;
}

/* A path, or {path =, digests = array of names}. The string stays the array's. */
static struct dm_audit_file check_file(lua_State *L, lua_Integer index) {
  struct dm_audit_file file = {.digests = 1U << DM_DIGEST_SHA256};
  int type = lua_rawgeti(L, FILES, index);
  if (type == LUA_TTABLE) {
    if (lua_getfield(L, -1, "digests") != LUA_TTABLE)
      luaL_error(L, "file %I: field 'digests': %s (array of names expected)", (LUAI_UACINT)index,
                 luaL_typename(L, -1));
    file.digests = dm_lua_digest_mask(L, lua_gettop(L));
    lua_pop(L, 1);
    type = lua_getfield(L, -1, "path");
    lua_remove(L, -2);
  }
  if (type != LUA_TSTRING)
    luaL_error(L, "file %I: %s (path expected)", (LUAI_UACINT)index, lua_typename(L, type));
  file.path = lua_tostring(L, -1);
  lua_pop(L, 1);
  return file;
}

/* audit.start(files [, threads]) → audit, to be closed | nil, message, code: begins to read files, each a
 * path (then its sha256 is computed) or {path =, digests = array of names}; by default with as many threads
 * as there are processors. */
static int audit_start(lua_State *L) {
  struct dm_error err;
  luaL_checktype(L, FILES, LUA_TTABLE);
  lua_Integer threads = luaL_optinteger(L, 2, 0);
  luaL_argcheck(L, threads >= 0, 2, "0 or more expected");
  lua_settop(L, FILES);
  size_t count = lua_rawlen(L, FILES);
  struct dm_audit_file *files = lua_newuserdatauv(L, (count + 1) * sizeof *files, 0);
  for (size_t i = 0; i < count; i++)
    files[i] = check_file(L, (lua_Integer)i + 1);
  struct handle *handle = lua_newuserdatauv(L, sizeof *handle, 0);
  handle->audit = NULL;
  luaL_setmetatable(L, AUDIT);
  if (dm_audit_start(&handle->audit, files, count, (size_t)threads, &err) != 0)
    return dm_lua_fail(L, &err);
  return 1;
}

/* audit:progress() → number of files that are finished, bytes read. */
static int audit_progress(lua_State *L) {
  struct dm_audit_progress progress = dm_audit_progress(check_audit(L));
  lua_pushinteger(L, (lua_Integer)progress.files);
  lua_pushinteger(L, (lua_Integer)progress.bytes);
  return 2;
}

/* audit:take() → index of a file that is finished, each once, {size = bytes, NAME = hex, …} | index, nil,
 * message, code | nothing where there is none for now. */
static int audit_take(lua_State *L) {
  struct dm_audit_result result;
  if (!dm_audit_take(check_audit(L), &result))
    return 0;
  lua_pushinteger(L, (lua_Integer)result.index + 1);
  if (result.status != 0)
    return 1 + dm_lua_fail(L, &result.err);
  lua_createtable(L, 0, 2);
  lua_pushinteger(L, (lua_Integer)result.size);
  lua_setfield(L, -2, "size");
  dm_lua_digest_set(L, &result.hex);
  return 2;
}

/* audit:wait(seconds) → boolean, whether all are finished: waits until there is a file to take or the time is
 * up. */
static int audit_wait(lua_State *L) {
  struct dm_audit *audit = check_audit(L);
  double seconds = luaL_checknumber(L, 2);
  luaL_argcheck(L, seconds >= 0 && seconds < 1e6, 2, "0 or more seconds expected");
  lua_pushboolean(L, dm_audit_wait(audit, (int)ceil(seconds * 1000)));
  return 1;
}

/* audit:close(): ends what is under way; closed is fine. */
static int audit_close(lua_State *L) {
  struct handle *handle = luaL_checkudata(L, 1, AUDIT);
  dm_audit_close(handle->audit);
  handle->audit = NULL;
  return 0;
}

DM_LUA_MODULE int luaopen_datamaestro_api_audit(lua_State *L);

int luaopen_datamaestro_api_audit(lua_State *L) {
  static const luaL_Reg functions[] = {{"start", audit_start}, {NULL, NULL}};
  static const luaL_Reg metamethods[] = {{"__gc", audit_close}, {"__close", audit_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"progress", audit_progress},
                                     {"take", audit_take},
                                     {"wait", audit_wait},
                                     {"close", audit_close},
                                     {NULL, NULL}};
  dm_lua_class(L, AUDIT, metamethods, methods);
  luaL_newlib(L, functions);
  return 1;
}
