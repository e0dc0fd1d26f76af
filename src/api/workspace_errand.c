/* What takes its time in a workspace, on a thread of its own: copies, extractions, removals, syncing. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive_fields.h"
#include "workspace_handle.h"

enum { OWNER = 1, KEPT = 2 }; /* user values: the workspace, a table of the strings that are pointed to */

struct dm_lua_errand {
  struct dm_errand *errand;       /* NULL when closed */
  struct dm_lua_workspace *owner; /* NULL: none, or it needs to know no more */
  struct dm_workspace *workspace;
  const char *name; /* of what is removed or copied */
  int from;         /* descriptors of a copy; -1: none */
  int to;
  struct dm_archive_options options; /* of an extraction */
  struct dm_archive_report report;
};

void dm_lua_errand_end(struct dm_lua_errand *handle) {
  dm_errand_close(handle->errand);
  handle->errand = NULL;
  if (handle->from >= 0)
    (void)close(handle->from);
  if (handle->to >= 0)
    (void)close(handle->to);
  handle->from = handle->to = -1;
  if (handle->owner != NULL)
    handle->owner->errand = NULL;
  handle->owner = NULL;
}

/* Pushes the errand, with the value at `kept` on the stack in its keeping. */
static struct dm_lua_errand *push_errand(lua_State *L, struct dm_lua_workspace *owner, int kept) {
  struct dm_lua_errand *handle = lua_newuserdatauv(L, sizeof *handle, 2);
  memset(handle, 0, sizeof *handle);
  handle->from = handle->to = -1;
  handle->workspace = owner != NULL ? owner->workspace : NULL;
  luaL_setmetatable(L, DM_LUA_ERRAND);
  lua_pushvalue(L, 1);
  (void)lua_setiuservalue(L, -2, OWNER);
  lua_pushvalue(L, kept);
  (void)lua_setiuservalue(L, -2, KEPT);
  return handle;
}

static int begin(lua_State *L, struct dm_lua_workspace *owner, struct dm_lua_errand *handle,
                 dm_errand_work *work, struct dm_error *err) {
  if (dm_errand_start(&handle->errand, work, handle, err) != 0)
    return dm_lua_fail(L, err);
  handle->owner = owner;
  if (owner != NULL)
    owner->errand = handle;
  return 1;
}

/* --- Sync, remove ------------------------------------------------------------------------------- */

static int do_sync(struct dm_errand *errand, void *context, struct dm_error *err) {
  struct dm_lua_errand *handle = context;
  (void)errand;
  return dm_workspace_links(handle->workspace, err) == 0 ? dm_workspace_sync(handle->workspace, err) : -1;
}

/* workspace:sync() → errand: brings all to disk, when no link leads out. */
static int workspace_sync(lua_State *L) {
  struct dm_error err;
  struct dm_lua_workspace *owner = dm_lua_workspace_check(L);
  return begin(L, owner, push_errand(L, owner, 1), do_sync, &err);
}

static int do_remove(struct dm_errand *errand, void *context, struct dm_error *err) {
  struct dm_lua_errand *handle = context;
  return dm_workspace_remove(handle->workspace, handle->name, dm_errand_stopped, errand, err);
}

/* workspace:remove(name) → errand: removes a file, a link, or a folder with all in it. */
static int workspace_remove(lua_State *L) {
  struct dm_error err;
  struct dm_lua_workspace *owner = dm_lua_workspace_check(L);
  const char *name = luaL_checkstring(L, 2);
  struct dm_lua_errand *handle = push_errand(L, owner, 2);
  handle->name = name;
  return begin(L, owner, handle, do_remove, &err);
}

/* --- Copy --------------------------------------------------------------------------------------- */

static int do_copy(struct dm_errand *errand, void *context, struct dm_error *err) {
  struct dm_lua_errand *handle = context;
  return dm_errand_copy(errand, handle->from, handle->to, handle->name, err);
}

static int open_copy(struct dm_lua_errand *handle, const char *path, const char *name, struct dm_error *err) {
  struct stat info;
  handle->from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (handle->from < 0 || fstat(handle->from, &info) != 0)
    return dm_error_errno(err, errno, path);
  if (!S_ISREG(info.st_mode))
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: not a regular file (file expected)", path);
  if (dm_workspace_charge(handle->workspace, (uint64_t)info.st_size, 0, err) != 0)
    return -1;
  return dm_workspace_create(handle->workspace, name, &handle->to, err);
}

/* workspace:copy(path, name) → errand | nil, message, code: copies a plain file from elsewhere. */
static int workspace_copy(lua_State *L) {
  struct dm_error err;
  struct dm_lua_workspace *owner = dm_lua_workspace_check(L);
  const char *path = luaL_checkstring(L, 2);
  const char *name = luaL_checkstring(L, 3);
  struct dm_lua_errand *handle = push_errand(L, owner, 3);
  handle->name = name;
  if (open_copy(handle, path, name, &err) != 0)
    return dm_lua_fail(L, &err);
  return begin(L, owner, handle, do_copy, &err);
}

/* --- Extract ------------------------------------------------------------------------------------ */

static int beat(void *context, uint64_t bytes, struct dm_error *err) {
  dm_errand_note(context, bytes);
  return dm_errand_stopped(context) ? dm_error_set(err, DM_ERROR_INTERRUPTED, "interrupted") : 0;
}

static int do_extract(struct dm_errand *errand, void *context, struct dm_error *err) {
  struct dm_lua_errand *handle = context;
  handle->options.beat = beat;
  handle->options.context = errand;
  return dm_archive_extract(&handle->options, &handle->report, err);
}

static uint64_t check_limit(lua_State *L, const char *name, uint64_t fallback) {
  lua_Integer limit = dm_lua_field_integer(L, 1, name, -1);
  return limit < 0 ? fallback : (uint64_t)limit;
}

/* Puts all values of the stack into one table, on top. */
static void pack_stack(lua_State *L) {
  int top = lua_gettop(L);
  lua_createtable(L, top, 0);
  for (int i = 1; i <= top; i++) {
    lua_pushvalue(L, i);
    lua_rawseti(L, -2, i);
  }
}

/* workspace.extract{path =, folder = [, subject = path, bytes =, entries =, subpath =, files =]} → errand:
 * extracts an archive to a new folder, as archive.extract does. */
static int workspace_extract(lua_State *L) {
  struct dm_error err;
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  struct dm_archive_choice choice = dm_lua_archive_choice(L, 1);
  pack_stack(L);
  const char *path = dm_lua_field_string(L, 1, "path", NULL);
  const char *folder = dm_lua_field_string(L, 1, "folder", NULL);
  luaL_argcheck(L, path != NULL && folder != NULL, 1, "fields 'path' and 'folder' expected");
  struct dm_lua_errand *handle = push_errand(L, NULL, lua_gettop(L));
  handle->options = (struct dm_archive_options){
      .path = path,
      .folder = folder,
      .subject = dm_lua_field_string(L, 1, "subject", path),
      .bytes = check_limit(L, "bytes", DM_ARCHIVE_BYTES),
      .entries = check_limit(L, "entries", DM_ARCHIVE_ENTRIES),
      .ratio = DM_ARCHIVE_RATIO,
      .choice = choice,
  };
  return begin(L, NULL, handle, do_extract, &err);
}

/* --- Errands ------------------------------------------------------------------------------------ */

static struct dm_lua_errand *check_errand(lua_State *L) {
  struct dm_lua_errand *handle = luaL_checkudata(L, 1, DM_LUA_ERRAND);
  luaL_argcheck(L, handle->errand != NULL, 1, "closed");
  return handle;
}

/* errand:done() → whether it has ended. */
static int errand_done(lua_State *L) {
  lua_pushboolean(L, dm_errand_done(check_errand(L)->errand));
  return 1;
}

/* errand:bytes() → how many are copied or extracted. */
static int errand_bytes(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)dm_errand_bytes(check_errand(L)->errand));
  return 1;
}

/* errand:result() → true, bytes, entries (of an extraction) | nil, message, code: of one that has ended. */
static int errand_result(lua_State *L) {
  struct dm_error err;
  struct dm_lua_errand *handle = check_errand(L);
  luaL_argcheck(L, dm_errand_done(handle->errand), 1, "under way");
  if (dm_errand_result(handle->errand, &err) != 0)
    return dm_lua_fail(L, &err);
  lua_pushboolean(L, 1);
  lua_pushinteger(L, (lua_Integer)handle->report.bytes);
  lua_pushinteger(L, (lua_Integer)handle->report.entries);
  return 3;
}

/* errand:close(): stops it and waits for its end; closed is fine. */
static int errand_close(lua_State *L) {
  dm_lua_errand_end(luaL_checkudata(L, 1, DM_LUA_ERRAND));
  return 0;
}

const luaL_Reg dm_lua_errand_methods[] = {
    {"sync", workspace_sync}, {"remove", workspace_remove}, {"copy", workspace_copy}, {NULL, NULL}};

const luaL_Reg dm_lua_errand_functions[] = {{"extract", workspace_extract}, {NULL, NULL}};

void dm_lua_errand_class(lua_State *L) {
  static const luaL_Reg metamethods[] = {{"__gc", errand_close}, {"__close", errand_close}, {NULL, NULL}};
  static const luaL_Reg methods[] = {{"done", errand_done},
                                     {"bytes", errand_bytes},
                                     {"result", errand_result},
                                     {"close", errand_close},
                                     {NULL, NULL}};
  dm_lua_class(L, DM_LUA_ERRAND, metamethods, methods);
}
